import Attendance
import AttendanceRules
import CentralAttendance
import CentralPages
import CentralStore
import Foundation
import Hummingbird
import PageSupport

/// Lists in the browser: by the same code as `hadir-central import`, looked at before they are written.
extension PersonnelPages {
    var importRoutes: [PageRoute] {
        [
            PageRoute(.get, "kepegawaian/impor", .importFiles) { call in
                answer(
                    .imports, title: "Impor", lead: Self.importLead, [.form(importForm(call))] + Self.sampleNote, call)
            },
            PageRoute(.post, "kepegawaian/impor", .importFiles, sent: .upload(most: MultipartForm.mostBytes)) { call in
                try await preview(call)
            },
            PageRoute(.post, "kepegawaian/impor/tulis", .importFiles) { call in try await apply(call) },
        ]
    }

    private static var importLead: String {
        "Berkas dibandingkan dulu dengan data pusat; Anda melihat hasilnya sebelum ditulis."
    }
    private static var shownSteps: Int { 200 }
    private static var shownProblems: Int { 200 }

    private static var sampleNote: [WorkPage.Block] {
        [
            .table(
                WorkPage.Table(
                    "Kolom yang dibaca", lead: "Judul kolom boleh memakai nama lain yang lazim; urutannya bebas.",
                    columns: ["Daftar", "Kolom wajib", "Kolom lain"],
                    rows: [
                        ["Unit", "Nama", "Kode, Jenis, Induk, Zona Waktu"],
                        [
                            "Pegawai", "NIP, Nama, Jenis, Unit",
                            "Jabatan, NIP Atasan, Kelompok, Mulai, NIP Lama, PIN",
                        ], ["Hari libur", "Tanggal, Nama, Jenis", "Sumber, Kelompok"],
                        ["Izin dan cuti", "NIP, Jenis, Mulai, Sampai", "Dokumen, Alasan"],
                        ["Tautan PIN", "PIN, NIP, dan Perangkat atau Unit", "Mulai, Sampai, Dokumen"],
                    ], empty: ""))
        ]
    }

    private static func word(_ kind: ImportKind) -> String {
        switch kind {
        case .employees: "Pegawai"
        case .units: "Unit"
        case .calendar: "Hari libur"
        case .leave: "Izin dan cuti"
        case .links: "Tautan PIN"
        }
    }

    private func importForm(_ call: PageCall) -> WorkPage.Form {
        let kinds: [ImportKind] = [.employees, .units, .leave, .calendar, .links]
        func value(_ name: String, _ usual: String) -> String {
            call.fields[name].isEmpty ? usual : call.fields[name]
        }
        return WorkPage.Form(
            "Baca berkas", path: Place.imports.path, method: .upload,
            fields: [
                .init(
                    "jenis", "Daftar", value("jenis", ImportKind.employees.rawValue),
                    kind: .select(kinds.map { .init($0.rawValue, Self.word($0)) })),
                .init("berkas", "Berkas", kind: .file, hint: ".csv atau .xlsx, paling besar 8 MiB"),
                .init(
                    "dari", "Berlaku sejak", value("dari", call.today.text), kind: .date,
                    hint: "Untuk baris yang tidak menyebut tanggal"),
                .init(
                    "dokumen", "Nomor dokumen", call.fields["dokumen"],
                    hint: "Kosong: nama berkas dan sidik jarinya", longest: 200),
                .init("sheet", "Nama sheet", call.fields["sheet"], hint: "Kosong: sheet pertama", longest: 64),
                .init(
                    "kelompok", "Kelompok jadwal pegawai baru", value("kelompok", ImportOptions.usualGroup),
                    hint: "Hanya untuk daftar pegawai", longest: 100),
                .init(
                    "lengkap", "Daftar pegawai ini lengkap: yang tidak tertulis dianggap berhenti",
                    call.fields["lengkap"],
                    kind: .check),
                .init(
                    "kurang", "Paling banyak berhenti (persen)", value("kurang", "10"), kind: .number,
                    hint: "Pengaman untuk daftar lengkap", longest: 3),
            ], buttons: [.init("Pratinjau")])
    }

    // MARK: Looking

    private func refuse(
        _ call: PageCall, _ text: String, _ lines: [String] = [], status: HTTPResponse.Status = .unprocessableContent
    ) -> Response {
        var shown = Array(lines.prefix(Self.shownProblems))
        if lines.count > shown.count { shown.append("dan \(lines.count - shown.count) lagi") }
        return answer(
            .imports, title: "Impor", lead: Self.importLead,
            [.notice(.init(.bad, text, lines: shown)), .form(importForm(call))], call, status: status)
    }

    private struct Wrong: Error { let text: String }

    private func options(
        _ call: PageCall, _ name: String, _ digest: String
    ) throws(Wrong) -> ImportOptions {
        guard let from = CivilDate(text: call.fields["dari"]) else {
            throw Wrong(text: "\"Berlaku sejak\" bukan tanggal.")
        }
        let typed = call.fields["dokumen"].trimmingCharacters(in: .whitespaces)
        // What the file is called is the sender's word, and is kept.
        let document = typed.isEmpty ? ImportWork.document(PageText.shown(name, longest: 100), digest: digest) : typed
        guard let document = Self.text(document, upTo: 200) ?? Self.text("berkas sha256:\(digest)", upTo: 200) else {
            throw Wrong(text: "Nomor dokumen tidak dapat diterima.")
        }
        guard typed.isEmpty || document == typed else {
            throw Wrong(text: "Nomor dokumen terlalu panjang, atau memuat karakter kendali.")
        }
        guard let missing = Int(call.fields["kurang"]), (0...100).contains(missing) else {
            throw Wrong(text: "\"Paling banyak berhenti\" adalah angka 0 sampai 100.")
        }
        guard let group = Self.text(call.fields["kelompok"], upTo: 100) else {
            throw Wrong(text: "Kelompok jadwal kosong, terlalu panjang, atau memuat karakter kendali.")
        }
        var options = ImportOptions(from: from, document: document)
        options.isFull = call.fields["lengkap"] == "ya"
        options.allowMissing = missing
        options.group = group
        return options
    }

    private func preview(_ call: PageCall) async throws -> Response {
        guard let kind = ImportKind(rawValue: call.fields["jenis"]) else { return refuse(call, "Pilih daftarnya.") }
        guard let sent = call.file else { return refuse(call, "Pilih berkasnya dulu.") }
        let name = PageText.shown(sent.name, longest: 100)
        let sheet = call.fields["sheet"].trimmingCharacters(in: .whitespaces)
        return try await heavy.run(call) {
            do {
                let file = try ImportFile(
                    bytes: sent.bytes, sheet: sheet.isEmpty ? nil : sheet, limits: ImportDesk.limits)
                let options = try options(call, sent.name, file.digest)
                let facts = try await ImportWork.facts(kind, store)
                let plan = ImportPlan.plan(kind, file.table, facts: facts, options: options)
                guard plan.errors.isEmpty else {
                    return refuse(
                        call,
                        "\(name): \(plan.errors.count) kesalahan dalam \(plan.read) baris; tidak ada yang diubah.",
                        plan.errors.map(\.sentence))
                }
                let draft = ImportDesk.Draft(
                    kind: kind, name: name, bytes: sent.bytes, options: options, digest: try ImportDesk.digest(plan))
                return try await shown(plan, draft, sheet, file.digest, call)
            } catch let problem as ImportProblem {
                return refuse(call, "\(name) tidak dapat dibaca.", [problem.sentence])
            } catch let wrong as Wrong {
                return refuse(call, wrong.text)
            } catch is ImportDesk.Full {
                return refuse(
                    call, "Terlalu banyak pratinjau yang menunggu. Coba lagi beberapa menit lagi.",
                    status: .serviceUnavailable)
            }
        }
    }

    private func shown(
        _ plan: ImportPlan, _ draft: ImportDesk.Draft, _ sheet: String, _ digest: String, _ call: PageCall
    ) async throws -> Response {
        var blocks: [WorkPage.Block] = []
        let counts =
            "\(plan.read) baris: \(plan.count(.add)) baru, \(plan.count(.change)) berubah, "
            + "\(plan.count(.end)) berakhir, \(plan.unchanged) tetap"
            + (plan.absent > 0 ? "; \(plan.absent) tidak tertulis dan tetap seperti semula" : "")
        if !plan.warnings.isEmpty {
            blocks.append(
                .notice(
                    .init(
                        .warn, "\(plan.warnings.count) peringatan",
                        lines: plan.warnings.prefix(Self.shownProblems).map(\.sentence))))
        }
        if plan.work.count == 0 {
            blocks.append(.notice(.init(.ok, "\(draft.name): tidak ada yang berubah. \(counts).")))
            return answer(
                .imports, title: "Impor", lead: Self.importLead, blocks + [.form(importForm(call))], call)
        }
        let token = try await desk.put(draft, of: call.visitor.session)
        blocks.append(.notice(.init(.idle, "\(draft.name): \(counts). Belum ditulis.")))
        blocks.append(.table(Self.stepTable(plan)))
        blocks.append(
            .form(
                WorkPage.Form(
                    "Tulis daftar ini",
                    lead: "Semua ditulis, atau tidak sama sekali. Berkas: sha256 \(digest.prefix(16)). "
                        + "Pratinjau ini berlaku 15 menit.",
                    path: Place.imports.path + "/tulis",
                    fields: [
                        .init("rencana", "", token, kind: .hidden),
                        .init("sheet", "", sheet, kind: .hidden),
                    ], buttons: [.init("Tulis \(plan.work.count) perubahan")])))
        blocks.append(.form(importForm(call)))
        return answer(.imports, title: "Impor: pratinjau", lead: Self.importLead, blocks, call)
    }

    private static func stepTable(_ plan: ImportPlan) -> WorkPage.Table {
        let rows = plan.steps.prefix(shownSteps).map { step -> [WorkPage.Cell] in
            let pill: WorkPage.Cell =
                switch step.action {
                case .add: .pill(.ok, "baru")
                case .change: .pill(.warn, "berubah")
                case .end: .pill(.bad, "berakhir")
                }
            return [
                WorkPage.Cell(step.what), pill, WorkPage.Cell(step.text),
                WorkPage.Cell(step.line.map { "\($0)" } ?? "–"),
            ]
        }
        return WorkPage.Table(
            "Yang akan berubah",
            lead: plan.steps.count > shownSteps ? "\(shownSteps) dari \(plan.steps.count) yang pertama" : "",
            columns: ["Apa", "Tindakan", "Isi", .init("Baris", isNumber: true)], rows: rows, empty: "")
    }

    // MARK: Writing

    private func apply(_ call: PageCall) async throws -> Response {
        guard let draft = await desk.take(call.fields["rencana"], of: call.visitor.session) else {
            return refuse(call, "Pratinjau itu sudah dipakai atau lewat 15 menit. Pratinjau lagi.", status: .conflict)
        }
        let sheet = call.fields["sheet"]
        return try await heavy.run(call) {
            let file = try ImportFile(
                bytes: draft.bytes, sheet: sheet.isEmpty ? nil : sheet, limits: ImportDesk.limits)
            let facts = try await ImportWork.facts(draft.kind, store)
            let plan = ImportPlan.plan(draft.kind, file.table, facts: facts, options: draft.options)
            guard plan.errors.isEmpty, try ImportDesk.digest(plan) == draft.digest else {
                return refuse(
                    call, "Data pusat berubah sejak pratinjau; tidak ada yang ditulis. Pratinjau lagi.",
                    status: .conflict)
            }
            let asked = ImportWork.request(plan.work)
            let detail = ImportWork.note(plan, file: draft.name, digest: file.digest)
            let kind = draft.kind.rawValue
            switch try await parts.administration.importList(asked, kind, detail, by: call.actor) {
            case .refused(let change, let text):
                return refuse(
                    call, "Tidak ada yang ditulis. Pratinjau lagi.",
                    [ImportWork.problem(change, text, plan).sentence], status: .conflict)
            default:
                return redirect(Place.imports.path, .imported)
            }
        }
    }
}
