/// An .xlsx file (ECMA-376): which sheets it has, its shared texts, and which styles show dates.
struct Workbook {
    private struct Sheet {
        let name: String
        let isShown: Bool
        let part: String
    }

    private let archive: ZipArchive
    private let limits: TableLimits
    private let sheets: [Sheet]
    private let startsIn1904: Bool
    private(set) var notes: [String] = []

    /// - Throws: `TableError`
    init(_ bytes: [UInt8], _ limits: TableLimits) throws {
        archive = try ZipArchive(bytes, unpackedBytes: limits.unpackedBytes)
        self.limits = limits
        guard let workbook = try archive.part("xl/workbook.xml") else {
            throw TableError("berkas zip ini bukan .xlsx; simpan tabelnya sebagai .xlsx atau .csv")
        }
        let targets = try Self.targets(try archive.part("xl/_rels/workbook.xml.rels") ?? [])
        var sheets: [Sheet] = []
        var startsIn1904 = false
        var scanner = XMLScanner(workbook)
        loop: while true {
            switch try scanner.next() {
            case .open("workbookPr"):
                startsIn1904 = ["1", "true"].contains(try scanner.attribute("date1904") ?? "")
            case .open("sheet"):
                let state = try scanner.attribute("state") ?? "visible"
                guard let name = try scanner.attribute("name"), let id = try scanner.attribute("id"),
                    let part = targets[id], sheets.count < 1000
                else { continue }
                sheets.append(Sheet(name: name, isShown: state == "visible", part: part))
            case .over: break loop
            default: break
            }
        }
        self.sheets = sheets
        self.startsIn1904 = startsIn1904
        if sheets.count(where: \.isShown) > 1 { notes.append(Self.othersNote(sheets.filter(\.isShown).map(\.name))) }
    }

    /// - Throws: `TableError`
    func rows(sheet wanted: String?) throws -> (name: String, rows: [TableRow]) {
        let found: Sheet? =
            if let wanted { sheets.first { $0.name == wanted } } else {
                sheets.first(where: \.isShown) ?? sheets.first
            }
        guard let found else {
            let names = sheets.prefix(20).map { "\"\(Self.harmless($0.name))\"" }.joined(separator: ", ")
            throw TableError("sheet itu tidak ada di berkas; yang ada: \(names.isEmpty ? "tidak satu pun" : names)")
        }
        guard let part = try archive.part(found.part) else { throw ZipArchive.damaged }
        let texts = try sharedTexts(try archive.part("xl/sharedStrings.xml"))
        let dates = try DateStyles(try archive.part("xl/styles.xml"))
        var reader = SheetReader(
            part, texts: texts, dates: dates, startsIn1904: startsIn1904, limits: limits)
        return (Self.harmless(found.name), try reader.rows())
    }

    /// Where parts of worksheets lie in the archive, by the id that the workbook calls them.
    private static func targets(_ part: [UInt8]) throws -> [String: String] {
        guard !part.isEmpty else { return [:] }
        var targets: [String: String] = [:]
        var scanner = XMLScanner(part)
        while true {
            switch try scanner.next() {
            case .open("Relationship"):
                guard let id = try scanner.attribute("Id"), let target = try scanner.attribute("Target"),
                    let type = try scanner.attribute("Type"), type.hasSuffix("/worksheet"),
                    try scanner.attribute("TargetMode") != "External", targets.count < 1000
                else { continue }
                targets[id] = target.hasPrefix("/") ? String(target.dropFirst()) : "xl/" + target
            case .over: return targets
            default: break
            }
        }
    }

    private func sharedTexts(_ part: [UInt8]?) throws -> [String] {
        guard let part else { return [] }
        var texts: [String] = []
        var text = ""
        var isInText = false
        var phonetic = 0
        var scanner = XMLScanner(part)
        while true {
            switch try scanner.next() {
            case .open("si"): text = ""
            case .open("t"): isInText = phonetic == 0
            // How a word is read aloud, not part of it.
            case .open("rPh"): phonetic += 1
            case .close("rPh"): phonetic -= 1
            case .close("t"): isInText = false
            case .text where isInText:
                text += try scanner.text()
                guard text.utf8.count <= limits.cellBytes else {
                    throw TableError("sebuah sel lebih panjang dari \(limits.cellBytes) byte; pendekkan isinya")
                }
            case .close("si"):
                guard texts.count < limits.cells else { throw XMLScanner.malformed }
                texts.append(text)
            case .over: return texts
            default: break
            }
        }
    }

    private static func othersNote(_ names: [String]) -> String {
        let others = names.prefix(20).map { "\"\(harmless($0))\"" }.joined(separator: ", ")
        return "berkas punya beberapa sheet (\(others)); pilih dengan --sheet"
    }

    /// Sheet names are typed by anybody and are shown.
    private static func harmless(_ name: String) -> String {
        String(
            String.UnicodeScalarView(
                name.unicodeScalars.prefix(64).map { scalar in
                    switch scalar.properties.generalCategory {
                    case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .unassigned: "\u{FFFD}"
                    default: scalar
                    }
                }))
    }
}

/// Which cell styles show a number as a date.
package struct DateStyles {
    private let areDates: [Bool]

    /// - Throws: `TableError`
    package init(_ part: [UInt8]?) throws {
        var areDates: [Bool] = []
        var custom: [Int: Bool] = [:]
        var isInCells = false
        guard let part else {
            self.areDates = []
            return
        }
        var scanner = XMLScanner(part)
        loop: while true {
            switch try scanner.next() {
            case .open("numFmt"):
                guard let id = try scanner.attribute("numFmtId").flatMap(Int.init), custom.count < 65_536 else {
                    continue
                }
                custom[id] = Self.isDate(code: try scanner.attribute("formatCode") ?? "")
            case .open("cellXfs"): isInCells = true
            case .close("cellXfs"): isInCells = false
            case .open("xf") where isInCells:
                let id = try scanner.attribute("numFmtId").flatMap(Int.init) ?? 0
                guard areDates.count < 65_536 else { throw XMLScanner.malformed }
                areDates.append(custom[id] ?? Self.isDate(builtIn: id))
            case .over: break loop
            default: break
            }
        }
        self.areDates = areDates
    }

    func isDate(style: Int) -> Bool { areDates.indices.contains(style) && areDates[style] }

    /// ECMA-376, section 18.8.30, with those that East Asian versions have.
    private static func isDate(builtIn id: Int) -> Bool {
        (14...22).contains(id) || (27...36).contains(id) || (45...47).contains(id) || (50...58).contains(id)
    }

    private static func isDate(code: String) -> Bool {
        var isQuoted = false
        var isBracketed = false
        var skips = false
        for letter in code.lowercased().utf8.prefix(255) {
            if skips {
                skips = false
                continue
            }
            switch letter {
            case UInt8(ascii: "\""): isQuoted.toggle()
            case UInt8(ascii: "\\"), UInt8(ascii: "_"), UInt8(ascii: "*"): skips = !isQuoted
            case UInt8(ascii: "["): isBracketed = !isQuoted || isBracketed
            case UInt8(ascii: "]"): isBracketed = false
            case UInt8(ascii: "d"), UInt8(ascii: "m"), UInt8(ascii: "y"), UInt8(ascii: "h"):
                if !isQuoted, !isBracketed { return true }
            default: break
            }
        }
        return false
    }
}
