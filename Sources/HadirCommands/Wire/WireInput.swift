import Attendance
import ZKWire

/// Bytes that cannot be described: what is wrong, where, and what to do.
package struct WireInputError: Error, Hashable, Sendable, CustomStringConvertible {
    package let description: String

    package init(_ description: String) { self.description = description }

    init(_ error: WireError) { description = "\(error)" }
}

/// Hexadecimal text as people paste it.
package enum WireInput {
    /// Longest text read, in characters: a log of 100,000 records has 8 million digits.
    package static let longest = 64 << 20

    /// The bytes of `text`; white space, `0x`, colons and commas are skipped.
    package static func bytes(_ text: some StringProtocol) throws(WireInputError) -> [UInt8] {
        guard text.utf8.count <= longest else {
            throw WireInputError("more than \(longest) characters of hex; give the frames in parts")
        }
        let characters = Array(text.utf8)
        var digits: [UInt8] = []
        digits.reserveCapacity(characters.count)
        var position = 0
        while position < characters.count {
            let character = characters[position]
            let next = position + 1 < characters.count ? characters[position + 1] : 0
            switch character {
            case UInt8(ascii: "0") where next == UInt8(ascii: "x") || next == UInt8(ascii: "X"):
                position += 1
            case UInt8(ascii: " "), UInt8(ascii: ":"), UInt8(ascii: ","), 0x09...0x0D:
                break
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"),
                UInt8(ascii: "A")...UInt8(ascii: "F"):
                digits.append(character)
            default:
                let shown = String(decoding: [character], as: UTF8.self)
                throw WireInputError("character \(position + 1) of the hex text, \"\(shown)\", is no hex digit")
            }
            position += 1
        }
        guard !digits.isEmpty else { throw WireInputError("no bytes given; give them as hex, or - to read stdin") }
        guard let bytes = Hex.decode(String(decoding: digits, as: UTF8.self).lowercased()) else {
            throw WireInputError("\(digits.count) hex digits are no whole bytes; one digit is missing or too many")
        }
        return bytes
    }

    /// One piece of bytes per line that has any: the datagrams of a UDP capture.
    package static func lines(_ text: String) throws(WireInputError) -> [[UInt8]] {
        var pieces: [[UInt8]] = []
        for line in text.split(whereSeparator: \.isNewline) where !line.allSatisfy(\.isWhitespace) {
            pieces.append(try bytes(line))
        }
        guard !pieces.isEmpty else { throw WireInputError("no bytes given; give them as hex, or - to read stdin") }
        return pieces
    }
}
