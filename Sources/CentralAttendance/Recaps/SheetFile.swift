import AttendanceRules
import TableFiles

/// A signed sheet as a file: `nip,masuk,pulang`, times as `07:30` or `07.30`, empty where nobody signed.
package struct SheetFile: Equatable, Sendable {
    package struct Line: Equatable, Sendable {
        /// In the file, from 1.
        package let line: Int
        package let number: String
        /// Minutes of the date.
        package let arrival: Int?
        package let departure: Int?
    }

    package struct Finding: Error, Equatable, Sendable {
        package let texts: [String]
    }

    package let lines: [Line]

    package static let mostBytes = 1 << 20
    package static let mostLines = 2000

    /// - Throws: `Finding` with everything that is wrong, by line, in Indonesian.
    package init(_ text: String) throws(Finding) {
        guard text.utf8.count <= Self.mostBytes else { throw Finding(texts: ["berkas lebih dari 1 MiB"]) }
        let plain = text.hasPrefix("\u{FEFF}") ? text.dropFirst() : text[...]
        let rows = plain.split(omittingEmptySubsequences: false) { $0 == "\n" || $0 == "\r\n" || $0 == "\r" }
        let separator: Character = rows.first?.contains(";") == true ? ";" : ","
        try self.init(
            rows.enumerated().map { Row(line: $0.offset + 1, cells: Self.cells($0.element, separator)) },
            separator: separator)
    }

    /// Of a spreadsheet, where an hour may have seconds and rows may have empty cells behind.
    ///
    /// - Throws: `Finding`, as above.
    package init(_ table: TableFile) throws(Finding) {
        let rows = table.rows.map { row in
            var cells = row.cells.map { Self.clean($0[...]) }
            while cells.count > 3, cells.last?.isEmpty == true { cells.removeLast() }
            while cells.count < 3 { cells.append("") }
            return Row(line: row.line, cells: cells.map(Self.withoutSeconds))
        }
        try self.init(rows, separator: ",")
    }

    private struct Row {
        let line: Int
        let cells: [String]
    }

    private init(_ rows: [Row], separator: Character) throws(Finding) {
        var findings: [String] = []
        var lines: [Line] = []
        let head = rows.first?.cells.map { $0.lowercased() } ?? []
        if head != ["nip", "masuk", "pulang"] {
            throw Finding(
                texts: ["baris \(rows.first?.line ?? 1): judul kolom harus nip\(separator)masuk\(separator)pulang"])
        }
        var seen: [String: Int] = [:]
        for row in rows.dropFirst() where row.cells.contains(where: { $0.contains { !$0.isWhitespace } }) {
            do throws(RowProblem) {
                let line = try Self.line(row.cells, at: row.line)
                if let first = seen.updateValue(line.line, forKey: line.number) {
                    throw RowProblem(text: "NIP ini sudah ada di baris \(first)")
                }
                lines.append(line)
            } catch {
                findings.append("baris \(row.line): \(error.text)")
            }
        }
        if lines.isEmpty, findings.isEmpty { findings.append("tidak ada satu baris pun") }
        if lines.count > Self.mostLines { findings.append("lebih dari \(Self.mostLines) baris") }
        guard findings.isEmpty else { throw Finding(texts: findings) }
        self.lines = lines
    }

    /// `07:30:00` of a cell that holds a time.
    private static func withoutSeconds(_ cell: String) -> String {
        cell.utf8.count == 8 && cell.hasSuffix(":00") ? String(cell.dropLast(3)) : cell
    }

    private struct RowProblem: Error { let text: String }

    private static func cells(_ row: Substring, _ separator: Character) -> [String] {
        row.split(separator: separator, omittingEmptySubsequences: false).map(clean)
    }

    private static func clean(_ cell: Substring) -> String {
        var cell = cell.drop { $0 == " " || $0 == "\t" }
        while let last = cell.last, last == " " || last == "\t" { cell = cell.dropLast() }
        if cell.count >= 2, cell.first == "\"", cell.last == "\"" { cell = cell.dropFirst().dropLast() }
        // What a spreadsheet needs to leave a long number alone.
        return String(cell.first == "'" ? cell.dropFirst() : cell)
    }

    private static func line(_ cells: [String], at line: Int) throws(RowProblem) -> Line {
        guard cells.count == 3 else { throw RowProblem(text: "harus ada 3 kolom, ada \(cells.count)") }
        let number = cells[0].filter { $0 != " " }  // safe: three cells
        guard !number.isEmpty, number.utf8.count <= 64 else {
            throw RowProblem(text: "NIP kosong atau terlalu panjang")
        }
        let arrival = try minute(cells[1], "masuk")  // safe: three cells
        let departure = try minute(cells[2], "pulang")  // safe: three cells
        guard arrival != nil || departure != nil else { throw RowProblem(text: "masuk dan pulang kosong") }
        return Line(line: line, number: number, arrival: arrival, departure: departure)
    }

    private static func minute(_ cell: String, _ name: String) throws(RowProblem) -> Int? {
        guard !cell.isEmpty else { return nil }
        guard let minute = MinuteOfDay.parse(cell.replacing(".", with: ":")) else {
            throw RowProblem(text: "\(name) bukan jam seperti 07:30")
        }
        return minute
    }
}

/// `07:30`, as offices write a time of a date; `25:10` is ten past one on the day after.
package enum MinuteOfDay {
    package static func parse(_ text: String) -> Int? {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard let first = parts.first, let last = parts.last, parts.count == 2,
            parts.allSatisfy({ $0.count == 2 && $0.utf8.allSatisfy { (48...57).contains($0) } }),
            let hour = Int(first), let minute = Int(last), hour < 48, minute < 60
        else { return nil }
        return hour * 60 + minute
    }

    package static func text(_ minute: Int) -> String {
        let (hour, rest) = (minute / 60, minute % 60)
        return "\(hour < 10 ? "0" : "")\(hour):\(rest < 10 ? "0" : "")\(rest)"
    }
}
