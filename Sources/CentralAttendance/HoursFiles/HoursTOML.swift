import ServiceSupport

/// The part of TOML that texts of hours are written in, with the line of every value.
///
/// TOMLKit is not used here: it makes binary fractions of decimals, where money needs the digits as they were written,
/// it does not say where a value stands, and some wrong texts make it stop the process. What this reads is TOML to
/// every other reader, too; what it does not read (dates with times, texts over several lines, keys in quotes) is
/// told with its line.
struct HoursTOML {
    indirect enum Value: Equatable {
        case text(String)
        /// A number, a date, `true` or `false`, as it is written.
        case bare(String)
        case list([Item])
        case table([Entry])
    }

    struct Item: Equatable {
        let value: Value
        let line: Int
    }

    struct Entry: Equatable {
        let key: String
        let value: Value
        let line: Int
        /// Columns from 1, in bytes.
        let column: Int
        let valueColumn: Int
    }

    struct Section: Equatable {
        /// Empty for what stands before the first header.
        let path: [String]
        /// `[[name]]`.
        let isArray: Bool
        let line: Int
        var entries: [Entry] = []

        var name: String { path.joined(separator: ".") }
        var header: String { isArray ? "[[\(name)]]" : "[\(name)]" }
    }

    /// Longest text read.
    static let longest = 256 * 1024
    private static let mostSections = 2_000
    private static let mostItems = 1_000
    private static let deepest = 3

    private(set) var sections = [Section(path: [], isArray: false, line: 0)]
    private let findings: FindingList
    private let bytes: [UInt8]
    private var position = 0
    private var line = 1
    private var lineStart = 0

    /// What is no TOML goes to `findings`; the rest is read all the same.
    init(_ text: String, findings: FindingList) {
        self.findings = findings
        bytes = text.utf8.count > Self.longest ? [] : Array(text.utf8)
        if text.utf8.count > Self.longest {
            findings.note(0, "is larger than \(Self.longest) bytes; is it the right file?")
        }
        while position < bytes.count, !findings.isFull, sections.count <= Self.mostSections { statement() }
        if sections.count > Self.mostSections { findings.note(line, "has more than \(Self.mostSections) sections") }
    }

    private struct Wrong: Error {
        let message: String
        let column: Int
    }

    private var current: UInt8 { position < bytes.count ? bytes[position] : 0 }
    private var column: Int { position - lineStart + 1 }

    private func next(_ offset: Int) -> UInt8 {
        position + offset < bytes.count ? bytes[position + offset] : 0
    }

    private mutating func step() {
        if current == UInt8(ascii: "\n") {
            line += 1
            lineStart = position + 1
        }
        position += 1
    }

    private mutating func skipSpaces() {
        while position < bytes.count, current == 0x20 || current == 0x09 || current == 0x0D { position += 1 }
    }

    private mutating func skipLine() {
        while position < bytes.count, current != UInt8(ascii: "\n") { position += 1 }
        step()
    }

    /// Spaces, comments and line ends, as between the items of a list.
    private mutating func skipBlank() {
        while position < bytes.count {
            skipSpaces()
            if current == UInt8(ascii: "#") {
                skipLine()
            } else if current == UInt8(ascii: "\n") {
                step()
            } else {
                return
            }
        }
    }

    // MARK: Lines

    private mutating func statement() {
        skipSpaces()
        switch current {
        case UInt8(ascii: "\n"), UInt8(ascii: "#"): return skipLine()
        case 0 where position >= bytes.count: return
        default: break
        }
        let start = line
        do {
            if current == UInt8(ascii: "[") {
                try header()
            } else {
                let entry = try entry(depth: 0)
                sections[sections.count - 1].entries.append(entry)
            }
            skipSpaces()
            guard position >= bytes.count || current == UInt8(ascii: "\n") || current == UInt8(ascii: "#") else {
                throw wrong("there is something behind the end: one statement a line, texts in quotes")
            }
        } catch let error as Wrong {
            findings.note(line, column: error.column, error.message)
        } catch {
            findings.note(start, "\(error)")
        }
        skipLine()
    }

    private func wrong(_ message: String) -> Wrong { Wrong(message: message, column: column) }

    private mutating func header() throws {
        let start = line
        position += 1
        let isArray = current == UInt8(ascii: "[")
        if isArray { position += 1 }
        var path: [String] = []
        repeat {
            if current == UInt8(ascii: ".") { position += 1 }
            skipSpaces()
            path.append(try name("a section's name"))
            skipSpaces()
        } while current == UInt8(ascii: ".") && path.count < 4
        guard current == UInt8(ascii: "]"), !isArray || next(1) == UInt8(ascii: "]") else {
            throw wrong("the section's name ends with \(isArray ? "]]" : "]")")
        }
        position += isArray ? 2 : 1
        sections.append(Section(path: path, isArray: isArray, line: start))
    }

    private mutating func name(_ what: String) throws -> String {
        let start = position
        while position < bytes.count, LineIndex.isBare(String(decoding: [current], as: UTF8.self)) { position += 1 }
        guard (1...64).contains(position - start) else {
            throw wrong("\(what) is 1 to 64 letters, digits, _ and -, without quotes")
        }
        return String(decoding: bytes[start..<position], as: UTF8.self)
    }

    private mutating func entry(depth: Int) throws -> Entry {
        let (start, column) = (line, column)
        let key = try name("a key")
        skipSpaces()
        guard current == UInt8(ascii: "=") else { throw wrong("after \"\(key)\" comes = and a value") }
        position += 1
        skipSpaces()
        let valueColumn = self.column
        return Entry(
            key: key, value: try value(depth: depth), line: start, column: column, valueColumn: valueColumn)
    }

    // MARK: Values

    private mutating func value(depth: Int) throws -> Value {
        guard depth < Self.deepest else { throw wrong("lists and tables within one another go too deep") }
        switch current {
        case UInt8(ascii: "\""), UInt8(ascii: "'"): return .text(try quoted())
        case UInt8(ascii: "["): return try list(depth: depth)
        case UInt8(ascii: "{"): return try table(depth: depth)
        default:
            let start = position
            while position < bytes.count, Self.isBareValue(current), position - start < 40 { position += 1 }
            guard position > start else { throw wrong("here a value is missing; texts stand in \"quotes\"") }
            return .bare(String(decoding: bytes[start..<position], as: UTF8.self))
        }
    }

    private static func isBareValue(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."),
            UInt8(ascii: ":"), UInt8(ascii: "_"):
            true
        default: false
        }
    }

    private mutating func list(depth: Int) throws -> Value {
        var items: [Item] = []
        position += 1
        skipBlank()
        while current != UInt8(ascii: "]") {
            guard items.count < Self.mostItems else { throw wrong("a list has at most \(Self.mostItems) items") }
            let start = line
            items.append(Item(value: try value(depth: depth + 1), line: start))
            skipBlank()
            guard current == UInt8(ascii: ",") else { break }
            position += 1
            skipBlank()
        }
        guard current == UInt8(ascii: "]") else { throw wrong("the list does not end: items, commas between, then ]") }
        position += 1
        return .list(items)
    }

    private mutating func table(depth: Int) throws -> Value {
        var entries: [Entry] = []
        position += 1
        skipSpaces()
        while current != UInt8(ascii: "}") {
            guard entries.count < 100 else { throw wrong("a table has at most 100 keys") }
            entries.append(try entry(depth: depth + 1))
            skipSpaces()
            guard current == UInt8(ascii: ",") else { break }
            position += 1
            skipSpaces()
        }
        guard current == UInt8(ascii: "}") else {
            throw wrong("the table does not end on its line: key = value, commas between, then }")
        }
        position += 1
        return .table(entries)
    }

    private mutating func quoted() throws -> String {
        let quote = current
        guard next(1) != quote || next(2) != quote else {
            throw wrong("a text stands on one line, in one pair of quotes")
        }
        position += 1
        var result: [UInt8] = []
        while position < bytes.count, current != quote {
            guard current >= 0x20 || current == 0x09, current != 0x7F else {
                throw wrong("the text's closing quote is missing, or it holds a control character")
            }
            if current == UInt8(ascii: "\\"), quote == UInt8(ascii: "\"") {
                try escape(into: &result)
            } else {
                result.append(current)
                position += 1
            }
        }
        guard current == quote, position < bytes.count else { throw wrong("the text's closing quote is missing") }
        position += 1
        return String(decoding: result, as: UTF8.self)
    }

    private mutating func escape(into result: inout [UInt8]) throws {
        let letter = next(1)
        switch letter {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): result.append(letter)
        case UInt8(ascii: "t"): result.append(0x09)
        case UInt8(ascii: "n"): result.append(0x0A)
        case UInt8(ascii: "u"), UInt8(ascii: "U"):
            let count = letter == UInt8(ascii: "u") ? 4 : 8
            let digits = String(decoding: bytes.dropFirst(position + 2).prefix(count), as: UTF8.self)
            guard digits.utf8.count == count, let number = UInt32(digits, radix: 16), number >= 0x20, number != 0x7F,
                let scalar = Unicode.Scalar(number)
            else { throw wrong("\\\(count == 4 ? "u" : "U") is followed by \(count) hex digits of a character") }
            result.append(contentsOf: String(Character(scalar)).utf8)
            position += count
        default: throw wrong("\\ stands before \" \\ t n u and U only; for a text with \\ use 'single quotes'")
        }
        position += 2
    }
}
