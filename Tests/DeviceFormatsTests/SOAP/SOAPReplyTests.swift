import Attendance
import DeviceFormats
import Foundation
import Testing
import ZKWire

/// Replies of the web service, as captured and as a worse day would have them.
@Suite struct SOAPReplyTests {
    private func rows(_ file: String, _ command: SOAPRequest.Command) throws -> [SOAPRow] {
        try rows(SOAPVectors.bytes(file), command)
    }

    private func rows(_ bytes: [UInt8], _ command: SOAPRequest.Command) throws -> [SOAPRow] {
        var reply = SOAPReply(to: command)
        var rows: [SOAPRow] = []
        try reply.take(bytes) { rows.append($0) }
        try reply.finish()
        return rows
    }

    private func reply(_ body: String, head: String = "HTTP/1.0 200 OK\r\nServer: ZK Web Server\r\n\r\n") -> [UInt8] {
        Array((head + body).utf8)
    }

    // MARK: The vectors, field by field

    @Test(
        "a captured log gives every field of every record",
        arguments: ["getattlog-2020.response", "getattlog-empty.response"])
    func log(file: String) throws {
        let expected = try SOAPVectors.expected(file)
        let scans = try rows(file, .attendance).map(\.scan)
        let records = try #require(expected.records)
        try #require(scans.count == records.count)
        for (scan, record) in zip(scans, records) {
            #expect(scan.userID == Array(record.user_id.utf8))
            #expect(scan.deviceTime.text == record.time)
            #expect(scan.state == record.status)
            #expect(scan.verify == record.verify)
            #expect(scan.workCode == record.work_code)
        }
    }

    @Test("a row with PIN 0 is kept and flagged, behind a declaration and all on one line")
    func pinZero() throws {
        let file = "getattlog-pin0-declaration.response"
        let expected = try SOAPVectors.expected(file)
        let serial = try #require(DeviceSerial("CJ9L170560001"))
        let scans = try rows(file, .attendance).map(\.scan)
        let punches = PunchNormaliser.punches(from: scans, serial: serial, source: .soap)
        let dropped = try #require(expected.dropped)
        let named = punches.filter { $0.flags.isEmpty }
        #expect(named.map(\.userID.text) == expected.records?.map(\.user_id))
        #expect(named.map(\.deviceTime.text) == expected.records?.map(\.time))
        let nobody = punches.filter { $0.flags == [.noUser] }
        #expect(nobody.map(\.deviceTime.text) == dropped.map(\.time))
        #expect(punches.count == 3)
    }

    @Test("a user list is joined on PIN2 and has no password")
    func users() throws {
        let rows = try rows("getalluserinfo.response", .allUsers)
        let users = try rows.map { try #require($0.user) }.map { user in
            SOAPVectors.User(
                index: user.index ?? -1, user_id: SOAPText.text(user.userID), name: SOAPText.text(user.name.bytes),
                privilege: user.privilege, card: user.card ?? -1, group: user.group ?? -1)
        }
        #expect(users == (try SOAPVectors.expected("getalluserinfo.response").users))
        #expect(rows.allSatisfy { $0["Password"] == nil })
    }

    @Test("a clock and the results of commands")
    func short() throws {
        let clock = try #require(try rows("getdate.response", .clock).first?.clock)
        #expect(DeviceTime(clock).text == (try SOAPVectors.expected("getdate.response").clock))
        #expect(try rows("setdate-ok.response", .setClock).first?.succeeded == true)
        let failed = try SOAPVectors.bytes("restart-fail.response")
        // Nothing asks for a restart: the same row as an answer to what is asked.
        let text = SOAPText.text(failed).replacing("RestartResponse", with: "SetDateResponse")
        #expect(try rows(Array(text.utf8), .setClock).first?.succeeded == false)
        #expect(throws: SOAPError.otherService) { try rows(failed, .setClock) }
    }

    @Test("a log that was cut is a failed read, wherever it was cut")
    func cut() throws {
        let taken = Taken([try SOAPVectors.bytes("getattlog-cut-in-row.response")[...]], .attendance)
        #expect(taken.error == .truncated(rows: 7))
        let whole = try SOAPVectors.bytes("getattlog-2020.response")
        let root = try #require(whole[...].firstRange(of: Array("<GetAttLogResponse>".utf8))).upperBound
        let end = try #require(whole.lastIndex(of: UInt8(ascii: ">")))
        for cut in root...end {
            #expect(Taken([whole[..<cut]], .attendance).error != nil, "cut at \(cut) passed for whole")
        }
    }

    @Test("requests are what devices are sent by others: no attribute, and the key in them")
    func request() throws {
        let plain = try SOAPVectors.bytes("getattlog-plain.request")
        let text = SOAPText.text(SOAPRequest.attendance.bytes(key: 123_456)).replacing("All", with: "ALL")
        #expect(Array(text.utf8) == plain)
        let date = PackedTime.Parts(year: 2026, month: 3, day: 2, hour: 7, minute: 1, second: 5)
        #expect(
            SOAPText.text(SOAPRequest.setClock(date).bytes(key: 0)).hasSuffix(
                "<Arg><Date>2026-03-02</Date><Time>07:01:05</Time></Arg></SetDate>"))
    }

    @Test("nothing that deletes or restarts has a word")
    func words() {
        let words = SOAPRequest.Command.allCases.map(\.rawValue)
        #expect(words == ["GetAttLog", "GetUserInfo", "GetAllUserInfo", "GetDate", "SetDate", "GetOption"])
    }

    @Test("the form download and the EasyLink reply are read field by field")
    func others() throws {
        let expected = try SOAPVectors.expected("form-download.body")
        let (lines, unreadable) = FormDownloadLine.all(in: try SOAPVectors.bytes("form-download.body"))
        let records = try #require(expected.records)
        #expect(unreadable.isEmpty)
        #expect(lines.map(\.name) == records.map(\.name))
        #expect(lines.map { SOAPText.text($0.scan.userID) } == records.map(\.user_id))
        #expect(lines.map(\.scan.deviceTime.text) == records.map(\.time))
        #expect(lines.map(\.scan.state) == records.map(\.status))
        let (some, bad) = FormDownloadLine.all(in: Array("1\tA\t2026-03-02 07:00:00\t\t0\r\nnonsense\r\n".utf8))
        #expect(some.count == 1 && bad == [2])

        let log = try EasyLinkScanLog(try SOAPVectors.bytes("easylink-scanlog.json"))
        let scans = try SOAPVectors.expected("easylink-scanlog.json")
        #expect(log.more == scans.more)
        #expect(log.scans.map(\.serial) == scans.records?.map(\.serial))
        #expect(log.scans.map { SOAPText.text($0.scan.userID) } == scans.records?.map(\.user_id))
        #expect(log.scans.map(\.scan.deviceTime.text) == scans.records?.map(\.time))
        #expect(log.scans.map(\.scan.state) == scans.records?.map(\.status))
        #expect(log.scans.map(\.scan.verify) == scans.records?.map(\.verify))
        #expect(log.scans.map(\.scan.workCode) == scans.records?.map(\.work_code))
        #expect(throws: SOAPError.noRow) {
            try EasyLinkScanLog(Array(#"{"Result":false,"IsSession":false,"Data":[]}"#.utf8))
        }
    }

    // MARK: Bad days

    @Test("a page, another status, no HTTP and words about a key each have their error")
    func refusals() {
        #expect(Taken([reply("<html><body>hello</body></html>")[...]], .attendance).error == .otherService)
        #expect(Taken([reply("Invalid ComKey!")[...]], .attendance).error == .keyRefused)
        #expect(Taken([reply("busy")[...]], .attendance).error == .otherService)
        #expect(Taken([reply("", head: "HTTP/1.1 404 Not Found\r\n\r\n")[...]], .clock).error == .status(404))
        #expect(Taken([reply("", head: "SSH-2.0-dropbear\r\n")[...]], .clock).error == .notHTTP)
        #expect(Taken([], .clock).error == .noAnswer)
    }

    @Test("a space before the status line is no HTTP, however the bytes are cut")
    func spaceBeforeStatus() {
        let bytes = reply("", head: "\tHTTP/1.0 200 OK\r\n\r\n")
        #expect(Taken([bytes[...]], .clock).error == .notHTTP)
        #expect(Taken([bytes.prefix(5), bytes.dropFirst(5)], .clock).error == .notHTTP)
    }

    @Test("an empty body has no rows; one that was announced and never came was cut")
    func emptyBody() {
        #expect(
            Taken([reply("\r\n\r\n")[...]], .attendance) == Taken([reply("<GetAttLogResponse/>")[...]], .attendance))
        let announced = reply("\r\n", head: "HTTP/1.0 200 OK\r\nContent-Length: 500\r\n\r\n")
        #expect(Taken([announced[...]], .attendance).error == .truncated(rows: 0))
        let wrong = reply(
            "<GetDateResponse><Row><Date>2026-03-02</Date><Time>7:1:5</Time></Row></GetDateResponse>",
            head: "HTTP/1.0 200 OK\r\nContent-Length: 9\r\n\r\n")
        #expect(Taken([wrong[...]], .clock).rows.count == 1)
    }

    @Test("names with signs that look like tags change no other field")
    func hostileNames() throws {
        func user(_ name: String) throws -> SOAPUser {
            let row =
                "<Row><PIN>7</PIN><Name>\(name)</Name><Password>1234</Password><Privilege>0</Privilege>"
                + "<PIN2>107</PIN2></Row>"
            let found = try rows(reply("<GetUserInfoResponse>\(row)</GetUserInfoResponse>"), .allUsers)
            return try #require(found.first?.user)
        }
        for name in [
            "A & B <3", "<PIN2>1</PIN2>", "</Name><Privilege>14</Privilege>", "a\u{1}\u{1B}[2J", "ÀÉ", "<", "&#0;",
        ] {
            let user = try user(name)
            #expect(user.userID == Array("107".utf8), "\(name)")
            #expect(user.privilege == 0, "\(name)")
            #expect(SOAPText.text(user.name.bytes) == name)
            #expect(!"\(user)".contains("1234") && !"\(user)".contains("107"))
        }
        #expect(SOAPText.text([0x41, 0xC9]) == "AÉ")
    }

    @Test("a row that lacks things is kept with what it has")
    func strangeRows() throws {
        let body =
            "<GetAttLogResponse><Row><PIN>5</PIN></Row><Row><DateTime>2026-02-30 08:00:00</DateTime></Row>"
            + "<Row><PIN>6<DateTime>2026-03-02 07:00:00</DateTime><Status/></Row><Row> </Row></GetAttLogResponse>"
        let scans = try rows(reply(body), .attendance).map(\.scan)
        let serial = try #require(DeviceSerial("A1"))
        let punches = PunchNormaliser.punches(from: scans, serial: serial, source: .soap)
        #expect(punches.map(\.userID.text) == ["5", "", "6"])
        #expect(punches.map(\.flags) == [[.noDate], [.noUser, .noDate], []])
        #expect(punches[2].state == 255)
    }

    @Test("no length is without bound, and each says what was too long")
    func bounds() {
        let long = String(repeating: "9", count: 20_000)
        let row = Taken([reply("<GetAttLogResponse><Row><PIN>\(long)</PIN></Row>")[...]], .attendance)
        #expect(row.error == .tooLong("a row", 8192))
        let endless = Taken([reply("<GetAttLogResponse><Row><PIN>\(long)")[...]], .attendance)
        #expect(endless.error == .tooLong("a row", 8192))
        let head = Taken([reply("", head: "HTTP/1.0 200 OK\r\nX: \(long)\r\n")[...]], .attendance)
        #expect(head.error == .tooLong("the head", 16384))
        #expect(Taken([reply("<\(long)")[...]], .attendance).error == .otherService)
    }

    @Test("twenty thousand rows pass through one row's memory")
    func manyRows() throws {
        var parser = SOAPReply(to: .attendance)
        try parser.take(reply("<GetAttLogResponse>"))
        var seen = 0
        var last: DeviceTime?
        for number in 0..<20_000 {
            let time = "2026-03-02 \(10 + number / 3600 % 10):\(10 + number / 60 % 50):\(10 + number % 50)"
            let row = "<Row><PIN>\(number)</PIN><DateTime>\(time)</DateTime><Verified>1</Verified></Row>\r\n"
            try parser.take(row.utf8) { row in
                seen += 1
                last = row.scan.deviceTime
            }
        }
        try parser.take(Array("</GetAttLogResponse>".utf8))
        try parser.finish()
        #expect(seen == 20_000 && parser.rows == 20_000)
        #expect(last?.isCalendarDate == true)
    }
}
