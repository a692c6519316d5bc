import AttendanceRules
import CentralAttendance
import CentralPages
import CentralStore
import Foundation
import Logging
import ServiceLifecycle

/// Today of everybody, in memory: follows what is written, and tells open pages (docs/board.md).
///
/// No request computes it. What changed is read when it was stored, at most five times a second; where the day, people
/// or hours are others everything is read again.
actor Board: Service {
    /// A page as it is for all who see the same there.
    struct View: Hashable, Sendable {
        enum Page: Hashable, Sendable { case board, unit, wall }

        let page: Page
        let place: BoardPlace
        /// Units above that the visitor may see, from the top.
        let above: [Int64]
        let withPeople: Bool
        /// What the page may lead to.
        let areas: [PageArea]
    }

    /// Without news, the board is judged so often: hours begin, and devices fall silent.
    static let beat = Duration.seconds(1)
    /// Between two looks, whatever is stored.
    static let pause = Duration.milliseconds(200)
    /// Nodes and devices are read no more often.
    static let hearingAge = Duration.seconds(1)
    /// Sums of earlier days, hours and rosters are read no more often.
    static let slowAge = Duration.seconds(20)

    private let store: any CentralStore
    private let people: PeopleCache
    private let pages: CentralPages
    private let frame: FrameMaker
    private let rings: AsyncStream<Void>
    private let clock: any Clock<Duration>
    private let time: @Sendable () -> Duration
    private let now: @Sendable () -> Date
    private let logger: Logger

    private var last: BoardState?
    private var renewing: Task<BoardState, any Error>?
    private var known = Known()
    private var isFailing = false
    private var isRunning = false
    private var isOver = false
    /// When the last look ended.
    private var lookedAt: Duration?
    private var made: (number: Int, models: [View: BoardModel], sections: [View: [PageSection]]) = (0, [:], [:])
    /// Of the history and the units there are now.
    private var pasts: [BoardPlace: BoardState.Past] = [:]
    /// Pages as they were made last, of views that somebody asked for not long ago.
    private var kept: [View: MadePage] = [:]
    private var listeners: [Int: AsyncStream<BoardState>.Continuation] = [:]
    private var nextListener = 0

    /// What a page is put together from, with the frame of whoever opens it.
    struct MadePage: Sendable {
        let number: Int
        /// Of the people it shows.
        let revision: Int64
        let model: BoardModel
        let sections: [PageSection]
        let madeAt: Duration
        var askedAt: Duration
    }

    /// A page that is opened may be so old; what is told to it then is new.
    static let staleness = Duration.seconds(1)
    /// Pages that were asked for not longer ago are made before they are asked for again.
    static let remembered = Duration.seconds(30)
    static let mostKept = 200

    /// What the last state was made of.
    private struct Known {
        /// The store's count before anything was read.
        var commits: Int?
        var day: BoardDay?
        var news: Int?
        var source: RecapSource?
        var hours: Hours?
        var roster: [RosterDay] = []
        var devices: [DeviceSummary] = []
        var nodes: [NodeSummary] = []
        var hearing = Hearing()
        var history: BoardHistory?
        var heardAt: Duration?
        var slowAt: Duration?
        /// The store's count at these readings.
        var heardCommits: Int?
        var slowCommits: Int?
    }

    init(
        store: any CentralStore, people: PeopleCache, pages: CentralPages, frame: FrameMaker, bell: ChangeBell,
        now: @escaping @Sendable () -> Date, clock: any Clock<Duration> = ContinuousClock(),
        time: (@Sendable () -> Duration)? = nil, logger: Logger
    ) {
        self.store = store
        self.people = people
        self.pages = pages
        self.frame = frame
        rings = bell.rings
        self.clock = clock
        let start = ContinuousClock.now
        self.time = time ?? { start.duration(to: .now) }
        self.now = now
        self.logger = logger
    }

    // MARK: Running

    /// Follows until the server stops; then open pages are told so.
    func run() async throws {
        let (wakes, waker) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        let beats = Task { [clock] in
            while !Task.isCancelled {
                waker.yield()
                try await clock.sleep(for: Self.beat)
            }
        }
        let relay = Task { [rings] in for await _ in rings { waker.yield() } }
        defer {
            beats.cancel()
            relay.cancel()
        }
        isRunning = true
        for await _ in wakes.cancelOnGracefulShutdown() {
            await follow()
            try? await clock.sleep(for: Self.pause)
        }
        (isRunning, isOver) = (false, true)
        for listener in listeners.values { listener.finish() }
        listeners = [:]
    }

    /// One look; what cannot be read is tried again at the next one.
    func follow() async {
        do {
            // What was begun before may miss what this look is for.
            _ = try? await renewing?.value
            let state = try await renew()
            tell(state)
            await prepare(state)
            if isFailing { logger.notice("board.recovered") }
            isFailing = false
        } catch is CancellationError {
            return
        } catch {
            if !isFailing { logger.error("board.failed", metadata: ["error": "\(error)"]) }
            isFailing = true
            // A store that is silent says nothing of now, either: devices fall silent with it.
            if let state = judged(false) { tell(state) }
        }
    }

    private func tell(_ state: BoardState) { for listener in listeners.values { listener.yield(state) } }

    /// Every state from now on, the newest where the reader is slow; the first comes with the next look.
    func listen() -> AsyncStream<BoardState> {
        let (stream, continuation) = AsyncStream.makeStream(of: BoardState.self, bufferingPolicy: .bufferingNewest(1))
        guard !isOver else {
            continuation.finish()
            return stream
        }
        let id = nextListener
        nextListener += 1
        listeners[id] = continuation
        continuation.onTermination = { [weak self] _ in
            Task { await self?.forget(id) }
        }
        if let last { continuation.yield(last) }
        return stream
    }

    private func forget(_ id: Int) { listeners[id] = nil }

    // MARK: Asking

    /// As of the last look, which is a moment ago; computed here only before the first one, and where people changed
    /// since: whoever may ask by the new ones must not be shown the old ones.
    ///
    /// - Parameter revision: of the people by whom it was decided what may be asked.
    @discardableResult
    func state(of revision: Int64? = nil) async throws -> BoardState {
        let isOfThese = revision.map { $0 <= known.source?.people.revision ?? -1 } ?? true
        if isOfThese, isRunning, let last, let lookedAt, time() - lookedAt < Self.beat * 2 { return last }
        // What was begun before may miss the change.
        if !isOfThese { _ = try? await renewing?.value }
        return try await renew()
    }

    /// - Parameter revision: of the people by whom it was decided what may be asked.
    func page(of view: View, people revision: Int64) async throws -> MadePage {
        let state = try await state(of: revision)
        if var page = kept[view], page.revision >= revision,
            page.number == state.number || time() - page.madeAt < Self.staleness
        {
            page.askedAt = time()
            kept[view] = page
            return page
        }
        return await make(view, state)
    }

    /// Makes pages that somebody may ask for again, before they are asked for.
    private func prepare(_ state: BoardState) async {
        kept = kept.filter { time() - $0.value.askedAt < Self.remembered }
        for (view, page) in kept where page.number != state.number && time() - page.madeAt >= Self.staleness / 2 {
            _ = await make(view, state)
        }
    }

    /// Elsewhere: it takes a moment, in which the board answers.
    private func make(_ view: View, _ state: BoardState) async -> MadePage {
        let model = model(of: view, state)
        let frame = frame.frame(areas: view.areas, at: state.moment)
        let revision = known.source?.people.revision ?? -1
        let sections = await Task.detached { [pages] in Self.sections(of: view.page, model, frame, pages) }.value
        let page = MadePage(
            number: state.number, revision: revision, model: model, sections: sections, madeAt: time(),
            askedAt: kept[view]?.askedAt ?? time())
        if kept.count >= Self.mostKept, kept[view] == nil { kept = [:] }
        kept[view] = page
        return page
    }

    private static func sections(
        of page: View.Page, _ model: BoardModel, _ frame: PageFrame, _ pages: CentralPages
    ) -> [PageSection] {
        switch page {
        case .board: pages.boardSections(model, frame)
        case .unit: pages.unitSections(model, frame)
        case .wall: pages.wallSections(model, frame)
        }
    }

    func model(of view: View, people revision: Int64? = nil) async throws -> BoardModel {
        model(of: view, try await state(of: revision))
    }

    private func model(of view: View, _ state: BoardState) -> BoardModel {
        forgetMade(before: state)
        if made.number == state.number, var model = made.models[view] {
            model.moment = state.moment
            return model
        }
        let past = pasts[view.place] ?? state.past(of: view.place)
        if state.number == last?.number { pasts[view.place] = past }
        let model = state.model(of: view.place, above: view.above, withPeople: view.withPeople, past: past)
        if made.number == state.number { made.models[view] = model }
        return model
    }

    /// The changing parts of a page; made once for all who look at it.
    func sections(of view: View, _ state: BoardState) -> [PageSection] {
        forgetMade(before: state)
        if made.number == state.number, let sections = made.sections[view] { return sections }
        let model = model(of: view, state)
        let frame = frame.frame(areas: view.areas, at: state.moment)
        let sections = Self.sections(of: view.page, model, frame, pages)
        if made.number == state.number { made.sections[view] = sections }
        return sections
    }

    private func forgetMade(before state: BoardState) {
        if made.number < state.number { made = (state.number, [:], [:]) }
    }

    // MARK: Reading

    /// Whoever asks while it is being read gets the same.
    private func renew() async throws -> BoardState {
        if let renewing { return try await renewing.value }
        let task = Task { try await read() }
        renewing = task
        defer { renewing = nil }
        return try await task.value
    }

    private func read() async throws -> BoardState {
        let commits = store.commits
        let today = frame.settings.value.date(of: now())
        var isChanged = false
        let isSlowDue = known.slowCommits != commits && isDue(known.slowAt, Self.slowAge)
        if known.commits != commits || known.day?.date != today || isSlowDue {
            isChanged = try await readPeople(today, commits, isSlowDue)
            if try await readDays(today) { isChanged = true }
            known.commits = commits
        }
        if known.heardCommits != commits, isDue(known.heardAt, Self.hearingAge) {
            (known.devices, known.nodes) = (try await store.devices(), try await store.nodes())
            (known.heardAt, known.heardCommits) = (time(), commits)
        }
        guard let state = judged(isChanged) else { throw CentralError(.io, "there is nothing to make a board of") }
        lookedAt = time()
        return state
    }

    /// The same people, as time alone has made it.
    private func judged(_ isChanged: Bool) -> BoardState? {
        guard let source = known.source, let history = known.history, known.day != nil else { return nil }
        let moment = now()
        let hearing = Hearing(known.devices, known.nodes, at: moment)
        let isAnother = known.day?.judge(hearing, at: moment) ?? false
        guard let day = known.day else { return nil }
        let number = (last?.number ?? 0) + (isChanged || isAnother || hearing != known.hearing || last == nil ? 1 : 0)
        known.hearing = hearing
        let state = BoardState(
            number: number, moment: moment, tree: source.tree, day: day, hearing: hearing, history: history,
            government: frame.settings.value.government)
        last = state
        return state
    }

    /// - Returns: whether people, hours or earlier days are others than before.
    private func readPeople(_ today: CivilDate, _ commits: Int, _ isSlowDue: Bool) async throws -> Bool {
        let source = try await people.source()
        let isSame = known.day?.date == today && known.source?.people.revision == source.people.revision
        guard !isSame || isSlowDue else { return false }
        let (hours, roster) = (try await store.hours(), try await store.roster(on: today))
        var isChanged = false
        if isSlowDue || known.history?.today != today {
            let history = BoardHistory(
                try await store.unitDays(in: BoardHistory.dates(before: today)), today: today)
            isChanged = history != known.history
            if isChanged { pasts = [:] }
            (known.history, known.slowAt, known.slowCommits) = (history, time(), commits)
        }
        if isSame, hours == known.hours, roster == known.roster { return isChanged }
        let zone = frame.settings.value.zone
        // Elsewhere: it takes a moment, in which the board answers.
        let expectations = await Task.detached {
            DayExpectations(source.people, hours, roster, on: today, timezone: zone)
        }.value
        // Asked before what is read: what is written meanwhile is read once more.
        let news = store.dayNews(on: today, after: nil).number
        var day = BoardDay(expectations)
        let stored = try await store.workdays(of: day.employees, dates: today...today)
        _ = day.take(stored, of: day.employees)
        pasts = [:]
        (known.day, known.news, known.source, known.hours, known.roster) = (day, news, source, hours, roster)
        return true
    }

    private func readDays(_ today: CivilDate) async throws -> Bool {
        let news = store.dayNews(on: today, after: known.news)
        let asked = news.employees.map { Array($0) } ?? known.day?.employees ?? []
        var isChanged = false
        if !asked.isEmpty {
            let stored = try await store.workdays(of: asked, dates: today...today)
            isChanged = known.day?.take(stored, of: asked) ?? false
        }
        known.news = news.number
        return isChanged
    }

    private func isDue(_ last: Duration?, _ age: Duration) -> Bool { last.map { time() - $0 >= age } ?? true }
}
