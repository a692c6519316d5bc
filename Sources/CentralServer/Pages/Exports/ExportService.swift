import Attendance
import CentralAttendance
import CentralStore
import Foundation
import Logging
import ServiceLifecycle
import Synchronization

/// Makes the files that people ask for, one at a time and in pieces, in the background.
///
/// They are gone after a day, and when the server starts: what is asked for anew is as true as what was kept.
actor ExportService: Service {
    private let place: ExportPlace?
    private let writer: ExportWriter
    private let now: @Sendable () -> Date
    private let clock: any Clock<Duration>
    private let logger: Logger
    private var jobs: [ExportJob] = []
    private var running: (id: String, task: Task<Void, Never>)?
    private var isReady = false
    private var listeners: [Int: (account: String, told: AsyncStream<Void>.Continuation)] = [:]
    private var nextListener = 0
    private let wakes: AsyncStream<Void>
    private let wake: AsyncStream<Void>.Continuation

    /// Between two looks for files that are too old.
    static let beat = Duration.seconds(60)

    init(
        place: ExportPlace?, writer: ExportWriter, now: @escaping @Sendable () -> Date,
        clock: any Clock<Duration> = ContinuousClock(), logger: Logger
    ) {
        self.place = place
        self.writer = writer
        self.now = now
        self.clock = clock
        self.logger = logger
        (wakes, wake) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    }

    var limits: ExportLimits { place?.limits ?? ExportLimits() }
    /// Takes orders.
    var isOn: Bool { isReady }

    // MARK: Running

    func run() async throws {
        guard let place else { return try await gracefulShutdown() }
        do {
            try ExportFolder.empty(place.folder)
            isReady = true
        } catch {
            logger.error("export.no_place", metadata: ["error": "\(error)"])
        }
        let beats = Task { [wake, clock] in
            while !Task.isCancelled {
                try await clock.sleep(for: Self.beat)
                wake.yield()
            }
        }
        defer { beats.cancel() }
        wake.yield()
        for await _ in wakes.cancelOnGracefulShutdown() {
            sweep()
            startNext()
        }
        isReady = false
        if let running {
            running.task.cancel()
            await running.task.value
        }
        for listener in listeners.values { listener.told.finish() }
        listeners = [:]
    }

    private func startNext() {
        guard isReady, running == nil, let place, let job = jobs.first(where: { $0.state == .waiting }) else { return }
        set(job.id) { $0.state = .running }
        let path = ExportFolder.path(of: job, in: place.folder)
        // Nobody who is waited for: such a task would be given the waiting one's priority.
        let task = Task.detached(priority: .background) { [writer, limits] in
            let result: Result<ExportWriter.Made, any Error>
            do {
                result = .success(
                    try await writer.write(job, to: path, limits) { progress in
                        try await self.note(progress, of: job.id)
                    })
            } catch {
                result = .failure(error)
            }
            await self.finish(job.id, result)
        }
        running = (job.id, task)
    }

    private func note(_ progress: ExportProgress, of id: String) throws {
        guard let job = jobs.first(where: { $0.id == id }), job.state == .running else { throw CancellationError() }
        guard job.progress != progress else { return }
        set(id) { $0.progress = progress }
    }

    private func finish(_ id: String, _ result: Result<ExportWriter.Made, any Error>) {
        running = nil
        let moment = now()
        set(id) { job in
            job.endedAt = moment
            guard job.state == .running else { return }
            switch result {
            case .success(let made): job.state = .done(bytes: made.bytes, hasNotes: made.hasNotes)
            case .failure(let error as ExportWriter.Stopped): job.state = .failed(error.text)
            case .failure(is CancellationError): job.state = .cancelled
            case .failure(let error):
                job.state = .failed("Berkas tidak dapat dibuat; sebabnya ada di catatan server.")
                logger.error(
                    "export.failed", metadata: ["kind": "\(job.request.kind.rawValue)", "error": "\(error)"])
            }
        }
        if let job = jobs.first(where: { $0.id == id }), case .done = job.state {} else { remove(files: id) }
        wake.yield()
    }

    /// Takes away what is older than a day.
    private func sweep() {
        let oldest = now().addingTimeInterval(-limits.keptFor)
        for job in jobs where !job.isOpen && (job.endedAt ?? job.at) < oldest {
            remove(files: job.id)
            jobs.removeAll { $0.id == job.id }
            tell(job.account)
        }
    }

    private func remove(files id: String) {
        guard let place, let job = jobs.first(where: { $0.id == id }) else { return }
        ExportFolder.remove(job, in: place.folder)
    }

    private func set(_ id: String, _ change: (inout ExportJob) -> Void) {
        guard let index = jobs.firstIndex(where: { $0.id == id }) else { return }
        change(&jobs[index])  // safe: just found
        tell(jobs[index].account)  // safe: just found
    }

    // MARK: Asking

    /// - Parameter scope: every unit that the file may have.
    /// - Throws: `ExportRefusal`.
    func ask(
        _ request: ExportRequest, unit: OrgUnit?, scope: UnitScope, account: String, by: Actor
    ) throws(ExportRefusal) -> ExportJob {
        guard place != nil, isReady else { throw .off }
        do throws(ExportRequest.Refusal) { try request.check() } catch { throw .request(error) }
        sweep()
        let own = jobs.filter { $0.account == account }
        guard own.count(where: \.isOpen) < limits.openOfOneAccount else {
            throw .tooManyOpen(most: limits.openOfOneAccount)
        }
        guard own.count(where: \.isDone) < limits.filesOfOneAccount else {
            throw .tooManyFiles(most: limits.filesOfOneAccount)
        }
        guard jobs.count(where: \.isOpen) < limits.open, bytes < limits.bytesOfAll,
            place.map({ ExportFolder.free($0.folder) > limits.freeBytes }) ?? false
        else { throw .full }
        // Names of files that failed stay for a while, but not for ever many.
        for old in own.filter({ !$0.isOpen && !$0.isDone }).dropLast(4) { jobs.removeAll { $0.id == old.id } }
        let job = ExportJob(
            id: RandomText.hex(bytes: 16), account: account, by: by, request: request, unit: unit, scope: scope,
            at: now())
        jobs.append(job)
        tell(account)
        wake.yield()
        return job
    }

    /// Bytes of all finished files.
    private var bytes: Int {
        jobs.reduce(0) { sum, job in
            if case .done(let bytes, _) = job.state { sum + bytes } else { sum }
        }
    }

    /// Newest first; of this account only, and only what the scope still has.
    func jobs(of account: String, in scope: UnitScope) -> [ExportJob] {
        sweep()
        return jobs.filter { $0.account == account && scope.contains($0.scope) }.reversed()
    }

    func job(_ id: String, of account: String, in scope: UnitScope) -> ExportJob? {
        jobs(of: account, in: scope).first { $0.id == id }
    }

    /// How many are before it; `nil` where it does not wait.
    func place(of id: String) -> Int? {
        jobs.filter { $0.state == .waiting }.firstIndex { $0.id == id }.map { $0 + (running == nil ? 0 : 1) }
    }

    /// Ends what is being made; takes away what is made.
    func end(_ id: String, of account: String) {
        guard let job = jobs.first(where: { $0.id == id && $0.account == account }) else { return }
        if job.isOpen {
            let moment = now()
            set(id) { job in
                job.state = .cancelled
                job.endedAt = moment
            }
            if running?.id == id { running?.task.cancel() }
        } else {
            remove(files: id)
            jobs.removeAll { $0.id == id }
            tell(account)
        }
    }

    /// - Parameter notes: the Keterangan that lies beside a file for programs.
    func path(of job: ExportJob, notes: Bool = false) -> String? {
        guard case .done(_, let hasNotes) = job.state, let place, !notes || hasNotes else { return nil }
        let path = ExportFolder.path(of: job, in: place.folder)
        return notes ? ExportFolder.notes(of: path) : path
    }

    // MARK: Telling

    /// Something of the account's files changed; the first comes at once.
    func listen(of account: String) -> AsyncStream<Void> {
        let (stream, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        let id = nextListener
        nextListener += 1
        listeners[id] = (account, continuation)
        continuation.onTermination = { [weak self] _ in Task { await self?.forget(id) } }
        continuation.yield()
        return stream
    }

    private func forget(_ id: Int) { listeners[id] = nil }

    private func tell(_ account: String) {
        for listener in listeners.values where listener.account == account { listener.told.yield() }
    }
}

extension ExportJob {
    var isDone: Bool { if case .done = state { true } else { false } }
}
