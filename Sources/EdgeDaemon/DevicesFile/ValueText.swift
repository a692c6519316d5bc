import Attendance
import Foundation

/// Names of time zones as the file has them.
package enum TimezoneName {
    private static let indonesian = ["WIB": "Asia/Jakarta", "WITA": "Asia/Makassar", "WIT": "Asia/Jayapura"]

    /// The IANA name; `nil` where this computer knows no such zone.
    package static func resolve(_ text: String) -> String? {
        if let name = indonesian[text] { return name }
        return text == "UTC" || TimeZone.knownTimeZoneIdentifiers.contains(text) ? text : nil
    }
}

extension DevicesFileReader {
    static func isUnit(_ text: String) -> Bool {
        (1...120).contains(text.count) && text.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F }
            && !text.allSatisfy(\.isWhitespace)
    }

    /// `host:port` on this computer; an IPv6 address stands in brackets. Others are refused: what is served there
    /// asks for no password.
    static func listen(_ text: String) -> EdgeConfiguration.ListenAddress? {
        guard let colon = text.lastIndex(of: ":"), let port = Int(text[text.index(after: colon)...]),
            (0...65_535).contains(port)
        else { return nil }
        var host = text[..<colon]
        if host.first == "[", host.last == "]" {
            host = host.dropFirst().dropLast()
        } else if host.contains(":") {
            return nil
        }
        guard isLoopback(host) else { return nil }
        return EdgeConfiguration.ListenAddress(host: String(host), port: port)
    }

    static func isLoopback(_ host: Substring) -> Bool {
        if host == "localhost" || host == "::1" { return true }
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        return parts.first == "127" && parts.count == 4 && parts.allSatisfy { UInt8($0) != nil && $0.utf8.count <= 3 }
    }

    /// `off`, or kinds of orders, each once.
    static func orders(_ text: String) -> Set<OrderKind>? {
        if text == "off" { return [] }
        let words = text.split(separator: " ")
        let kinds = words.compactMap { OrderKind(rawValue: String($0)) }
        guard !words.isEmpty, kinds.count == words.count, Set(kinds).count == kinds.count else { return nil }
        return Set(kinds)
    }

    /// Outer `nil`: not understood; inner `nil`: off.
    static func correction(_ text: String) -> Duration?? {
        if text == "off" { return .some(nil) }
        guard let limit = DurationText.parse(text), (.seconds(2) ... .seconds(86_400)).contains(limit) else {
            return nil
        }
        return .some(limit)
    }

    /// `; did you mean "poll"?` where one of `known` is near.
    static func suggestion(_ word: String, among known: [String]) -> String {
        let near = known.map { ($0, distance(word, $0)) }.min { $0.1 < $1.1 }
        if let near, near.1 <= max(2, near.0.count / 3) { return "; did you mean \"\(near.0)\"?" }
        return "; known are \(known.joined(separator: ", "))"
    }

    /// Letters to change, add or take out, at most 64 of each word looked at.
    private static func distance(_ left: String, _ right: String) -> Int {
        let (left, right) = (Array(left.prefix(64)), Array(right.prefix(64)))
        var row = Array(0...right.count)
        for (position, letter) in left.enumerated() {
            var diagonal = row[0]
            row[0] = position + 1
            for (other, candidate) in right.enumerated() {
                let cost = diagonal + (letter == candidate ? 0 : 1)
                diagonal = row[other + 1]
                row[other + 1] = min(cost, row[other] + 1, diagonal + 1)
            }
        }
        return row[right.count]
    }
}
