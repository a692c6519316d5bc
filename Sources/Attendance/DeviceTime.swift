/// A device's wall clock at a scan: no zone, and not always a date that exists.
///
/// The text is what the punch key is made of: `YYYY-MM-DDThh:mm:ss`, or the raw field in lower-case hex
/// where it is no calendar date.
package struct DeviceTime: Hashable, Sendable, Comparable {
    package let text: String

    /// A date of the years 2000–2099 that exists, and a time of day; `nil` for anything else.
    package init?(year: Int, month: Int, day: Int, hour: Int, minute: Int, second: Int) {
        guard (2000...2099).contains(year), (1...12).contains(month),
            day >= 1, day <= Self.days(in: month, of: year),
            (0...23).contains(hour), (0...59).contains(minute), (0...59).contains(second)
        else { return nil }
        text = String(unsafeUninitializedCapacity: 19) { text in
            Self.digits(year / 100, UInt8(ascii: "0"), into: text, at: 0)
            Self.digits(year % 100, UInt8(ascii: "-"), into: text, at: 2)
            Self.digits(month, UInt8(ascii: "-"), into: text, at: 5)
            Self.digits(day, UInt8(ascii: "T"), into: text, at: 8)
            Self.digits(hour, UInt8(ascii: ":"), into: text, at: 11)
            Self.digits(minute, UInt8(ascii: ":"), into: text, at: 14)
            Self.digits(second, UInt8(ascii: "0"), into: text, at: 17)
            return 19
        }
    }

    /// A field that is no calendar date.
    package init(rawField: some Sequence<UInt8>) {
        text = Hex.encode(rawField)
    }

    /// Text of either form, as it stands in an entry; `nil` for anything else.
    package init?(text: String) {
        let bytes = Array(text.utf8)
        if bytes.count == 19, let parts = Self.parts(bytes) {
            self.init(
                year: parts[0] * 100 + parts[1], month: parts[2], day: parts[3],
                hour: parts[4], minute: parts[5], second: parts[6])
        } else {
            guard (2...32).contains(bytes.count), let raw = Hex.decode(text), Hex.encode(raw) == text else {
                return nil
            }
            self.init(rawField: raw)
        }
    }

    package var isCalendarDate: Bool { text.utf8.count == 19 }

    package static func < (left: Self, right: Self) -> Bool { left.text < right.text }

    package static func days(in month: Int, of year: Int) -> Int {
        switch month {
        case 2: year.isMultiple(of: 4) && (!year.isMultiple(of: 100) || year.isMultiple(of: 400)) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    /// Two digits and the mark behind them, where there is room for one.
    private static func digits(
        _ value: Int, _ mark: UInt8, into text: UnsafeMutableBufferPointer<UInt8>, at start: Int
    ) {
        text[start] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: value / 10)
        text[start + 1] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: value % 10)
        if start + 2 < text.count { text[start + 2] = mark }
    }

    /// The seven two-digit numbers of `YYYY-MM-DDThh:mm:ss`, not yet a date that exists.
    static func parts(_ bytes: [UInt8]) -> [Int]? {
        guard bytes.count == 19, bytes[4] == UInt8(ascii: "-"), bytes[7] == UInt8(ascii: "-"),
            bytes[10] == UInt8(ascii: "T"), bytes[13] == UInt8(ascii: ":"), bytes[16] == UInt8(ascii: ":"),
            let century = twoDigits(bytes, at: 0), let year = twoDigits(bytes, at: 2),
            let month = twoDigits(bytes, at: 5), let day = twoDigits(bytes, at: 8),
            let hour = twoDigits(bytes, at: 11), let minute = twoDigits(bytes, at: 14),
            let second = twoDigits(bytes, at: 17)
        else { return nil }
        return [century, year, month, day, hour, minute, second]
    }

    /// The number in the two digits from `start` on.
    static func twoDigits(_ bytes: [UInt8], at start: Int) -> Int? {
        guard bytes.indices.contains(start), bytes.indices.contains(start + 1) else { return nil }
        let high = Int(bytes[start]) - 48
        let low = Int(bytes[start + 1]) - 48
        guard (0...9).contains(high), (0...9).contains(low) else { return nil }
        return high * 10 + low
    }
}
