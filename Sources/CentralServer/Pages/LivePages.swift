import CentralPages
import CentralStore
import Foundation
import Logging
import PageSupport
import ServiceLifecycle
import Synchronization

/// Tells all who listen that something was stored. Ringing never waits; many rings before somebody listens are one.
final class ChangeBell: Sendable {
    private let listeners = Mutex<[AsyncStream<Void>.Continuation]>([])

    /// From now on; each listener has its own.
    var rings: AsyncStream<Void> {
        let (stream, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        listeners.withLock { $0.append(continuation) }
        return stream
    }

    func ring() {
        listeners.withLock { listeners in
            listeners.removeAll { listener in
                if case .terminated = listener.yield() { return true }
                return false
            }
        }
    }
}

/// What the pages show now, computed once for all who look, and told to open pages when it changes.
actor LivePages: Service {
    /// One state of everything; pages are made from it when they are asked for.
    struct Snapshot: Sendable {
        let number: Int
        let overview: Overview
        let coverage: CoverageModel?
    }

    /// A page, and the tabs that not everybody has.
    private struct Looked: Hashable {
        let page: PageName
        let others: Set<NetworkPage>
    }

    /// Without news, open pages hear from us this often.
    static let beat = Duration.seconds(5)
    /// Between two computations, whatever arrives.
    static let pause = Duration.milliseconds(250)
    static let coverageAge: TimeInterval = 30
    /// A page that is opened may show what was computed for another so long ago.
    static let freshness: TimeInterval = 0.25

    private let source: OverviewSource
    private let pages: CentralPages
    private let frame: FrameMaker
    private let bell: ChangeBell
    /// Heard from the beginning, also before `run`.
    private let rings: AsyncStream<Void>
    private let clock: any Clock<Duration>
    private let logger: Logger
    private var number = 0
    private var last: Snapshot?
    private var running: Task<Overview, any Error>?
    private var coverage: CoverageModel?
    private var covering: Task<CoverageModel, any Error>?
    private var sections: (number: Int, made: [Looked: [PageSection]]) = (0, [:])
    private var listeners: [Int: (page: PageName, told: AsyncStream<Snapshot>.Continuation)] = [:]
    private var nextListener = 0
    private var isOver = false

    init(
        source: OverviewSource, pages: CentralPages, frame: FrameMaker, bell: ChangeBell,
        clock: any Clock<Duration> = ContinuousClock(), logger: Logger
    ) {
        self.source = source
        self.pages = pages
        self.frame = frame
        self.bell = bell
        rings = bell.rings
        self.clock = clock
        self.logger = logger
    }

    /// Tells listeners until the server stops; then their streams end.
    func run() async throws {
        let beats = Task { [bell, clock] in
            while !Task.isCancelled {
                try await clock.sleep(for: Self.beat)
                bell.ring()
            }
        }
        defer { beats.cancel() }
        for await _ in rings.cancelOnGracefulShutdown() {
            guard !listeners.isEmpty else { continue }
            do {
                // What was begun before the ring may miss what it rang for.
                _ = try? await running?.value
                let snapshot = try await compute(withCoverage: listeners.values.contains { $0.page == .coverage })
                for listener in listeners.values { listener.told.yield(snapshot) }
            } catch {
                logger.error("page.failed", metadata: ["error": "\(error)"])
            }
            try? await clock.sleep(for: Self.pause)
        }
        isOver = true
        for listener in listeners.values { listener.told.finish() }
        listeners = [:]
    }

    /// The state now, for a page that is opened.
    func snapshot(for page: PageName) async throws -> Snapshot {
        if page != .coverage, let last, abs(source.now().timeIntervalSince(last.overview.moment)) < Self.freshness {
            return last
        }
        return try await compute(withCoverage: page == .coverage)
    }

    /// Every state from now on, the newest where the reader is slow; the first comes at once.
    func listen(to page: PageName) -> AsyncStream<Snapshot> {
        let (stream, continuation) = AsyncStream.makeStream(of: Snapshot.self, bufferingPolicy: .bufferingNewest(1))
        guard !isOver else {
            continuation.finish()
            return stream
        }
        let id = nextListener
        nextListener += 1
        listeners[id] = (page, continuation)
        continuation.onTermination = { [weak self] _ in
            Task { await self?.forget(id) }
        }
        bell.ring()
        return stream
    }

    private func forget(_ id: Int) { listeners[id] = nil }

    /// The changing parts of a page; computed once for all who look at it and have the same tabs.
    func sections(of page: PageName, _ snapshot: Snapshot, with others: Set<NetworkPage> = []) -> [PageSection] {
        if sections.number != snapshot.number { sections = (snapshot.number, [:]) }
        let looked = Looked(page: page, others: others)
        if let known = sections.made[looked] { return known }
        let made = pages.sections(
            of: page, snapshot.overview, snapshot.coverage, frame.frame(snapshot.overview, pages: others))
        sections.made[looked] = made
        return made
    }

    /// Whoever asks while it is being computed gets the same.
    private func compute(withCoverage isWanted: Bool) async throws -> Snapshot {
        let overview = try await overview()
        if isWanted { try await renewCoverage(at: overview.moment) }
        number += 1
        let snapshot = Snapshot(number: number, overview: overview, coverage: coverage)
        last = snapshot
        return snapshot
    }

    private func overview() async throws -> Overview {
        if let running { return try await running.value }
        let task = Task { [source] in try await source.overview() }
        running = task
        defer { running = nil }
        return try await task.value
    }

    private func renewCoverage(at moment: Date) async throws {
        if let coverage, moment.timeIntervalSince(coverage.span.upperBound).magnitude <= Self.coverageAge { return }
        if let covering {
            _ = try await covering.value
            return
        }
        let task = Task { [source] in try await source.coverage() }
        covering = task
        defer { covering = nil }
        coverage = try await task.value
    }
}
