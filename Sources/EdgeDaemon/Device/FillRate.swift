import Attendance
import EdgeStore
import Foundation
import ZKClient
import ZKWire

/// How fast a device's log fills. Pure.
package struct FillRate: Sendable, Equatable {
    /// Counts of its log, one a day, oldest first.
    private(set) var counts: [EdgeStore.LogCount] = []
    /// The last day that is in `counts`; `nil` where nothing was looked up yet.
    private(set) var day: String?

    /// What is longer ago says little of the present rate.
    static let window = 28

    init() {}

    init(_ counts: [EdgeStore.LogCount], day: String) {
        self.counts = counts
        self.day = day
    }

    /// Records a day; `nil` where nobody has looked at it for a day, or the log does not grow.
    var perDay: Double? {
        // What a log lost says nothing of how it grows: from the last fall on.
        var run: [EdgeStore.LogCount] = []
        for count in counts.suffix(Self.window + 1) {
            if let last = run.last, count.count < last.count { run = [] }
            run.append(count)
        }
        guard let first = run.first, let last = run.last, let from = Self.date(first.day), let to = Self.date(last.day),
            to > from, last.count > first.count
        else { return nil }
        return Double(last.count - first.count) / (to.timeIntervalSince(from) / 86_400)
    }

    /// Until the log is full; `nil` where the rate is not known.
    func daysLeft(_ sizes: FreeSizes?) -> Int? {
        guard let sizes, let perDay, perDay > 0 else { return nil }
        return Int(min(Double(sizes.attendanceFree) / perDay, 99_999))
    }

    static func day(_ moment: Date) -> String { String(UTC.text(moment).prefix(10)) }

    private static func date(_ day: String) -> Date? { UTC.date("\(day)T00:00:00.000Z") }

    /// What the dates of a whole log tell of the time before anybody counted.
    ///
    /// - Parameter times: true times of its records.
    static func history(_ times: [Date], count: Int, now: Date) -> EdgeStore.LogCount? {
        let begin = now.addingTimeInterval(-Double(window) * 86_400)
        let recent = times.filter { $0 > begin && $0 <= now }
        guard let first = times.filter({ $0 <= now }).min(), now.timeIntervalSince(first) >= 86_400 else { return nil }
        return EdgeStore.LogCount(day: day(max(begin, first)), count: max(0, count - recent.count))
    }
}

extension DeviceReader {
    /// Looks up how fast the log fills, at first and when a day has passed.
    func fillRate(_ read: AttendanceRead, _ serial: DeviceSerial, _ offset: Int?, _ fill: FillRate) throws -> FillRate {
        let now = environment.now()
        let day = FillRate.day(now)
        guard let sizes = read.sizes, fill.day != day else { return fill }
        var counts = try store.logCounts(of: serial)
        if counts.isEmpty, read.extent == .complete, let offset {
            let times = read.records.compactMap { localClock.date(of: $0.time, offset: offset) }
            counts += [FillRate.history(times, count: Int(sizes.attendance), now: now)].compactMap { $0 }
        }
        // A wrong clock of this computer must not stand among the days for ever.
        counts.removeAll { $0.day >= day }
        counts.append(EdgeStore.LogCount(day: day, count: Int(sizes.attendance)))
        return FillRate(counts, day: day)
    }

    /// Keeps what was looked up, once a day.
    func keep(_ fill: FillRate, of serial: DeviceSerial, before: FillRate) throws {
        guard fill.day != before.day else { return }
        try commit { try store.keep(logCounts: fill.counts, of: serial) }
    }
}
