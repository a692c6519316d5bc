import AttendanceRules
import CentralStore
import TableFiles

/// A list of units, their tree, and who leads them.
struct UnitImport {
    static let columns = [
        ImportColumn("Nama", ["nama unit", "unit", "unit kerja", "name", "unit name"], isRequired: true),
        ImportColumn("Kode", ["kode unit", "code"]),
        ImportColumn("Jenis", ["jenis unit", "kind", "type"], isRequired: true),
        ImportColumn("Induk", ["unit induk", "kode induk", "nama induk", "parent"]),
        ImportColumn("Zona", ["zona waktu", "timezone", "zone"]),
        ImportColumn("NIP Kepala", ["kepala", "kepala NIP", "pimpinan", "head", "head number"]),
        ImportColumn("Kapasitas", ["kapasitas kepala", "capacity"]),
        ImportColumn("Mulai", ["mulai tanggal", "TMT", "from"]),
        ImportColumn("Sampai", ["sampai tanggal", "to", "until"]),
        ImportColumn("Dokumen", ["nomor surat", "SK", "nomor SK", "document"]),
    ]

    private struct Unit {
        let line: Int
        let name: String
        let code: String?
        let kind: UnitKind
        let parent: String?
        let zone: String?
        let known: OrgUnit?
    }

    private let options: ImportOptions
    private let people: People
    private let names: UnitNames
    private let numbers: PeopleNumbers
    private var draft = ImportDraft<PeopleChange>(.units)
    private var units: [Unit] = []
    private var heads: [Int: String] = [:]
    private var headChanges: [(line: Int, change: PeopleChange)] = []

    static func plan(_ file: TableFile, _ people: People, _ options: ImportOptions) -> ImportPlan {
        var work = UnitImport(people, options)
        let table = ImportTable(file, columns, &work.draft)
        work.read(table)
        work.order()
        for head in work.headChanges { work.draft.change(head.line, head.change) }
        return work.draft.plan { .people($0, revision: people.revision) }
    }

    private init(_ people: People, _ options: ImportOptions) {
        self.people = people
        self.options = options
        names = UnitNames(people.units)
        numbers = PeopleNumbers(people)
    }

    private mutating func read(_ table: ImportTable) {
        var lines: [String: Int] = [:]
        var codes: [String: (line: Int, name: String)] = [:]
        for row in table.rows {
            let name = row["Nama"]
            guard !name.isEmpty, name.utf8.count <= ImportLimits.longestName else {
                draft.error(row.line, "Nama", "kosong atau lebih dari \(ImportLimits.longestName) byte; isi nama unit")
                continue
            }
            if let first = lines.updateValue(row.line, forKey: ImportText.folded(name)) {
                draft.error(row.line, "Nama", "\"\(ImportText.shown(name))\" sudah ada di baris \(first)")
            }
            let code = row["Kode"]
            if !code.isEmpty, let first = codes.updateValue((row.line, name), forKey: code) {
                draft.error(row.line, "Kode", "\(ImportText.shown(code)) sudah dipakai di baris \(first.line)")
            }
        }
        for row in table.rows where !row["Nama"].isEmpty { readUnit(row, codes.mapValues(\.name)) }
    }

    private mutating func readUnit(_ row: ImportTable.Row, _ codes: [String: String]) {
        let before = draft.errors.count
        let known = names.find(row["Nama"])
        if let holder = names[code: row["Kode"]], holder.id != known?.id {
            draft.error(
                row.line, "Kode",
                "\(ImportText.shown(row["Kode"])) milik \"\(holder.name)\"; nama unit tidak diganti lewat impor")
        }
        let kind = UnitKind(rawValue: ImportText.folded(row["Jenis"]))
        if kind == nil {
            let kinds = UnitKind.allCases.map(\.rawValue).joined(separator: ", ")
            draft.error(
                row.line, "Jenis", "\"\(ImportText.shown(row["Jenis"]))\" tidak dikenal; isi salah satu: \(kinds)")
        }
        let zone = Self.zone(row["Zona"])
        if !row["Zona"].isEmpty, zone == nil {
            draft.error(row.line, "Zona", "tidak dikenal; isi WIB, WITA, WIT, atau nama seperti Asia/Jakarta")
        }
        guard draft.errors.count == before, let kind else { return }
        let parent = row["Induk"]
        // What the row leaves empty stays as it is.
        let presentParent = known?.parent.flatMap { id in people.units.first { $0.id == id }?.name }
        let unit = Unit(
            line: row.line, name: known?.name ?? row["Nama"], code: row["Kode"].isEmpty ? known?.code : row["Kode"],
            kind: kind, parent: parent.isEmpty ? presentParent : codes[parent] ?? names.find(parent)?.name ?? parent,
            zone: zone ?? known?.timezone, known: known)
        units.append(unit)
        readHead(row, unit)
    }

    private mutating func readHead(_ row: ImportTable.Row, _ unit: Unit) {
        let cell = row["NIP Kepala"]
        if cell.isEmpty { return }
        let before = draft.errors.count
        let number: String
        do { number = try EmployeeNumber.read(cell) } catch {
            draft.error(row.line, "NIP Kepala", (error as? EmployeeNumber.Refused)?.text ?? "tidak terbaca")
            return
        }
        let capacity =
            row["Kapasitas"].isEmpty
            ? UnitHead.Capacity.definitif : UnitHead.Capacity(rawValue: ImportText.folded(row["Kapasitas"]))
        if capacity == nil { draft.error(row.line, "Kapasitas", "tidak dikenal; isi definitif, Plt atau Plh") }
        let from = row["Mulai"].isEmpty ? options.from : ImportText.date(row["Mulai"])
        if from == nil { draft.error(row.line, "Mulai", ImportText.dateAdvice) }
        let to = row["Sampai"].isEmpty ? nil : ImportText.date(row["Sampai"])
        if !row["Sampai"].isEmpty, to == nil { draft.error(row.line, "Sampai", ImportText.dateAdvice) }
        guard draft.errors.count == before, let capacity, let from else { return }
        let span = DateSpan(from: from, to: to)
        guard span.isSane else { return draft.error(row.line, "Sampai", "sebelum tanggal mulai; perbaiki tanggalnya") }
        guard let head = numbers[number] else {
            // Units come before people: at first nobody is known who could lead one.
            let text = "\(number) belum dikenal; impor pegawai, lalu impor daftar unit ini sekali lagi"
            return numbers.isEmpty
                ? draft.warn(row.line, "NIP Kepala", text) : draft.error(row.line, "NIP Kepala", text)
        }
        let document = row["Dokumen"].isEmpty ? options.document : row["Dokumen"]
        let isKnown = people.heads.contains {
            $0.unit == unit.known?.id && $0.employee == head.id && $0.capacity == capacity && $0.span.contains(from)
                && (to == nil || $0.span.to == to)
        }
        if isKnown { return }
        heads[row.line] = "kepala \(head.name) (\(capacity.rawValue)) mulai \(from)\(to.map { " sampai \($0)" } ?? "")"
        headChanges.append(
            (row.line, .head(unit: unit.name, number: number, capacity: capacity, span: span, document: document)))
    }

    /// A parent before those below it, whatever the order of the list.
    private mutating func order() {
        guard draft.errors.isEmpty else { return }
        let listed = Dictionary(units.map { ($0.name, $0) }) { first, _ in first }
        var state: [String: Bool] = [:]
        var ordered: [Unit] = []
        for unit in units {
            var path: [Unit] = []
            var next: Unit? = unit
            while let unit = next, state[unit.name] == nil {
                state[unit.name] = false
                path.append(unit)
                guard let parent = unit.parent else { break }
                next = listed[parent]
                if next == nil, names.find(parent) == nil {
                    draft.error(unit.line, "Induk", "\"\(ImportText.shown(parent))\": " + UnitNames.advice)
                }
                if let next, state[next.name] == false {
                    draft.error(
                        unit.line, "Induk", "berputar: unit menjadi induk dari induknya sendiri; perbaiki induknya")
                    return
                }
            }
            for unit in path { state[unit.name] = true }
            ordered += path.reversed()
        }
        for unit in ordered { change(unit) }
    }

    private mutating func change(_ unit: Unit) {
        let known = unit.known
        let parent = unit.parent.flatMap { names.find($0)?.id }
        let isSame =
            known.map {
                $0.code == unit.code && $0.kind == unit.kind && $0.parent == parent && $0.timezone == unit.zone
                    && (unit.parent == nil) == (parent == nil)
            } ?? false
        if !isSame {
            draft.change(
                unit.line,
                .unit(name: unit.name, code: unit.code, kind: unit.kind, parent: unit.parent, timezone: unit.zone))
        }
        if isSame, heads[unit.line] == nil {
            draft.unchanged += 1
            return
        }
        let facts =
            isSame
            ? []
            : [unit.kind.rawValue, unit.code.map { "kode \($0)" }, unit.parent.map { "induk \($0)" }, unit.zone]
                .compactMap(\.self)
        draft.step(
            unit.line, known == nil ? .add : .change, unit.name,
            (facts + [heads[unit.line]].compactMap(\.self)).joined(separator: "; "))
    }

    private static func zone(_ text: String) -> String? {
        switch text.uppercased() {
        case "WIB": "Asia/Jakarta"
        case "WITA": "Asia/Makassar"
        case "WIT": "Asia/Jayapura"
        default: ["Asia/Jakarta", "Asia/Pontianak", "Asia/Makassar", "Asia/Jayapura"].first { $0 == text }
        }
    }
}
