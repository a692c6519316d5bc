import Attendance
import DeviceFormats
import Foundation
import Testing

/// Every file of `Vectors/adms` through the parsers.
@Suite struct PushVectorTests {
    private let serial: DeviceSerial

    init() throws { serial = try #require(DeviceSerial("BOCK200961014")) }

    private func target(_ word: String) throws -> PushTarget {
        let vector = try PushVector.named(word)
        return try #require(PushTarget(vector.target))
    }

    private func hello(_ text: String) throws -> PushHandshake {
        let target = try #require(PushTarget(text))
        return try #require(PushHandshake(target))
    }

    @Test("handshakes of every age are read", arguments: ["01-handshake-2", "02-", "03-"])
    func handshakes(word: String) throws {
        let vector = try PushVector.named(word)
        let target = try #require(PushTarget(vector.target))
        let handshake = try #require(PushHandshake(target))
        #expect(target.path == .cdata && handshake.serialText == vector.expect.serial)
        #expect(handshake.version == vector.expect.pushver)
        #expect(handshake.dialect.rawValue == vector.expect.dialect)
        if let type = vector.expect.device_type { #expect(handshake.deviceType == type) }
        if let language = vector.expect.language { #expect(handshake.language == language) }
        let reply = PushSettings(zoneOffset: 7 * 3600).text(for: handshake)
        for key in vector.expect.reply_should_also_contain ?? [] { #expect(reply.contains("\n\(key)=")) }
    }

    @Test("the answer has all that the example has, and asks for no templates")
    func settings() throws {
        let expect = try PushVector.named("01-handshake.example").expect
        let target = try target("01-handshake-2")
        var settings = PushSettings(zoneOffset: 9 * 3600)
        settings.stamps["attlog"] = PushStamp("9999")
        let handshake = try #require(PushHandshake(target))
        let reply = settings.text(for: handshake)
        let lines = reply.split(separator: "\n").map(String.init)
        #expect(lines.first == expect.first_line)
        for key in try #require(expect.must_contain_keys) { #expect(lines.contains { $0.hasPrefix("\(key)=") }) }
        #expect(lines.contains("ATTLOGStamp=9999") && lines.contains("OPERLOGStamp=None"))
        #expect(lines.contains("TransFlag=TransData AttLog\tOpLog") && lines.contains("TimeZone=9"))
        settings.wantsEverything = true
        #expect(settings.text(for: handshake).contains("\nATTLOGStamp=0\n"))
        let old = try hello("/iclock/cdata?SN=1&options=all")
        let answer = settings.text(for: old)
        #expect(answer.contains("\nTransFlag=1100000000\n") && answer.contains("\nStamp=0\n"))
    }

    @Test(
        "a zone is told in hours, or in minutes where hours do not do",
        arguments: [(7 * 3600, "7"), (-12 * 3600, "-12"), (19_800, "330"), (13 * 3600, "780"), (0, "0")])
    func zones(seconds: Int, text: String) throws {
        let handshake = try hello("/iclock/cdata?SN=1")
        #expect(PushSettings(zoneOffset: seconds).text(for: handshake).contains("\nTimeZone=\(text)\n"))
    }

    @Test("attendance lines become scans, and a bad one holds nothing back", arguments: ["04", "05", "06", "07", "08"])
    func attendance(word: String) throws {
        let vector = try PushVector.named("\(word)-attlog")
        let target = try #require(PushTarget(vector.target))
        #expect(target.table == "attlog")
        if let stamp = vector.expect.stamp { #expect(target.stamp?.text == stamp) }
        let log = PushAttLog(vector.body)
        let records = log.scans.map { scan in
            PushVector.Record(
                user_id: UserID(field: scan.userID).text, time: scan.deviceTime.text, status: scan.state,
                verify: scan.verify, work_code: scan.workCode)
        }
        #expect(records == vector.expect.records)
        #expect(log.unreadable.map(\.number) == vector.expect.unreadable_lines ?? [])
        #expect(log.lines == records.count + log.unreadable.count)
    }

    @Test("the operation log is kept, users lose their password, templates are not read")
    func operations() throws {
        let vector = try PushVector.named("09-operlog")
        let expect = vector.expect
        let log = PushOperLog(vector.body)
        #expect(log.records.count == expect.oplog_count && log.lines == 10)
        #expect(log.discarded == expect.biometric_lines_discarded && log.unknown == 0 && log.unreadable.isEmpty)
        let user = try #require(log.users.first)
        #expect(user.userID.text == "1" && user.name == "BUDI SANTOSO" && user.privilege == 0)
        #expect(user.card == 123_456_789)
        let entries = log.operations(serial: serial)
        #expect(entries.first?.what == "data_cleared" && entries.first?.code == expect.oplog_first?.op)
        #expect(entries.first?.deviceTime?.text == expect.oplog_first?.time && entries.first?.by == "0")
        #expect(entries.last?.code == expect.oplog_last?.op && entries.last?.object == "1")
        #expect(log.records.last?.objects == expect.oplog_last?.objects)
        let secret = try #require(expect.secret_must_not_leak)
        #expect(!"\(log)".contains(secret) && !"\(entries)".contains(secret))
    }

    @Test("options are parted at a comma only where a name follows")
    func options() throws {
        let vector = try PushVector.named("10-options")
        let options = PushOptions(vector.body)
        for (name, value) in try #require(vector.expect.options) { #expect(options.values[name] == value) }
        #expect(options.number("MaxAttLogCount") == 20)
        #expect(PushOptions("ComKey=123,~WifiPassword=x,A=1".utf8).values == ["A": "1"])
    }

    @Test("a poll tells counters behind a firmware that may have commas")
    func polls() throws {
        #expect(try target("11-getrequest").parameters["info"] == nil)
        let vector = try PushVector.named("12-getrequest")
        let info = try #require(PushInfo(target("12-getrequest").parameters["info"] ?? ""))
        #expect(info.firmware == vector.expect.firmware && info.address == vector.expect.ip)
        #expect(info.users == 2 && info.fingers == 0 && info.punches == 0)
        let newer = try #require(PushInfo("Ver 8.0, May 2, 2020,17,30,4000,10.0.0.7,10,7,12,9,11110"))
        #expect(newer.firmware == "Ver 8.0, May 2, 2020" && newer.punches == 4000)
        #expect(PushInfo("nothing,of,this,kind,here") == nil)
    }

    @Test("commands are written as in the example")
    func commands() throws {
        let vector = try PushVector.named("13-commands")
        let from = try #require(DeviceTime(text: "2024-07-28T00:00:00"))
        let to = try #require(DeviceTime(text: "2024-07-28T23:59:59"))
        let reply = PushCommand.reply([(101, .info), (102, .query(from: from, to: to))])
        #expect(Array(reply.utf8) == vector.bytes)
        #expect(PushCommand.reply([]) == "OK\n")
        #expect(PushCommand.reply([(1, .reboot), (2, .check)]) == "C:2:CHECK\nC:1:REBOOT\n")
    }

    @Test("results are read one by one, with what stands below each")
    func results() throws {
        for word in ["14-", "15-"] {
            let vector = try PushVector.named(word)
            let results = PushResult.all(vector.body)
            #expect(results.map { PushVector.Result(id: $0.id, code: $0.code) } == vector.expect.results)
            for (name, value) in vector.expect.options ?? [:] { #expect(results.first?.options.values[name] == value) }
        }
        #expect(PushResult.all("ID=7&Return=0&CMD=VERIFY SUM\nAttlogSum=31\n".utf8).first?.count == 31)
    }

    @Test("access control is told from time attendance", arguments: ["19-security", "18-unknown", "17-unknown", "16-"])
    func dialects(word: String) throws {
        let target = try target(word)
        #expect(PushHandshake.dialect(of: target) == (word == "19-security" ? .security : .attendance))
    }

    @Test("an access event's fields are read")
    func securityEvent() throws {
        let vector = try PushVector.named("19-security")
        let line = try #require(PushLines.split(vector.body).first)
        let fields = PushFields(line, separator: 9)
        #expect(fields.text("time") == "2026-09-28 11:40:45" && fields.text("pin") == "41235478")
        #expect(fields.number("index") == 13355 && fields.number("event") == 0)
    }
}
