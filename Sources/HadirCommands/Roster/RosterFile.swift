import Foundation
import ZKWire

/// Users in a file: CSV with a header line, as `hadir user export` writes it and spreadsheets save it.
///
/// Only `user_id` is needed. A column that is missing and a cell that is empty leave things as they are; `none` in
/// `card` takes the card away. Passwords do not belong into files.
struct RosterFile: Equatable {
    struct Row: Equatable {
        /// In the file, from 1.
        let line: Int
        let change: UserChange
    }

    let rows: [Row]

    var changes: [UserChange] { rows.map(\.change) }

    static let version = "# hadir users 1"
    static let columns = ["user_id", "name", "privilege", "card", "group", "disabled"]
    static let longestFile = 16 << 20
    static let mostRows = 65_535
    private static let mostFindings = 20

    static func read(path: String) throws -> RosterFile {
        let handle: FileHandle
        if path == "-" {
            handle = .standardInput
        } else {
            guard let opened = FileHandle(forReadingAtPath: path) else {
                throw CommandFailure(.io, "\(path) cannot be opened: is the name right, and may you read it?")
            }
            handle = opened
        }
        var data = Data()
        while let piece = try handle.read(upToCount: 1 << 20), !piece.isEmpty {
            data += piece
            guard data.count <= longestFile else {
                throw CommandFailure(.data, "\(path) is larger than \(longestFile >> 20) MiB: it is no list of users")
            }
        }
        guard let text = String(data: data, encoding: .utf8) else {
            throw CommandFailure(.data, "\(path) is not UTF-8: save it as \"CSV UTF-8\"")
        }
        return try RosterFile(text, name: path)
    }

    /// - Throws: `CommandFailure` with every finding and its line, at most 20.
    init(_ text: String, name: String) throws {
        var lines = CSVText.rows(of: text)
        while let first = lines.first, first.cells.allSatisfy(\.isEmpty) || first.cells.first?.hasPrefix("#") == true {
            if let cell = first.cells.first, cell.hasPrefix("# hadir users"), cell != Self.version {
                throw CommandFailure(.data, "\(name):\(first.line): \"\(cell)\" is of another version of hadir")
            }
            lines.removeFirst()
        }
        guard let header = lines.first else { throw CommandFailure(.data, "\(name): is empty") }
        let columns = header.cells.map { $0.trimmingCharacters(in: .whitespaces).lowercased() }
        var findings: [String] = []
        for column in columns where !Self.columns.contains(column) {
            findings.append(
                column == "password"
                    ? "\(header.line): passwords do not belong into files: hadir user set ID --password-stdin"
                    : "\(header.line): the column \"\(column)\" is not one of \(Self.columns.joined(separator: ", "))")
        }
        if Set(columns).count < columns.count { findings.append("\(header.line): a column stands there twice") }
        if !columns.contains("user_id") { findings.append("\(header.line): the column user_id is missing") }
        guard findings.isEmpty else { throw Self.failure(name, findings) }
        var rows: [Row] = []
        var lineOf: [String: Int] = [:]
        for line in lines.dropFirst() where !line.cells.allSatisfy(\.isEmpty) {
            switch Self.row(line, columns) {
            case .failure(let finding): findings.append(finding.text)
            case .success(let row):
                if let first = lineOf.updateValue(row.line, forKey: row.change.userID) {
                    findings.append("\(row.line): user id \(row.change.userID) stands in line \(first) already")
                }
                rows.append(row)
            }
        }
        if rows.count > Self.mostRows { findings.append("more than \(Self.mostRows) users") }
        guard findings.isEmpty else { throw Self.failure(name, findings) }
        self.rows = rows
    }

    private struct Finding: Error {
        let text: String
    }

    private static func failure(_ name: String, _ findings: [String]) -> CommandFailure {
        let more = findings.count > mostFindings ? ["and \(findings.count - mostFindings) more"] : []
        let told = findings.prefix(mostFindings).map { "\(name):\($0)" } + more
        return CommandFailure(.data, told.joined(separator: "\n") + "\nNothing was sent to any device.")
    }

    private static func row(_ line: CSVText.Row, _ columns: [String]) -> Result<Row, Finding> {
        func wrong(_ what: String) -> Result<Row, Finding> { .failure(Finding(text: "\(line.line): \(what)")) }
        guard line.cells.count <= columns.count || line.cells.dropFirst(columns.count).allSatisfy(\.isEmpty) else {
            return wrong("\(line.cells.count) cells, the header has \(columns.count)")
        }
        var change = UserChange(userID: "")
        for (column, cell) in zip(columns, line.cells) {
            let cell = FormulaGuard.plain(cell.trimmingCharacters(in: .whitespaces))
            guard !cell.isEmpty else { continue }
            switch column {
            case "user_id": change.userID = cell
            case "name": change.name = cell
            case "privilege":
                guard let code = PrivilegeWord.code(cell) else {
                    return wrong("privilege \"\(cell)\" is not \(PrivilegeWord.list)")
                }
                change.privilege = code
            case "card":
                guard let card = cell == "none" ? 0 : UInt32(cell) else {
                    return wrong("a card is a number up to \(UInt32.max), or none")
                }
                change.card = card
            case "group":
                guard let group = UInt8(cell) else { return wrong("group \"\(cell)\" is not 0 to 255") }
                change.group = group
            default:
                guard let word = ["yes": true, "no": false][cell] else {
                    return wrong("disabled \"\(cell)\" is not yes or no")
                }
                change.isDisabled = word
            }
        }
        guard !change.userID.isEmpty else { return wrong("the user id is missing") }
        return .success(Row(line: line.line, change: change))
    }

    // MARK: Writing

    /// - Parameter cards: whether card numbers are written; a card can be copied by whoever knows its number.
    static func text(_ users: [UserRecord], cards: Bool, name: (UserRecord) -> String) -> String {
        var lines = [version, CSVLine.text(columns)]
        for user in users {
            let card = user.card == 0 ? "none" : cards ? "\(user.card)" : ""
            lines.append(
                CSVLine.text([
                    user.id.text, name(user), PrivilegeWord.word(user.privilege), card, "\(user.group)",
                    user.isDisabled ? "yes" : "no",
                ]))
        }
        return lines.joined(separator: "\n")
    }
}

/// Rows of RFC 4180, also with semicolons, as spreadsheets of countries with a decimal comma write them.
enum CSVText {
    struct Row: Equatable {
        let line: Int
        var cells: [String]
    }

    static func rows(of text: String) -> [Row] {
        let text = text.hasPrefix("\u{FEFF}") ? text.dropFirst() : text[...]
        let separator = separator(text)
        var rows: [Row] = []
        var row = Row(line: 1, cells: [])
        var cell = String.UnicodeScalarView()
        var line = 1
        var isQuoted = false
        var scalars = text.unicodeScalars.makeIterator()
        var next = scalars.next()
        func endCell() {
            row.cells.append(String(cell))
            cell = String.UnicodeScalarView()
        }
        while let scalar = next {
            next = scalars.next()
            if isQuoted {
                if scalar == "\"", next == "\"" {
                    cell.append(scalar)
                    next = scalars.next()
                } else if scalar == "\"" {
                    isQuoted = false
                } else {
                    if scalar == "\n" { line += 1 }
                    cell.append(scalar)
                }
                continue
            }
            switch scalar {
            case "\"" where cell.isEmpty: isQuoted = true
            case separator: endCell()
            case "\r" where next == "\n": break
            case "\n", "\r":
                endCell()
                rows.append(row)
                line += 1
                row = Row(line: line, cells: [])
            default: cell.append(scalar)
            }
        }
        if !cell.isEmpty || !row.cells.isEmpty {
            endCell()
            rows.append(row)
        }
        return rows
    }

    /// Of the first line that is no remark.
    private static func separator(_ text: Substring) -> Unicode.Scalar {
        let first = text.split(whereSeparator: \.isNewline).first { !$0.hasPrefix("#") && !$0.hasPrefix("\"#") } ?? ""
        if first.contains(",") { return "," }
        return first.contains(";") ? ";" : first.contains("\t") ? "\t" : ","
    }
}
