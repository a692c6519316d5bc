import ZKWire

/// One line at the control socket and its answer: `ok …` or `error: …`.
///
/// `export`, `users` and `help` have more lines before their `ok`; `stats` is one line of JSON.
package struct SimulatorControl {
    let server: SimulatorServer

    package static let help = [
        "scan USERID [in|out]: this user scans now; answers ok DEVICE_TIME USERID VERIFY STATE",
        "scan USERID at YYYY-MM-DDThh:mm:ss: the same with this device time, also where it is no date",
        "scan hex:FF41 at TIME: the same with these bytes as user id, also where they are no text",
        "scan: a random user scans now",
        "clear-log: the attendance log is cleared at the device",
        "clock +SECONDS, clock -SECONDS: the device's clock jumps; answers ok DEVICE_TIME",
        "silence SECONDS: no answers for so long; 0 ends it",
        "drop: every TCP connection is closed",
        "reboot: connections, sessions and registrations are gone",
        "serial SERIAL: another device has taken the address",
        "faults FAULT,...: replaces the faults; without any, ends them",
        "touch good|bad|duplicate|timeout: at the sensor, while a finger is being enrolled",
        "fingers: index and fingers of every user who has some, one a line; then ok",
        "count: answers ok RECORDS",
        "stats: one line of JSON",
        "export: user id, device time, verify and state of every record, one a line, tabs between; then ok",
        "users: index, user id, name, privilege, card and password of every user, likewise; then ok",
        "help: this",
    ]

    /// The answer, its line end included.
    func run(_ line: String) -> String {
        let words = line.split(separator: " ").map(String.init)
        guard let verb = words.first else { return "error: an empty line; try help\n" }
        let arguments = Array(words.dropFirst())
        do {
            return try answer(verb, arguments) + "\n"
        } catch {
            return "error: \(error)\n"
        }
    }

    private struct Usage: Error, CustomStringConvertible {
        let description: String
        init(_ description: String) { self.description = description }
    }

    private func answer(_ verb: String, _ arguments: [String]) throws -> String {
        switch (verb, arguments.count) {
        case ("scan", _): return try scan(arguments)
        case ("clear-log", 0): server.clearLog()
        case ("clock", 1):
            guard let seconds = Int(arguments[0]) else {
                throw Usage("clock needs a number of seconds, such as clock +3600")
            }
            server.jumpClock(by: seconds)
            return "ok \(server.deviceTime.deviceText)"
        case ("silence", 1):
            guard let seconds = Int(arguments[0]), (0...86_400).contains(seconds) else {
                throw Usage("silence needs 0 to 86400 seconds")
            }
            if seconds == 0 { server.silence(false) } else { server.silence(for: .seconds(seconds)) }
        case ("drop", 0): server.dropConnections()
        case ("reboot", 0): server.reboot()
        case ("serial", 1): server.setSerial(arguments[0])
        case ("faults", 0...1): server.setFaults(try Fault.list(arguments.first ?? ""))
        case ("touch", 1):
            guard let touch = Touch(rawValue: arguments[0]) else {
                throw Usage("touch needs \(Touch.allCases.map(\.rawValue).joined(separator: ", "))")
            }
            guard server.touch(touch) else { throw Usage("no finger is being enrolled") }
        case ("fingers", 0):
            return server.fingers.sorted { $0.key < $1.key }.map { index, fingers in
                "\(index)\t\(fingers.map { "\($0)" }.joined(separator: ","))\n"
            }.joined() + "ok"
        case ("count", 0): return "ok \(server.recordCount)"
        case ("stats", 0): return server.statistics.json
        case ("export", 0): return export()
        case ("users", 0): return users()
        case ("help", _): return Self.help.joined(separator: "\n") + "\nok"
        default: throw Usage("\"\(verb)\" with \(arguments.count) arguments is not known; try help")
        }
        return "ok"
    }

    private func scan(_ arguments: [String]) throws -> String {
        let scan: Scan
        switch (arguments.count, arguments.dropFirst().first) {
        case (0, _): scan = try server.scanSomebody()
        case (1, _): scan = try server.scan(userID: arguments[0])
        case (2, "in"): scan = try server.scan(userID: arguments[0], state: 0)
        case (2, "out"): scan = try server.scan(userID: arguments[0], state: 1)
        case (3, "at"):
            guard let time = PackedTime(deviceText: arguments[2]) else {
                throw Usage("\"\(arguments[2])\" is no time of the form YYYY-MM-DDThh:mm:ss from 2000 to 2133")
            }
            scan = try server.scan(userID: try Self.bytes(of: arguments[0]), at: time)
        default: throw Usage("scan takes USERID, USERID in, USERID out, or USERID at YYYY-MM-DDThh:mm:ss")
        }
        return "ok \(scan.deviceTime) \(scan.userText) \(scan.verify) \(scan.state)"
    }

    /// A user id as typed, or its bytes behind `hex:`.
    private static func bytes(of word: String) throws -> [UInt8] {
        guard word.hasPrefix("hex:") else { return Array(word.utf8) }
        let digits = Array(word.dropFirst(4))
        let bytes = stride(from: 0, to: digits.count, by: 2).compactMap {
            UInt8(String(digits[$0..<min($0 + 2, digits.count)]), radix: 16)
        }
        guard digits.count.isMultiple(of: 2), bytes.count == digits.count / 2, bytes.count <= 24 else {
            throw Usage("hex: takes up to 24 bytes in hex digits")
        }
        return bytes
    }

    private func export() -> String {
        var text = ""
        for scan in server.scans() {
            text += "\(scan.userText)\t\(scan.deviceTime)\t\(scan.verify)\t\(scan.state)\n"
        }
        return text + "ok"
    }

    /// Invented people: their names and passwords may be shown.
    private func users() -> String {
        var text = ""
        for user in server.users {
            text += "\(user.index)\t\(user.userID.textBeforeNUL)\t\(user.name.bytes.textBeforeNUL)\t"
            text += "\(user.privilege)\t\(user.card)\t\(user.password.bytes.textBeforeNUL)\n"
        }
        return text + "ok"
    }
}
