import Attendance
import EdgeStore
import Foundation
import Logging
import Synchronization
import ZKClient

/// Everything `hadird` does: one task per device, one that forwards, one control socket, one status server.
package final class EdgeDaemon: Sendable {
    private let configuration: EdgeConfiguration
    private let state: StateDirectory
    private let environment: EdgeEnvironment
    private let store: EdgeStore
    private let lock: StateLock
    private let identity: NodeIdentity?
    private let board: DeviceBoard
    private let clockTrust: ClockTrust
    private let forwarder: Forwarder?
    private let workers: [String: DeviceWorker]
    private let status: StatusSource
    private let orders: OrderDesk

    /// - Throws: `EdgeDaemonError`, `EdgeStoreError`, `StateDirectoryError`.
    package init(
        configuration: EdgeConfiguration, state: StateDirectory, environment: EdgeEnvironment,
        link: (any CentreLink)? = nil
    ) throws {
        self.configuration = configuration
        self.state = state
        self.environment = environment
        try state.create()
        guard let lock = try state.lock() else {
            throw EdgeDaemonError.alreadyRunning(state.path)
        }
        self.lock = lock
        let (store, recovery) = try EdgeStore.opening(path: state.journal, now: environment.now())
        if let recovery {
            environment.logger.error(
                "journal.recovered",
                metadata: [
                    "problem": "\(recovery.reason)", "moved_to": "\(recovery.movedTo)",
                    "salvaged": "\(recovery.salvaged)",
                ])
        }
        self.store = store
        let clockTrust = ClockTrust(store)
        self.clockTrust = clockTrust
        let identity = try NodeIdentity.load(from: state)
        self.identity = identity
        let board = DeviceBoard(elapsed: environment.stopwatch())
        self.board = board
        let observed = try identity.map { identity in
            let direct = try HTTPLink(
                url: identity.url, pin: identity.tlsPin, proxy: configuration.proxy, now: environment.now)
            return ObservedLink(link ?? direct, elapsed: board.elapsed)
        }
        let orders = OrderDesk(store: store, environment: environment, allowed: { configuration.orders })
        self.orders = orders
        let forwarder: Forwarder? =
            if let identity, let observed {
                Forwarder(
                    store: store, identity: identity, link: observed, environment: environment,
                    configuration: Self.forwarding(configuration), orders: orders,
                    keep: { try $0.save(to: state) },
                    status: { Self.status(store, board, state, environment, clockTrust) })
            } else {
                nil
            }
        self.forwarder = forwarder
        workers = Dictionary(
            configuration.devices.map { device in
                let reader = DeviceReader(
                    configuration: device, store: store, environment: environment, board: board)
                return (device.name, DeviceWorker(reader: reader, appended: { forwarder?.wake() }))
            }, uniquingKeysWith: { first, _ in first })
        status = StatusSource(
            configuration: configuration, store: store, state: state, board: board, environment: environment,
            clockTrust: clockTrust, forwarder: forwarder, link: observed)
    }

    private static func forwarding(_ configuration: EdgeConfiguration) -> Forwarder.Configuration {
        var settings = Forwarder.Configuration()
        settings.heartbeat = configuration.heartbeat
        return settings
    }

    /// Serves until cancelled. Devices are given back and sessions closed before it returns.
    ///
    /// - Parameters:
    ///   - ready: called when the journal is open and the control socket listens.
    ///   - statusReady: called with the port when the status server listens, which may be later, or never.
    /// - Throws: `ControlError`, `EdgeDaemonError.partEnded`; not where it was cancelled.
    package func run(
        ready: @escaping @Sendable () -> Void = {}, statusReady: @escaping @Sendable (Int) -> Void = { _ in }
    ) async throws {
        if identity == nil {
            environment.logger.warning(
                "node.not_enrolled",
                metadata: ["hint": "scans are kept here; enroll with: hadir node enroll CODE --state \(state.path)"])
        }
        let control = ControlServer(path: state.controlSocket, logger: environment.logger) { [weak self] request in
            await self?.answer(request) ?? ControlAnswer(error: "the daemon is stopping")
        }
        try await withThrowingTaskGroup(of: String.self) { group in
            group.addTask {
                try await control.run(ready: ready)
                return "control socket"
            }
            if let forwarder {
                group.addTask {
                    await forwarder.run()
                    return "forwarder"
                }
                group.addTask { [orders] in
                    await orders.run(journaled: { forwarder.wake() }) { kind, arguments in
                        try await self.execute(kind, arguments, forwarder)
                    }
                    return "order desk"
                }
            }
            if let address = configuration.statusListen {
                let server = statusServer(address)
                group.addTask {
                    await server.run(ready: statusReady)
                    return "status server"
                }
            }
            for (name, worker) in workers {
                group.addTask {
                    await worker.run()
                    return "device \(name)"
                }
            }
            defer { group.cancelAll() }
            // Nothing here ends by itself: the first end is a cancellation or a failure.
            let ended = try await group.next() ?? "daemon"
            guard Task.isCancelled else { throw EdgeDaemonError.partEnded(ended) }
            while try await group.next() != nil {}
        }
    }

    private func statusServer(_ address: EdgeConfiguration.ListenAddress) -> StatusServer {
        StatusServer(address: address, source: status, environment: environment) { [store, environment] problem in
            do {
                try store.append(
                    [.alarm(Alarm(code: "status_not_served", text: problem))], at: environment.now())
            } catch {
                environment.logger.error("journal.failed", metadata: ["problem": "\(error)"])
            }
        }
    }

    /// Reads every device once, forwards everything, and returns what stood in the way; empty where nothing did.
    package func once() async throws -> [String] {
        var problems = await readNow([]).compactMap { read in read.problem.map { "\(read.device): \($0)" } }
        if let forwarder {
            if let problem = try await forwarder.drain() { problems.append("centre: \(problem)") }
        } else {
            problems.append("centre: this node is not enrolled; scans are kept here")
        }
        return problems
    }

    /// Reads devices in sessions of their own, all at once; for a process in which `run` does not.
    ///
    /// - Parameter names: from the configuration; none means all.
    package func readNow(_ names: [String]) async -> [ControlAnswer.Sync] {
        let wanted = configuration.devices.filter { names.isEmpty || names.contains($0.name) }
        return await withTaskGroup(of: ControlAnswer.Sync.self) { group in
            for device in wanted { group.addTask { await self.readOnce(device) } }
            var reads: [ControlAnswer.Sync] = []
            for await read in group { reads.append(read) }
            return reads.sorted { $0.device < $1.device }
        }
    }

    private func readOnce(_ device: DeviceConfiguration) async -> ControlAnswer.Sync {
        let reader = DeviceReader(configuration: device, store: store, environment: environment, board: board)
        do {
            let outcome = try await reader.readInNewSession()
            board.read(outcome, at: environment.now())
            return ControlAnswer.Sync(device: device.name, outcome: outcome)
        } catch {
            board.failed(device.name, "\(error)")
            return ControlAnswer.Sync(device: device.name, problem: "\(error)")
        }
    }

    // MARK: Orders of the centre

    /// - Returns: what was done, for a person.
    private func execute(
        _ kind: OrderKind, _ arguments: [String: String], _ forwarder: Forwarder
    ) async throws -> String {
        switch kind {
        case .resend:
            guard let from = arguments["from"].flatMap({ Int64($0) }), from >= 1 else {
                throw OrderError("resend needs \"from\", a seq of 1 or more")
            }
            return "entries are sent again from \(try await forwarder.resend(from: from)) on"
        case .timeSet, .users:
            throw OrderError("not built yet")
        }
    }

    // MARK: Control

    private func answer(_ request: ControlRequest) async -> ControlAnswer {
        switch request.command {
        case .status:
            do {
                return ControlAnswer(
                    devices: board.devices, journal: try store.status(), centreProblem: await forwarder?.currentProblem)
            } catch {
                return ControlAnswer(error: "\(error)")
            }
        case .sync: return await sync(request.devices)
        }
    }

    private func sync(_ names: [String]) async -> ControlAnswer {
        let wanted = names.isEmpty ? workers.keys.sorted() : names
        if let unknown = wanted.first(where: { workers[$0] == nil }) {
            return ControlAnswer(error: "there is no device \"\(unknown)\" in the daemon's configuration")
        }
        let synced = await withTaskGroup(of: ControlAnswer.Sync.self) { group in
            for name in wanted {
                guard let worker = workers[name] else { continue }
                group.addTask {
                    do {
                        return ControlAnswer.Sync(device: name, outcome: try await worker.sync())
                    } catch {
                        return ControlAnswer.Sync(device: name, problem: "\(error)")
                    }
                }
            }
            var synced: [ControlAnswer.Sync] = []
            for await result in group { synced.append(result) }
            return synced
        }
        return ControlAnswer(synced: synced.sorted { $0.device < $1.device })
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

    package var description: String {
        switch self {
        case .alreadyRunning(let path): "another hadird or hadir command holds \(path)"
        case .partEnded(let part): "the \(part) ended by itself; the log says why"
        }
    }
}
