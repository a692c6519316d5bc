import Attendance
import Crypto

/// The lines of a push body: LF or CR LF, the last one with or without an end.
package enum PushLines {
    /// Longest line that is looked into; a longer one is no record of the protocol.
    package static let longest = 8192

    /// Lines that are not empty, in order, without their ends.
    package static func split(_ body: some Collection<UInt8>) -> [ArraySlice<UInt8>] {
        Array(body).split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: true).compactMap { line in
            var line = line
            while line.last == UInt8(ascii: "\r") { line = line.dropLast() }
            return line.isEmpty ? nil : line
        }
    }

    static func trimmed(_ text: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        var text = text
        while text.first == UInt8(ascii: " ") { text = text.dropFirst() }
        while text.last == UInt8(ascii: " ") { text = text.dropLast() }
        return text
    }

    /// A whole number of up to nine digits.
    static func number(_ text: ArraySlice<UInt8>) -> Int? {
        let digits = trimmed(text)
        guard (1...9).contains(digits.count) else { return nil }
        var value = 0
        for digit in digits {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) else { return nil }
            value = value * 10 + Int(digit - UInt8(ascii: "0"))
        }
        return value
    }
}

/// Counts the lines that are not empty of a body nobody looks into, as it comes, without keeping a byte of it.
package struct PushLineCount: Equatable, Sendable {
    package private(set) var lines = 0
    private var isInLine = false

    package init() {}

    package mutating func add(_ bytes: some Sequence<UInt8>) {
        for byte in bytes {
            if byte == UInt8(ascii: "\n") {
                isInLine = false
            } else if byte != UInt8(ascii: "\r"), !isInLine {
                isInLine = true
                lines += 1
            }
        }
    }
}

/// A line that could not be read: taken responsibility for all the same, or the device would repeat it for ever.
package struct PushUnreadableLine: Hashable, Sendable {
    /// 1-based, among the lines that are not empty.
    package let number: Int
    /// Of one body that are looked at and named; a device repeats one that has more.
    package static let most = 200
    package let size: Int
    package let sha256: String
    /// The first bytes, at most `Punch.longestRaw`; none where it could hold a secret.
    package let raw: [UInt8]

    /// - Parameter isOpen: false where the line may hold a password or a template, of which nothing is kept.
    init(_ line: ArraySlice<UInt8>, number: Int, isOpen: Bool) {
        self.number = number
        size = line.count
        sha256 = Hex.encode(SHA256.hash(data: Array(line)))
        raw = isOpen && !line.contains(UInt8(ascii: "=")) ? Array(line.prefix(Punch.longestRaw)) : []
    }
}
