import Foundation
import Synchronization

/// A device that reports by itself: shakes hands, uploads, polls for commands, and keeps what was not acknowledged.
///
/// It behaves like the ones described: nothing counts as delivered but a 200 whose body begins `OK`; stamps are a
/// constant; a stamp of 0 makes it send everything again; what it is told wrongly it refuses with a code.
package final class PushDevice: Sendable {
    /// What happened, for a rig or a person.
    package enum Event: Sendable, Equatable {
        case shookHands
        /// An acknowledgement of these was read.
        case acknowledged([PushScan])
        case refused(status: Int)
        case broke
        case command(String)
    }

    private struct State {
        var scans: [PushScan] = []
        var operations: [String] = []
        var operationsSent = 0
        /// Scans before this place were acknowledged.
        var sent = 0
        var acknowledged: Set<Int> = []
        var isGreeted = false
        var delay = 30
        var results: [String] = []
        /// Periods that were asked for again.
        var queries: [[Int]] = []
        var random: SeededRandom
    }

    package let plan: PushPlan
    private let wire: PushWire
    private let told: @Sendable (Event) -> Void
    private let state: Mutex<State>

    package init(plan: PushPlan, told: @escaping @Sendable (Event) -> Void = { _ in }) {
        self.plan = plan
        self.told = told
        wire = PushWire(plan: plan)
        state = Mutex(State(random: SeededRandom(seed: plan.seed)))
    }

    // MARK: Its log

    package func scan(_ scan: PushScan) { state.withLock { $0.scans.append(scan) } }

    /// A line of the operation log, such as `OPLOG 21\t0\t2026-11-23 07:00:00\t0\t0\t0\t0`.
    package func operate(_ line: String) { state.withLock { $0.operations.append(line) } }

    package var scans: [PushScan] { state.withLock { $0.scans } }

    /// Those for which an acknowledgement was read.
    package var acknowledged: [PushScan] {
        state.withLock { state in state.acknowledged.sorted().map { state.scans[$0] } }
    }

    package var isDone: Bool {
        state.withLock { $0.sent == $0.scans.count && $0.queries.isEmpty && $0.operationsSent == $0.operations.count }
    }

    /// Scans that lie in the past, a few seconds apart, made from the seed.
    package func fill(_ count: Int, endingAt end: Date) {
        state.withLock { state in
            for number in 0..<count {
                let user = 1 + state.random.below(max(1, plan.users))
                let time = end.addingTimeInterval(TimeInterval((number - count) * 7))
                state.scans.append(
                    PushScan(user: "\(user)", time: Self.time(time, plan.zone), state: number % 2))
            }
        }
    }

    package static func time(_ moment: Date, _ zone: Int) -> String {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = TimeZone(secondsFromGMT: zone) ?? .gmt
        let parts = calendar.dateComponents([.year, .month, .day, .hour, .minute, .second], from: moment)
        let two: (Int?) -> String = { ($0 ?? 0) < 10 ? "0\($0 ?? 0)" : "\($0 ?? 0)" }
        return "\(parts.year ?? 2000)-\(two(parts.month))-\(two(parts.day)) "
            + "\(two(parts.hour)):\(two(parts.minute)):\(two(parts.second))"
    }

    // MARK: Its life

    /// Until cancelled.
    package func run() async {
        while !Task.isCancelled {
            let isWell = await turn()
            let delay = plan.delay ?? .seconds(state.withLock { $0.delay })
            try? await Task.sleep(for: isWell ? delay : plan.errorDelay)
        }
    }

    /// One round: hands, uploads, results, and a poll.
    ///
    /// - Returns: false where something was not delivered.
    @discardableResult
    package func turn() async -> Bool {
        do {
            if !state.withLock({ $0.isGreeted }) { try await shakeHands() }
            while try await upload() {}
            try await uploadOperations()
            while try await answerQuery() {}
            try await tellResults()
            try await poll()
            return true
        } catch is Undelivered {
            return false
        } catch {
            told(.broke)
            return false
        }
    }

    private struct Undelivered: Error {}

    private func shakeHands() async throws {
        let version = plan.dialect == .old ? "" : "&language=73&pushver=2.4.1&DeviceType=att&PushOptionsFlag=1"
        let answer = try await wire.send("GET", "/iclock/cdata?SN=\(plan.serial)&options=all\(version)")
        guard answer.status == 200, answer.body.hasPrefix("GET OPTION FROM") else {
            told(.refused(status: answer.status))
            throw Undelivered()
        }
        let lines = answer.body.split(whereSeparator: \.isNewline)
        let key = plan.dialect == .old ? "Stamp=" : "ATTLOGStamp="
        state.withLock { state in
            state.isGreeted = true
            if lines.contains(where: { $0 == "\(key)0" }) { state.sent = 0 }
            for line in lines where line.hasPrefix("Delay=") { state.delay = Int(line.dropFirst(6)) ?? 30 }
        }
        told(.shookHands)
    }

    /// - Returns: whether there is more.
    private func upload() async throws -> Bool {
        let (from, batch) = state.withLock { state in
            (state.sent, Array(state.scans[state.sent...].prefix(plan.batch)))
        }
        guard !batch.isEmpty else { return false }
        try await post("ATTLOG", batch.map { $0.line(plan.dialect) }.joined())
        state.withLock { state in
            state.sent = max(state.sent, from + batch.count)
            state.acknowledged.formUnion(from..<(from + batch.count))
        }
        told(.acknowledged(batch))
        return true
    }

    private func uploadOperations() async throws {
        let (from, lines) = state.withLock { ($0.operationsSent, Array($0.operations[$0.operationsSent...])) }
        guard !lines.isEmpty else { return }
        try await post("OPERLOG", lines.map { "\($0)\n" }.joined())
        state.withLock { $0.operationsSent = max($0.operationsSent, from + lines.count) }
    }

    private func answerQuery() async throws -> Bool {
        let places = state.withLock { $0.queries.first?.prefix(plan.batch) }
        guard let places else { return false }
        if !places.isEmpty {
            let lines = state.withLock { state in places.map { state.scans[$0].line(plan.dialect) } }
            try await post("ATTLOG", lines.joined())
        }
        state.withLock { state in
            state.queries[0].removeFirst(places.count)
            if state.queries[0].isEmpty { state.queries.removeFirst() }
        }
        return true
    }

    private func post(_ table: String, _ body: String) async throws {
        let breaking = state.withLock { state -> PushWire.Break in
            let dice = state.random.below(100)
            let faults = plan.faults
            if dice < faults.loseAnswer { return .answer }
            if dice < faults.loseAnswer + faults.halfAnswer { return .halfAnswer }
            if dice < faults.loseAnswer + faults.halfAnswer + faults.halfRequest { return .request }
            return .none
        }
        let answer = try await wire.send(
            "POST", "/iclock/cdata?SN=\(plan.serial)&table=\(table)&Stamp=9999", body: Array(body.utf8),
            breaking: breaking)
        guard answer.status == 200, answer.body.hasPrefix("OK") else {
            told(.refused(status: answer.status))
            throw Undelivered()
        }
    }

    // MARK: Commands

    private func poll() async throws {
        let answer = try await wire.send("GET", "/iclock/getrequest?SN=\(plan.serial)")
        guard answer.status == 200 else {
            told(.refused(status: answer.status))
            throw Undelivered()
        }
        for line in answer.body.split(whereSeparator: \.isNewline) where line.hasPrefix("C:") {
            let parts = line.split(separator: ":", maxSplits: 2)
            guard parts.count == 3 else { continue }
            obey(String(parts[2]), id: String(parts[1]))
        }
        try await tellResults()
    }

    private func obey(_ command: String, id: String) {
        told(.command(command))
        state.withLock { state in
            var result = "ID=\(id)&Return=0&CMD=\(command.split(separator: " ").first ?? "")\n"
            switch command {
            case "CHECK", "REBOOT": state.isGreeted = false
            case "LOG": break
            case "INFO":
                result += "TransactionCount=\(state.scans.count)\nUserCount=\(plan.users)\nFWVersion=Ver 8.0.4.3-sim\n"
            case let text where text.hasPrefix("DATA QUERY ATTLOG "):
                state.queries.append(Self.places(text, state.scans))
            case let text where text.hasPrefix("VERIFY SUM ATTLOG ") && plan.dialect == .new:
                result += "AttlogSum=\(Self.places(text, state.scans).count)\n"
            default: result = "ID=\(id)&Return=-1002&CMD=\(command.split(separator: " ").first ?? "")\n"
            }
            state.results.append(result)
        }
    }

    private static func places(_ command: String, _ scans: [PushScan]) -> [Int] {
        let fields = command.split(whereSeparator: { $0 == "\t" || $0 == "=" })
        guard fields.count == 4 else { return [] }
        return scans.indices.filter { scans[$0].time >= fields[1] && scans[$0].time <= fields[3] }
    }

    private func tellResults() async throws {
        let results = state.withLock { $0.results }
        guard !results.isEmpty else { return }
        let answer = try await wire.send(
            "POST", "/iclock/devicecmd?SN=\(plan.serial)", body: Array(results.joined().utf8))
        guard answer.status == 200 else { throw Undelivered() }
        state.withLock { $0.results.removeFirst(results.count) }
    }
}
