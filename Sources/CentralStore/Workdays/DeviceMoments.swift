import Attendance
import AttendanceRules
import Foundation

/// Device times to moments, as `DeviceZones.utc`, for scans by the hundred thousand: a zone's offset is asked for once
/// a day, and the rest is counting.
struct DeviceMoments {
    /// In the order of `from`.
    private let rows: [DeviceZones.Row]
    private var slow = DeviceZones()
    private var offsets: [Place: Int?] = [:]
    private var zones: [Int: TimeZone?] = [:]

    private struct Place: Hashable {
        let row: Int
        let day: Int
    }

    init(_ rows: [DeviceZones.Row]) {
        self.rows = rows
        for row in rows { slow.add(row, device: 0) }
    }

    /// Seconds since 1970 UTC; `nil` where the time is no date or no zone is known.
    mutating func utc(_ text: String) -> Moment? {
        guard !rows.isEmpty, let (day, second) = Self.parts(text) else { return nil }
        for index in rows.indices.reversed() {
            guard let known = offset(row: index, day: day) else { return exact(text) }
            let moment = Moment(seconds: Int64(day) * 86_400 + Int64(second) - Int64(known))
            if moment.seconds * 1000 >= rows[index].from.milliseconds || index == 0 { return moment }
        }
        return nil
    }

    private mutating func exact(_ text: String) -> Moment? {
        DeviceTime(text: text).flatMap { slow.utc($0, device: 0) }.map {
            Moment(seconds: Int64($0.timeIntervalSince1970.rounded(.down)))
        }
    }

    /// `nil` where the zone is not known or its clocks change around that day.
    private mutating func offset(row: Int, day: Int) -> Int? {
        let place = Place(row: row, day: day)
        if let known = offsets[place] { return known }
        if zones[row] == nil { zones[row] = .some(TimeZone(identifier: rows[row].timezone)) }
        var offset: Int?
        if let zone = zones[row] ?? nil {
            let midnight = Double(day) * 86_400
            // From before the first moment that is this day anywhere to behind the last.
            let first = zone.secondsFromGMT(for: Date(timeIntervalSince1970: midnight - 16 * 3600))
            let last = zone.secondsFromGMT(for: Date(timeIntervalSince1970: midnight + 40 * 3600))
            offset = first == last ? first : nil
        }
        offsets[place] = .some(offset)
        return offset
    }

    /// Days since 1970 and seconds of the day; `nil` for what is no `YYYY-MM-DDThh:mm:ss` that exists.
    static func parts(_ text: String) -> (day: Int, second: Int)? {
        var text = text
        return text.withUTF8 { bytes in
            guard bytes.count == 19, bytes[4] == 0x2D, bytes[7] == 0x2D, bytes[10] == 0x54, bytes[13] == 0x3A,
                bytes[16] == 0x3A, let century = number(bytes, 0), let year = number(bytes, 2),
                let month = number(bytes, 5), let day = number(bytes, 8), let hour = number(bytes, 11), hour < 24,
                let minute = number(bytes, 14), minute < 60, let second = number(bytes, 17), second < 60,
                let date = CivilDate(year: century * 100 + year, month: month, day: day)
            else { return nil }
            return (date.dayNumber, hour * 3600 + minute * 60 + second)
        }
    }

    /// Two digits from `start` on; the caller has counted the bytes.
    private static func number(_ bytes: UnsafeBufferPointer<UInt8>, _ start: Int) -> Int? {
        let high = Int(bytes[start]) - 48
        let low = Int(bytes[start + 1]) - 48
        return (0...9).contains(high) && (0...9).contains(low) ? high * 10 + low : nil
    }
}
