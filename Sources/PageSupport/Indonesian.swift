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

    private var calendar: Calendar {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = zone
        return calendar
    }

    /// `07.31.05`
    package func time(_ moment: Date) -> String {
        let parts = calendar.dateComponents([.hour, .minute, .second], from: moment)
        return [parts.hour, parts.minute, parts.second].map { Self.two($0 ?? 0) }.joined(separator: ".")
    }

    /// `Minggu, 22 November 2026`
    package func longDate(_ moment: Date) -> String {
        let weekday = calendar.component(.weekday, from: moment)
        return "\(Self.days[(weekday - 1) % 7]), \(date(moment))"
    }

    /// `22 November 2026`
    package func date(_ moment: Date) -> String {
        let parts = calendar.dateComponents([.year, .month, .day], from: moment)
        return "\(parts.day ?? 0) \(Self.months[((parts.month ?? 1) - 1) % 12]) \(parts.year ?? 0)"
    }

    /// `22 Nov 07.31`
    package func short(_ moment: Date) -> String {
        let parts = calendar.dateComponents([.month, .day], from: moment)
        return "\(parts.day ?? 0) \(Self.months[((parts.month ?? 1) - 1) % 12].prefix(3)) \(time(moment).prefix(5))"
    }

    /// `12 detik`, `4 menit`, `3 jam`, `9 hari`; negative ones count as none.
    package static func span(_ seconds: Double) -> String {
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

    private static func two(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }
}
