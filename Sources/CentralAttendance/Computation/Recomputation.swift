import Attendance
import AttendanceRules
import CentralStore
import Foundation
import Logging

/// Makes workdays of what the store has: follows what changed, or computes anew, with the same result.
///
/// How, and why it is not part of ingest: docs/decisions/0031. One of these at a time writes the workdays of a store:
/// what another had read before could take away what this one has learned since.
package actor Recomputation {
    /// What one step did.
    package struct Step: Equatable, Sendable {
        /// Days that were judged, and those of them that are new, changed or gone.
        package var judged = 0
        package var changed = 0
        /// There is more to do at once.
        package var isMore = false
        /// Texts that cannot be read, and why.
        package var problems: [String] = []
    }

    /// What decided one day, down to its scans.
    package struct Account: Sendable {
        package let evidence: WorkdayEvidence
        /// Of all rule sets there are.
        package let judge: WorkdayJudge
        /// As computed just now.
        package let workday: Workday
        /// Oldest first.
        package let changes: [WorkdayChange]
    }

    private let store: any CentralStore
    private let timezone: TimeZone
    private let reading: HoursReading
    private let now: @Sendable () -> Date
    private var known: (people: Int64, book: Book)?
    /// For questions about one person: read again only when people or hours changed.
    private var lent: (people: Int64, hours: Hours, book: Book)?
    private var isBusy = false
    private var waiting: [CheckedContinuation<Void, Never>] = []

    private struct Book {
        let directory: Directory
        let hours: HoursBook
        let judge: WorkdayJudge

        /// From when on there are workdays: hours bind somebody, and a device could have shown a scan. Before that
        /// every day of everybody would be unknown.
        var firstDay: CivilDate? {
            guard let hours = hours.firstDate, let service = directory.firstService else { return nil }
            return max(hours, service)
        }
    }

    /// Rows of the queue, and punches, that one step takes.
    static let stepLimit = 2000
    /// Employees whose material is in memory at once.
    static let groupSize = 1000
    /// Dates that are computed at once.
    static let mostDates = 31
    /// Rows of one transaction: nodes wait that long, too.
    static let rowsOfTransaction = 5000

    /// - Parameter timezone: of the government.
    package init(
        store: any CentralStore, timezone: TimeZone, reading: HoursReading = .files,
        now: @escaping @Sendable () -> Date
    ) {
        self.store = store
        self.timezone = timezone
        self.reading = reading
        self.now = now
    }

    /// An actor lets others in while it waits for the store: what was read then would be old when it is saved.
    private func enter() async {
        guard isBusy else {
            isBusy = true
            return
        }
        await withCheckedContinuation { waiting.append($0) }
    }

    private func leave() {
        guard waiting.isEmpty else { return waiting.removeFirst().resume() }
        isBusy = false
    }

    // MARK: Following

    /// Does the oldest part of what waits.
    ///
    /// - Parameter date: the newest date that has workdays: today where the government is.
    package func step(through date: CivilDate) async throws -> Step {
        await enter()
        defer { leave() }
        let work = try await store.pendingWork(limit: Self.stepLimit)
        let book = try await book(for: work)
        let (days, wanted, gone) = plan(work, book, through: date)
        var step = Step(problems: book.hours.problems)
        guard let days, !work.isEmpty || !wanted.isEmpty || gone != nil || work.days != days else {
            if !work.isEmpty {
                _ = try await store.save([], gone: [], why: [], done: work.mark, days: nil, at: now())
                step.isMore = work.days != nil
            }
            return step
        }
        let saved = try await compute(
            wanted, gone, book, done: work.mark, days: work.days == days ? nil : days)
        step.judged = saved.judged
        step.changed = saved.changed
        step.isMore = !work.isEmpty || days.upperBound < date || book.firstDay.map { $0 < days.lowerBound } ?? false
        return step
    }

    /// Which days there are from now on, what is wanted of them, and which are none any more.
    private func plan(
        _ work: PendingWork, _ book: Book, through date: CivilDate
    ) -> (days: ClosedRange<CivilDate>?, wanted: WantedDays, gone: ClosedRange<CivilDate>?) {
        // Where hours or devices are gone, the days that were are judged without them.
        guard let first = book.firstDay ?? work.days?.lowerBound else {
            return (nil, WantedDays(days: date...date), nil)
        }
        let most = Self.mostDates
        guard let before = work.days, first <= before.upperBound else {
            guard first <= date else { return (work.days, WantedDays(days: date...date), nil) }
            let days = first...min(date, first.adding(days: most - 1))
            var wanted = WantedDays(days: days)
            wanted.addAll(days, .recompute)
            return (days, wanted, work.days)
        }
        // A server's clock that goes back takes no day away.
        let last = min(max(date, before.upperBound), before.upperBound.adding(days: most))
        let start = max(first, before.lowerBound.adding(days: -most))
        var wanted = WantedDays(days: start...last)
        if start < before.lowerBound { wanted.addAll(start...before.lowerBound.adding(days: -1), .recompute) }
        if last > before.upperBound { wanted.addAll(before.upperBound.adding(days: 1)...last, .recompute) }
        for item in work.items { wanted.add(item, book.directory) }
        let gone = start > before.lowerBound ? before.lowerBound...start.adding(days: -1) : nil
        return (start...last, wanted, gone)
    }

    private func book(for work: PendingWork) async throws -> Book {
        let isOld = work.items.contains { item in
            switch item.why {
            case .scan, .coverage, .roster, .leave, .correction, .sheet, .file, .recompute: false
            case .people, .link, .schedule, .rules, .calendar, .zone: true
            }
        }
        // What coverage tells of a device is also since when it serves.
        let isNewService = work.items.contains { item in
            guard case .device(let serial) = item.scope, let known else { return false }
            guard let device = DeviceSerial(serial).flatMap({ known.book.directory.devices[$0] }) else { return true }
            return item.span.from <= device.service.from
        }
        if let known, known.people == work.people, !isOld, !isNewService, work.days != nil { return known.book }
        let book = try await readBook()
        known = (work.people, book)
        return book
    }

    private func lentBook() async throws -> Book {
        // The number first: what changes meanwhile makes the next one read again.
        let (people, hours) = (try await store.peopleRevision(), try await store.hours())
        if let lent, lent.people == people, lent.hours == hours { return lent.book }
        let read = HoursBook(hours, reading: reading)
        let book = Book(
            directory: Directory(try await store.people(), timezone: timezone), hours: read,
            judge: WorkdayJudge(rules: read.rules))
        lent = (people, hours, book)
        return book
    }

    private func readBook() async throws -> Book {
        let hours = HoursBook(try await store.hours(), reading: reading)
        return Book(
            directory: Directory(try await store.people(), timezone: timezone), hours: hours,
            judge: WorkdayJudge(rules: hours.rules))
    }

    // MARK: Anew

    /// Computes days anew, whether anything changed or not.
    ///
    /// - Parameters:
    ///   - employees: `nil` for all.
    ///   - dates: `nil` for every date there can be.
    ///   - date: as of `step`.
    package func run(
        employees: [Int64]? = nil, dates: ClosedRange<CivilDate>? = nil, why: RecomputeItem.Why = .recompute,
        through date: CivilDate
    ) async throws -> Step {
        await enter()
        defer { leave() }
        let before = try await store.pendingWork(limit: 1).days
        let book = try await readBook()
        var step = Step(problems: book.hours.problems)
        guard let first = book.firstDay, first <= date else { return step }
        let all = first...max(date, before?.upperBound ?? date)
        // Where nothing was computed yet, only all of it leaves no day out.
        let isWhole = employees == nil && dates == nil || before == nil
        let possible = isWhole ? all : before ?? all
        var wanted = WantedDays(days: possible)
        let span =
            isWhole ? possible : dates.flatMap { DateSpan($0).clamped(to: possible) } ?? (dates == nil ? possible : nil)
        guard let span else { return step }
        if isWhole || employees == nil {
            wanted.addAll(span, why)
        } else {
            for place in (employees ?? []).compactMap(book.directory.place) { wanted.add(place, span, why) }
        }
        var gone: ClosedRange<CivilDate>?
        if isWhole, let before, before.lowerBound < all.lowerBound {
            gone = before.lowerBound...min(before.upperBound, all.lowerBound.adding(days: -1))
        }
        let saved = try await compute(wanted, gone, book, done: nil, days: isWhole ? all : nil)
        step.judged = saved.judged
        step.changed = saved.changed
        return step
    }

    // MARK: One day

    /// What decides an employee's day, as it is known now.
    ///
    /// - Returns: `nil` where there is no such employee, or not employed on the date.
    package func account(of employee: Int64, on date: CivilDate) async throws -> Account? {
        let book = try await lentBook()
        guard let place = book.directory.place(of: employee) else { return nil }
        let person = book.directory.employees[place]  // safe: just found
        var maker = try await maker([person], date...date, book)
        guard let evidence = maker.evidence(of: person, on: date) else { return nil }
        return Account(
            evidence: evidence, judge: book.judge, workday: book.judge.judge(evidence),
            changes: try await store.changes(of: employee, on: date))
    }

    /// What decides some days, as it is known now, read in one go: for the people whose material is small together.
    ///
    /// - Parameter wanted: by employee; those that are not there, or not employed then, are left out.
    package func explanations(
        of wanted: [Int64: Set<CivilDate>]
    ) async throws -> [Int64: [CivilDate: [Explanation]]] {
        let book = try await readBook()
        let people = wanted.keys.sorted().compactMap(book.directory.place).map { book.directory.employees[$0] }
        let dates = wanted.values.joined()
        guard let first = dates.min(), let last = dates.max(), !people.isEmpty else { return [:] }
        var maker = try await maker(people, first...last, book)
        var found: [Int64: [CivilDate: [Explanation]]] = [:]
        for person in people {
            for date in (wanted[person.id] ?? []).sorted() {
                guard let evidence = maker.evidence(of: person, on: date) else { continue }
                found[person.id, default: [:]][date] = book.judge.explain(evidence)
            }
        }
        return found
    }

    // MARK: Computing

    private func maker(
        _ employees: [Employee], _ dates: ClosedRange<CivilDate>, _ book: Book
    ) async throws -> EvidenceMaker {
        let material = try await store.material(
            ofDevices: serials(employees, dates, book), employees: employees.map(\.id), dates: dates)
        return EvidenceMaker(book.directory, book.hours, dates: dates, material)
    }

    /// Every device that could show a scan of one of them.
    private func serials(_ employees: [Employee], _ dates: ClosedRange<CivilDate>, _ book: Book) -> [String] {
        var serials: Set<DeviceSerial> = []
        var units: Set<Int64> = []
        // The morning after a link's last day still counts, and so do scans of the evening before.
        let wide = DateSpan(dates.lowerBound.adding(days: -2)...dates.upperBound.adding(days: 1))
        for employee in employees {
            for placement in employee.placements where placement.span.overlaps(wide) { units.insert(placement.unit) }
            for link in book.directory.links(of: employee.id) where link.span.overlaps(wide) {
                for device in book.directory.devices(of: link) {
                    if let serial = DeviceSerial(device.serial) { serials.insert(serial) }
                }
            }
        }
        for unit in units {
            for date in dates {
                for device in book.directory.servingDevices(of: unit, on: date) {
                    if let serial = DeviceSerial(device.serial) { serials.insert(serial) }
                }
            }
        }
        return serials.sorted().map(\.text)
    }

    private func compute(
        _ wanted: WantedDays, _ gone: ClosedRange<CivilDate>?, _ book: Book, done: PendingWork.Mark?,
        days: ClosedRange<CivilDate>?
    ) async throws -> (judged: Int, changed: Int) {
        var total = (judged: 0, changed: 0)
        if let gone {
            let all = book.directory.employees.map { EmployeeDays(employee: $0.id, dates: gone) }
            total.changed += try await save([], all, Reasons(.recompute))
        }
        var first = wanted.hull?.lowerBound
        while let start = first, let end = wanted.hull?.upperBound, start <= end {
            let dates = start...min(end, start.adding(days: Self.mostDates - 1))
            first = dates.upperBound.adding(days: 1)
            let places = wanted.all.isEmpty ? wanted.own.keys.sorted() : Array(book.directory.employees.indices)
            for from in stride(from: 0, to: places.count, by: Self.groupSize) {
                let group = places[from..<min(from + Self.groupSize, places.count)]
                let made = try await judge(group, dates, wanted, book)
                total.judged += made.judged
                for (why, result) in made.results.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
                    total.changed += try await save(result.workdays, result.gone, why)
                }
            }
        }
        // Last: a process that dies before comes here again, and finds the same.
        _ = try await store.save([], gone: [], why: [], done: done, days: days, at: now())
        return total
    }

    private struct Result {
        var workdays: [StoredWorkday] = []
        var gone: [EmployeeDays] = []
    }

    private func judge(
        _ group: ArraySlice<Int>, _ dates: ClosedRange<CivilDate>, _ wanted: WantedDays, _ book: Book
    ) async throws -> (judged: Int, results: [Reasons: Result]) {
        var asked: [(employee: Employee, reasons: [Reasons])] = []
        for place in group {
            let reasons = wanted.reasons(for: place, in: dates)
            if reasons.contains(where: { !$0.isEmpty }) {
                asked.append((book.directory.employees[place], reasons))  // safe: places come from there
            }
        }
        let first = dates.lowerBound
        let hit = asked.flatMap { $0.reasons.indices(where: { !$0.isEmpty }).ranges }
        guard let low = hit.map(\.lowerBound).min(), let high = hit.map(\.upperBound).max() else { return (0, [:]) }
        let span = first.adding(days: low)...first.adding(days: high - 1)
        var maker = try await maker(asked.map(\.employee), span, book)
        var judged = 0
        var results: [Reasons: Result] = [:]
        for (employee, reasons) in asked {
            for (index, why) in reasons.enumerated() where !why.isEmpty {
                let date = first.adding(days: index)
                judged += 1
                guard let evidence = maker.evidence(of: employee, on: date) else {
                    results[why, default: Result()].gone.append(EmployeeDays(employee: employee.id, dates: date...date))
                    continue
                }
                results[why, default: Result()].workdays.append(
                    StoredWorkday(
                        employee: employee.id, unit: employee.placement(on: date)?.unit,
                        workday: book.judge.judge(evidence)))
            }
        }
        return (judged, results)
    }

    private func save(_ workdays: [StoredWorkday], _ gone: [EmployeeDays], _ why: Reasons) async throws -> Int {
        var changed = 0
        var rest = workdays[...]
        var restGone = gone[...]
        while !rest.isEmpty || !restGone.isEmpty {
            changed += try await store.save(
                Array(rest.prefix(Self.rowsOfTransaction)), gone: Array(restGone.prefix(Self.rowsOfTransaction)),
                why: why.words, done: nil, days: nil, at: now())
            rest = rest.dropFirst(Self.rowsOfTransaction)
            restGone = restGone.dropFirst(Self.rowsOfTransaction)
        }
        return changed
    }
}
