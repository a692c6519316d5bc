import Foundation

/// Times, spans and numbers as people in Indonesia write them.
package struct Indonesian: Sendable {
    /// The zone of whoever reads the page, and its name.
    package let zone: TimeZone
    package let zoneName: String

    private static let days = ["Minggu", "Senin", "Selasa", "Rabu", "Kamis", "Jumat", "Sabtu"]
    private static let months = [
        "Januari", "Februari", "Maret", "April", "Mei", "Juni", "Juli", "Agustus", "September", "Oktober", "November",
        "Desember",
    ]
    private static let zones = ["Asia/Jakarta": "WIB", "Asia/Makassar": "WITA", "Asia/Jayapura": "WIT"]

    package init(zone: TimeZone) {
        self.zone = zone
        zoneName = Self.zones[zone.identifier] ?? zone.identifier
    }

    /// `WIB`, `WITA`, `WIT` or an IANA name.
    package static func zone(named name: String) -> TimeZone? {
        TimeZone(identifier: zones.first { $0.value == name }?.key ?? name)
    }

    /// Calendars trap or wander far outside of the years people write.
    private static let years =
        Date(
            timeIntervalSince1970: -62_135_500_000)...Date(
            timeIntervalSince1970: 253_402_200_000)

    private func parts(_ moment: Date) -> DateComponents {
        let moment = min(max(moment, Self.years.lowerBound), Self.years.upperBound)
        return calendar.dateComponents([.year, .month, .day, .weekday, .hour, .minute, .second], from: moment)
    }

    private var calendar: Calendar {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = zone
        return calendar
    }

    /// `07.31.05`
    package func time(_ moment: Date) -> String {
        let parts = parts(moment)
        return [parts.hour, parts.minute, parts.second].map { Self.two($0 ?? 0) }.joined(separator: ".")
    }

    /// `Minggu, 22 November 2026`
    package func longDate(_ moment: Date) -> String {
        "\(Self.days[((parts(moment).weekday ?? 1) - 1) % 7]), \(date(moment))"
    }

    /// `22 November 2026`
    package func date(_ moment: Date) -> String {
        let parts = parts(moment)
        return "\(parts.day ?? 0) \(Self.months[((parts.month ?? 1) - 1) % 12]) \(parts.year ?? 0)"
    }

    /// `22 Nov`
    package func day(_ moment: Date) -> String {
        let parts = parts(moment)
        return "\(parts.day ?? 0) \(Self.months[((parts.month ?? 1) - 1) % 12].prefix(3))"
    }

    /// `22 Nov 07.31`
    package func short(_ moment: Date) -> String { "\(day(moment)) \(time(moment).prefix(5))" }

    /// `07.31` of the day that `now` is in, else `22 Nov 07.31`, with the year where it is another one.
    package func near(_ moment: Date, to now: Date) -> String {
        if isSameDay(moment, now) { return String(time(moment).prefix(5)) }
        let year = parts(moment).year ?? 0
        return year == parts(now).year ? short(moment) : "\(day(moment)) \(year) \(time(moment).prefix(5))"
    }

    package func isSameDay(_ one: Date, _ other: Date) -> Bool { date(one) == date(other) }

    /// `November` for 11; `nil` where there is no such month.
    package static func month(_ number: Int) -> String? { (1...12).contains(number) ? months[number - 1] : nil }

    /// `2026-11-22T07:31:05` in the reader's zone: the form of a device's time.
    package func wall(_ moment: Date) -> String {
        let parts = parts(moment)
        let year = String(parts.year ?? 1)
        let date = [parts.month, parts.day].map { Self.two($0 ?? 1) }.joined(separator: "-")
        let clock = time(moment).replacing(".", with: ":")
        return "\(String(repeating: "0", count: max(0, 4 - year.count)))\(year)-\(date)T\(clock)"
    }

    /// The hour of the day, 0 to 23.
    package func hour(_ moment: Date) -> Int { parts(moment).hour ?? 0 }

    /// `2026-11-22T00:31:05Z`: for the `datetime` of a `<time>`.
    package static func machine(_ moment: Date) -> String {
        Indonesian(zone: .gmt).wall(moment) + "Z"
    }

    /// `12 detik`, `4 menit`, `3 jam`, `9 hari`; negative ones count as none.
    package static func span(_ seconds: Double) -> String {
        guard !seconds.isNaN else { return "–" }
        let seconds = max(0, seconds)
        return switch seconds {
        case ..<60: "\(Int(seconds)) detik"
        case ..<3600: "\(Int(seconds / 60)) menit"
        case ..<(48 * 3600): "\(Int(seconds / 3600)) jam"
        case ..<(100_000 * 86400): "\(number(Int64(seconds / 86400))) hari"
        default: "sangat lama"
        }
    }

    /// `12.345`
    package static func number(_ value: Int64) -> String {
        let digits = String(value.magnitude)
        var grouped = ""
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index) % 3 == 0 { grouped += "." }
            grouped.append(digit)
        }
        return value < 0 ? "−" + grouped : grouped
    }

    /// `12,3`: one digit behind the comma, none where it is 0 or the value has three digits.
    package static func decimal(_ value: Double) -> String {
        guard value.isFinite, abs(value) < 1e15 else { return "–" }
        let tenths = Int64((abs(value) * 10).rounded())
        let rest = tenths >= 1000 ? 0 : tenths % 10
        let whole = tenths >= 1000 ? Int64(abs(value).rounded()) : tenths / 10
        let text = rest == 0 ? number(whole) : "\(number(whole)),\(rest)"
        return value < 0 && tenths > 0 ? "−" + text : text
    }

    /// `512 byte`, `12,3 GB`, in steps of 1000; negative ones count as none.
    package static func bytes(_ count: Int64) -> String {
        let units = ["byte", "kB", "MB", "GB", "TB", "PB", "EB"]
        var value = Double(max(0, count))
        var unit = 0
        while value >= 999.5, unit < units.count - 1 {
            value /= 1000
            unit += 1
        }
        return "\(decimal(value)) \(units[unit])"
    }

    /// `96%`; 100 % only where nothing is missing, 0 % only where there is nothing, else `> 99%` and `< 1%`, in one piece.
    ///
    /// - Parameter share: 0 to 1.
    package static func percent(_ share: Double) -> String {
        guard share.isFinite else { return "–" }
        return switch share {
        case ...0: "0%"
        case ..<0.01: "<\u{A0}1%"
        case 1...: "100%"
        case let share where share > 0.99: ">\u{A0}99%"
        default: "\(Int((share * 100).rounded()))%"
        }
    }

    private static func two(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }
}
