import AttendanceRules
import CentralStore
import TableFiles

/// A list of approved leave and duty, each with its letter.
enum LeaveImport {
    static let columns = [
        ImportColumn("NIP", ["NIP/NI PPPK", "nomor pegawai", "NIK", "number"], isRequired: true),
        ImportColumn("Nama", ["nama pegawai", "name"]),
        ImportColumn("Jenis", ["jenis cuti", "jenis izin", "kind"], isRequired: true),
        ImportColumn("Dari", ["mulai", "dari tanggal", "tanggal mulai", "from"], isRequired: true),
        ImportColumn("Sampai", ["sampai tanggal", "selesai", "tanggal selesai", "to"], isRequired: true),
        ImportColumn("Nomor Surat", ["no surat", "dokumen", "surat", "document", "nomor SK"], isRequired: true),
        ImportColumn("Keterangan", ["alasan", "reason", "note"]),
    ]

    static func plan(_ file: TableFile, _ facts: ImportFacts, _ options: ImportOptions) -> ImportPlan {
        var draft = ImportDraft<NewAttestation>(.leave)
        let table = ImportTable(file, columns, &draft)
        let numbers = PeopleNumbers(facts.people)
        var known: [Int64: [(leave: Leave, document: String, line: Int?)]] = [:]
        for attestation in facts.leave where attestation.withdrawn == nil {
            guard case .leave(let employee, let kind, let span) = attestation.content else { continue }
            known[employee, default: []].append(
                (Leave(employee: employee, kind: kind, span: span), attestation.document, nil))
        }
        for row in table.rows {
            guard let (leave, name) = leave(row, numbers, &draft) else { continue }
            let document = row["Nomor Surat"]
            let others = known[leave.employee] ?? []
            if let same = others.first(where: { $0.leave == leave && $0.document == document }) {
                if let line = same.line {
                    draft.error(row.line, nil, "sama dengan baris \(line); hapus salah satu")
                } else {
                    draft.unchanged += 1
                }
                continue
            }
            if let other = others.first(where: { $0.leave.span.overlaps(leave.span) }) {
                let until = other.leave.span.to.map { " sampai \($0)" } ?? ""
                draft.warn(
                    row.line, "Dari",
                    "\(name) sudah punya \(other.leave.kind.rawValue) \(other.leave.span.from)\(until); periksa keduanya"
                )
            }
            known[leave.employee, default: []].append((leave, document, row.line))
            draft.change(
                row.line,
                NewAttestation(
                    content: .leave(employee: leave.employee, leave.kind, leave.span), document: document,
                    reason: row["Keterangan"]))
            draft.step(
                row.line, .add, row["NIP"],
                "\(name): \(leave.kind.rawValue) \(leave.span.from) sampai \(leave.span.to?.text ?? ""); \(document)")
        }
        return draft.plan { .attest($0) }
    }

    private struct Leave: Equatable {
        let employee: Int64
        let kind: LeaveKind
        let span: DateSpan
    }

    private static func leave(
        _ row: ImportTable.Row, _ numbers: PeopleNumbers, _ draft: inout ImportDraft<NewAttestation>
    ) -> (Leave, name: String)? {
        let before = draft.errors.count
        let employee = ImportFields.employee(row, "NIP", numbers, &draft)
        let kind = kinds[ImportText.folded(row["Jenis"])]
        if ImportText.folded(row["Jenis"]) == "cb" {
            draft.error(row.line, "Jenis", "CB dipakai untuk cuti besar dan cuti bersama; tulis \"cuti besar\" lengkap")
        } else if kind == nil {
            draft.error(
                row.line, "Jenis",
                "\"\(ImportText.shown(row["Jenis"]))\" tidak dikenal; isi misalnya cuti tahunan, sakit, "
                    + "izin atau dinas luar. Cuti bersama masuk kalender")
        }
        let span = ImportFields.span(row, from: "Dari", to: "Sampai", usual: nil, needsEnd: true, &draft)
        let document = row["Nomor Surat"]
        if document.isEmpty || document.utf8.count > ImportLimits.longestName {
            draft.error(
                row.line, "Nomor Surat", "kosong atau lebih dari \(ImportLimits.longestName) byte; isi nomor surat")
        }
        if row["Keterangan"].utf8.count > ImportLimits.longestReason {
            draft.error(row.line, "Keterangan", "lebih dari \(ImportLimits.longestReason) byte; pendekkan")
        }
        guard draft.errors.count == before, let employee, let kind, let span else { return nil }
        let days = (span.to ?? span.from).dayNumber - span.from.dayNumber + 1
        if days > 95, ![.cltn, .tugasBelajar, .cutiSakit].contains(kind) {
            draft.warn(row.line, "Sampai", "\(days) hari \(kind.rawValue); periksa tahunnya")
        }
        return (Leave(employee: employee.id, kind: kind, span: span), employee.name)
    }

    private static let kinds: [String: LeaveKind] = [
        "izin": .izin, "i": .izin, "sakit": .sakit, "s": .sakit,
        "cutitahunan": .cutiTahunan, "ct": .cutiTahunan, "cutibesar": .cutiBesar,
        "cutisakit": .cutiSakit, "cs": .cutiSakit, "cutimelahirkan": .cutiMelahirkan, "cm": .cutiMelahirkan,
        "cutialasanpenting": .cutiAlasanPenting, "cutikarenaalasanpenting": .cutiAlasanPenting,
        "cap": .cutiAlasanPenting, "cltn": .cltn, "cutidiluartanggungannegara": .cltn,
        "dinasluar": .dinasLuar, "dl": .dinasLuar, "sppd": .dinasLuar, "dinas": .dinasLuar,
        "perjalanandinas": .dinasLuar, "tugasbelajar": .tugasBelajar, "tb": .tugasBelajar, "diklat": .diklat,
        "dk": .diklat, "wfh": .wfh, "wfa": .wfa,
    ]
}

/// Fields that several lists have.
enum ImportFields {
    static func employee<Change>(
        _ row: ImportTable.Row, _ column: String, _ numbers: PeopleNumbers, _ draft: inout ImportDraft<Change>
    ) -> Employee? {
        guard !row[column].isEmpty else {
            draft.error(row.line, column, "kosong; isi NIP atau nomor pegawai")
            return nil
        }
        do {
            let number = try EmployeeNumber.read(row[column])
            if let employee = numbers[number] { return employee }
            draft.error(
                row.line, column, "\(number) belum dikenal; perbaiki, atau impor dulu pegawainya (import employees)")
        } catch {
            draft.error(row.line, column, (error as? EmployeeNumber.Refused)?.text ?? "tidak terbaca")
        }
        return nil
    }

    /// - Parameters:
    ///   - usual: for a row without a first day.
    static func span<Change>(
        _ row: ImportTable.Row, from: String, to: String, usual: CivilDate?, needsEnd: Bool,
        _ draft: inout ImportDraft<Change>
    ) -> DateSpan? {
        let first = row[from].isEmpty ? usual : ImportText.date(row[from])
        if first == nil { draft.error(row.line, from, "\"\(ImportText.shown(row[from]))\" " + ImportText.dateAdvice) }
        let last = ImportText.date(row[to])
        if last == nil, needsEnd || !row[to].isEmpty {
            draft.error(row.line, to, "\"\(ImportText.shown(row[to]))\" " + ImportText.dateAdvice)
            return nil
        }
        guard let first else { return nil }
        let span = DateSpan(from: first, to: last)
        if span.isSane { return span }
        draft.error(row.line, to, "\(last?.text ?? "") sebelum \(first); perbaiki tanggalnya")
        return nil
    }
}
