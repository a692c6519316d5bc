import AttendanceRules
import TableFiles

/// A column of a list, and what people call it.
struct ImportColumn: Sendable {
    let title: String
    /// Folded, beside the title: `ImportText.folded`.
    let names: Set<String>
    let isRequired: Bool

    init(_ title: String, _ names: [String] = [], isRequired: Bool = false) {
        self.title = title
        self.names = Set((names + [title]).map(ImportText.folded))
        self.isRequired = isRequired
    }
}

/// The rows of a list under its header. Lists of offices have a title above it: the header is the first of twenty rows
/// that has what is needed.
struct ImportTable {
    struct Row {
        let line: Int
        fileprivate let cells: [String: String]

        /// Trimmed, one space between words, nothing invisible; empty where the file has nothing.
        subscript(column: String) -> String { cells[column] ?? "" }
    }

    private(set) var rows: [Row] = []

    private static let deepestHeader = 20
    private static let spreadsheetErrors: Set<String> = [
        "#N/A", "#REF!", "#VALUE!", "#NAME?", "#DIV/0!", "#NULL!", "#NUM!", "#SPILL!", "#CALC!",
    ]

    init<Change>(_ file: TableFile, _ columns: [ImportColumn], _ draft: inout ImportDraft<Change>) {
        for note in file.notes { draft.warn(nil, nil, note) }
        guard !file.rows.isEmpty else {
            draft.error(nil, nil, "daftar kosong: tidak ada satu baris pun; tidak ada yang diubah")
            return
        }
        guard let (header, places) = Self.header(file, columns, &draft) else { return }
        for row in file.rows[(header + 1)...] {
            var cells: [String: String] = [:]
            for (place, title) in places where place < row.cells.count {
                let text = ImportText.clean(row.cells[place])
                if text.isEmpty { continue }
                if Self.spreadsheetErrors.contains(text) {
                    draft.error(row.line, title, "sel berisi galat rumus \(text); perbaiki rumusnya")
                } else if text.unicodeScalars.contains(where: { $0.properties.generalCategory == .control }) {
                    draft.error(row.line, title, "sel berisi karakter kendali; ketik ulang isinya")
                } else {
                    cells[title] = text
                }
            }
            if !cells.isEmpty { rows.append(Row(line: row.line, cells: cells)) }
        }
        draft.read = rows.count
        if rows.isEmpty, draft.errors.isEmpty {
            draft.error(nil, nil, "daftar kosong: hanya ada judul kolom; tidak ada yang diubah")
        }
    }

    private static func header<Change>(
        _ file: TableFile, _ columns: [ImportColumn], _ draft: inout ImportDraft<Change>
    ) -> (row: Int, places: [(Int, String)])? {
        let required = columns.filter(\.isRequired)
        func found(_ row: TableRow) -> [ImportColumn] {
            let names = Set(row.cells.map(ImportText.folded))
            return required.filter { !$0.names.isDisjoint(with: names) }
        }
        let heads = file.rows.prefix(deepestHeader)
        guard let header = heads.firstIndex(where: { found($0).count == required.count }) else {
            let best = heads.max { found($0).count < found($1).count }
            let has = best.map { Set(found($0).map(\.title)) } ?? []
            let lacking = required.map(\.title).filter { !has.contains($0) }
            draft.error(
                best?.line, nil,
                "baris judul tidak punya kolom \(lacking.joined(separator: ", ")); contoh: docs/samples")
            return nil
        }
        var places: [(Int, String)] = []
        for (place, cell) in file.rows[header].cells.enumerated() {
            let name = ImportText.folded(cell)
            if name.isEmpty { continue }
            guard let column = columns.first(where: { $0.names.contains(name) }) else {
                // "No" counts the rows of every list there is.
                if !["no", "nomor", "nourut"].contains(name) {
                    draft.warn(
                        file.rows[header].line, ImportText.shown(cell), "kolom tidak dikenal dan tidak dibaca")
                }
                continue
            }
            if places.contains(where: { $0.1 == column.title }) {
                draft.error(
                    file.rows[header].line, column.title, "kolom ada dua kali; hapus atau ganti nama salah satu")
            }
            places.append((place, column.title))
        }
        return (header, places)
    }
}

/// Texts as people type them.
enum ImportText {
    /// For comparing: letters and digits only, in small letters.
    static func folded(_ text: String) -> String {
        String(
            String.UnicodeScalarView(
                text.lowercased().unicodeScalars.filter {
                    $0.properties.isAlphabetic || $0.properties.numericType != nil
                })
        )
    }

    /// One space between words, nothing before or behind, no marks that nobody sees.
    static func clean(_ text: String) -> String {
        let plain = text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }
        if plain { return text }
        let seen = String.UnicodeScalarView(text.unicodeScalars.filter { $0.properties.generalCategory != .format })
        return String(seen).split(whereSeparator: \.isWhitespace).joined(separator: " ")
    }

    /// A cell inside of a sentence.
    static func shown(_ text: String) -> String {
        let scalars = clean(text).unicodeScalars
        let safe = scalars.prefix(40).map { scalar -> Unicode.Scalar in
            switch scalar.properties.generalCategory {
            case .control, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator: "\u{FFFD}"
            default: scalar
            }
        }
        return String(String.UnicodeScalarView(safe)) + (scalars.count > 40 ? "…" : "")
    }

    /// `YYYY-MM-DD`, `D/M/YYYY`, `D-M-YYYY` or `D.M.YYYY`, of 1900 to 2199.
    static func date(_ text: String) -> CivilDate? {
        let text = text.hasPrefix("'") ? String(text.dropFirst()) : text
        if let date = CivilDate(text: text) { return date }
        for separator in ["/", "-", "."] {
            let parts = text.split(separator: Character(separator), omittingEmptySubsequences: false)
            guard parts.count == 3, parts[2].utf8.count == 4, (1...2).contains(parts[0].utf8.count),
                (1...2).contains(parts[1].utf8.count),
                parts.allSatisfy({ part in part.utf8.allSatisfy { (0x30...0x39).contains($0) } }),
                let day = Int(parts[0]), let month = Int(parts[1]), let year = Int(parts[2])
            else { continue }
            return CivilDate(year: year, month: month, day: day)
        }
        return nil
    }

    static let dateAdvice = "bukan tanggal; tulis TTTT-BB-HH atau HH/BB/TTTT, misalnya 2026-03-01 atau 01/03/2026"

    static func kind(_ text: String) -> EmployeeKind? { kinds[folded(text)] }

    static func name(_ kind: EmployeeKind) -> String {
        switch kind {
        case .pns: "PNS"
        case .cpns: "CPNS"
        case .pppk: "PPPK"
        case .pppkParuhWaktu: "PPPK Paruh Waktu"
        case .nonASN: "Non-ASN"
        }
    }

    private static let kinds: [String: EmployeeKind] = [
        "pns": .pns, "pegawainegerisipil": .pns, "cpns": .cpns, "calonpns": .cpns, "calonpegawainegerisipil": .cpns,
        "pppk": .pppk, "p3k": .pppk, "pppkpenuhwaktu": .pppk, "p3kpenuhwaktu": .pppk,
        "pegawaipemerintahdenganperjanjiankerja": .pppk,
        "pppkparuhwaktu": .pppkParuhWaktu, "p3kparuhwaktu": .pppkParuhWaktu, "paruhwaktu": .pppkParuhWaktu,
        "pppkpw": .pppkParuhWaktu, "p3kpw": .pppkParuhWaktu,
        "nonasn": .nonASN, "nonasnthls": .nonASN, "thls": .nonASN, "thl": .nonASN, "honorer": .nonASN,
        "honorerdaerah": .nonASN, "honda": .nonASN, "ptt": .nonASN, "gtt": .nonASN, "tks": .nonASN, "tkk": .nonASN,
        "nonpns": .nonASN, "alihdaya": .nonASN, "outsourcing": .nonASN, "kontrak": .nonASN, "tenagakontrak": .nonASN,
        "tenagaharianlepas": .nonASN, "tenagaharianlepassukarela": .nonASN,
    ]
}
