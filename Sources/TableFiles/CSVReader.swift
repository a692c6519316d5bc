/// Reads CSV row by row: RFC 4180, with the separators and line ends that spreadsheets really write.
struct CSVReader {
    private let bytes: [UInt8]
    private let delimiter: UInt8
    private let limits: TableLimits
    private var position = 0
    private var line = 1
    private var cells = 0
    private var textBytes = 0

    private static let quote = UInt8(ascii: "\"")
    private static let carriageReturn = UInt8(ascii: "\r")
    private static let lineFeed = UInt8(ascii: "\n")

    private enum End { case cell, row }

    /// - Parameter bytes: UTF-8 without mark.
    init(_ bytes: [UInt8], _ limits: TableLimits) {
        self.bytes = bytes
        self.limits = limits
        // Excel's own first line, `sep=;`.
        let first = bytes.prefix { $0 != Self.lineFeed && $0 != Self.carriageReturn }
        if first.count == 5, first.starts(with: Array("sep=".utf8)), let said = first.last {
            delimiter = said
            position = first.endIndex
            takeLineEnd()
        } else {
            delimiter = Self.delimiter(of: bytes)
        }
    }

    /// - Throws: `TableError`
    mutating func next() throws -> TableRow? {
        guard position < bytes.count else { return nil }
        let begun = line
        var row: [String] = []
        while true {
            guard row.count < limits.columns else {
                throw TableError(line: begun, "lebih dari \(limits.columns) kolom; hapus kolom yang tidak perlu")
            }
            let (cell, end) = try field()
            row.append(cell)
            cells += 1
            textBytes += cell.utf8.count
            guard textBytes <= limits.textBytes else { throw TableFile.tooMuchText(begun, limits) }
            guard cells <= limits.cells else {
                throw TableError(line: begun, "lebih dari \(limits.cells) sel; pecah berkasnya")
            }
            if end == .row { return TableRow(line: begun, cells: row) }
        }
    }

    private mutating func field() throws -> (String, End) {
        if position < bytes.count, bytes[position] == Self.quote { return try quoted() }
        let begin = position
        while position < bytes.count {
            let byte = bytes[position]
            if byte == delimiter || byte == Self.lineFeed || byte == Self.carriageReturn { break }
            position += 1
        }
        guard position - begin <= limits.cellBytes else { throw tooLong(line) }
        return (String(decoding: bytes[begin..<position], as: UTF8.self), takeEnd())
    }

    private mutating func quoted() throws -> (String, End) {
        let begun = line
        position += 1
        var text: [UInt8] = []
        while true {
            guard position < bytes.count else {
                throw TableError(
                    line: begun, "tanda kutip dibuka dan tidak pernah ditutup; berkas terpotong, atau kutip kurang")
            }
            guard text.count < limits.cellBytes || bytes[position] == Self.quote else { throw tooLong(begun) }
            let byte = bytes[position]
            if byte == Self.quote {
                position += 1
                guard position < bytes.count, bytes[position] == Self.quote else { break }
                text.append(byte)
                position += 1
            } else if byte == Self.lineFeed || byte == Self.carriageReturn {
                text.append(Self.lineFeed)
                takeLineEnd()
            } else {
                text.append(byte)
                position += 1
            }
        }
        guard text.count <= limits.cellBytes else { throw tooLong(begun) }
        let isOver =
            position == bytes.count || bytes[position] == delimiter || bytes[position] == Self.lineFeed
            || bytes[position] == Self.carriageReturn
        guard isOver else {
            throw TableError(
                line: line, "ada tulisan setelah tanda kutip penutup; tanda kutip di dalam sel ditulis dua kali (\"\")")
        }
        return (String(decoding: text, as: UTF8.self), takeEnd())
    }

    /// Steps over what ends a cell.
    private mutating func takeEnd() -> End {
        guard position < bytes.count else { return .row }
        if bytes[position] == delimiter {
            position += 1
            return .cell
        }
        takeLineEnd()
        return .row
    }

    private mutating func takeLineEnd() {
        guard position < bytes.count else { return }
        let isReturn = bytes[position] == Self.carriageReturn
        position += 1
        if isReturn, position < bytes.count, bytes[position] == Self.lineFeed { position += 1 }
        line += 1
    }

    private func tooLong(_ line: Int) -> TableError {
        TableError(line: line, "sel lebih panjang dari \(limits.cellBytes) byte; tanda kutip kurang, atau bukan tabel")
    }

    /// What separates cells: what most lines have equally often. Names have commas, too, but not each the same.
    private static func delimiter(of bytes: [UInt8]) -> UInt8 {
        let candidates = [UInt8(ascii: ","), UInt8(ascii: ";"), UInt8(ascii: "\t")]
        var lines: [[Int]] = []
        var counts = [0, 0, 0]
        var isQuoted = false
        for byte in bytes.prefix(64 << 10) {
            if byte == quote { isQuoted.toggle() }
            if isQuoted { continue }
            if let place = candidates.firstIndex(of: byte) { counts[place] += 1 }
            if byte == lineFeed || byte == carriageReturn {
                if counts != [0, 0, 0] { lines.append(counts) }
                counts = [0, 0, 0]
                if lines.count == 30 { break }
            }
        }
        if counts != [0, 0, 0] { lines.append(counts) }
        var best = (delimiter: candidates[0], alike: 0, count: 0)
        for (place, candidate) in candidates.enumerated() {
            var alike: [Int: Int] = [:]
            for line in lines where line[place] > 0 { alike[line[place], default: 0] += 1 }
            for (count, lines) in alike where (lines, count) > (best.alike, best.count) {
                best = (candidate, lines, count)
            }
        }
        return best.delimiter
    }
}
