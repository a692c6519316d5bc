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
        var text: [UInt8] = []
        text.reserveCapacity(19)
        for (value, end) in [(month, "-"), (day, "T"), (hour, ":"), (minute, ":"), (second, "")] {
            if text.isEmpty {
                Self.digits(year / 100, into: &text)
                Self.digits(year % 100, into: &text)
                text.append(UInt8(ascii: "-"))
            }
            Self.digits(value, into: &text)
            text.append(contentsOf: end.utf8)
        }
        self.text = String(decoding: text, as: UTF8.self)
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

    private static func digits(_ value: Int, into text: inout [UInt8]) {
        text.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: value / 10))
        text.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: value % 10))
    }

    /// The seven two-digit numbers of `YYYY-MM-DDThh:mm:ss`, not yet a date that exists.
    static func parts(_ bytes: [UInt8]) -> [Int]? {
        let marks: [(Int, UInt8)] = [
            (4, UInt8(ascii: "-")), (7, UInt8(ascii: "-")), (10, UInt8(ascii: "T")),
            (13, UInt8(ascii: ":")), (16, UInt8(ascii: ":")),
        ]
        guard bytes.count == 19, marks.allSatisfy({ bytes[$0.0] == $0.1 }) else { return nil }
        var parts: [Int] = []
        for start in [0, 2, 5, 8, 11, 14, 17] {
            guard let value = twoDigits(bytes, at: start) else { return nil }
            parts.append(value)
        }
        return parts
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
