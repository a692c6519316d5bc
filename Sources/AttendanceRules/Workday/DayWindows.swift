/// When the scans of one day of work may be made, in seconds since 1970 UTC.
///
/// Windows name minutes, and a minute has 60 seconds: until 09:00 is until 09:00:59. Where the windows of two days
/// overlap they are cut in the middle between the end of the one and the start of the other, so that no scan belongs to
/// two days and none in between to nobody.
struct DayWindows {
    let arrival: Range<Int64>
    let departure: Range<Int64>
    /// All that may matter: both, the checks, and what lies between.
    let whole: Range<Int64>
    /// Where the day before, or after, took something away.
    let cutBefore: Int64?
    let cutAfter: Int64?

    init(_ hours: DayHours, of evidence: WorkdayEvidence) {
        let own = Self.span(hours.window, evidence.date, evidence.offset)
        cutBefore = Self.before(evidence).flatMap { before in
            Self.cut(first: before, second: (own, Self.second(hours.start, evidence.date, evidence.offset)))
        }
        cutAfter = Self.after(evidence).flatMap { after in
            Self.cut(first: (own, Self.second(hours.end, evidence.date, evidence.offset)), second: after)
        }
        let (low, high) = (cutBefore ?? own.lowerBound, cutAfter ?? own.upperBound)
        func clipped(_ minutes: ClosedRange<Int>) -> Range<Int64> {
            Self.span(minutes, evidence.date, evidence.offset).clamped(to: low..<max(low, high))
        }
        arrival = clipped(hours.arrival)
        departure = clipped(hours.departure)
        whole = low..<max(low, high)
    }

    /// Of a day of rest that no hours are known for: the date on the wall, without the windows of its neighbours.
    init(restOf evidence: WorkdayEvidence) {
        let own = Self.span(0...1439, evidence.date, evidence.offset)
        let low = Self.before(evidence).map { max(own.lowerBound, $0.window.upperBound) } ?? own.lowerBound
        let high = Self.after(evidence).map { min(own.upperBound, $0.window.lowerBound) } ?? own.upperBound
        whole = low..<max(low, high)
        arrival = whole
        departure = whole
        cutBefore = nil
        cutAfter = nil
    }

    /// What is left of a check's window.
    func check(_ check: ScanCheck, of evidence: WorkdayEvidence) -> Range<Int64> {
        Self.span(check.minutes, evidence.date, evidence.offset).clamped(to: whole)
    }

    static func second(_ minute: Int, _ date: CivilDate, _ offset: Int) -> Int64 {
        Moment(date, minute: minute, offset: offset).seconds
    }

    private static func span(_ minutes: ClosedRange<Int>, _ date: CivilDate, _ offset: Int) -> Range<Int64> {
        second(minutes.lowerBound, date, offset)..<second(minutes.upperBound, date, offset) + 60
    }

    private typealias Neighbour = (window: Range<Int64>, edge: Int64)

    /// The day before, if it is one of work: its window and its end.
    private static func before(_ evidence: WorkdayEvidence) -> Neighbour? {
        guard case .work(let hours, _, _) = evidence.before else { return nil }
        let (date, offset) = (evidence.date.adding(days: -1), evidence.offsetBefore ?? evidence.offset)
        return (span(hours.window, date, offset), second(hours.end, date, offset))
    }

    /// The day after, if it is one of work: its window and its start.
    private static func after(_ evidence: WorkdayEvidence) -> Neighbour? {
        guard case .work(let hours, _, _) = evidence.after else { return nil }
        let (date, offset) = (evidence.date.adding(days: 1), evidence.offsetAfter ?? evidence.offset)
        return (span(hours.window, date, offset), second(hours.start, date, offset))
    }

    /// Where two windows that overlap are parted: both days come to the same answer.
    private static func cut(first: Neighbour, second: Neighbour) -> Int64? {
        guard second.window.lowerBound < first.window.upperBound else { return nil }
        let middle = first.edge + (second.edge - first.edge) / 2
        return min(max(middle, second.window.lowerBound), first.window.upperBound)
    }
}
