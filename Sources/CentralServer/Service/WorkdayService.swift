import AttendanceRules
import CentralAttendance
import CentralStore
import Foundation
import Logging
import ServiceLifecycle

/// Computes workdays behind everything that comes: batches, people, hours, what persons state, and each new day.
///
/// It asks the store what waits when the bell says that something was stored, and looks by itself whether any transaction
/// came to an end; a process that dies is followed by one that finds the same waiting. Rings when workdays changed.
actor WorkdayService: Service {
    /// Between two looks at whether anything was stored.
    static let pause = Duration.seconds(1)
    /// Between two looks, however often the bell rings.
    static let shortestPause = Duration.milliseconds(200)
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
    private let bell: ChangeBell
    private let rings: AsyncStream<Void>
    private var seen: Int?
    /// The date through which days were made.
    private var made: CivilDate?
    /// How often it asked what waits.
    private(set) var asked = 0
    private var quiet = 0
    private var wait = 0
    private var failures = 0
    private var problems: [String] = []

    /// - Parameter pages: of them the government's zone; units may have others. Another one counts after a restart.
    init(
        store: any CentralStore, pages: PagesSettings, reading: HoursReading = .files,
        bell: ChangeBell = ChangeBell(), now: @escaping @Sendable () -> Date,
        clock: any Clock<Duration> = ContinuousClock(), logger: Logger
    ) {
        self.bell = bell
        rings = bell.rings
        self.store = store
        self.now = now
        self.clock = clock
        self.logger = logger
        zone = pages.value.zone
        recomputation = Recomputation(store: store, timezone: zone, reading: reading, now: now)
    }

    func run() async throws {
        let (wakes, waker) = AsyncStream.makeStream(of: Bool.self, bufferingPolicy: .bufferingNewest(1))
        let ticks = Task { [clock] in
            while !Task.isCancelled {
                waker.yield(false)
                try await clock.sleep(for: Self.pause)
            }
        }
        let relay = Task { [rings] in for await _ in rings { waker.yield(true) } }
        defer {
            ticks.cancel()
            relay.cancel()
        }
        await cancelWhenGracefulShutdown {
            for await isRung in wakes {
                await self.look(isRung: isRung)
                try? await self.clock.sleep(for: Self.shortestPause)
            }
        }
    }

    /// Does what waits, if anything was stored since the last look, a day began, or enough of them were quiet.
    ///
    /// - Parameter isRung: not one of the looks that come by themselves: those are counted.
    func look(isRung: Bool = false) async {
        let commits = store.commits
        if !isRung { quiet += 1 }
        if wait > 0 {
            // However often the bell rings, a store that fails is left alone for its time.
            if !isRung { wait -= 1 }
            return
        }
        guard seen != commits || quiet >= Self.quietLooks || made != today else { return }
        asked += 1
        do {
            let date = today
            while !Task.isCancelled {
                let step = try await step(through: date)
                if step.changed > 0 { bell.ring() }
                if !step.isMore { break }
            }
            seen = commits
            made = date
            quiet = 0
            if failures > 0 { logger.notice("workday.recovered") }
            failures = 0
        } catch is CancellationError {
            return
        } catch {
            wait = min(1 << min(failures, 16), Self.mostWait)
            failures += 1
            logger.error("workday.failed", metadata: ["error": "\(error)"])
        }
    }

    private var today: CivilDate {
        let moment = now()
        let seconds = Int64(moment.timeIntervalSince1970.rounded(.down))
        return Moment(seconds: seconds).date(offset: zone.secondsFromGMT(for: moment))
    }

    private func step(through today: CivilDate) async throws -> Recomputation.Step {
        let step = try await recomputation.step(through: today)
        if step.problems != problems {
            problems = step.problems
            for problem in problems {
                logger.error(
                    "hours.unreadable", metadata: ["problem": "\(problem)"])
            }
        }
        if step.judged > 0 {
            logger.debug("workday.computed", metadata: ["judged": "\(step.judged)", "changed": "\(step.changed)"])
        }
        return step
    }
}
