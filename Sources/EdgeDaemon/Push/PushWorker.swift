import Attendance
import DeviceFormats
import EdgeStore
import FailPoints
import Foundation
import Logging
import Synchronization

/// Stands for one device that reports by itself: journals what it sends, queues what it is told, and notices when
/// nothing is heard of it any more.
final class PushWorker: SourceWorker {
    let configuration: DeviceConfiguration
    let serial: DeviceSerial
    let store: EdgeStore
    let environment: EdgeEnvironment
    let board: DeviceBoard
    let desk: PushDesk
    private let appended: @Sendable () -> Void
    let waits = PushWaits()
    private let state = Mutex(State())

    private struct State {
        var contactAt: Duration?
        var contacts = 0
        var address = ""
        var newPunches = 0
        var problems = ProblemLog()
        /// What it counts itself, as it told last.
        var count: Int?
        var facts: DeviceFacts?
        /// Hashes of unreadable lines that an alarm told of.
        var toldLines: Set<String> = []
        /// Tables nobody reads that the log told of.
        var toldTables: Set<String> = []
        /// Its run is beyond the question whether it is admitted.
        var hasBegun = false
        var waiting: [CheckedContinuation<Void, Never>] = []
        /// Why it is not admitted.
        var refusal: String?
        /// A handshake asked for everything, and nothing has come since.
        var toldEverything = false
    }

    /// A device polls every `Delay`, 30 s: ten of them missed are a device that is off or has lost its way.
    static let silence = Duration.seconds(300)
    /// Beyond three of these, the status calls it stale.
    private static let interval = Duration.seconds(100)
    private static let stopping = PushProblem(.silent, "the daemon is stopping")

    var name: String { configuration.name }

    /// - Parameter appended: called after something was journaled, so that it is forwarded soon.
    init(
        configuration: DeviceConfiguration, serial: DeviceSerial, store: EdgeStore, environment: EdgeEnvironment,
        board: DeviceBoard, desk: PushDesk, appended: @escaping @Sendable () -> Void
    ) {
        self.configuration = configuration
        self.serial = serial
        self.store = store
        self.environment = environment
        self.board = board
        self.desk = desk
        self.appended = appended
        board.expect(configuration.name, serial: serial, every: Self.interval)
    }

    /// Whether a device at this address may be this one.
    func takes(_ address: String) -> Bool {
        configuration.address.host.isEmpty || configuration.address.host == address
    }

    // MARK: The worker's life

    func run() async {
        let told = configuration.serial ?? serial
        defer { board.heartbeats.end(.device(name)) }
        defer { begun() }
        guard await claim() else { return }
        await begin()
        desk.admit(self, as: told)
        defer { desk.dismiss(self, as: told) }
        // Before it is told that this worker has begun: the port may open with that, and the log is in that order.
        environment.logger.info("push.admitted", metadata: ["device": "\(name)", "serial": "\(told)"])
        begun()
        let clock = board.heartbeats.clock(environment.clock, for: .device(name), within: .seconds(60))
        let since = board.elapsed()
        var left = Self.silence
        while !Task.isCancelled {
            do { try await clock.sleep(for: left) } catch { break }
            let quiet = board.elapsed() - (state.withLock { $0.contactAt } ?? since)
            left = Self.silence - quiet
            guard left <= .zero else { continue }
            left = Self.silence
            failed(
                PushProblem(.silent, "it has not reported for \(quiet.components.seconds / 60) minutes: \(Self.advice)")
            )
        }
        waits.endAll(with: Self.stopping)
    }

    /// Waits until no other stanza has this serial: it must not be journaled from two places as two devices.
    ///
    /// - Returns: false where it was cancelled before.
    private func claim() async -> Bool {
        let clock = board.heartbeats.clock(environment.clock, for: .device(name), within: .seconds(60))
        while !Task.isCancelled {
            do {
                try board.claim(serial, for: name)
                state.withLock { $0.refusal = nil }
                return true
            } catch {
                state.withLock { $0.refusal = "\(error)" }
                failed(error)
                begun()
            }
            try? await clock.sleep(for: Self.claimWait)
        }
        return false
    }

    /// Between two tries to have the serial.
    private static let claimWait = Duration.seconds(30)

    private func begun() {
        let waiting = state.withLock { state in
            state.hasBegun = true
            defer { state.waiting = [] }
            return state.waiting
        }
        for one in waiting { one.resume() }
    }

    func hasBegun() async {
        await withCheckedContinuation { continuation in
            let isOver = state.withLock { state in
                if !state.hasBegun { state.waiting.append(continuation) }
                return state.hasBegun
            }
            if isOver { continuation.resume() }
        }
    }

    /// Why nothing is taken from it; `nil` where it is admitted.
    var refusal: String? { state.withLock { $0.refusal } }

    private static let advice = "check its power and network, and the server address in its menu (Cloud Server, ADMS)"

    /// A journal that has nothing of this device wants all of it: a new device, or a journal that was lost. A wish that
    /// was not granted yet is told again.
    private func begin() async {
        do {
            try await onJournalThreads { [self] in
                let isNew = try store.pushStamps(of: serial).isEmpty
                guard try isNew || store.wantsEverything(of: serial) else { return }
                _ = try commit {
                    try store.wantEverything(of: serial, by: "hadird", reusing: .unanswered, at: environment.now())
                }
                environment.logger.info("push.wants_everything", metadata: ["device": "\(name)"])
            }
        } catch { notKept(error) }
    }

    /// For a command that nobody fetches.
    static let lifetime: TimeInterval = 7 * 86_400

    /// It was heard of.
    func contact(from address: String) {
        let now = board.elapsed()
        let (count, isBack) = state.withLock { state in
            state.contactAt = now
            state.contacts += 1
            state.address = address
            return (state.count, state.problems.recovered())
        }
        board.read(outcome(newPunches: 0, count: count), at: environment.now())
        if isBack { environment.logger.info("device.recovered", metadata: ["device": "\(name)"]) }
    }

    private func outcome(newPunches: Int, count: Int?) -> DeviceReader.Outcome {
        DeviceReader.Outcome(
            device: name, serial: serial.text, extent: "push", newPunches: newPunches, confirmed: 0, count: count)
    }

    func speaksSecurity() { failed(PushProblem.security) }

    private func failed(_ error: any Error) {
        board.failed(name, error)
        let alarm = state.withLock { $0.problems.failed(error, at: board.elapsed()) }
        guard let alarm else { return }
        environment.logger.warning(
            "device.failed", metadata: ["device": "\(name)", "code": "\(alarm)", "problem": "\(error)"])
        do {
            try commit {
                try store.append(
                    [.alarm(Alarm(code: alarm, serial: serial, text: "\(name): \(error)"))], at: environment.now())
            }
        } catch {
            environment.logger.error("journal.failed", metadata: ["problem": "\(error)"])
        }
    }

    /// What it sent is not on our disk, and was not acknowledged.
    func notKept(_ error: any Error) {
        environment.logger.error("push.not_kept", metadata: ["device": "\(name)", "problem": "\(error)"])
    }

    // MARK: Commands of people

    /// Has the device look for news, and waits until it says that it did.
    func sync(_ errand: DeviceMailbox.Errand?) async throws -> DeviceReader.Outcome {
        switch errand {
        case nil: break
        case .setClock:
            throw PushProblem(.unable, "it reports by itself: it sets its clock by our answers, or in its menu")
        case .readUsers: throw PushProblem(.unable, "it reports by itself: it tells users when they change")
        }
        let before = state.withLock { $0.newPunches }
        let order = try await queue(.check, by: "hadird", lifetime: 600)
        let ended = try await waits.wait(for: order.id, within: .seconds(90), clock: environment.clock)
        guard let ended else {
            throw PushProblem(.silent, "it did not fetch the question within 90 s: \(Self.advice)")
        }
        guard ended.state == .confirmed else {
            throw PushProblem(.refused, "it answers CHECK with code \(ended.code.map { "\($0)" } ?? "unknown")")
        }
        let (after, count) = state.withLock { ($0.newPunches, $0.count) }
        return outcome(newPunches: after - before, count: count)
    }

    func lend(_ loan: DeviceLoan) -> String? { "nobody: it reports by itself and cannot be asked directly" }

    func queue(_ command: PushCommand, by account: String, lifetime: TimeInterval = lifetime) async throws -> PushOrder
    {
        let period = command.period.map { ($0.from.text, $0.to.text) }
        return try await onJournalThreads { [self] in
            try commit {
                try store.queuePush(
                    command.kind.rawValue, period: period, for: serial, by: account, lifetime: lifetime,
                    at: environment.now())
            }
        }
    }

    /// The next handshake asks for everything, and the device is told to shake hands.
    ///
    /// - Returns: the command that tells it so.
    func resend(by account: String) async throws -> PushOrder? {
        try await onJournalThreads { [self] in
            try commit { try store.wantEverything(of: serial, by: account, at: environment.now()) }
        }
    }

    // MARK: Journaling

    /// Every write to the journal: timed, and its failure shown.
    func commit<Value>(_ entries: Int = 1, _ body: () throws -> Value) throws -> Value {
        let begun = board.elapsed()
        board.commitBegins(entries)
        do {
            let value = try body()
            board.committed(in: board.elapsed() - begun)
            return value
        } catch {
            board.commitFailed(error)
            throw error
        }
    }

    func onJournalThreads<Value: Sendable>(
        _ body: @escaping @Sendable () throws -> Value
    ) async throws -> Value {
        try await Task(executorPreference: JournalThreads.shared) { try body() }.value
    }

    /// Journals a body; returns after the commit.
    func journal(
        _ reading: PushReading, alarms: @escaping @Sendable (EdgeStore.OperationNews) -> [EntryBody] = { _ in [] }
    ) async throws -> EdgeStore.Appended {
        FailPoint.reach("edge.push.received")
        let done = try await onJournalThreads { [self] in
            try commit(reading.punches.count + reading.operations.count + 1) {
                try store.append(reading, at: environment.now(), alarms: alarms)
            }
        }
        FailPoint.reach("edge.push.journaled")
        state.withLock { $0.newPunches += done.newPunches }
        board.journaled(done.newPunches, of: name)
        board.lastScans.add(done.newest)
        appended()
        return done
    }

    // MARK: What is known of it

    /// - Returns: those that no alarm told of yet.
    func untold(_ lines: [PushUnreadableLine]) -> [PushUnreadableLine] {
        state.withLock { state in lines.filter { !state.toldLines.contains($0.sha256) } }
    }

    func told(_ lines: [PushUnreadableLine]) {
        state.withLock { state in
            // An alarm told twice is the price of a bound.
            if state.toldLines.count + lines.count > Self.mostTold { state.toldLines = [] }
            state.toldLines.formUnion(lines.map(\.sha256))
        }
    }

    private static let mostTold = 10 * PushUnreadableLine.most

    /// - Returns: whether the log hears of this table for the first time.
    func isNews(_ table: String) -> Bool {
        state.withLock { $0.toldTables.count < 32 && $0.toldTables.insert(table).inserted }
    }

    /// - Returns: what it was.
    @discardableResult
    func toldEverything(_ isTold: Bool) -> Bool {
        state.withLock { state in
            defer { state.toldEverything = isTold }
            return state.toldEverything
        }
    }

    /// What it says of itself, where that is news.
    ///
    /// - Returns: the entry to journal; `nil` for none.
    func learn(model: String? = nil, platform: String? = nil, firmware: String? = nil, count: Int?) -> DeviceFacts? {
        state.withLock { state in
            state.count = count ?? state.count
            let old = state.facts
            let new = DeviceFacts(
                serial: serial, name: name, timezone: configuration.timezone, model: model ?? old?.model ?? "",
                platform: platform ?? old?.platform ?? "", firmware: firmware ?? old?.firmware ?? "", capacity: nil)
            guard new != old, model ?? platform ?? firmware != nil else { return nil }
            state.facts = new
            return new
        }
    }

    /// Address and number of contacts since the daemon began.
    var contacts: (address: String, count: Int, age: Duration?) {
        let now = board.elapsed()
        return state.withLock { state in (state.address, state.contacts, state.contactAt.map { now - $0 }) }
    }

    /// Seconds from UTC of its zone.
    func zoneOffset(_ now: Date) -> Int {
        (TimeZone(identifier: configuration.timezone) ?? .gmt).secondsFromGMT(for: now)
    }

    /// `2026-11-23T07:00:00+07:00`
    func localTime(_ now: Date) -> String {
        let offset = zoneOffset(now)
        let dial = UTC.text(now.addingTimeInterval(TimeInterval(offset))).prefix(19)
        let minutes = abs(offset) / 60
        let two: (Int) -> String = { $0 < 10 ? "0\($0)" : "\($0)" }
        return "\(dial)\(offset < 0 ? "-" : "+")\(two(minutes / 60)):\(two(minutes % 60))"
    }
}
