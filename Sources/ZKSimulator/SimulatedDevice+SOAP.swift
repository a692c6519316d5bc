import DeviceFormats
import Foundation
import ZKWire

/// What is asked of the web service. Attributes are ignored, also those with an undeclared prefix.
struct SOAPInquiry: Sendable {
    let command: String
    let key: UInt32?
    private let arguments: SOAPRow

    /// - Parameter body: of the POST; what stands behind the root is ignored.
    init?(body: ArraySlice<UInt8>) {
        guard let root = SOAPRow(body).elements.first else { return nil }
        let children = SOAPRow(root.value)
        command = SOAPText.text(root.name)
        key = children["ArgComKey"].flatMap { UInt32(SOAPText.text($0)) }
        arguments = SOAPRow(children["Arg"] ?? [])
    }

    func argument(_ name: String) -> String { arguments[name].map { SOAPText.text($0) } ?? "" }
}

/// A reply, and how it goes out.
struct SOAPAnswer: Sendable {
    var bytes: [UInt8]
    /// The connection stays open behind it.
    var staysOpen = false
}

/// The web service, as it was captured (zk-soap, sections 1 to 3). What it knows of writing is the clock.
extension SimulatedDevice {
    mutating func answer(_ inquiry: SOAPInquiry, at now: Date) -> SOAPAnswer? {
        statistics.commands["SOAP \(inquiry.command)", default: 0] += 1
        faults.commandReceived()
        _ = tick(at: now)
        guard !isSilent(at: now) else { return nil }
        if fire(.soapPage, at: now) {
            let page = "<html><head><title>ZK Web Server</title></head><body>Please log in</body></html>"
            return SOAPAnswer(bytes: head("text/html", at: now) + Array(page.utf8))
        }
        let isRight = inquiry.key == commKey.number
        if !isRight { statistics.keysRefused += 1 }
        let rows = isRight ? rows(inquiry, at: now) : []
        guard let rows else {
            return SOAPAnswer(bytes: Array("HTTP/1.0 404 Not Found\r\nServer: ZK Web Server\r\n\r\n".utf8))
        }
        var reply = head("text/xml", at: now)
        reply += "<\(inquiry.command)Response>\r\n".utf8
        for row in rows { reply += row.utf8 }
        let end = Array("</\(inquiry.command)Response>".utf8)
        return inquiry.command == SOAPRequest.Command.attendance.rawValue
            ? disturbed(reply, end, at: now) : SOAPAnswer(bytes: reply + end, staysOpen: fire(.soapOpen, at: now))
    }

    /// What breaks the reply with the log.
    private mutating func disturbed(_ reply: [UInt8], _ end: [UInt8], at now: Date) -> SOAPAnswer {
        if let cut = faults.active(.soapCut, at: now).flatMap({ Fault.SOAPCut(rawValue: $0.word) }),
            fire(.soapCut, at: now)
        {
            switch cut {
            case .head: return SOAPAnswer(bytes: Array(reply.prefix(40)))
            case .row: return SOAPAnswer(bytes: Array(reply.dropLast(min(30, reply.count / 2))))
            case .between: return SOAPAnswer(bytes: reply)
            }
        }
        if fire(.soapStall, at: now) {
            return SOAPAnswer(bytes: Array(reply.prefix(reply.count * 2 / 3)), staysOpen: true)
        }
        return SOAPAnswer(bytes: reply + end, staysOpen: fire(.soapOpen, at: now))
    }

    private mutating func head(_ type: String, at now: Date) -> [UInt8] {
        var text = "HTTP/1.0 200 OK\r\nServer: ZK Web Server\r\nPragma: no-cache\r\nCache-control: no-cache\r\n"
        if let length = faults.active(.soapLength, at: now), fire(.soapLength, at: now) {
            text += "Content-Length: \(Int(length.value))\r\n"
        }
        let blank = faults.active(.soapBlank, at: now).map { Int($0.value) } ?? 1
        text += "Content-Type: \(type)\r\nConnection: close\r\n\r\n" + String(repeating: "\r\n", count: blank)
        return Array(text.utf8)
    }

    /// `nil` for a command the service does not know.
    private mutating func rows(_ inquiry: SOAPInquiry, at now: Date) -> [String]? {
        switch SOAPRequest.Command(rawValue: inquiry.command) {
        case .attendance: return attendanceRows(of: inquiry.argument("PIN"), at: now)
        case .allUsers: return fire(.soapNoUsers, at: now) ? nil : userRows(at: now)
        case .users: return userRows(at: now)
        case .clock:
            let time = clock.time(at: now).parts.text
            return [row("<Date>\(time.prefix(10))</Date><Time>\(time.suffix(8))</Time>")]
        case .setClock: return [result(setClock(inquiry, at: now))]
        case .option:
            if faults.active(.soapNoOption, at: now) != nil { return [] }
            let name = inquiry.argument("Name")
            return [row("<Value>\(name == DeviceOption.serialNumber ? serial : options[name] ?? "")</Value>")]
        case nil: return nil
        }
    }

    private mutating func attendanceRows(of user: String, at now: Date) -> [String] {
        if fire(.soapEmpty, at: now) { return [] }
        var scans = scans()
        if let fewer = faults.active(.soapFewer, at: now), fire(.soapFewer, at: now) {
            scans.removeLast(min(scans.count, Int(fewer.value)))
        }
        let isAll = user.lowercased() == "all"
        return scans.filter { isAll || $0.userText == user }.map { scan in
            row(
                "<PIN>\(scan.userText)</PIN><DateTime>\(scan.time.parts.text)</DateTime>"
                    + "<Verified>\(scan.verify)</Verified><Status>\(scan.state)</Status><WorkCode>0</WorkCode>")
        }
    }

    private mutating func userRows(at now: Date) -> [String] {
        let isOdd = fire(.soapNames, at: now)
        return users.users.map { user in
            let name = SOAPText.text(user.name.bytes) + (isOdd ? " & <PIN2>0</PIN2>" : "")
            return row(
                "<PIN>\(user.index)</PIN><Name>\(name)</Name><Password>\(SOAPText.text(user.password.bytes))</Password>"
                    + "<Group>\(user.group)</Group><Privilege>\(user.privilege)</Privilege><Card>\(user.card)</Card>"
                    + "<PIN2>\(SOAPText.text(user.userID))</PIN2><TZ1>0</TZ1><TZ2>0</TZ2><TZ3>0</TZ3>")
        }
    }

    private mutating func setClock(_ inquiry: SOAPInquiry, at now: Date) -> Bool {
        guard let time = PackedTime(deviceText: "\(inquiry.argument("Date"))T\(inquiry.argument("Time"))") else {
            return false
        }
        if fire(.soapLazyClock, at: now) { return true }
        guard clock.set(time, at: now) else { return false }
        note(.clockSet, at: now)
        return true
    }

    private func result(_ succeeded: Bool) -> String {
        row("<Result>\(succeeded ? 1 : 0)</Result><Information>\(succeeded ? "Successfully!" : "Fail!")</Information>")
    }

    private func row(_ elements: String) -> String { "<Row>\(elements)</Row>\r\n" }
}
