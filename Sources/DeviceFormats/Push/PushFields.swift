import Attendance

/// `key=value` pairs of one line, names in lower case; of a name that comes twice, the first value.
package struct PushFields: Equatable, Sendable {
    package private(set) var values: [String: [UInt8]] = [:]

    static let most = 64
    static let longestValue = 1024

    /// - Parameter keeping: the only names whose values are kept; `nil` keeps all.
    package init(_ line: some Collection<UInt8>, separator: UInt8, keeping: Set<String>? = nil) {
        for pair in Array(line).split(separator: separator, maxSplits: Self.most).prefix(Self.most) {
            guard let mark = pair.firstIndex(of: UInt8(ascii: "=")) else { continue }
            let name = String(decoding: PushLines.trimmed(pair[..<mark]).prefix(64), as: UTF8.self).lowercased()
            guard keeping?.contains(name) ?? true, values[name] == nil else { continue }
            values[name] = Array(pair[pair.index(after: mark)...].prefix(Self.longestValue))
        }
    }

    package subscript(name: String) -> [UInt8]? { values[name] }

    package func text(_ name: String) -> String? { values[name].map { String(decoding: $0, as: UTF8.self) } }

    package func number(_ name: String) -> Int? { values[name].flatMap { PushLines.number($0[...]) } }
}

/// What a device tells of itself: table `options`, or the lines below an INFO result.
package struct PushOptions: Equatable, Sendable {
    /// Names as written; without any that could be a secret.
    package private(set) var values: [String: String] = [:]

    static let most = 256
    static let longestName = 64
    static let longestValue = 256

    package init() {}

    /// `k=v,k=v`, where a value may contain commas: a pair begins only where `key=` follows one. Lines also part them.
    package init(_ body: some Collection<UInt8>) {
        for line in PushLines.split(body) { add(line) }
    }

    mutating func add(_ line: ArraySlice<UInt8>) {
        var pairs: [ArraySlice<UInt8>] = []
        for piece in line.split(separator: UInt8(ascii: ","), maxSplits: 4096, omittingEmptySubsequences: false) {
            if Self.name(of: piece) != nil || pairs.isEmpty {
                pairs.append(piece)
            } else if let last = pairs.popLast() {
                // Pieces are of one line: what lies between them is the comma.
                pairs.append(line[last.startIndex..<piece.endIndex])
            }
        }
        for pair in pairs {
            guard let (name, value) = Self.name(of: pair), values.count < Self.most, values[name] == nil,
                !Self.isSecret(name)
            else { continue }
            values[name] = String(decoding: value.prefix(Self.longestValue), as: UTF8.self)
        }
    }

    package subscript(name: String) -> String? { values[name] ?? values["~" + name] }

    package func number(_ name: String) -> Int? {
        self[name].flatMap { Int($0) }.flatMap { (0...999_999_999).contains($0) ? $0 : nil }
    }

    private static func name(of pair: ArraySlice<UInt8>) -> (name: String, value: ArraySlice<UInt8>)? {
        guard let mark = pair.firstIndex(of: UInt8(ascii: "=")) else { return nil }
        let name = PushLines.trimmed(pair[..<mark])
        let isName = name.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "~"), UInt8(ascii: "_"), UInt8(ascii: "-"):
                true
            default: false
            }
        }
        guard isName, (1...longestName).contains(name.count) else { return nil }
        return (String(decoding: name, as: UTF8.self), pair[pair.index(after: mark)...])
    }

    private static func isSecret(_ name: String) -> Bool {
        let name = name.lowercased()
        return ["key", "pass", "pwd", "psw", "secret", "token", "wep", "psk"].contains { name.contains($0) }
    }
}

/// `INFO=` of a getrequest: firmware, users, fingers, punches, address, and more in newer firmware.
package struct PushInfo: Equatable, Sendable {
    package let firmware: String
    package let users: Int
    package let fingers: Int
    package let punches: Int
    package let address: String

    /// The firmware's text may contain commas: what is known is found by the address behind three numbers.
    package init?(_ text: String) {
        let fields = text.split(separator: ",", maxSplits: 64, omittingEmptySubsequences: false)
        guard fields.count >= 5,
            let end = fields.indices.dropFirst(4).first(where: { index in
                Self.isAddress(fields[index]) && fields[(index - 3)..<index].allSatisfy { Self.number($0) != nil }
            }), let users = Self.number(fields[end - 3]), let fingers = Self.number(fields[end - 2]),
            let punches = Self.number(fields[end - 1])
        else { return nil }
        firmware = String(fields[0..<(end - 3)].joined(separator: ",").prefix(256))
        self.users = users
        self.fingers = fingers
        self.punches = punches
        address = String(fields[end])
    }

    private static func number(_ text: Substring) -> Int? { PushLines.number(Array(text.utf8)[...]) }

    private static func isAddress(_ text: Substring) -> Bool {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts.allSatisfy { UInt8($0) != nil }
    }
}
