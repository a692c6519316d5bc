import Attendance
import CentralStore
import FailPoints
import Foundation
import Glibc
import Logging
import ServiceLifecycle
import ServiceSupport

/// The commands of `hadir-central`, without the process around them.
package enum CentralCommands {
    package struct Initialised: Sendable {
        package let fingerprint: String
        package let recoveryKit: String
        /// Made here, where the operator gave none; it is written nowhere.
        package let passphrase: String?
    }

    /// Makes a centre: database, keys, recovery kit.
    ///
    /// - Parameters:
    ///   - kit: where the recovery kit goes and what locks it; `nil` puts it into the state directory.
    package static func initialise(
        _ state: StateDirectory, kit: (path: String, passphrase: String)? = nil,
        cost: RecoveryKit.Cost = .standard
    ) throws -> Initialised {
        guard !state.isInitialised else {
            throw CentralError(.configuration, "\(state.path) holds a centre already; nothing was changed")
        }
        if let kit { try check(kit) }
        try state.create()
        guard let lock = try state.lock() else {
            throw CentralError(.alreadyRunning, "another hadir-central is at work in \(state.path)")
        }
        defer { withExtendedLifetime(lock) {} }
        let keys = CentralKeys()
        try state.createDatabaseFile()
        FailPoint.reach("centre.init.database_made")
        try open(state).close()
        FailPoint.reach("centre.init.database_filled")
        let made = kit == nil ? RecoveryKit.randomPassphrase() : nil
        let path = kit?.path ?? state.recoveryKit
        let sealed = try RecoveryKit(keys, passphrase: kit?.passphrase ?? made ?? "", cost: cost)
        try PrivateFile.write(try sealed.text(), to: path, isState: kit == nil)
        FailPoint.reach("centre.init.kit_written")
        try keys.write(to: state)
        return Initialised(fingerprint: Hex.encode(keys.fingerprint), recoveryKit: path, passphrase: made)
    }

    /// Writes a kit with all keys and all nodes there are now.
    ///
    /// - Returns: the passphrase, where it was made here.
    package static func recoveryKit(
        _ state: StateDirectory, path: String, passphrase: String?, cost: RecoveryKit.Cost = .standard
    ) async throws -> String? {
        let keys = try CentralKeys(state)
        let made = passphrase == nil ? RecoveryKit.randomPassphrase() : nil
        let kit = (path: path, passphrase: passphrase ?? made ?? "")
        try check(kit)
        let nodes = try await keptNodes(in: state)
        try PrivateFile.write(
            try RecoveryKit(keys, nodes: nodes, passphrase: kit.passphrase, cost: cost).text(), to: path,
            isState: false)
        return made
    }

    private static func check(_ kit: (path: String, passphrase: String)) throws {
        guard kit.passphrase.count >= RecoveryKit.shortestPassphrase else {
            throw CentralError(.usage, "the passphrase is shorter than \(RecoveryKit.shortestPassphrase) characters")
        }
        guard !FileManager.default.fileExists(atPath: kit.path) else {
            throw CentralError(.configuration, "\(kit.path) exists; give another file or move it away")
        }
    }

    package static func keyStatus(in state: StateDirectory, at moment: Date) async throws -> KeyStatus {
        KeyStatus(try CentralKeys(state), try await nodes(in: state), at: moment)
    }

    /// Does a writing command: by the running server, or here where none runs.
    ///
    /// - Parameter clock: measures how long a server that has just begun may take until it answers.
    package static func perform(
        _ request: ControlRequest, in state: StateDirectory, now: @escaping @Sendable () -> Date = { Date() },
        clock: any Clock<Duration> = ContinuousClock()
    ) async throws -> ControlAnswer {
        try state.requireInitialised()
        let attempt: () async throws -> ControlAnswer? = {
            if let lock = try state.lock() {
                defer { withExtendedLifetime(lock) {} }
                let keys = try KeyRing(state)
                let store = try open(state)
                let answer = await Administration(store: store, keys: keys, now: now).perform(
                    request, by: .operatorOfMachine(geteuid()))
                try store.close()
                return answer
            }
            return try await ControlClient.send(request, to: state.controlSocket)
        }
        guard let answer = try await LockPatience(clock).first(attempt) else {
            throw CentralError(
                .alreadyRunning,
                "another hadir-central holds this state directory and its \(state.controlSocket) does not answer")
        }
        if case .refused(let kind, let text) = answer { throw CentralError(kind, text) }
        return answer
    }

    /// Reads beside a running server or without one.
    package static func nodes(in state: StateDirectory) async throws -> [NodeSummary] {
        try await read(state) { store in try await store.nodes() }
    }

    package static func orders(in state: StateDirectory, limit: Int) async throws -> [OrderSummary] {
        try await read(state) { store in try await store.orders(limit: limit) }
    }

    static func read<Value>(
        _ state: StateDirectory, _ work: (any CentralStore) async throws -> Value
    ) async throws -> Value {
        try state.requireInitialised()
        do {
            let store = try SQLiteCentralStore(readingPath: state.database)
            let value = try await work(store)
            try store.close()
            return value
        } catch let error as CentralError {
            throw error
        } catch let error as CentralStoreError {
            throw CentralError(.configuration, error.description)
        } catch {
            throw CentralError(.io, "cannot read \(state.database): \(error)")
        }
    }

    /// Serves until SIGTERM or SIGINT, or until the surrounding service group ends.
    ///
    /// - Parameter onListening: called with the URL once connections are accepted.
    package static func serve(
        _ state: StateDirectory, listen: ListenAddress, tls: TLSFiles?, logger: Logger,
        now: @escaping @Sendable () -> Date = { Date() }, onListening: @escaping @Sendable (String) async -> Void
    ) async throws {
        let settings = try CentralSettings { CentralConfiguration(listen: listen, tls: tls) }
        try await serve(state, settings, logger: logger, now: now, onListening: onListening)
    }

    /// As above, and under a service manager.
    ///
    /// - Parameters:
    ///   - service: hears how it gets on.
    ///   - reloads: each element has the settings, and the certificate, read again.
    ///   - clock: measures how long another process may hold the state directory.
    package static func serve(
        _ state: StateDirectory, _ settings: CentralSettings, service: ServiceManager? = nil,
        reloads: AsyncStream<Void>? = nil, logger: Logger, now: @escaping @Sendable () -> Date = { Date() },
        clock: any Clock<Duration> = ContinuousClock(), onListening: @escaping @Sendable (String) async -> Void
    ) async throws {
        try state.requireInitialised()
        let listen = settings.value.listen
        let certificate = try settings.value.tls.map { files in try ServedCertificate(files) }
        // A command may be at work: it is over in a moment.
        guard let lock = try await LockPatience(clock).first({ try state.lock() }) else {
            throw CentralError(.alreadyRunning, "another hadir-central is at work in \(state.path)")
        }
        defer { withExtendedLifetime(lock) {} }
        // Below the lock: a key change that is being made without a server is over by now.
        let keys = try KeyRing(state)
        let store = try ServiceManager.extendingTime(service) {
            try open(state) { logger.notice("the database is brought up to date; with years in it this takes minutes") }
        }
        let pages = PagesSettings(settings.value.pages)
        let application = try CentralApplication(
            listen: listen, tls: certificate?.configuration, store: store, keys: keys,
            exports: ExportPlace(folder: state.exports, database: state.database), pages: pages, now: now,
            logger: logger
        ) { port in
            let host = listen.host.contains(":") ? "[\(listen.host)]" : listen.host
            await onListening("\(certificate == nil ? "http" : "https")://\(host):\(port)")
            service?.tell(ServiceManager.ready)
        }
        try await store.setTLSPin(certificate?.current.pin)
        let control = ControlServer(
            path: state.controlSocket,
            administration: Administration(store: store, keys: keys, now: now, ingest: application.ingest),
            logger: logger)
        let words = words(store, certificate, settings, now)
        let workdays = WorkdayService(
            store: store, pages: pages, bell: application.bell, now: now, logger: logger)
        var services: [any Service] = [
            Housekeeping(store: store, now: now, logger: logger),
            AuditService(store: store, settings: pages, now: now, logger: logger), workdays, control, application,
        ]
        if let service {
            services.append(
                CentralReport(
                    service: service, words: words, signs: [.database(store), .eventLoops], clock: ContinuousClock(),
                    logger: logger))
        }
        if let reloads {
            services.append(
                Reloading(
                    settings: settings, pages: pages, certificate: certificate, store: store, service: service,
                    requests: reloads,
                    words: words, logger: logger))
        }
        var configuration = ServiceGroupConfiguration(
            services: services, gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
        configuration.maximumGracefulShutdownDuration = .seconds(8)
        try await ServiceGroup(configuration: configuration).run()
        try store.close()
    }

    private static func words(
        _ store: any CentralStore, _ certificate: ServedCertificate?, _ settings: CentralSettings,
        _ now: @escaping @Sendable () -> Date
    ) -> @Sendable () async -> String {
        {
            CentralWords.text(
                nodes: try? await store.nodes(), certificateUntil: certificate?.current.until,
                configurationProblem: settings.problem, at: now())
        }
    }

    static func open(
        _ state: StateDirectory, onMigration: () -> Void = {}
    ) throws -> SQLiteCentralStore {
        do {
            return try SQLiteCentralStore(path: state.database, onMigration: onMigration)
        } catch let error as CentralStoreError {
            throw CentralError(.configuration, error.description)
        } catch {
            throw CentralError(.io, "cannot open \(state.database): \(error)")
        }
    }
}

/// What must happen while nobody asks for it.
private struct Housekeeping: Service {
    let store: any CentralStore
    let now: @Sendable () -> Date
    let logger: Logger

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                do {
                    try await store.forgetExpiredCodes(at: now())
                } catch is CancellationError {
                    return
                } catch {
                    logger.error("expired enrolment codes were not forgotten", metadata: ["error": "\(error)"])
                }
                do {
                    try await store.noteRevocations(at: now())
                } catch is CancellationError {
                    return
                } catch {
                    logger.error("revocations now in force were not noted", metadata: ["error": "\(error)"])
                }
                do {
                    let limits = SignInLimits()
                    try await store.forgetSessions(
                        unusedSince: now().addingTimeInterval(-limits.idle),
                        olderThan: now().addingTimeInterval(-limits.absolute), at: now())
                } catch is CancellationError {
                    return
                } catch {
                    logger.error("sessions that are over were not forgotten", metadata: ["error": "\(error)"])
                }
                try? await Task.sleep(for: .seconds(600))
            }
        }
    }
}
