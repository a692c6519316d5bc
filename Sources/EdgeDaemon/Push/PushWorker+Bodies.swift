import Attendance
import DeviceFormats
import EdgeStore
import FailPoints
import Foundation
import Logging

/// What a device sends, and what it is answered.
extension PushWorker {
    /// Commands in one answer; the papers allow 200.
    private static let mostOrders = 20
    /// Below what the journal cuts an alarm to.
    private static let longestAlarm = 1900
    /// A harmless command is told again where no result came in this time.
    private static let orderPatience: TimeInterval = 300
    private static let harmless: Set<String> = ["check", "log", "info", "query", "verify"]

    /// - Returns: the block of settings.
    func handshake(_ handshake: PushHandshake) async throws -> String {
        let offset = zoneOffset(environment.now())
        let settings = try await onJournalThreads { [self] in
            var settings = PushSettings(zoneOffset: offset)
            settings.stamps = try store.pushStamps(of: serial).compactMapValues { PushStamp($0) }
            settings.wantsEverything = try store.wantsEverything(of: serial)
            return settings
        }
        // An answer that is lost is asked for again, before anything is sent.
        if settings.wantsEverything { toldEverything(true) }
        environment.logger.info(
            "push.handshake",
            metadata: [
                "device": "\(name)", "version": "\(handshake.version ?? "none")",
                "everything": "\(settings.wantsEverything)",
            ])
        return settings.text(for: handshake)
    }

    /// - Returns: commands, or `OK`.
    func poll(info text: String?) async throws -> String {
        if let info = text.flatMap({ PushInfo($0) }) {
            try await note(learn(firmware: info.firmware, count: info.punches))
        }
        let orders = try await onJournalThreads { [self] in
            guard try store.hasPushOrders(for: serial) else { return [] as [PushOrder] }
            return try commit {
                try store.takePushOrders(
                    for: serial, harmless: Self.harmless, patience: Self.orderPatience, most: Self.mostOrders,
                    at: environment.now())
            }
        }
        for order in orders {
            environment.logger.info(
                "push.command_sent",
                metadata: ["device": "\(name)", "command": "\(order.id)", "kind": "\(order.kind)"])
        }
        return PushCommand.reply(orders.compactMap { order in order.command.map { (order.id, $0) } })
    }

    func results(_ results: [PushResult]) async throws {
        for result in results {
            if result.word.uppercased() == "INFO" { try await learn(result.options) }
            guard let id = Int64(result.id) else { continue }
            let ended = try await onJournalThreads { [self] in
                try commit {
                    try store.endPushOrder(
                        id, of: serial, code: result.code, count: result.count, at: environment.now())
                }
            }
            guard let ended else { continue }
            environment.logger.info(
                "push.command_ended",
                metadata: [
                    "device": "\(name)", "command": "\(id)", "kind": "\(ended.kind)",
                    "state": "\(ended.state.rawValue)",
                    "code": "\(result.code)",
                ])
            if ended.kind == PushCommand.Kind.reboot.rawValue, ended.state == .confirmed {
                let done = Attendance.Operation(serial: serial, source: .command, what: "restarted", by: ended.by)
                _ = try await journal(
                    PushReading(serial: serial, startedAt: environment.now(), notes: [.operation(done)]))
            }
            waits.end(ended)
        }
    }

    /// - Returns: how many lines this node answers for from now on.
    func take(_ table: String, _ body: [UInt8], _ stamp: PushStamp?) async throws -> Int {
        switch table {
        case "attlog": return try await attendance(body, stamp)
        case "operlog": return try await operations(body, stamp)
        default:
            try await learn(PushOptions(body))
            return PushLines.split(body).count
        }
    }

    /// What can be read is journaled whatever else is in the body. A body of which nothing can be read, or more lines
    /// cannot be read than are kept, stays with the device as well: the alarm tells of it once.
    private func attendance(_ body: [UInt8], _ stamp: PushStamp?) async throws -> Int {
        let log = try await onJournalThreads { PushAttLog(body) }
        let isTaken = log.unkept == 0 && (log.unreadable.isEmpty || !log.scans.isEmpty)
        let untold = untold(log.unreadable)
        let reading = PushReading(
            serial: serial, startedAt: environment.now(),
            punches: PunchNormaliser.punches(from: log.scans, serial: serial, source: .push),
            notes: alarms(untold, of: log.lines), stamp: isTaken ? ("attlog", stamp?.text ?? "None") : nil)
        if Sabotage.isOn("push_answered_before_commit") {
            Task { _ = try await journal(reading) }
            return log.lines
        }
        let done = try await journal(reading)
        told(untold)
        guard isTaken else {
            let bad = log.unreadable.count + log.unkept
            throw PushProblem(.unreadable, "\(bad) of \(log.lines) lines of attendance are no scans; it keeps them")
        }
        if toldEverything(false) {
            try await onJournalThreads { [self] in try commit { try store.askedForEverything(of: serial) } }
        }
        logReceived("attlog", log.lines, done, log.unreadable.count)
        return log.lines
    }

    private func operations(_ body: [UInt8], _ stamp: PushStamp?) async throws -> Int {
        let log = try await onJournalThreads { PushOperLog(body) }
        let untold = untold(log.unreadable)
        let reading = PushReading(
            serial: serial, startedAt: environment.now(), operations: log.operations(serial: serial),
            users: log.users.map {
                DeviceUser(serial: serial, userID: $0.userID, name: $0.name, privilege: $0.privilege)
            }, notes: alarms(untold, of: log.lines),
            stamp: ("operlog", stamp?.text ?? "None"))
        let judge = OperationAlarms(name: name, localClock: LocalClock(timezone: configuration.timezone))
        let (own, now) = (try store.ownOperations(of: serial), environment.now())
        // The clock of a device that reports by itself follows ours: its offset is taken for none.
        let done = try await journal(reading) { [serial] in judge.of($0, serial, offset: 0, own: own, at: now) }
        told(untold)
        logReceived("operlog", log.lines, done, log.unreadable.count + log.unkept)
        return log.lines
    }

    private func logReceived(_ table: String, _ lines: Int, _ done: EdgeStore.Appended, _ unreadable: Int) {
        environment.logger.info(
            "push.received",
            metadata: [
                "device": "\(name)", "table": "\(table)", "lines": "\(lines)", "new": "\(done.newPunches)",
                "unreadable": "\(unreadable)",
            ])
    }

    private static let discarded: Set<String> = [
        "attphoto", "biodata", "biophoto", "userpic", "fp", "face", "fvein", "palm", "templatev10", "idcard",
        "errorlog",
    ]

    /// Templates, photos, and tables this version does not know: of these, a person hears once.
    func dropped(_ lines: Int, of table: String) {
        let table = String(table.prefix(32))
        let isNews = !Self.discarded.contains(table) && isNews(table)
        let metadata: Logger.Metadata = ["device": "\(name)", "table": "\(table)", "lines": "\(lines)"]
        if isNews {
            environment.logger.warning("push.table_unknown", metadata: metadata)
        } else {
            environment.logger.debug("push.dropped", metadata: metadata)
        }
    }

    private func learn(_ options: PushOptions) async throws {
        try await note(
            learn(
                model: options["DeviceName"], platform: options["Platform"], firmware: options["FWVersion"],
                count: options.number("TransactionCount")))
    }

    private func note(_ facts: DeviceFacts?) async throws {
        guard let facts else { return }
        _ = try await journal(PushReading(serial: serial, startedAt: environment.now(), notes: [.device(facts)]))
    }

    /// Each line stands in one of them: with its bytes, or, where it is longer or may hold a secret, with its hash too.
    private func alarms(_ lines: [PushUnreadableLine], of all: Int) -> [EntryBody] {
        let head = "\(name): of \(all) lines, these cannot be read: "
        var texts: [String] = []
        for line in lines {
            let begin = line.raw.isEmpty ? "" : ", begins (hex) \(Hex.encode(line.raw))"
            let hash = line.raw.count == line.size ? "" : ", SHA-256 \(line.sha256)"
            let word = "line \(line.number): \(line.size) bytes\(hash)\(begin)"
            if let last = texts.last, last.utf8.count + word.utf8.count + 2 <= Self.longestAlarm {
                texts[texts.count - 1] = "\(last); \(word)"
            } else {
                texts.append(head + word)
            }
        }
        return texts.map { .alarm(Alarm(code: "push_line_unreadable", serial: serial, text: $0)) }
    }
}

extension PushOrder {
    /// `nil` for a kind of another version.
    var command: PushCommand? {
        PushCommand.Kind(rawValue: kind).flatMap {
            PushCommand($0, from: from.flatMap { DeviceTime(text: $0) }, to: to.flatMap { DeviceTime(text: $0) })
        }
    }
}
