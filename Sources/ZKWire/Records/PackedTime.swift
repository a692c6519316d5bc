/// A device's packed wall clock, u32: a calendar in which every month has 31 slots (zk-protocol, section 12).
///
/// `((year − 2000) · 372 + (month − 1) · 31 + (day − 1)) · 86400 + seconds of the day`. Not seconds since anything.
package struct PackedTime: RawRepresentable, Hashable, Sendable {
    package let rawValue: UInt32

    package init(rawValue: UInt32) { self.rawValue = rawValue }

    package struct Parts: Hashable, Sendable {
        package var year, month, day, hour, minute, second: Int

        package init(year: Int, month: Int, day: Int, hour: Int, minute: Int, second: Int) {
            self.year = year
            self.month = month
            self.day = day
            self.hour = hour
            self.minute = minute
            self.second = second
        }

        /// A date that exists, of the years 2000–2099.
        package var isCalendarDate: Bool {
            guard (2000...2099).contains(year), (1...12).contains(month), day >= 1 else { return false }
            let leap = year.isMultiple(of: 4)
            let days = [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
            return day <= days[month - 1] && (0...23).contains(hour) && (0...59).contains(minute)
                && (0...59).contains(second)
        }

        /// `YYYY-MM-DD hh:mm:ss`, also for dates that do not exist.
        package var text: String {
            func pad(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }
            return "\(year)-\(pad(month))-\(pad(day)) \(pad(hour)):\(pad(minute)):\(pad(second))"
        }
    }

    /// `nil` where a part does not fit its slot: year 2000–2133, month 1–12, day 1–31, a time of day.
    package init?(_ parts: Parts) {
        guard (2000...2133).contains(parts.year), (1...12).contains(parts.month), (1...31).contains(parts.day),
            (0...23).contains(parts.hour), (0...59).contains(parts.minute), (0...59).contains(parts.second)
        else { return nil }
        let day = (parts.year - 2000) * 372 + (parts.month - 1) * 31 + parts.day - 1
        guard let value = UInt32(exactly: day * 86_400 + parts.hour * 3600 + parts.minute * 60 + parts.second) else {
            return nil
        }
        rawValue = value
    }

    /// Every value decodes to parts; whether they are a date is `Parts.isCalendarDate`.
    package var parts: Parts {
        let value = Int(rawValue)
        let day = value / 86_400
        return Parts(
            year: 2000 + day / 372, month: day / 31 % 12 + 1, day: day % 31 + 1, hour: value / 3600 % 24,
            minute: value / 60 % 60, second: value % 60)
    }

    /// The four bytes as they stand in a record.
    package var bytes: [UInt8] {
        var bytes: [UInt8] = []
        bytes.append(littleEndian: rawValue)
        return bytes
    }
}

/// The six-byte time of live events: year − 2000, month, day, hour, minute, second.
package struct EventTime: Hashable, Sendable {
    package let bytes: [UInt8]

    static let size = 6

    init(_ bytes: some Sequence<UInt8>) { self.bytes = Array(bytes) }

    /// `nil` where a part does not fit a byte.
    package init?(_ parts: PackedTime.Parts) {
        guard (2000...2255).contains(parts.year) else { return nil }
        let values = [parts.year - 2000, parts.month, parts.day, parts.hour, parts.minute, parts.second]
        let bytes = values.compactMap { UInt8(exactly: $0) }
        guard bytes.count == Self.size else { return nil }
        self.bytes = bytes
    }

    package var parts: PackedTime.Parts {
        let values = bytes.map(Int.init)
        guard values.count == Self.size else {
            return PackedTime.Parts(year: 2000, month: 0, day: 0, hour: 0, minute: 0, second: 0)
        }
        return PackedTime.Parts(
            year: 2000 + values[0], month: values[1], day: values[2], hour: values[3], minute: values[4],
            second: values[5])
    }

    /// The same moment packed, so that a live event and the log's record agree; `nil` where it cannot be.
    package var packed: PackedTime? { PackedTime(parts) }
}
