import Attendance
import AttendanceRules
import Foundation
import GRDB

/// When scans were made, by what is known of each device's zones and clock.
struct MomentsByDevice {
    struct Found {
        let at: Moment
        /// The clock was wrong: `at` is put right by what was read of it.
        let isFault: Bool
    }

    private struct Device {
        var moments: DeviceMoments
        /// In the order of `shown.lowerBound`.
        var faults: [ClockFaults.Fault]
        /// In the order of `from`.
        let zones: [DeviceZones.Row]
    }

    private var devices: [Int64: Device] = [:]

    mutating func scan(_ time: String, device: Int64, _ db: Database) throws -> Found? {
        try learn(device, db)
        guard let at = devices[device]?.moments.utc(time) else { return nil }
        let faults = devices[device]?.faults ?? []
        guard !faults.isEmpty, let fault = faults.first(where: { $0.shown.contains(at.seconds * 1000) }) else {
            return Found(at: at, isFault: false)
        }
        return Found(at: Moment(seconds: at.seconds - fault.offset), isFault: true)
    }

    /// Times of which no scan is surely dated: those in a zone nobody knows, and those that a wrong clock showed, which
    /// can be its own or, as soon as it is set right, true ones.
    mutating func doubtful(_ device: Int64, within span: Range<Int64>, _ db: Database) throws -> [DeviceRecord.Gap] {
        try learn(device, db)
        guard let known = devices[device] else { return [] }
        let shown = known.faults.map { (span: $0.shown, why: "clock_off") }
        let unknown = Self.unknown(known.zones, within: span).map { (span: $0, why: DeviceRecord.Gap.zoneUnknown) }
        return (shown + unknown).filter { $0.span.overlaps(span) }.map { part in
            DeviceRecord.Gap(span: StoredClaims.outer(part.span.clamped(to: span)), why: part.why)
        }
    }

    private static func unknown(_ zones: [DeviceZones.Row], within span: Range<Int64>) -> [Range<Int64>] {
        if zones.isEmpty { return [span] }
        return zones.enumerated().compactMap { index, row in
            guard TimeZone(identifier: row.timezone) == nil else { return nil }
            // Before the first row, the first.
            let from = index == 0 ? span.lowerBound : max(span.lowerBound, row.from.milliseconds)
            let next = zones.dropFirst(index + 1).first?.from.milliseconds ?? span.upperBound
            let to = min(span.upperBound, next)
            return from < to ? from..<to : nil
        }
    }

    /// Dates that a wrong clock showed while it was a time in `span`, without those beside.
    mutating func otherDays(
        _ device: Int64, madeIn span: Range<Int64>, besides: ClosedRange<CivilDate>, _ db: Database
    ) throws -> [ClosedRange<CivilDate>] {
        try learn(device, db)
        var days: Set<CivilDate> = []
        for fault in devices[device]?.faults ?? [] {
            let first = max(fault.shown.lowerBound - fault.offset * 1000, span.lowerBound)
            let last = min(fault.shown.upperBound - fault.offset * 1000, span.upperBound)
            guard first < last else { continue }
            let dates = DateSpan.dates(from: first + fault.offset * 1000, to: last + fault.offset * 1000)
            for date in dates.from...(dates.to ?? dates.from) where !besides.contains(date) { days.insert(date) }
        }
        return days.sorted().map { $0...$0 }
    }

    private mutating func learn(_ device: Int64, _ db: Database) throws {
        guard devices[device] == nil else { return }
        let zones = try Row.fetchAll(
            db.cachedStatement(
                sql: "SELECT timezone, from_at FROM device_zones WHERE device_id = ? ORDER BY from_at, id"),
            arguments: [device]
        ).map { row in DeviceZones.Row(timezone: row[0], from: Date(milliseconds: row[1])) }
        devices[device] = Device(
            moments: DeviceMoments(zones), faults: try ClockFaults.known(of: device, in: db), zones: zones)
    }
}
