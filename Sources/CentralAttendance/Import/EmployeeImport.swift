import Attendance
import AttendanceRules
import CentralStore
import TableFiles

/// A list of employees: who they are, since when, and where they work.
struct EmployeeImport {
    static let columns = [
        ImportColumn(
            "NIP",
            [
                "NIP/NI PPPK", "NIP baru", "NI PPPK", "nomor induk", "nomor pegawai", "no pegawai", "NIK", "number",
                "employee number", "NIP/NIK", "nomor",
            ],
            isRequired: true),
        ImportColumn("Nama", ["nama pegawai", "nama lengkap", "name", "full name"], isRequired: true),
        ImportColumn(
            "Jenis", ["jenis kepegawaian", "jenis pegawai", "status kepegawaian", "status pegawai", "kind", "type"],
            isRequired: true),
        ImportColumn(
            "Unit",
            ["unit kerja", "nama unit", "OPD", "SKPD", "satker", "satuan kerja", "kode unit", "perangkat daerah"],
            isRequired: true),
        ImportColumn("Jabatan", ["nama jabatan", "post", "position"]),
        ImportColumn("NIP Atasan", ["atasan", "NIP atasan langsung", "superior"]),
        ImportColumn("Kelompok", ["kelompok jadwal", "jadwal", "group", "schedule group"]),
        ImportColumn("Mulai", ["TMT", "sejak", "mulai tanggal", "dari", "from", "start"]),
        ImportColumn("NIP Lama", ["nomor lama", "previous number"]),
        ImportColumn("PIN", ["user id", "nomor absen", "no absen", "ID mesin"]),
    ]

    private struct Person {
        let line: Int
        let number: String
        let name: String
        let kind: EmployeeKind
        let unit: OrgUnit
        let post: String
        let superior: String
        let group: String
        let from: CivilDate
        let previous: String
        let pin: String
        /// `nil` for somebody new.
        let known: Employee?
    }

    private let options: ImportOptions
    private let people: People
    private let numbers: PeopleNumbers
    private let units: UnitNames
    private var links: LinkClaims
    private var draft = ImportDraft<PeopleChange>(.employees)
    private var persons: [Person] = []
    /// Lines of those that say something new.
    private var news: [Int: [String]] = [:]

    static func plan(_ file: TableFile, _ people: People, _ options: ImportOptions) -> ImportPlan {
        var work = EmployeeImport(people, options)
        let table = ImportTable(file, columns, &work.draft)
        work.read(table)
        work.planPersons()
        work.planPlacements()
        work.planPINs()
        work.planAbsent()
        work.tell()
        return work.draft.plan { .people($0, revision: people.revision) }
    }

    private init(_ people: People, _ options: ImportOptions) {
        self.people = people
        self.options = options
        numbers = PeopleNumbers(people)
        units = UnitNames(people.units)
        links = LinkClaims(people)
    }

    private mutating func read(_ table: ImportTable) {
        var lines: [String: Int] = [:]
        for row in table.rows {
            guard let number = number(row, "NIP", isNeeded: true) else { continue }
            if let first = lines[number] {
                draft.error(row.line, "NIP", "\(number) sudah ada di baris \(first); satu orang satu baris")
                continue
            }
            lines[number] = row.line
            if let person = person(row, number) { persons.append(person) }
        }
        let listed = Set(lines.keys)
        for person in persons where !person.superior.isEmpty && numbers[person.superior] == nil {
            if !listed.contains(person.superior) {
                draft.error(
                    person.line, "NIP Atasan",
                    "\(person.superior) tidak ada di daftar ini dan belum dikenal; perbaiki atau kosongkan")
            }
        }
    }

    private mutating func number(_ row: ImportTable.Row, _ column: String, isNeeded: Bool) -> String? {
        let cell = row[column]
        guard !cell.isEmpty else {
            if isNeeded { draft.error(row.line, column, "kosong; isi NIP atau nomor pegawai") }
            return isNeeded ? nil : ""
        }
        do { return try EmployeeNumber.read(cell) } catch let refused as EmployeeNumber.Refused {
            draft.error(row.line, column, refused.text)
        } catch {
            draft.error(row.line, column, "tidak terbaca")
        }
        return nil
    }

    private mutating func person(_ row: ImportTable.Row, _ number: String) -> Person? {
        let before = draft.errors.count
        let known = numbers[number]
        let name = row["Nama"]
        if name.isEmpty || name.utf8.count > ImportLimits.longestName {
            draft.error(row.line, "Nama", "kosong atau lebih dari \(ImportLimits.longestName) byte; isi nama lengkap")
        }
        let kind = ImportText.kind(row["Jenis"])
        if kind == nil {
            draft.error(
                row.line, "Jenis",
                "\"\(ImportText.shown(row["Jenis"]))\" tidak dikenal; isi PNS, CPNS, PPPK, PPPK Paruh Waktu atau Non-ASN"
            )
        }
        let unit = units.find(row["Unit"])
        if unit == nil { draft.error(row.line, "Unit", "\"\(ImportText.shown(row["Unit"]))\": " + UnitNames.advice) }
        for column in ["Jabatan", "Kelompok"] where row[column].utf8.count > ImportLimits.longestName {
            draft.error(row.line, column, "lebih dari \(ImportLimits.longestName) byte; pendekkan")
        }
        let from = row["Mulai"].isEmpty ? options.from : ImportText.date(row["Mulai"])
        if from == nil {
            draft.error(row.line, "Mulai", "\"\(ImportText.shown(row["Mulai"]))\" " + ImportText.dateAdvice)
        }
        let superior = self.number(row, "NIP Atasan", isNeeded: false)
        if superior == number { draft.error(row.line, "NIP Atasan", "orang itu sendiri; isi NIP atasannya") }
        let previous = self.number(row, "NIP Lama", isNeeded: false)
        let pin = pin(row)
        guard draft.errors.count == before, let kind, let unit, let from, let superior, let previous else { return nil }
        if let oddity = EmployeeNumber.oddity(number, kind) { draft.warn(row.line, "NIP", oddity + "; periksa") }
        return Person(
            line: row.line, number: number, name: name, kind: kind, unit: unit, post: row["Jabatan"],
            superior: superior, group: row["Kelompok"], from: from, previous: previous, pin: pin,
            known: known ?? renamed(previous, row.line))
    }

    private mutating func pin(_ row: ImportTable.Row) -> String {
        let pin = row["PIN"]
        if pin.isEmpty { return "" }
        if let problem = LinkClaims.problem(pin) { draft.error(row.line, "PIN", problem) }
        return pin
    }

    /// Who had the number before this one.
    private mutating func renamed(_ previous: String, _ line: Int) -> Employee? {
        if previous.isEmpty { return nil }
        guard let employee = numbers[previous] else {
            draft.error(line, "NIP Lama", "\(previous) belum dikenal; perbaiki atau kosongkan")
            return nil
        }
        return employee
    }

    private mutating func planPersons() {
        var namesakes: [String: Employee] = [:]
        for employee in people.employees { namesakes[Self.namesake(employee.name, employee.number)] = employee }
        var renamed: [Int64: Int] = [:]
        for person in persons {
            guard let known = person.known else {
                draft.change(
                    person.line,
                    .employee(number: person.number, kind: person.kind, name: person.name, from: person.from))
                if let same = namesakes[Self.namesake(person.name, person.number)] {
                    draft.warn(
                        person.line, "NIP",
                        "nama dan tanggal lahir sama dengan \(same.number); bila orang yang sama, isi kolom NIP Lama")
                }
                continue
            }
            if let line = renamed.updateValue(person.line, forKey: known.id) {
                draft.error(person.line, "NIP", "orang yang sama dengan baris \(line); satu orang satu baris")
                continue
            }
            if known.name != person.name {
                draft.change(
                    person.line,
                    .employee(
                        number: known.number, kind: known.employments.last?.kind ?? person.kind, name: person.name,
                        from: known.employments.last?.span.from ?? person.from))
                news[person.line, default: []].append("nama \"\(known.name)\" → \"\(person.name)\"")
            }
            planEmployment(person, known)
        }
    }

    private mutating func planEmployment(_ person: Person, _ known: Employee) {
        let current = known.employment(on: person.from)
        if let current, current.number == person.number, current.kind == person.kind { return }
        let isOld = current.map { $0.number != person.number } ?? false
        let hadBefore = known.employments.contains { $0.number == person.number && $0.span.from < person.from }
        if isOld, hadBefore {
            draft.error(
                person.line, "NIP",
                "\(person.number) sudah diganti \(known.number); pakai nomor yang berlaku pada \(person.from)")
            return
        }
        draft.change(
            person.line,
            .employment(number: known.number, newNumber: person.number, kind: person.kind, from: person.from))
        var news: [String] = []
        if let current, current.number != person.number { news.append("nomor \(current.number) → \(person.number)") }
        if let current, current.kind != person.kind {
            news.append("jenis \(ImportText.name(current.kind)) → \(ImportText.name(person.kind))")
        }
        if current == nil { news.append("bekerja sebagai \(ImportText.name(person.kind))") }
        self.news[person.line, default: []] += news.map { $0 + " mulai \(person.from)" }
    }

    /// Behind all persons: a superior may stand further down in the list.
    private mutating func planPlacements() {
        for person in persons {
            let present = person.known?.placement(on: person.from)
            let superior =
                person.superior.isEmpty
                ? present?.superior.flatMap { numbers[id: $0]?.number } : Optional(person.superior)
            let post = person.post.isEmpty ? present?.post ?? "" : person.post
            let group = person.group.isEmpty ? present?.group ?? options.group : person.group
            var news: [String] = []
            if present?.unit != person.unit.id { news.append("unit \(person.unit.name)") }
            if let present {
                if present.post != post { news.append("jabatan \"\(present.post)\" → \"\(post)\"") }
                if present.superior != superior.flatMap({ numbers[$0]?.id }) {
                    news.append("atasan \(superior ?? "-")")
                }
                if present.group != group { news.append("kelompok \(present.group) → \(group)") }
            }
            if news.isEmpty { continue }
            draft.change(
                person.line,
                .placement(
                    number: person.number, unit: person.unit.name, post: post, superior: superior, group: group,
                    from: person.from))
            self.news[person.line, default: []] += news.map { $0 + " mulai \(person.from)" }
        }
    }

    private mutating func planPINs() {
        for person in persons where !person.pin.isEmpty {
            let claim = LinkClaims.Claim(
                scope: .unit(person.unit.id), userID: UserID(person.pin),
                owner: person.known.map { .known($0.id) } ?? .new(person.number),
                span: DateSpan(from: person.from), line: person.line)
            switch links.add(claim) {
            case .known: continue
            case .new:
                draft.change(
                    person.line,
                    .link(
                        claim.scope, claim.userID, number: person.number, span: claim.span,
                        document: options.document))
                news[person.line, default: []].append("PIN \(person.pin) di \(person.unit.name) mulai \(person.from)")
            case .claimed(let text): draft.error(person.line, "PIN", text)
            }
        }
    }

    private mutating func planAbsent() {
        guard draft.errors.isEmpty else { return }
        let listed = Set(persons.compactMap { $0.known?.id })
        let present = people.employees.filter { $0.employment(on: options.from) != nil }
        let absent = present.filter { !listed.contains($0.id) }
        guard options.isFull else {
            draft.absent = absent.count
            return
        }
        guard absent.count * 100 <= present.count * options.allowMissing else {
            draft.error(
                nil, nil,
                "daftar menyusut: \(absent.count) dari \(present.count) pegawai tidak ada di daftar, lebih dari "
                    + "\(options.allowMissing) %; tidak ada yang diubah. Periksa apakah daftarnya lengkap, atau beri "
                    + "--allow-missing yang lebih besar")
            return
        }
        let last = options.from.adding(days: -1)
        for employee in absent {
            draft.change(nil, .leaves(number: employee.number, last: last))
            draft.step(nil, .end, employee.number, "\(employee.name): hari kerja terakhir \(last)")
        }
    }

    private mutating func tell() {
        var steps: [ImportStep] = []
        for person in persons {
            let news = news[person.line] ?? []
            if person.known == nil {
                let text = ([person.name, ImportText.name(person.kind)] + news).joined(separator: "; ")
                steps.append(ImportStep(line: person.line, action: .add, what: person.number, text: text))
            } else if news.isEmpty {
                draft.unchanged += 1
            } else {
                steps.append(
                    ImportStep(
                        line: person.line, action: .change, what: person.number, text: news.joined(separator: "; ")))
            }
        }
        draft.steps = steps + draft.steps
    }

    private static func namesake(_ name: String, _ number: String) -> String {
        ImportText.folded(name) + " " + number.prefix(8)
    }
}

/// What the store takes of texts that people type.
enum ImportLimits {
    /// Bytes of a name, post, group or document.
    static let longestName = 200
    /// Bytes of a reason.
    static let longestReason = 1000
}
