import Attendance
import EdgeStore
import Foundation
import Logging
import ServiceSupport
import Synchronization
import ZKClient

/// Everything `hadird` does: one task per device, one that forwards, one control socket, one status server.
package final class EdgeDaemon: Sendable {
    let configuration: CurrentConfiguration
    let state: StateDirectory
    let environment: EdgeEnvironment
    let store: EdgeStore
    private let lock: StateLock
    private let identity: NodeIdentity?
    /// Why an enrolled node does not send; scans are kept meanwhile.
    private let nodeProblem: String?
    let board: DeviceBoard
    let forwarder: Forwarder?
    let crashes: CrashGuard
    let workers: Workers
    let orders: OrderDesk
    let clockTrust: ClockTrust
    /// The way to the centre; `nil` where this node is not enrolled, or a test has another way.
    let http: HTTPLink?
    let statusService: StatusService
    let pushDesk: PushDesk
    let pushService: PushService
    let source: StatusSource
    let imports: ImportService
    let reloads = ReloadQueue()
    /// Reads the configuration file again.
    let reread: @Sendable () throws -> EdgeConfiguration

    /// - Parameter reread: reads the configuration again when a reload is asked for; without it, nothing changes.
    /// - Throws: `EdgeDaemonError`, `EdgeStoreError`, `StateDirectoryError`.
    package init(
        configuration: EdgeConfiguration, state: StateDirectory, environment: EdgeEnvironment,
        link: (any CentreLink)? = nil, reread: (@Sendable () throws -> EdgeConfiguration)? = nil
    ) throws {
        let current = CurrentConfiguration(configuration, at: environment.now())
        self.configuration = current
        self.state = state
        self.environment = environment
        self.reread = reread ?? { configuration }
        try state.create()
        guard let lock = try state.lock() else {
            throw EdgeDaemonError.alreadyRunning(state.path)
        }
        self.lock = lock
        let store = try Self.open(state, environment)
        self.store = store
        let clockTrust = ClockTrust(store)
        self.clockTrust = clockTrust
        let board = DeviceBoard(elapsed: environment.stopwatch())
        self.board = board
        let (node, nodeProblem) = Self.node(state, link, configuration.proxy, environment, board.heartbeats)
        identity = node?.identity
        http = node?.http
        self.nodeProblem = nodeProblem
        let orders = OrderDesk(store: store, environment: environment, allowed: { current.value.orders })
        self.orders = orders
        let forwarder = node.map { node in
            var watched = environment
            watched.clock = board.heartbeats.clock(
                environment.clock, for: .forwarder, within: ObservedLink.workBound)
            return Forwarder(
                store: store, identity: node.identity, link: node.link, environment: watched,
                configuration: Self.forwarding(configuration), orders: orders, keep: { try $0.save(to: state) },
                learn: { clockTrust.learn(serverTime: $0, now: environment.now()) },
                damaged: { board.noteDamage($0) }, held: { board.missing.held($0) },
                status: { Self.status(store, board, state, environment, clockTrust) })
        }
        self.forwarder = forwarder
        let crashes = CrashGuard(state: state, elapsed: board.elapsed)
        self.crashes = crashes
        let desk = PushDesk(environment: environment, board: board, clockTrust: clockTrust)
        pushDesk = desk
        pushService = PushService { configuration, identity in
            PushServer(configuration: configuration, identity: identity, desk: desk, environment: environment) {
                Self.alarm("push_not_served", $0, store, environment)
            }
        }
        workers = Workers(board: board) { device in
            if device.address.link == .push, let serial = device.journalSerial {
                return PushWorker(
                    configuration: device, serial: serial, store: store, environment: environment, board: board,
                    desk: desk
                ) { forwarder?.wake() }
            }
            let reader = DeviceReader(
                configuration: device, store: store, environment: environment, board: board, clockTrust: clockTrust)
            // With a session or, over SOAP, without: one worker, two ways to visit.
            return DeviceWorker(reader: reader, crashes: crashes) { forwarder?.wake() }
        }
        let source = StatusSource(
            configuration: current, store: store, state: state, board: board, environment: environment,
            clockTrust: clockTrust, forwarder: forwarder, link: node?.link, nodeProblem: nodeProblem)
        self.source = source
        board.lastScans.fill(from: store)
        board.missing.fill(from: store, now: environment.now())
        let sticks = StickDesk(
            store: store, state: state, devices: { current.value.devices }, now: environment.now)
        // What came without a yes before we started will not get one.
        sticks.folder.clean()
        let imports = ImportService(sticks, logger: environment.logger) { forwarder?.wake() }
        self.imports = imports
        let page = OfficePage(source: source, configuration: current, board: board, now: environment.now)
        let importPage = ImportPage(imports, configuration: current)
        let carryPage = CarryPage(
            store: store, state: state, forwarder: forwarder, configuration: current, logger: environment.logger
        ) { board.devices }
        statusService = StatusService { address in
            StatusServer(
                address: address, source: source, page: page, imports: importPage, carry: carryPage,
                environment: environment
            ) { problem in
                Self.alarm("status_not_served", problem, store, environment)
            }
        }
    }

    // MARK: Starting

    private static func open(_ state: StateDirectory, _ environment: EdgeEnvironment) throws -> EdgeStore {
        let damage = FileManager.default.contents(atPath: state.journalDamage).map {
            String(decoding: $0, as: UTF8.self)
        }
        let (store, recovery) = try EdgeStore.opening(path: state.journal, now: environment.now(), damage: damage)
        unlink(state.journalDamage)
        if let recovery {
            environment.logger.error(
                "journal.recovered",
                metadata: [
                    "problem": "\(recovery.reason)", "moved_to": "\(recovery.movedTo)",
                    "salvaged": "\(recovery.salvaged)",
                ])
        }
        return store
    }

    /// Who we are at the centre and the way there, or why we cannot send: that keeps no device from being read.
    private static func node(
        _ state: StateDirectory, _ link: (any CentreLink)?, _ proxy: HTTPProxy?, _ environment: EdgeEnvironment,
        _ heartbeats: Heartbeats
    ) -> (node: Node?, problem: String?) {
        do {
            guard let identity = try NodeIdentity.load(from: state) else { return (nil, nil) }
            let http =
                try link == nil
                ? HTTPLink(url: identity.url, pin: identity.tlsPin, proxy: proxy, now: environment.now) : nil
            guard let way: any CentreLink = link ?? http else { return (nil, nil) }
            return (Node(identity: identity, http: http, link: ObservedLink(way, heartbeats: heartbeats)), nil)
        } catch {
            return (nil, "\(error); then restart hadird")
        }
    }

    private struct Node {
        let identity: NodeIdentity
        let http: HTTPLink?
        let link: ObservedLink
    }

    private static func forwarding(_ configuration: EdgeConfiguration) -> Forwarder.Configuration {
        var settings = Forwarder.Configuration()
        settings.heartbeat = configuration.heartbeat
        return settings
    }

    /// Journals an alarm that belongs to no reading.
    func alarm(_ code: String, _ text: String) { Self.alarm(code, text, store, environment) }

    private static func alarm(_ code: String, _ text: String, _ store: EdgeStore, _ environment: EdgeEnvironment) {
        do {
            try store.append([.alarm(Alarm(code: code, text: text))], at: environment.now())
        } catch {
            environment.logger.error("journal.failed", metadata: ["problem": "\(error)"])
        }
    }

    // MARK: Running

    /// Serves until cancelled. Devices are given back and sessions closed before it returns.
    ///
    /// - Parameters:
    ///   - ready: called when the journal is open and the control socket listens.
    ///   - statusReady: called with the port when the status server listens, which may be later, or never.
    ///   - pushReady: the same for the push server.
    /// - Throws: `ControlError`, `EdgeDaemonError`; not where it was cancelled.
    package func run(
        ready: @escaping @Sendable () -> Void = {}, statusReady: @escaping @Sendable (Int) -> Void = { _ in },
        pushReady: @escaping @Sendable (Int) -> Void = { _ in }
    ) async throws {
        sayWhatStandsInTheWay()
        let control = ControlServer(path: state.controlSocket, logger: environment.logger) {
            [weak self] request, caller in
            await self?.answer(request, caller) ?? ControlAnswer(error: "the daemon is stopping")
        }
        let steps = StartSteps(2) { [service = environment.service] in service?.tell(ServiceManager.ready) }
        let result: Result<Void, any Error> = await withTaskCancellationHandler {
            expectPush(configuration.value.devices)
            await workers.apply(configuration.value.devices)
            await applyPush(configuration.value.push, ready: pushReady)
            await statusService.apply(configuration.value.statusListen, ready: statusReady) { steps.done("status") }
            do {
                try await runParts(control) {
                    ready()
                    steps.done("control")
                }
                return .success(())
            } catch {
                stops()
                return .failure(error)
            }
        } onCancel: {
            stops()
        }
        await statusService.stop()
        await pushService.stop()
        try result.get()
    }

    private func runParts(_ control: ControlServer, _ listening: @escaping @Sendable () -> Void) async throws {
        try await withThrowingTaskGroup(of: String.self) { group in
            group.addTask {
                try await control.run(ready: listening)
                return "control socket"
            }
            if let forwarder {
                group.addTask(executorPreference: JournalThreads.shared) {
                    await forwarder.run()
                    return "forwarder"
                }
                group.addTask { [orders] in
                    await orders.run(journaled: { forwarder.wake() }) { kind, arguments in
                        try await self.execute(kind, arguments, by: forwarder)
                    }
                    return "order desk"
                }
            }
            group.addTask { "device \(await self.workers.supervise())" }
            group.addTask { throw EdgeDaemonError.journalDamaged(try await self.damage()) }
            if let service = environment.service {
                let report = ServiceReport(
                    service: service, source: source, heartbeats: board.heartbeats, environment: environment)
                group.addTask {
                    await report.run()
                    return "service report"
                }
            }
            defer { group.cancelAll() }
            // Nothing here ends by itself: the first end is a cancellation or a failure.
            do {
                let ended = try await group.next() ?? "daemon"
                guard Task.isCancelled else { throw EdgeDaemonError.partEnded(ended) }
            } catch is CancellationError where Task.isCancelled {}
            while let end = await group.nextResult() { _ = end }
        }
    }

    private func stops() {
        environment.service?.tell(ServiceManager.stopping)
        crashes.stops()
    }

    private func sayWhatStandsInTheWay() {
        if let nodeProblem {
            environment.logger.error("node.cannot_send", metadata: ["problem": "\(nodeProblem)"])
            alarm("node_key", "scans are kept here and not sent: \(nodeProblem)")
        } else if identity == nil {
            environment.logger.warning(
                "node.not_enrolled",
                metadata: [
                    "hint":
                        "scans are kept here; stop hadird, run: hadir node enroll CODE --state \(state.path), start it again"
                ])
        }
        for name in crashes.news {
            let text = "\(name): \(crashes.rest(of: name).map { "\($0)" } ?? "reading it ended this program")"
            environment.logger.error("device.crashes_us", metadata: ["device": "\(name)"])
            alarm(CrashGuard.alarm, text)
        }
    }

    /// Returns when the journal is found damaged: what it says, noted for the next start, which mends it.
    private func damage() async throws -> String {
        let (told, sink) = AsyncStream<String>.makeStream()
        board.onDamage { sink.yield($0) }
        for await text in told {
            environment.logger.critical("journal.damaged", metadata: ["problem": "\(text)"])
            try? AtomicFile.write(Array(text.utf8), to: state.journalDamage, mode: 0o600)
            return text
        }
        throw CancellationError()
    }

    /// Reads every device once, forwards everything, and returns what stood in the way; empty where nothing did.
    package func once() async throws -> [String] {
        // Devices that report by themselves do so to a daemon that runs.
        let polled = configuration.value.devices.filter { $0.address.link != .push }.map(\.name)
        let reads = polled.isEmpty ? [] : await readNow(polled)
        var problems = reads.compactMap { read in read.problem.map { "\(read.device): \($0)" } }
        if let forwarder {
            if let problem = try await forwarder.drain() { problems.append("centre: \(problem)") }
        } else {
            problems.append("centre: \(nodeProblem ?? "this node is not enrolled; scans are kept here")")
        }
        return problems
    }

    /// Reads devices in sessions of their own, all at once; for a process in which `run` does not.
    ///
    /// - Parameter names: from the configuration; none means all.
    package func readNow(_ names: [String]) async -> [ControlAnswer.Sync] {
        let wanted = configuration.value.devices.filter { names.isEmpty || names.contains($0.name) }
        return await withTaskGroup(of: ControlAnswer.Sync.self) { group in
            for device in wanted { group.addTask { await self.readOnce(device) } }
            var reads: [ControlAnswer.Sync] = []
            for await read in group { reads.append(read) }
            return reads.sorted { $0.device < $1.device }
        }
    }

    private func readOnce(_ device: DeviceConfiguration) async -> ControlAnswer.Sync {
        guard device.address.link != .push else {
            return ControlAnswer.Sync(device: device.name, problem: "it reports by itself, to a hadird that runs")
        }
        let reader = DeviceReader(
            configuration: device, store: store, environment: environment, board: board, clockTrust: clockTrust)
        do {
            let outcome = try await reader.readInNewSession()
            board.read(outcome, at: environment.now())
            return ControlAnswer.Sync(device: device.name, outcome: outcome)
        } catch {
            board.failed(device.name, error)
            return ControlAnswer.Sync(device: device.name, problem: "\(error)")
        }
    }

    private static func status(
        _ store: EdgeStore, _ board: DeviceBoard, _ state: StateDirectory, _ environment: EdgeEnvironment,
        _ clockTrust: ClockTrust
    ) -> NodeStatus {
        let journal = try? store.status()
        let oldest = journal?.oldestPending.flatMap { UTC.date($0) }
        return NodeStatus(
            version: HadirVersion.text, backlog: journal?.pending ?? 0,
            backlogAge: oldest.map { max(0, Int64(environment.now().timeIntervalSince($0))) },
            diskFree: state.freeBytes,
            clockTrusted: clockTrust.trusts(environment.now()), devices: board.devices)
    }
}

package enum EdgeDaemonError: Error, Equatable, CustomStringConvertible {
    case alreadyRunning(String)
    /// A part that never ends by itself did.
    case partEnded(String)
    /// The next start mends it.
    case journalDamaged(String)

    package var description: String {
        switch self {
        case .alreadyRunning(let path): "another hadird or hadir command holds \(path)"
        case .partEnded(let part): "the \(part) ended by itself; the log says why"
        case .journalDamaged(let problem): "\(problem); starting hadird again moves the file aside and goes on"
        }
    }
}

/// Calls `ready` when so many different steps are done.
private final class StartSteps: Sendable {
    private let left: Mutex<(count: Int, done: Set<String>)>
    private let ready: @Sendable () -> Void

    init(_ count: Int, ready: @escaping @Sendable () -> Void) {
        left = Mutex((count, []))
        self.ready = ready
    }

    func done(_ step: String) {
        let isLast = left.withLock { left in left.done.insert(step).inserted && left.done.count == left.count }
        if isLast { ready() }
    }
}
