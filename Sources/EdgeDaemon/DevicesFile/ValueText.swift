import Attendance
import Foundation

extension DevicesFileReader {
    static func isUnit(_ text: String) -> Bool {
        (1...120).contains(text.count) && text.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F }
            && !text.allSatisfy(\.isWhitespace)
    }

    /// `host:port` on this computer; an IPv6 address stands in brackets. Others are refused: what is served there
    /// asks for no password.
    static func listen(_ text: String) -> EdgeConfiguration.ListenAddress? {
        guard let address = anyListen(text), isLoopback(address.host[...]) else { return nil }
        return address
    }

    /// The same for any address of this computer, or all: an IP address, not a name.
    static func pushListen(_ text: String) -> EdgeConfiguration.ListenAddress? {
        guard let address = anyListen(text), isAddress(address.host) else { return nil }
        return address
    }

    static func isAddress(_ text: String) -> Bool {
        var v4 = in_addr()
        var v6 = in6_addr()
        return inet_pton(AF_INET, text, &v4) == 1 || inet_pton(AF_INET6, text, &v6) == 1
    }

    static func pushPath(_ text: String) -> String? {
        let isPath = text.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
                true
            default: false
            }
        }
        return isPath && (8...64).contains(text.utf8.count) ? text : nil
    }

    private static func anyListen(_ text: String) -> EdgeConfiguration.ListenAddress? {
        guard let colon = text.lastIndex(of: ":"), let port = Int(text[text.index(after: colon)...]),
            (0...65_535).contains(port)
        else { return nil }
        var host = text[..<colon]
        if host.first == "[", host.last == "]" {
            host = host.dropFirst().dropLast()
        } else if host.contains(":") {
            return nil
        }
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
}
