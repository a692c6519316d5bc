import Attendance

/// What a push device can be told: nothing that changes or erases its data (zk-push-adms, section 8).
package enum PushCommand: Hashable, Sendable {
    /// Read the configuration again and upload what is new.
    case check
    /// Upload new data now.
    case log
    /// Tell counters and firmware.
    case info
    /// Upload the scans of a period again, by the device's clock.
    case query(from: DeviceTime, to: DeviceTime)
    /// Count the scans of a period; newer firmware.
    case verify(from: DeviceTime, to: DeviceTime)
    /// Start again: only when a person says so.
    case reboot

    package enum Kind: String, Sendable, Codable, CaseIterable {
        case check, log, info, query, verify, reboot
    }

    package var kind: Kind {
        switch self {
        case .check: .check
        case .log: .log
        case .info: .info
        case .query: .query
        case .verify: .verify
        case .reboot: .reboot
        }
    }

    package var period: (from: DeviceTime, to: DeviceTime)? {
        switch self {
        case .query(let from, let to), .verify(let from, let to): (from, to)
        case .check, .log, .info, .reboot: nil
        }
    }

    /// - Returns: `nil` where a period is missing, is none, or is there and has no meaning.
    package init?(_ kind: Kind, from: DeviceTime?, to: DeviceTime?) {
        switch (kind, from, to) {
        case (.check, nil, nil): self = .check
        case (.log, nil, nil): self = .log
        case (.info, nil, nil): self = .info
        case (.reboot, nil, nil): self = .reboot
        case (.query, let from?, let to?) where Self.isPeriod(from, to): self = .query(from: from, to: to)
        case (.verify, let from?, let to?) where Self.isPeriod(from, to): self = .verify(from: from, to: to)
        default: return nil
        }
    }

    private static func isPeriod(_ from: DeviceTime, _ to: DeviceTime) -> Bool {
        from.isCalendarDate && to.isCalendarDate && from <= to
    }

    /// Whether it may be sent again where no result came: the device may have lost it, or done it.
    package var isHarmless: Bool { kind != .reboot }

    /// The words behind `C:<id>:`.
    package var text: String {
        switch self {
        case .check: "CHECK"
        case .log: "LOG"
        case .info: "INFO"
        case .query(let from, let to): "DATA QUERY ATTLOG \(Self.period(from, to))"
        case .verify(let from, let to): "VERIFY SUM ATTLOG \(Self.period(from, to))"
        case .reboot: "REBOOT"
        }
    }

    private static func period(_ from: DeviceTime, _ to: DeviceTime) -> String {
        let words = [from, to].map { $0.text.replacing("T", with: " ") }
        return "StartTime=\(words[0])\tEndTime=\(words[1])"
    }

    /// The answer to a getrequest; `OK` where there is nothing. A restart comes last.
    package static func reply(_ commands: [(id: Int64, command: PushCommand)]) -> String {
        guard !commands.isEmpty else { return "OK\n" }
        let sorted = commands.filter { $0.command != .reboot } + commands.filter { $0.command == .reboot }
        return sorted.map { "C:\($0.id):\($0.command.text)\n" }.joined()
    }
}

/// What a device says became of a command.
package struct PushResult: Equatable, Sendable {
    package let id: String
    /// 0 is good.
    package let code: Int
    package let word: String
    /// Lines below it: what an INFO tells, or the count of a VERIFY.
    package private(set) var options = PushOptions()

    static let most = 256

    /// The results of one body: `ID=…&Return=…&CMD=…` lines, each with its own lines below it.
    package static func all(_ body: some Collection<UInt8>) -> [PushResult] {
        var results: [PushResult] = []
        for line in PushLines.split(body) where line.count <= PushLines.longest {
            if let result = PushResult(line) {
                guard results.count < most else { break }
                results.append(result)
            } else if !results.isEmpty {
                results[results.count - 1].options.add(line)
            }
        }
        return results
    }

    private init?(_ line: ArraySlice<UInt8>) {
        let fields = PushFields(line, separator: UInt8(ascii: "&"))
        guard let id = fields.text("id"), (1...16).contains(id.utf8.count), let code = fields.text("return"),
            let number = Int(code), (-1_000_000...1_000_000_000).contains(number)
        else { return nil }
        self.id = id
        self.code = number
        word = String((fields.text("cmd") ?? "").prefix(64))
        for pair in line.split(separator: UInt8(ascii: "&")) { options.add(pair) }
    }

    /// How many scans the device has in the period it was asked for.
    package var count: Int? { options.number("AttlogSum") ?? options.number("ATTLOGSum") }
}
