import Attendance
import EdgeStore
import Foundation
import ZKClient
import ZKWire

/// What the journal knew of a device's log before a reading.
enum KnownLog: Equatable, Sendable {
    /// It was never read.
    case nothing
    /// It was read and empty.
    case empty
    case upTo(AttendanceCursor)
    /// It was read, by a version whose cursor this one does not understand.
    case unreadable
    /// It was read over SOAP only, which keeps no cursor.
    case marked(SOAPMark)

    init(stored text: String?) {
        switch text {
        case nil: self = .nothing
        case "": self = .empty
        case .some(let text): self = AttendanceCursor(text: text).map { .upTo($0) } ?? .unreadable
        }
    }

    /// What the log is compared with. A new epoch takes the cursor away, so that the log is read whole; what was
    /// claimed before must still join on.
    init(comparing memory: EdgeStore.DeviceMemory, soap mark: EdgeStore.LogMark? = nil) {
        self.init(stored: memory.cursor ?? memory.lastCursor)
        if self == .nothing, let mark = mark.flatMap({ SOAPMark(text: $0.text) }) { self = .marked(mark) }
        if self == .nothing, memory.coveredTo != nil { self = .unreadable }
    }

    var cursor: AttendanceCursor? {
        if case .upTo(let cursor) = self { cursor } else { nil }
    }

    /// The time of the last record known.
    var newest: PackedTime? {
        guard let cursor, let records = try? AttendanceRecord.all(in: cursor.anchor, layout: cursor.layout) else {
            return nil
        }
        return records.last?.time
    }
}

/// How a reading joins on to what was known of the log: what coverage and the alarms about the log rest on.
enum LogContinuity: Equatable, Sendable {
    /// Nothing was known: coverage begins here.
    case first
    /// Every scan since the reading before is in this one.
    case whole
    /// Scans since the reading before may be missing.
    case broken(Break)

    /// The reason of the hole in coverage, and the code of the alarm.
    enum Break: String, Sendable, CaseIterable {
        case cleared = "log_cleared"
        case rolledOver = "log_rolled_over"
        case notReconciled = "log_not_reconciled"
    }

    /// - Parameter clearing: how many records a person was about to clear, all of them read and receipted before.
    init(_ read: AttendanceRead, since known: KnownLog, clearing: Int? = nil) {
        self.init(read, since: known)
        // The log that was cleared is the one that was known: what is in it now came since.
        guard self.reason != nil, let clearing, known.cursor?.count == clearing,
            (read.sizes?.attendanceFree ?? 1) > 0
        else { return }
        self = .whole
    }

    private init(_ read: AttendanceRead, since known: KnownLog) {
        guard read.extent == .complete else {
            // The counters stand where they stood, or the last known records were found again.
            self = .whole
            return
        }
        let isFull = read.sizes.map { $0.attendanceFree == 0 } ?? false
        switch known {
        case .nothing: self = .first
        // From empty to full in one step: it may have gone round.
        case .empty: self = isFull && !read.records.isEmpty ? .broken(.rolledOver) : .whole
        case .unreadable: self = .broken(.notReconciled)
        case .marked(let mark):
            let isThere = read.records.contains { mark.isOf($0) }
            self = isThere ? .whole : .broken(read.records.count < mark.count ? .cleared : .notReconciled)
        case .upTo(let cursor):
            let count = read.sizes.map { Int($0.attendance) } ?? read.records.count
            if Self.holds(read.records, cursor.anchor, size: cursor.layout.size) {
                self = .whole
            } else if read.records.isEmpty || count < cursor.count {
                self = .broken(.cleared)
            } else {
                self = .broken(isFull ? .rolledOver : .notReconciled)
            }
        }
    }

    /// - Parameter earlier: a break that no coverage told of yet.
    func with(earlier: String?) -> LogContinuity {
        guard let earlier, self.reason == nil else { return self }
        return .broken(Break(rawValue: earlier) ?? .notReconciled)
    }

    var reason: Break? {
        if case .broken(let why) = self { why } else { nil }
    }

    /// Whether the records of `anchor` stand among `records`, one behind the other.
    private static func holds(_ records: [AttendanceRecord], _ anchor: [UInt8], size: Int) -> Bool {
        let wanted = stride(from: 0, to: anchor.count, by: size).map { Array(anchor[$0...].prefix(size)) }
        guard let last = wanted.last else { return true }
        for end in records.indices.reversed() where end + 1 >= wanted.count && records[end].raw == last {
            if zip(records[(end + 1 - wanted.count)...end], wanted).allSatisfy({ $0.raw == $1 }) { return true }
        }
        return false
    }
}

/// When coverage is journaled, and with which holes. Pure.
struct CoverageRule: Equatable, Sendable {
    /// The end of coverage as journaled last; `nil` before the first reading.
    var coveredTo: Date?
    /// Why scans could not be dated when coverage was journaled last.
    var undatedBefore: Undated?
    var source = Punch.Source.poll

    init(coveredTo: Date?, undatedBefore: Undated?, source: Punch.Source = .poll) {
        self.coveredTo = coveredTo
        self.undatedBefore = undatedBefore
        self.source = source
    }

    init(_ memory: EdgeStore.DeviceMemory, source: Punch.Source = .poll) {
        // A word of another version: whatever it says, scans could not be dated.
        self.init(
            coveredTo: memory.coveredTo,
            undatedBefore: memory.undated.map { Undated(rawValue: $0) ?? .clockUnknown }, source: source)
    }

    enum Undated: String, Sendable, CaseIterable {
        case clockUnknown = "clock_unknown"
        case clockOff = "clock_off"

        /// In seconds. Beyond it, which day a scan belongs to is no longer sure enough to call somebody absent.
        static let largestOffset = 300

        init?(offset: Int?) {
            guard let offset else {
                self = .clockUnknown
                return
            }
            guard offset.magnitude > Self.largestOffset else { return nil }
            self = .clockOff
        }
    }

    /// Without news, coverage is journaled this often.
    static let interval: TimeInterval = 15 * 60
    /// 2026-01-01: no edge was there before.
    static let earliest = Date(timeIntervalSince1970: 1_767_225_600)
    static let edgeClock = "edge_clock_set_back"

    /// - Parameters:
    ///   - holes: where the device may have been off since it was last seen.
    ///   - startedAt: when the reading began, by the edge's clock.
    /// - Returns: `nil` where there is nothing to say yet.
    func coverage(
        _ serial: DeviceSerial, _ continuity: LogContinuity, undated: Undated?, holes: [Coverage.Hole] = [],
        startedAt: Date
    ) -> Coverage? {
        func covered(from: Date, holes: [Coverage.Hole]) -> Coverage {
            Coverage(serial: serial, from: from, to: startedAt, source: source, holes: holes)
        }
        // A computer without a clock of its own begins in 1970. Scans are kept; what its time means is not known yet.
        guard startedAt >= Self.earliest else { return nil }
        guard let coveredTo else { return covered(from: startedAt, holes: []) }
        let from = min(coveredTo, startedAt)
        if case .broken(let why) = continuity {
            return covered(from: from, holes: [.init(from: from, to: max(coveredTo, startedAt), why: why.rawValue)])
        }
        if startedAt < coveredTo {
            // A step back of a second or two will be made up. A larger one means that what was called covered lies
            // in the future.
            guard coveredTo.timeIntervalSince(startedAt) >= Self.interval else { return nil }
            return covered(from: startedAt, holes: [.init(from: startedAt, to: coveredTo, why: Self.edgeClock)])
        }
        guard startedAt.timeIntervalSince(coveredTo) >= Self.interval || undated != undatedBefore || !holes.isEmpty
        else { return nil }
        guard let why = undated ?? undatedBefore else {
            let behind = holes.filter { $0.to > coveredTo }
            return covered(
                from: coveredTo, holes: behind.map { .init(from: max($0.from, coveredTo), to: $0.to, why: $0.why) })
        }
        return covered(from: coveredTo, holes: [.init(from: coveredTo, to: startedAt, why: why.rawValue)])
    }
}
