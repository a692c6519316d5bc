/// Reads XML forward, in memory: elements, attributes, text. Knows no DTD, no entity but the five of XML and numbers,
/// and nothing outside the file; whatever else comes is an error.
struct XMLScanner {
    enum Event: Equatable {
        /// Also of `<a/>`, followed by its `close`.
        case open(String)
        case close(String)
        case text
        case over
    }

    private let bytes: [UInt8]
    private var position = 0
    private var attributes: [(name: Range<Int>, value: Range<Int>)] = []
    private var content: (range: Range<Int>, isRaw: Bool) = (0..<0, false)
    private var names: [String] = []
    private var isEmptyElement = false
    private var hasRoot = false

    private static let deepest = 64
    private static let mostAttributes = 64

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { position = 3 }
    }

    /// Names come without prefix.
    ///
    /// - Throws: `TableError`
    mutating func next() throws -> Event {
        if isEmptyElement {
            isEmptyElement = false
            return try close(names.last ?? "")
        }
        while position < bytes.count {
            guard bytes[position] == UInt8(ascii: "<") else {
                let begin = position
                while position < bytes.count, bytes[position] != UInt8(ascii: "<") { position += 1 }
                if names.isEmpty { continue }
                content = (begin..<position, false)
                return .text
            }
            if follows("<!--") {
                try skip(to: "-->")
            } else if follows("<![CDATA[") {
                guard !names.isEmpty else { throw Self.malformed }
                let begin = position + 9
                try skip(to: "]]>")
                guard begin <= position - 3 else { throw Self.malformed }
                content = (begin..<position - 3, true)
                return .text
            } else if follows("<?") {
                try skip(to: "?>")
            } else if follows("</") {
                position += 2
                let name = try name()
                skipSpace()
                try take(UInt8(ascii: ">"))
                return try close(local(name))
            } else if follows("<!") {
                throw TableError("isi .xlsx memuat DTD, yang tidak dibaca; simpan ulang dari Excel")
            } else {
                return try open()
            }
        }
        guard names.isEmpty, hasRoot else { throw Self.malformed }
        return .over
    }

    /// Of the element that was opened last.
    ///
    /// - Parameter name: without prefix.
    func attribute(_ name: StaticString) throws -> String? {
        let wanted = name.utf8CodeUnitCount
        for attribute in attributes {
            var begin = attribute.name.lowerBound
            if let colon = bytes[attribute.name].firstIndex(of: UInt8(ascii: ":")) { begin = colon + 1 }
            guard attribute.name.upperBound - begin == wanted else { continue }
            let isSame = name.withUTF8Buffer { text in bytes[begin..<attribute.name.upperBound].elementsEqual(text) }
            if isSame { return try decoded(attribute.value, isRaw: false) }
        }
        return nil
    }

    /// Of the text that was read last.
    func text() throws -> String { try decoded(content.range, isRaw: content.isRaw) }
    var textLength: Int { content.range.count }

    private mutating func open() throws -> Event {
        position += 1
        let name = local(try name())
        guard names.count < Self.deepest, !(names.isEmpty && hasRoot) else { throw Self.malformed }
        attributes.removeAll(keepingCapacity: true)
        while true {
            skipSpace()
            guard position < bytes.count else { throw Self.malformed }
            if bytes[position] == UInt8(ascii: ">") {
                position += 1
                break
            }
            if bytes[position] == UInt8(ascii: "/") {
                position += 1
                try take(UInt8(ascii: ">"))
                isEmptyElement = true
                break
            }
            try attributeHere()
        }
        names.append(name)
        hasRoot = true
        return .open(name)
    }

    private mutating func attributeHere() throws {
        let key = try name()
        skipSpace()
        try take(UInt8(ascii: "="))
        skipSpace()
        guard position < bytes.count, attributes.count < Self.mostAttributes else { throw Self.malformed }
        let quote = bytes[position]
        guard quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "'") else { throw Self.malformed }
        position += 1
        let begin = position
        while position < bytes.count, bytes[position] != quote {
            guard bytes[position] != UInt8(ascii: "<") else { throw Self.malformed }
            position += 1
        }
        guard position < bytes.count else { throw Self.malformed }
        attributes.append((key, begin..<position))
        position += 1
    }

    private mutating func close(_ name: String) throws -> Event {
        guard names.popLast() == name else { throw Self.malformed }
        return .close(name)
    }

    private mutating func name() throws -> Range<Int> {
        let begin = position
        while position < bytes.count {
            switch bytes[position] {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), 0x80...,
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: ":"), UInt8(ascii: "-"),
                UInt8(ascii: "."):
                position += 1
            default:
                guard begin < position, position - begin <= 128 else { throw Self.malformed }
                return begin..<position
            }
        }
        throw Self.malformed
    }

    private func local(_ name: Range<Int>) -> String {
        let part = bytes[name]
        let begin = part.firstIndex(of: UInt8(ascii: ":")).map { $0 + 1 } ?? part.startIndex
        return String(decoding: part[begin...], as: UTF8.self)
    }

    private mutating func skipSpace() {
        while position < bytes.count {
            switch bytes[position] {
            case 0x20, 0x09, 0x0A, 0x0D: position += 1
            default: return
            }
        }
    }

    private mutating func take(_ byte: UInt8) throws {
        guard position < bytes.count, bytes[position] == byte else { throw Self.malformed }
        position += 1
    }

    private func follows(_ text: StaticString, at place: Int? = nil) -> Bool {
        let begin = place ?? position
        let count = text.utf8CodeUnitCount
        guard bytes.count - begin >= count else { return false }
        return text.withUTF8Buffer { part in bytes[begin..<begin + count].elementsEqual(part) }
    }

    /// To behind the next such mark.
    private mutating func skip(to mark: StaticString) throws {
        let first = mark.withUTF8Buffer { $0.first ?? 0 }
        position += 2
        while position < bytes.count {
            if bytes[position] == first, follows(mark) {
                position += mark.utf8CodeUnitCount
                return
            }
            position += 1
        }
        throw Self.malformed
    }

    private func decoded(_ range: Range<Int>, isRaw: Bool) throws -> String {
        let part = bytes[range]
        guard !isRaw, part.contains(UInt8(ascii: "&")) else {
            guard let text = String(validating: part, as: UTF8.self) else { throw Self.malformed }
            return text
        }
        var out: [UInt8] = []
        var place = range.lowerBound
        while place < range.upperBound {
            guard bytes[place] == UInt8(ascii: "&") else {
                out.append(bytes[place])
                place += 1
                continue
            }
            guard
                let end = bytes[place..<min(range.upperBound, place + 12)].firstIndex(of: UInt8(ascii: ";"))
            else { throw Self.malformed }
            out.append(contentsOf: String(try Self.scalar(bytes[place + 1..<end])).utf8)
            place = end + 1
        }
        guard let text = String(validating: out, as: UTF8.self) else { throw Self.malformed }
        return text
    }

    private static func scalar(_ entity: ArraySlice<UInt8>) throws -> Unicode.Scalar {
        let text = String(decoding: entity, as: UTF8.self)
        switch text {
        case "amp": return "&"
        case "lt": return "<"
        case "gt": return ">"
        case "quot": return "\""
        case "apos": return "'"
        default: break
        }
        let number =
            text.hasPrefix("#x")
            ? UInt32(text.dropFirst(2), radix: 16) : text.hasPrefix("#") ? UInt32(text.dropFirst()) : nil
        guard let number, number != 0, let scalar = Unicode.Scalar(number) else {
            throw TableError("isi .xlsx memuat entitas yang tidak dikenal; simpan ulang dari Excel")
        }
        return scalar
    }

    static var malformed: TableError { TableError("isi .xlsx bukan XML yang sah; simpan ulang dari Excel") }
}
