/// Where each section and key of a TOML text stands. TOMLKit parses, but tells places of syntax errors only.
///
/// It knows just enough of TOML to skip strings, comments and values over several lines; what our files do not use
/// (quoted and dotted keys, inline tables, arrays) is found here as it is written, and refused by `LineCheck`.
package struct LineIndex {
    package struct Section {
        /// As written between the brackets, spaces around dots taken out: `device.lobby`.
        package let name: String
        package let line: Int
        /// `[[name]]`.
        package let isArray: Bool
        /// Names of letters, digits, `_` and `-` with dots between, in one pair of brackets and nothing behind.
        package let isPlain: Bool
        /// Byte just after the header's line, line end included.
        package let afterHeader: Int
    }

    package struct Key {
        /// Position in `sections`; `nil` stands before the first.
        package let section: Int?
        /// As written: with quotes and dots where it has them.
        package let name: String
        package let line: Int
        /// Where the value ends.
        package let lastLine: Int
        /// Columns from 1, in bytes.
        package let column: Int
        package let valueColumn: Int
        /// Bytes of the value, without spaces and comment.
        package let value: Range<Int>
        /// Byte just after the key's last line, line end included.
        package let afterLine: Int
    }

    package private(set) var sections: [Section] = []
    package private(set) var keys: [Key] = []
    /// Lines that are neither header nor key nor comment.
    package private(set) var strays: [Int] = []
    private let bytes: [UInt8]
    private var position = 0
    private var line = 1
    private var lineStart = 0

    package init(_ text: String) {
        bytes = Array(text.utf8)
        while position < bytes.count { scanLine() }
    }

    package func sectionNamed(_ name: String) -> Section? { sections.first { $0.name == name } }

    private var current: UInt8 { position < bytes.count ? bytes[position] : 0 }
    private static let newline = UInt8(ascii: "\n")
    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0D }

    private mutating func scanLine() {
        skipSpaces()
        switch current {
        case Self.newline, UInt8(ascii: "#"), 0: finishLine()
        case UInt8(ascii: "["): scanHeader()
        default: scanKey()
        }
    }

    private mutating func skipSpaces() {
        while position < bytes.count, Self.isSpace(bytes[position]) { position += 1 }
    }

    /// Moves behind the line's end.
    private mutating func finishLine() {
        while position < bytes.count, bytes[position] != Self.newline { position += 1 }
        step()
    }

    private mutating func step() {
        if position < bytes.count, bytes[position] == Self.newline {
            line += 1
            lineStart = position + 1
        }
        position += 1
    }

    private mutating func scanHeader() {
        let start = line
        position += 1
        let isArray = current == UInt8(ascii: "[")
        if isArray { position += 1 }
        let from = position
        while position < bytes.count, bytes[position] != UInt8(ascii: "]"), bytes[position] != Self.newline {
            position += 1
        }
        let isClosed = current == UInt8(ascii: "]")
        let written = String(decoding: bytes[from..<min(position, bytes.count)], as: UTF8.self)
        let parts = written.split(separator: ".", omittingEmptySubsequences: false)
            .map { Self.withoutBlanks($0) }
        position += isClosed ? 1 : 0
        skipSpaces()
        let isAlone = position >= bytes.count || current == Self.newline || current == UInt8(ascii: "#")
        finishLine()
        sections.append(
            Section(
                name: parts.joined(separator: "."), line: start, isArray: isArray,
                isPlain: !isArray && isClosed && isAlone && parts.allSatisfy { Self.isBare($0) },
                afterHeader: min(position, bytes.count)))
    }

    /// Without the spaces and tabs around it, and no other blank: a header with one that the parser does not know, such
    /// as a vertical tab pasted from elsewhere, makes it assert.
    private static func withoutBlanks(_ part: Substring) -> String {
        let isBlank = { (byte: UInt8) in byte == 0x20 || byte == 0x09 }
        let bytes = part.utf8.drop(while: isBlank)
        return String(
            decoding: bytes.prefix(bytes.count - bytes.reversed().prefix(while: isBlank).count), as: UTF8.self)
    }

    /// A name TOML takes without quotes.
    package static func isBare(_ name: String) -> Bool {
        !name.isEmpty
            && name.utf8.allSatisfy {
                switch $0 {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
                    true
                default: false
                }
            }
    }

    /// One text in quotes, one whole number, `true` or `false`, on one line.
    package func isScalar(_ range: Range<Int>) -> Bool {
        let value = bytes[range.clamped(to: 0..<bytes.count)]
        guard let first = value.first, !value.contains(Self.newline) else { return false }
        guard first == 0x22 || first == 0x27 else {
            let digits = value.dropFirst(first == UInt8(ascii: "-") || first == UInt8(ascii: "+") ? 1 : 0)
            let isNumber = (1...20).contains(digits.count) && digits.allSatisfy { (0x30...0x39).contains($0) }
            return isNumber || value.elementsEqual("true".utf8) || value.elementsEqual("false".utf8)
        }
        var isEscaped = false
        for (offset, byte) in value.dropFirst().enumerated() {
            if isEscaped {
                isEscaped = false
            } else if byte == 0x5C, first == 0x22 {
                isEscaped = true
            } else if byte == first {
                // The closing quote is the last byte; three quotes at the start close at the second.
                return offset + 2 == value.count
            }
        }
        return false
    }

    private mutating func scanKey() {
        let (start, column, from) = (line, position - lineStart + 1, position)
        var quote: UInt8?
        while position < bytes.count, bytes[position] != Self.newline {
            let byte = bytes[position]
            if quote == nil, byte == UInt8(ascii: "=") || byte == UInt8(ascii: "#") { break }
            if byte == quote { quote = nil } else if quote == nil, byte == 0x22 || byte == 0x27 { quote = byte }
            position += 1
        }
        let name = trimmed(from..<position)
        guard current == UInt8(ascii: "=") else {
            strays.append(start)
            return finishLine()
        }
        position += 1
        skipSpaces()
        let (valueStart, valueColumn) = (position, position - lineStart + 1)
        let valueEnd = scanValue()
        let lastLine = line
        finishLine()
        keys.append(
            Key(
                section: sections.isEmpty ? nil : sections.count - 1, name: name, line: start, lastLine: lastLine,
                column: column,
                valueColumn: valueColumn, value: valueStart..<max(valueStart, valueEnd),
                afterLine: min(position, bytes.count)))
    }

    private func trimmed(_ range: Range<Int>) -> String {
        var slice = bytes[range.clamped(to: 0..<bytes.count)]
        while let last = slice.last, Self.isSpace(last) { slice.removeLast() }
        return String(decoding: slice, as: UTF8.self)
    }

    /// Moves behind the value; the position after its last byte that is no space.
    private mutating func scanValue() -> Int {
        var depth = 0
        var end = position
        while position < bytes.count {
            let byte = bytes[position]
            switch byte {
            case Self.newline where depth == 0: return end
            case UInt8(ascii: "#"):
                if depth == 0 { return end }
                while position < bytes.count, bytes[position] != Self.newline { position += 1 }
                continue
            case 0x22, 0x27: skipString(byte)
            case UInt8(ascii: "["), UInt8(ascii: "{"):
                depth += 1
                step()
            case UInt8(ascii: "]"), UInt8(ascii: "}"):
                depth = max(0, depth - 1)
                step()
            default: step()
            }
            if !Self.isSpace(byte), byte != Self.newline { end = min(position, bytes.count) }
        }
        return end
    }

    private mutating func skipString(_ quote: UInt8) {
        let isLong = bytes[position...].prefix(3).allSatisfy { $0 == quote } && position + 3 <= bytes.count
        for _ in 0..<(isLong ? 3 : 1) { step() }
        while position < bytes.count {
            let byte = bytes[position]
            if byte == UInt8(ascii: "\\"), quote == 0x22 {
                step()
                step()
            } else if byte == quote, !isLong || bytes[position...].prefix(3).allSatisfy({ $0 == quote }) {
                for _ in 0..<(isLong ? 3 : 1) { step() }
                return
            } else if byte == Self.newline, !isLong {
                return
            } else {
                step()
            }
        }
    }
}
