import Attendance
import AttendanceRules
import CentralStore
import TableFiles

/// A list of whose which user id is. A file of proposals that a person went through has the same columns.
enum LinkImport {
    static let columns = [
        ImportColumn("Perangkat", ["serial", "mesin", "mesin absen", "device", "nomor seri"]),
        ImportColumn("Unit", ["unit kerja", "OPD", "nama unit"]),
        ImportColumn("PIN", ["user id", "nomor absen", "no absen", "ID mesin"], isRequired: true),
        ImportColumn("NIP", ["NIP/NI PPPK", "nomor pegawai", "NIK", "number"], isRequired: true),
        ImportColumn("Mulai", ["sejak", "dari", "from"]),
        ImportColumn("Sampai", ["sampai tanggal", "to"]),
        ImportColumn("Dokumen", ["nomor surat", "document"]),
        // For the person who looks at proposals.
        ImportColumn("Nama", ["nama pegawai", "name"]), ImportColumn("Nama di Mesin", ["device name"]),
        ImportColumn("Nilai", ["score"]), ImportColumn("Alasan", ["reason"]),
    ]

    static func plan(_ file: TableFile, _ people: People, _ options: ImportOptions) -> ImportPlan {
        var draft = ImportDraft<PeopleChange>(.links)
        let table = ImportTable(file, columns, &draft)
        let numbers = PeopleNumbers(people)
        let units = UnitNames(people.units)
        var claims = LinkClaims(people)
        for row in table.rows {
            if options.skipsUnnamed, row["NIP"].isEmpty {
                draft.absent += 1
                continue
            }
            guard let scope = scope(row, units, people, &draft) else { continue }
            let before = draft.errors.count
            if let problem = LinkClaims.problem(row["PIN"]) { draft.error(row.line, "PIN", problem) }
            let employee = ImportFields.employee(row, "NIP", numbers, &draft)
            let span = ImportFields.span(
                row, from: "Mulai", to: "Sampai", usual: options.from, needsEnd: false, &draft)
            guard draft.errors.count == before, let employee, let span else { continue }
            let claim = LinkClaims.Claim(
                scope: scope.scope, userID: UserID(row["PIN"]), owner: .known(employee.id), span: span, line: row.line)
            switch claims.add(claim) {
            case .known: draft.unchanged += 1
            case .claimed(let text): draft.error(row.line, "PIN", text)
            case .new:
                let document = row["Dokumen"].isEmpty ? options.document : row["Dokumen"]
                draft.change(
                    row.line,
                    .link(claim.scope, claim.userID, number: employee.number, span: span, document: document))
                draft.step(
                    row.line, .add, "PIN \(row["PIN"])",
                    "\(scope.name): \(employee.name) (\(employee.number)) mulai \(span.from)"
                        + (span.to.map { " sampai \($0)" } ?? ""))
            }
        }
        return draft.plan { .people($0, revision: people.revision) }
    }

    private static func scope(
        _ row: ImportTable.Row, _ units: UnitNames, _ people: People, _ draft: inout ImportDraft<PeopleChange>
    ) -> (scope: IdentityLink.Scope, name: String)? {
        let serial = row["Perangkat"]
        if !serial.isEmpty {
            if let device = people.devices.first(where: { $0.serial == serial }) {
                return (.device(device.serial), "mesin \(device.serial)")
            }
            draft.error(
                row.line, "Perangkat",
                "\"\(ImportText.shown(serial))\" belum dikenal; tulis nomor seri seperti di daftar mesin absen")
            return nil
        }
        if let unit = units.find(row["Unit"]) { return (.unit(unit.id), unit.name) }
        draft.error(
            row.line, "Unit",
            row["Unit"].isEmpty
                ? "isi Perangkat atau Unit" : "\"\(ImportText.shown(row["Unit"]))\": " + UnitNames.advice)
        return nil
    }
}
