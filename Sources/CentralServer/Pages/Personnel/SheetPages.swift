import AttendanceRules
import CentralAttendance
import CentralPages
import CentralStore
import Foundation
import Hummingbird

/// Signed sheets of units without a working device: typed or read from a file, looked at, then kept.
extension PersonnelPages {
    var sheetRoutes: [PageRoute] {
        [
            PageRoute(.get, "kepegawaian/lembar", .readAttestations) { call in try await sheets(call) },
            PageRoute(.post, "kepegawaian/lembar", .writeSheet, sent: .form(most: 128 * 1024)) { call in
                try await sendSheet(call)
            },
            PageRoute(
                .post, "kepegawaian/lembar/berkas", .writeSheet, sent: .upload(most: MultipartForm.mostBytes)
            ) { call in try await readSheet(call) },
        ]
    }

    static var mostSheetLines: Int { 400 }

    /// What stands on a sheet as it was typed.
    struct SheetDraft {
        let unit: OrgUnit
        let date: CivilDate
        /// Placed in the unit or below it on the date, by name.
        let people: [Employee]
        var document = ""
        var reason = ""
        /// By employee: as typed.
        var arrivals: [Int64: String] = [:]
        var departures: [Int64: String] = [:]
        var problems: [Int64: String] = [:]
        var entries: [Attestation.SheetEntry] = []
    }

    // MARK: Pages

    private func sheets(_ call: PageCall) async throws -> Response {
        guard let source = try await source(call, .writeSheet) else {
            return answer(.sheets, title: "Lembar manual", [.table(try await sheetTable(call))], call)
        }
        var blocks: [WorkPage.Block] = []
        let date = CivilDate(text: call.query["tanggal"] ?? "") ?? call.today
        let unit = try Self.unit(call.query["unit"] ?? "", source)
        blocks.append(.form(Self.ask(source, unit, date)))
        if let unit {
            do throws(SheetRefused) {
                let draft = try draft(unit, date, source)
                blocks.append(.form(Self.form(draft, isChecked: false)))
                blocks.append(.form(Self.fileForm(draft)))
            } catch {
                blocks.append(.notice(.init(.bad, error.text)))
            }
        }
        blocks.append(.table(try await sheetTable(call)))
        return answer(
            .sheets, title: "Lembar manual",
            lead: "Daftar hadir bertanda tangan, bila mesin absen tidak dapat dipakai.",
            blocks, call)
    }

    private struct SheetRefused: Error { let text: String }

    private func draft(_ unit: OrgUnit, _ date: CivilDate, _ source: RecapSource) throws(SheetRefused) -> SheetDraft {
        do throws(AttestationCheck.Refusal) { try AttestationCheck.isOver(date, parts.now()) } catch {
            throw SheetRefused(text: "\(Self.words(date)) belum tiba; lembarnya belum dapat diisi.")
        }
        let units = source.tree.subtree(of: unit.id)
        let people = source.people.employees.filter { employee in
            guard let place = employee.placement(on: date)?.unit, employee.employment(on: date) != nil else {
                return false
            }
            return units.contains(place) && source.scope.contains(place)
        }.sorted { ($0.name, $0.id) < ($1.name, $1.id) }
        guard !people.isEmpty else {
            throw SheetRefused(text: "Tidak ada pegawai yang ditempatkan di \(unit.name) pada \(Self.words(date)).")
        }
        guard people.count <= Self.mostSheetLines else {
            throw SheetRefused(
                text: "\(unit.name) punya \(people.count) pegawai; satu lembar memuat paling banyak "
                    + "\(Self.mostSheetLines). Pilih unit di bawahnya.")
        }
        return SheetDraft(unit: unit, date: date, people: people)
    }

    private static func ask(_ source: RecapSource, _ unit: OrgUnit?, _ date: CivilDate) -> WorkPage.Form {
        WorkPage.Form(
            "", path: Place.sheets.path, method: .ask,
            fields: [
                unitField(source, unit?.id), .init("tanggal", "Tanggal", date.text, kind: .date, isNeeded: true),
            ], buttons: [.init("Buka lembar", isMain: unit == nil)])
    }

    private static func form(_ draft: SheetDraft, isChecked: Bool) -> WorkPage.Form {
        var document = documentField
        document.value = draft.document
        var reason = reasonField
        reason.value = draft.reason
        let rows = draft.people.map { person -> [WorkPage.Cell] in
            let problem = draft.problems[person.id] ?? ""
            var arrival = WorkPage.Field(
                "m-\(person.id)", "Masuk, \(person.name)", draft.arrivals[person.id] ?? "", kind: .clock, longest: 5)
            arrival.problem = problem
            let departure = WorkPage.Field(
                "p-\(person.id)", "Pulang, \(person.name)", draft.departures[person.id] ?? "", kind: .clock, longest: 5)
            return [
                WorkPage.Cell(person.name, note: person.employment(on: draft.date)?.number ?? ""),
                .field(arrival), .field(departure),
            ]
        }
        let table = WorkPage.Table(
            "", columns: ["Pegawai", "Masuk (JJ:MM)", "Pulang (JJ:MM)"], rows: rows, empty: "")
        return WorkPage.Form(
            "\(draft.unit.name), \(words(draft.date))",
            lead: "Kosongkan baris orang yang tidak bertanda tangan. Jam di atas 23 berarti hari berikutnya (25:10).",
            path: Place.sheets.path,
            fields: [
                .init("unit", "", "\(draft.unit.id)", kind: .hidden),
                .init("tanggal", "", draft.date.text, kind: .hidden), document, reason,
            ], tables: [table],
            buttons: isChecked
                ? [.init("Periksa lagi", action: "periksa", isMain: false), .init("Simpan lembar", action: "simpan")]
                : [.init("Periksa", action: "periksa")])
    }

    private static func fileForm(_ draft: SheetDraft) -> WorkPage.Form {
        WorkPage.Form(
            "Atau dari berkas",
            lead: "Berkas .csv atau .xlsx dengan judul kolom nip, masuk, pulang. Isinya tampil dulu untuk diperiksa.",
            path: Place.sheets.path + "/berkas", method: .upload,
            fields: [
                .init("unit", "", "\(draft.unit.id)", kind: .hidden),
                .init("tanggal", "", draft.date.text, kind: .hidden), .init("berkas", "Berkas", kind: .file),
            ], buttons: [.init("Baca berkas", isMain: false)])
    }

    // MARK: What was sent

    private func sentDraft(_ call: PageCall) throws -> SheetDraft {
        guard let unit = try Self.unit(call.fields["unit"], call.source),
            let date = CivilDate(text: call.fields["tanggal"])
        else { throw PageCall.absent }
        var draft = try draft(unit, date, call.source)
        draft.document = call.fields["dokumen"]
        draft.reason = call.fields["alasan"]
        return draft
    }

    private func sendSheet(_ call: PageCall) async throws -> Response {
        var draft: SheetDraft
        do { draft = try sentDraft(call) } catch let refused as SheetRefused {
            return answer(
                .sheets, title: "Lembar manual", [.notice(.init(.bad, refused.text))], call,
                status: .unprocessableContent)
        }
        for person in draft.people {
            let (arrival, departure) = (call.fields["m-\(person.id)"], call.fields["p-\(person.id)"])
            if !arrival.isEmpty { draft.arrivals[person.id] = arrival }
            if !departure.isEmpty { draft.departures[person.id] = departure }
        }
        // Of somebody who moved while the form was open, or was never on it.
        let known = Set(draft.people.map { String($0.id) })
        let strangers = call.fields.names.filter { name in
            (name.hasPrefix("m-") || name.hasPrefix("p-")) && !known.contains(String(name.dropFirst(2)))
                && !call.fields[name].isEmpty
        }
        var others =
            strangers.isEmpty ? [] : ["Ada baris orang yang tidak ditempatkan di unit ini; buka lembarnya lagi."]
        Self.check(&draft, call.source, writer: call.authority.employee)
        let document = Self.text(draft.document, upTo: 200)
        let reason = Self.text(draft.reason, upTo: 1000)
        if document == nil { others.append("Nomor dokumen kosong, terlalu panjang, atau memuat karakter kendali.") }
        if reason == nil { others.append("Alasan kosong, terlalu panjang, atau memuat karakter kendali.") }
        guard let document, let reason, others.isEmpty, draft.problems.isEmpty, !draft.entries.isEmpty,
            call.fields["aksi"] == "simpan"
        else { return shown(draft, others, call) }
        let new = NewAttestation(
            content: .sheet(unit: draft.unit.id, draft.date, draft.entries), document: document, reason: reason)
        do {
            _ = try await store.add([new], by: call.actor, at: parts.now())
        } catch let refusal as ChangeRefusal {
            return shown(draft, [RefusalSentence.text(refusal.reason)], call)
        }
        return redirect("\(Place.sheets.path)?unit=\(draft.unit.id)&tanggal=\(draft.date.text)", .stored)
    }

    /// - Parameter writer: who the visitor is in the records.
    private static func check(_ draft: inout SheetDraft, _ source: RecapSource, writer: Int64?) {
        let check = SheetCheck(unit: draft.unit.id, date: draft.date, tree: source.tree)
        for person in draft.people {
            let (came, left) = (draft.arrivals[person.id] ?? "", draft.departures[person.id] ?? "")
            guard !(came + left).allSatisfy(\.isWhitespace) else { continue }
            // docs/decisions/0040: by a sheet one would correct the own day.
            guard person.id != writer else {
                draft.problems[person.id] = "baris sendiri diisi petugas lain pada lembar lain"
                continue
            }
            do throws(SheetCheck.Problem) {
                let entry = Attestation.SheetEntry(
                    employee: person.id, arrival: try minute(came, "masuk"), departure: try minute(left, "pulang"))
                if let problem = check.problem(entry, of: person) { throw problem }
                draft.entries.append(entry)
            } catch {
                draft.problems[person.id] = error.indonesian
            }
        }
    }

    /// `07:30`, `07.30` or `0730`, as clerks type it.
    private static func minute(_ text: String, _ side: String) throws(SheetCheck.Problem) -> Int? {
        var text = text.filter { !$0.isWhitespace }.replacing(".", with: ":")
        if text.isEmpty { return nil }
        if text.utf8.count == 4, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) {
            text = "\(text.prefix(2)):\(text.suffix(2))"
        }
        guard let minute = MinuteOfDay.parse(text.utf8.count == 4 ? "0" + text : text) else { throw .noTime(side) }
        return minute
    }

    /// The form again, with what is wrong or what would be kept.
    private func shown(_ draft: SheetDraft, _ others: [String], _ call: PageCall) -> Response {
        let lines = draft.people.compactMap { person in
            draft.problems[person.id].map { "\(person.name): \($0)" }
        }
        let isGood = others.isEmpty && lines.isEmpty && !draft.entries.isEmpty
        let notice: WorkPage.Notice
        if isGood {
            notice = .init(
                .ok,
                "\(draft.entries.count) dari \(draft.people.count) pegawai terisi. Belum disimpan: periksa, lalu simpan."
            )
        } else {
            let all = others + lines + (draft.entries.isEmpty && lines.isEmpty ? ["Belum ada jam yang diisi."] : [])
            notice = .init(.bad, "Belum dapat disimpan.", lines: all)
        }
        return answer(
            .sheets, title: "Lembar manual", [.notice(notice), .form(Self.form(draft, isChecked: isGood))], call,
            status: isGood ? .ok : .unprocessableContent)
    }

    private func readSheet(_ call: PageCall) async throws -> Response {
        func refuse(_ text: String, _ lines: [String] = []) -> Response {
            answer(
                .sheets, title: "Lembar manual", [.notice(.init(.bad, text, lines: Array(lines.prefix(100))))], call,
                status: .unprocessableContent)
        }
        var draft: SheetDraft
        do { draft = try sentDraft(call) } catch let refused as SheetRefused { return refuse(refused.text) }
        guard let file = call.file else { return refuse("Pilih berkasnya dulu.") }
        let sheet: SheetFile
        do {
            sheet = try SheetFile(ImportFile(bytes: file.bytes, limits: ImportDesk.limits).table)
        } catch let problem as ImportProblem {
            return refuse("Berkas tidak dapat dibaca.", [problem.sentence])
        } catch let finding as SheetFile.Finding {
            return refuse("Berkas tidak dapat dibaca.", finding.texts)
        }
        let people = Set(draft.people.map(\.id))
        var unknown: [String] = []
        for line in sheet.lines {
            guard let person = call.source.employee(line.number), people.contains(person.id) else {
                unknown.append("baris \(line.line): NIP tidak dikenal, atau tidak ditempatkan di unit ini")
                continue
            }
            draft.arrivals[person.id] = line.arrival.map(MinuteOfDay.text)
            draft.departures[person.id] = line.departure.map(MinuteOfDay.text)
        }
        guard unknown.isEmpty else { return refuse("Tidak ada yang dibaca dari berkas ini.", unknown) }
        Self.check(&draft, call.source, writer: call.authority.employee)
        return shown(draft, ["Isi nomor dokumen dan alasan, lalu periksa."], call)
    }

    // MARK: Those there are

    private func sheetTable(_ call: PageCall) async throws -> WorkPage.Table {
        var query = AttestationQuery()
        query.kinds = [.sheet]
        query.dates = call.today.adding(days: -62)...call.today
        let found = try await store.attestations(query).filter { call.source.isVisible($0.content) }
        return try await attestationTable(
            "Lembar 62 hari terakhir", found.suffix(100).reversed(), back: "lembar", call,
            empty: "Belum ada lembar manual.")
    }
}
