/// What a push request is for: the path below `/iclock/` and the names and values behind `?` (zk-push-adms, section 2).
package struct PushTarget: Equatable, Sendable {
    package enum Path: String, Sendable, CaseIterable {
        case cdata, getrequest, devicecmd, ping, fdata
        /// Security PUSH only.
        case registry, push, rtdata, querydata
        /// Never answered: key exchange of the vendor's encryption, and downloads.
        case exchange, file
    }

    package let path: Path
    /// Names in lower case; of a name that comes twice, the first value.
    package let parameters: [String: String]

    /// Bytes of a whole target; a getrequest with INFO has some 300.
    package static let longest = 8192
    static let mostParameters = 64
    static let longestValue = 1024

    /// - Parameter prefix: what must stand before `/iclock`, without slashes; empty for nothing.
    /// - Returns: `nil` for anything that is no path of the protocol, or too long.
    package init?(_ text: String, prefix: String = "") {
        guard text.utf8.count <= Self.longest else { return nil }
        let sides = text.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        var steps = (sides.first ?? "").split(separator: "/", omittingEmptySubsequences: true)[...]
        if !prefix.isEmpty {
            guard let first = steps.first, Self.isSame(first, prefix) else { return nil }
            steps = steps.dropFirst()
        }
        guard let root = steps.popFirst(), root.lowercased() == "iclock", let word = steps.popFirst() else {
            return nil
        }
        var name = word.lowercased()
        if name.hasSuffix(".aspx") { name.removeLast(5) }
        guard let path = Path(rawValue: name), steps.isEmpty || path == .file else { return nil }
        self.path = path
        var parameters: [String: String] = [:]
        let pairs = (sides.count > 1 ? sides[1] : "").split(separator: "&", maxSplits: Self.mostParameters)
        for pair in pairs.prefix(Self.mostParameters) {
            let halves = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let key = Self.decoded(halves[0]).lowercased()
            guard !key.isEmpty, parameters[key] == nil else { continue }
            parameters[key] = halves.count > 1 ? Self.decoded(halves[1].prefix(Self.longestValue)) : ""
        }
        self.parameters = parameters
    }

    /// The device's own number; `nil` where it tells none that could be one.
    package var serialText: String? { parameters["sn"].flatMap { $0.isEmpty ? nil : $0 } }

    /// In lower case.
    package var table: String { (parameters["table"] ?? "").lowercased() }

    package var stamp: PushStamp? { parameters["stamp"].flatMap { PushStamp($0) } }

    /// A secret path is compared in full whatever comes first in it.
    private static func isSame(_ left: Substring, _ right: String) -> Bool {
        let left = Array(left.utf8)
        let right = Array(right.utf8)
        var difference = left.count == right.count ? 0 : 1
        for (one, other) in zip(left, right) where one != other { difference += 1 }
        return difference == 0
    }

    /// `%20` and the like; what is no pair of digits stands as it is.
    private static func decoded(_ text: Substring) -> String {
        guard text.utf8.contains(UInt8(ascii: "%")) else { return String(text) }
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            let digits = rest.prefix(2)
            if byte == UInt8(ascii: "%"), digits.count == 2, let high = digits.first?.hexDigit,
                let low = digits.last?.hexDigit
            {
                bytes.append(high << 4 | low)
                rest = rest.dropFirst(2)
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

extension UInt8 {
    fileprivate var hexDigit: UInt8? {
        switch self {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): self - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): self - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): self - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}

/// "What I have from you", one a table: advisory only, many devices send a constant (zk-push-adms, section 4).
package struct PushStamp: Hashable, Sendable {
    package let text: String

    static let longest = 32

    /// Digits, a date and time, or `None`; `nil` for anything that must not be sent back.
    package init?(_ text: String) {
        guard (1...Self.longest).contains(text.utf8.count),
            text.utf8.allSatisfy({ byte in
                switch byte {
                case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                    UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: ":"), UInt8(ascii: "-"), UInt8(ascii: " "):
                    true
                default: false
                }
            })
        else { return nil }
        self.text = text
    }
}
