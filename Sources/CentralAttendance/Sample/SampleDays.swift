import AttendanceRules
import CentralStore

/// Leave or duty that somebody was given.
struct SampleLeave: Equatable, Sendable {
    let kind: LeaveKind
    let span: DateSpan
}

/// One day of one person: when they were there, and which of it they showed a device. Seconds from midnight.
struct SampleDay: Equatable, Sendable {
    struct Scan: Equatable, Sendable {
        let second: Int
        let isDeparture: Bool
    }

    var arrival: Int
    var departure: Int
    var scans: [Scan] = []
    var forgot: Forgotten?
    var isLate = false

    enum Forgotten: Sendable { case arrival, departure }
}

/// What people do: most come in time, some late, some forget, a few stay away.
struct SampleDays: Sendable {
    let seed: UInt64
    let calendar: SampleCalendar
    let dates: ClosedRange<CivilDate>

    /// `nil` where the person does not come: a day of rest, leave, or no reason at all.
    ///
    /// - Parameter leave: of the person, at least those that touch the date.
    func day(of person: SampleEmployee, on date: CivilDate, leave: [SampleLeave]) -> SampleDay? {
        guard person.span.contains(date), let hours = hours(of: person, on: date) else { return nil }
        if leave.contains(where: { $0.span.contains(date) }) { return nil }
        return day(habit: person.habit, id: person.index, isShift: person.group == .shifts, date, hours)
    }

    /// Somebody whom no list has: an intern with a user id on the device.
    func guest(of place: Int, on date: CivilDate) -> SampleDay? {
        guard !calendar.isFree(date),
            let hours = SampleHours.hours(.fiveDays, date, isFasting: SampleHours.isFasting(date))
        else { return nil }
        return day(habit: 50, id: -1 - place, isShift: false, date, hours)
    }

    private func hours(of person: SampleEmployee, on date: CivilDate) -> (start: Int, end: Int)? {
        guard person.group != .shifts else {
            let turn = SampleHours.turn(team: person.team, on: date)
            return turn.name == nil ? nil : (turn.start, turn.end)
        }
        guard !calendar.isFree(date) else { return nil }
        return SampleHours.hours(person.group, date, isFasting: SampleHours.isFasting(date))
    }

    private func day(
        habit: Int, id: Int, isShift: Bool, _ date: CivilDate, _ hours: (start: Int, end: Int)
    ) -> SampleDay? {
        var random = SampleRandom(seed: seed, .day, id, date.dayNumber)
        guard !random.chance(60) else { return nil }
        let late = habit < 70 ? 120 : habit < 92 ? 600 : 2200
        let isLate = random.chance(late)
        let arrival =
            hours.start * 60 + (isLate ? random.middling(60...75 * 60) / 2 + 30 : -random.middling(60...45 * 60))
        let isEarly = random.chance(180)
        let departure = hours.end * 60 + (isEarly ? -random.number(2 * 60...80 * 60) : random.middling(60...50 * 60))
        var day = SampleDay(arrival: arrival, departure: departure, isLate: isLate)
        switch random.below(1000) {
        case ..<10: day.forgot = .arrival
        case ..<30: day.forgot = .departure
        default: break
        }
        if day.forgot != .arrival { day.add(arrival, isDeparture: false, &random) }
        if !isShift, habit % 5 == 0, random.chance(8000), hours.end > 13 * 60 + 30 {
            day.scans.append(.init(second: random.middling(12 * 3600...13 * 3600 + 900), isDeparture: false))
        }
        if day.forgot != .departure { day.add(departure, isDeparture: true, &random) }
        return day
    }

    /// At most one that begins in a month; a long one of the months before keeps others away.
    func leave(of person: SampleEmployee, touching dates: ClosedRange<CivilDate>) -> [SampleLeave] {
        let first = dates.lowerBound.month.number
        let last = dates.upperBound.month.number
        var found: [SampleLeave] = []
        for number in (first - 3)...last {
            guard let leave = leave(of: person, in: CivilMonth(number: number)),
                !found.contains(where: { $0.span.overlaps(leave.span) })
            else { continue }
            found.append(leave)
        }
        return found.filter { DateSpan(dates).overlaps($0.span) }
    }

    private func leave(of person: SampleEmployee, in month: CivilMonth) -> SampleLeave? {
        let own = month.dates
        guard let within = DateSpan(own).clamped(to: dates) else { return nil }
        var random = SampleRandom(seed: seed, .leave, person.index, month.number)
        let draw = random.below(10_000)
        let begin = within.lowerBound.adding(days: random.below(within.count))
        let spread: ClosedRange<Int>
        let kind: LeaveKind
        switch draw {
        case ..<450: (kind, spread) = (.cutiTahunan, 1...5)
        case ..<850: (kind, spread) = (.sakit, 1...3)
        case ..<1250: (kind, spread) = (.dinasLuar, 1...4)
        case ..<1330: (kind, spread) = (.diklat, 3...6)
        case ..<1480: (kind, spread) = (.izin, 1...1)
        case ..<1510: (kind, spread) = (.cutiAlasanPenting, 2...5)
        case ..<1530 where person.isWoman: (kind, spread) = (.cutiMelahirkan, 90...90)
        default: return nil
        }
        guard person.span.contains(begin) else { return nil }
        let end = begin.adding(days: random.number(spread) - 1)
        // Only the long one goes past its month.
        return SampleLeave(
            kind: kind, span: DateSpan(from: begin, to: spread.lowerBound > 31 ? end : min(end, own.upperBound)))
    }
}

extension SampleDay {
    /// Some put their finger down twice within seconds.
    fileprivate mutating func add(_ second: Int, isDeparture: Bool, _ random: inout SampleRandom) {
        scans.append(.init(second: second, isDeparture: isDeparture))
        if random.chance(600) { scans.append(.init(second: second + random.number(2...9), isDeparture: isDeparture)) }
    }
}
