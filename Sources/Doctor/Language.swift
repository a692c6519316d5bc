import Foundation

/// The language in which a doctor speaks.
package enum Language: String, Sendable, CaseIterable {
    case indonesian = "id"
    case english = "en"

    /// As the environment of a process asks for it: the first of `LC_ALL`, `LC_MESSAGES` and `LANG` that says anything.
    package init(variables: [String: String]) {
        let asked = ["LC_ALL", "LC_MESSAGES", "LANG"].lazy.compactMap { variables[$0] }.first { !$0.isEmpty } ?? ""
        let word = asked.prefix { $0 != "_" && $0 != "." && $0 != "@" }
        self = word == "id" || word == "in" ? .indonesian : .english
    }
}

/// A text in both languages, side by side.
package struct Bilingual: Sendable, Equatable {
    package let english: String
    package let indonesian: String

    package init(_ english: String, _ indonesian: String) {
        self.english = english
        self.indonesian = indonesian
    }

    package subscript(_ language: Language) -> String { language == .english ? english : indonesian }
}

/// A value that stands in a sentence at `{name}`.
package enum Fact: Sendable, Equatable {
    case text(String)
    case count(Int)
    case bytes(Int64)
    /// A span of time.
    case seconds(Int)
    case moment(Date)

    func text(in language: Language) -> String {
        switch self {
        case .text(let text): HarmlessText.shown(text)
        case .count(let count): "\(count)"
        case .bytes(let bytes): Self.size(bytes)
        case .seconds(let seconds): Self.span(seconds, language)
        case .moment(let moment): Self.time(moment)
        }
    }

    private static func size(_ bytes: Int64) -> String {
        let units = ["KiB", "MiB", "GiB", "TiB"]
        guard bytes >= 1024 else { return "\(bytes) B" }
        var value = Double(bytes) / 1024
        var unit = 0
        while value >= 1024, unit < units.count - 1 {
            value /= 1024
            unit += 1
        }
        return "\(Int(value)) \(units[unit])"
    }

    private static func span(_ seconds: Int, _ language: Language) -> String {
        let size = seconds.magnitude
        let (number, unit): (UInt, Bilingual) =
            switch size {
            case (2 * 86_400)...: (size / 86_400, Bilingual("days", "hari"))
            case (2 * 3600)...: (size / 3600, Bilingual("hours", "jam"))
            case (2 * 60)...: (size / 60, Bilingual("minutes", "menit"))
            default: (size, Bilingual(size == 1 ? "second" : "seconds", "detik"))
            }
        return "\(number) \(unit[language])"
    }

    /// By this computer's zone: it is what its clock shows.
    private static func time(_ moment: Date) -> String {
        let parts = Calendar.current.dateComponents([.year, .month, .day, .hour, .minute], from: moment)
        func two(_ number: Int?) -> String { (number ?? 0) < 10 ? "0\(number ?? 0)" : "\(number ?? 0)" }
        return "\(parts.year ?? 0)-\(two(parts.month))-\(two(parts.day)) \(two(parts.hour)):\(two(parts.minute))"
    }
}

/// What came from files, devices and the network, harmless on a terminal.
enum HarmlessText {
    private static let most = 500

    /// Control characters, also those that turn text around, shown as `?`; bounded.
    static func shown(_ text: String) -> String {
        let scalars = text.unicodeScalars.prefix(most).map { scalar -> Unicode.Scalar in
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate: "?"
            default: scalar
            }
        }
        return String(String.UnicodeScalarView(scalars))
    }
}
