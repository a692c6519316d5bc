import AttendanceRules
import CentralAttendance
import CentralStore
import Foundation
import Logging
import ServiceLifecycle

/// Computes workdays behind everything that comes: batches, people, hours, what persons state, and each new day.
///
/// It asks the store what waits, whenever any transaction came to an end; a process that dies is followed by one that
/// finds the same waiting.
actor WorkdayService: Service {
    /// Between two looks at whether anything was stored.
    static let pause = Duration.seconds(1)
    /// Looks between two questions to the store where nothing was stored: a day may have begun.
    static let quietLooks = 30
    /// Looks that are left out after failures in a row: doubled each time, up to this.
    static let mostWait = 64

    private let store: any CentralStore
    private let recomputation: Recomputation
    private let zone: TimeZone
    private let now: @Sendable () -> Date
    private let clock: any Clock<Duration>
    private let logger: Logger
    private var seen: Int?
    /// How often it asked what waits.
    private(set) var asked = 0
    private var quiet = 0
    private var wait = 0
    private var failures = 0
    private var problems: [String] = []

    /// - Parameter pages: of them the government's zone; units may have others. Another one counts after a restart.
    init(
        store: any CentralStore, pages: PagesSettings, reading: HoursReading = .files,
        now: @escaping @Sendable () -> Date, clock: any Clock<Duration> = ContinuousClock(), logger: Logger
    ) {
        self.store = store
        self.now = now
        self.clock = clock
        self.logger = logger
        zone = pages.value.zone
        recomputation = Recomputation(store: store, timezone: zone, reading: reading, now: now)
    }

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                await self.look()
                try? await self.clock.sleep(for: Self.pause)
            }
        }
    }

    /// Does what waits, if anything was stored since the last look or enough of them were quiet.
    func look() async {
        let commits = store.commits
        quiet += 1
        if wait > 0 {
            wait -= 1
            return
        }
        guard seen != commits || quiet >= Self.quietLooks else { return }
        asked += 1
        do {
            while !Task.isCancelled, try await step().isMore {}
            seen = commits
            quiet = 0
            if failures > 0 { logger.notice("workdays are computed again") }
            failures = 0
        } catch is CancellationError {
            return
        } catch {
            wait = min(1 << min(failures, 16), Self.mostWait)
            failures += 1
            logger.error("workdays cannot be computed; tried again", metadata: ["error": "\(error)"])
        }
    }

    private func step() async throws -> Recomputation.Step {
        let moment = now()
        let seconds = Int64(moment.timeIntervalSince1970.rounded(.down))
        let today = Moment(seconds: seconds).date(offset: zone.secondsFromGMT(for: moment))
        let step = try await recomputation.step(through: today)
        if step.problems != problems {
            problems = step.problems
            for problem in problems {
                logger.error(
                    "a text of hours cannot be read; nobody is judged by it", metadata: ["problem": "\(problem)"])
            }
        }
        if step.judged > 0 {
            logger.debug("workdays computed", metadata: ["judged": "\(step.judged)", "changed": "\(step.changed)"])
        }
        return step
    }
}
