import Attendance
import EdgeStore
import Foundation
import Logging
import ZKClient
import ZKWire

/// How much room a log has left. A log that rolls over loses scans nobody read; one that stops takes no more.
package enum LogFullness: Int, Sendable, Comparable {
    case roomy
    /// 80 %.
    case nearlyFull
    /// 95 %.
    case almostFull
    case full

    /// - Parameter before: it keeps its step until it is clearly below, so that one scan is not news twice.
    init(_ sizes: FreeSizes, before: LogFullness) {
        self.init(
            used: Double(sizes.attendance) / Double(max(1, sizes.attendanceCapacity)),
            isFull: sizes.attendanceFree == 0, before: before)
    }

    init(used: Double, isFull: Bool, before: LogFullness = .roomy) {
        func reaches(_ step: LogFullness, _ limit: Double) -> Bool {
            used >= (before < step ? limit : limit - 0.05)
        }
        self =
            if isFull { .full } else if reaches(.almostFull, 0.95) { .almostFull } else if reaches(.nearlyFull, 0.8) {
                .nearlyFull
            } else {
                .roomy
            }
    }

    /// The code of the alarm; `nil` where there is room.
    var code: String? {
        switch self {
        case .roomy: nil
        case .nearlyFull: "log_nearly_full"
        case .almostFull: "log_almost_full"
        case .full: "log_full"
        }
    }

    package static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}

/// What was journaled of a device's clock, and done about it.
package struct ClockMemory: Sendable, Equatable {
    /// As journaled last; `nil` where the device's time was no date.
    var offset: Int?
    /// By the wall clock.
    var journaledAt: Date?
    /// When the daemon last set it, or tried to.
    var correctedAt: Duration?
    /// It is to be set now, however far it is off: an order of the centre.
    var isOrdered = false
    /// The alarm that stands; `nil` while the clock is right or small matters are corrected.
    var alarm: String?
}

/// Whatever tells and takes a device's time.
protocol DeviceDial: Sendable {
    func deviceTime() async throws -> PackedTime

    /// - Returns: the time it shows after the write.
    /// - Throws: `DeviceError` with `writeFailed` or `commandRefused` where it keeps its own.
    func setDeviceTime(_ time: PackedTime) async throws -> PackedTime
}

extension DeviceSession: DeviceDial {}

/// A device's clock beside ours.
struct ClockLook: Equatable, Sendable {
    let time: PackedTime
    /// Device time minus true local time, in seconds; `nil` where the device's is no date.
    let offset: Int?
}

/// What is journaled beside the punches: the clock, and what a person should know of the log.
extension DeviceReader {
    /// A clock whose offset changed by less than this is not journaled again.
    private static let clockStep = 2
    /// A clock is corrected only beyond this many seconds.
    private static let clockTolerance = 5
    private static let clockInterval: TimeInterval = 86_400
    /// Between two corrections of one device.
    private static let correctionInterval = Duration.seconds(86_400)

    // MARK: The log

    /// Alarms of this reading about the log: each once when it begins to be true.
    func logNotes(
        _ read: AttendanceRead, _ continuity: LogContinuity, _ known: KnownLog, _ serial: DeviceSerial,
        _ fill: FillRate,
        _ fullness: inout LogFullness
    ) -> [EntryBody] {
        var notes: [EntryBody] = []
        let count = read.sizes.map { Int($0.attendance) } ?? read.records.count
        if case .broken(let why) = continuity {
            let before = known.cursor.map { "\($0.count)" } ?? "unknown"
            let bounds = known.newest.map { "; read before up to \($0.parts.text)" } ?? ""
            let now = read.records.first.map { ", the log now begins \($0.time.parts.text)" } ?? ""
            notes.append(
                alarm(why.rawValue, serial, "\(why.words): \(before) records before, \(count) now\(bounds)\(now)"))
        }
        guard let sizes = read.sizes else { return notes }
        let now = LogFullness(sizes, before: fullness)
        if now > fullness, let code = now.code {
            let left = fill.daysLeft(sizes).map { "; at the present rate it is full in \($0) days" } ?? ""
            let words = now == .full ? "" : left
            notes.append(alarm(code, serial, "\(sizes.attendance) of \(sizes.attendanceCapacity) records\(words)"))
        }
        fullness = now
        return notes
    }

    /// For the page of the office; once the alarm of it is journaled.
    func noteLoss(_ continuity: LogContinuity, _ serial: DeviceSerial, at moment: Date) {
        if case .broken(let why) = continuity { board.missing.lost(serial, why, at: moment) }
    }

    func alarm(_ code: String, _ serial: DeviceSerial, _ text: String) -> EntryBody {
        .alarm(Alarm(code: code, serial: serial, text: "\(configuration.name): \(text)"))
    }

    // MARK: The clock

    func lookAtClock(_ session: some DeviceDial) async throws -> ClockLook {
        let time = try await session.deviceTime()
        return ClockLook(time: time, offset: localClock.offset(of: time, at: environment.now()))
    }

    /// The device's clock beside ours: on a change of two seconds, and daily. An alarm where it is so wrong that a
    /// person must look, once while it lasts.
    func clockNotes(_ serial: DeviceSerial, _ look: ClockLook, _ memory: inout ClockMemory) -> [EntryBody] {
        var notes: [EntryBody] = []
        let now = environment.now()
        let changed =
            switch (memory.offset, look.offset) {
            case (let old?, let new?): (old - new).magnitude >= Self.clockStep
            case (nil, nil): false
            default: true
            }
        let isDue = memory.journaledAt.map { abs(now.timeIntervalSince($0)) >= Self.clockInterval } ?? true
        if changed || isDue {
            memory.offset = look.offset
            memory.journaledAt = now
            notes.append(clockNote(serial, look))
        }
        let (code, text) = clockAlarm(look)
        if let code, code != memory.alarm { notes.append(alarm(code, serial, text)) }
        memory.alarm = code
        return notes
    }

    private func clockAlarm(_ look: ClockLook) -> (code: String?, text: String) {
        guard let offset = look.offset else {
            return ("clock_unknown", "the clock shows \(look.time.parts.text), which is no date: set it on the device")
        }
        // Scans of a clock that nobody sets are dated wrong all the same: from there on coverage has holes.
        let limit = configuration.clockCorrection ?? .seconds(CoverageRule.Undated.largestOffset)
        guard Duration.seconds(Int64(offset.magnitude)) > limit else { return (nil, "") }
        let why = configuration.clockCorrection == nil ? "" : ", more than clock_correction allows to set"
        return ("clock_off", "the clock is \(offset) s off\(why): look at it")
    }

    private func clockNote(_ serial: DeviceSerial, _ look: ClockLook) -> EntryBody {
        .clock(
            ClockReading(
                serial: serial, deviceTime: DeviceTime(look.time), offset: look.offset,
                monotonic: environment.monotonic(), bootID: environment.bootID))
    }

    /// Sets the clock where the configuration allows it: off by more than the tolerance and by no more than the
    /// limit, at most once a day. What it showed and shows, and why, is journaled. A device that keeps its own time
    /// is read all the same.
    ///
    /// - Returns: the offset the clock has now.
    func correctClock(
        _ session: some DeviceDial, _ serial: DeviceSerial, _ offset: Int?, _ memory: inout ClockMemory
    ) async throws -> Int? {
        guard let reason = reasonToSet(offset, memory) else { return offset }
        guard clockTrust?.trusts(environment.now()) ?? true else {
            // A device set by a wrong computer would be wrong for everybody (peers' complaint 12).
            environment.logger.warning("clock.not_trusted", metadata: ["device": "\(configuration.name)"])
            return offset
        }
        let before = try await lookAtClock(session)
        guard let right = localClock.packed(environment.now()) else { return offset }
        memory.correctedAt = elapsed()
        do {
            let set = try await session.setDeviceTime(right)
            let after = ClockLook(time: set, offset: localClock.offset(of: set, at: environment.now()))
            let text =
                "the clock showed \(before.time.parts.text), \(offset.map { "\($0) s off" } ?? "no date"), and was set to "
                + "\(right.parts.text): \(reason)"
            let operation = Attendance.Operation(
                serial: serial, source: .daemon, what: "clock_set", by: memory.isOrdered ? "centre" : "hadird",
                before: DeviceTime(before.time).text, after: DeviceTime(set).text)
            try append([
                clockNote(serial, before), alarm("clock_set", serial, text), .operation(operation),
                clockNote(serial, after),
            ])
            memory.offset = after.offset
            memory.journaledAt = environment.now()
            return after.offset
        } catch let error as DeviceError where error.code == .writeFailed || error.code == .commandRefused {
            try append([alarm("clock_not_set", serial, "\(error)")])
            return offset
        }
    }
}

extension DeviceReader {
    /// Why the clock is to be set; `nil` where it is not.
    private func reasonToSet(_ offset: Int?, _ memory: ClockMemory) -> String? {
        if memory.isOrdered { return offset.map { $0.magnitude <= 1 } ?? false ? nil : "ordered by the centre" }
        guard let limit = configuration.clockCorrection, let offset, offset.magnitude > Self.clockTolerance,
            Duration.seconds(Int64(offset.magnitude)) <= limit
        else { return nil }
        if let last = memory.correctedAt, elapsed() - last < Self.correctionInterval { return nil }
        return "more than \(Self.clockTolerance) s and within clock_correction"
    }
}

extension LogContinuity.Break {
    var words: String {
        switch self {
        case .cleared: "the log was cleared"
        case .rolledOver: "the full log dropped records that were not read yet"
        case .notReconciled: "the last records read are no longer in the log"
        }
    }
}
