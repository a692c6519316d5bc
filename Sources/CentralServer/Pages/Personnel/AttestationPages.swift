import AttendanceRules
import CentralAttendance
import CentralPages
import CentralStore
import Foundation
import Hummingbird
import PageSupport

/// What persons state, as lists, and how it is taken back.
extension PersonnelPages {
    var attestationRoutes: [PageRoute] {
        [
            PageRoute(.get, "kepegawaian/pernyataan", .readAttestations) { call in
                try await attestations(call, [:], [])
            },
            PageRoute(.post, "kepegawaian/pernyataan/{id}/cabut", .withdraw) { call in try await withdraw(call) },
            PageRoute(.post, "kepegawaian/cakupan", .writeCoverage) { call in try await addCoverage(call) },
        ]
    }

    private static var attestationsOfPage: Int { 100 }
    private static var mostRead: Int { 100_000 }

    // MARK: Lists

    private func attestations(
        _ call: PageCall, _ typed: [String: String], _ news: [WorkPage.Block], status: HTTPResponse.Status = .ok
    ) async throws -> Response {
        let unit = try Self.unit(call.query["unit"] ?? "", call.source)
        let source = unit.map(call.source.narrowed) ?? call.source
        let kind = AttestationQuery.Kind(rawValue: call.query["jenis"] ?? "")
        let to = CivilDate(text: call.query["sampai"] ?? "") ?? call.today
        let from = CivilDate(text: call.query["dari"] ?? "") ?? to.adding(days: -92)
        try await parts.noteList("attestations", of: unit?.id, call)
        var blocks = news
        var query = AttestationQuery()
        if let kind { query.kinds = [kind] }
        query.withWithdrawn = call.query["dicabut"] == "ya"
        query.limit = Self.mostRead
        var found: [Attestation] = []
        if from <= to, from.distance(to: to) < 1500 {
            query.dates = from...to
            let asked = query
            found = try await heavy.run(call) {
                try await store.attestations(asked).filter { source.isVisible($0.content) }
            }
        } else {
            blocks.append(.notice(.init(.bad, "Tanggal \"dari\" harus sebelum \"sampai\", paling jauh empat tahun.")))
        }
        let page = max(0, min(Int(call.query["halaman"] ?? "") ?? 0, 10_000))
        var table = try await attestationTable(
            "Pernyataan: \(found.count)",
            Array(found.reversed().dropFirst(page * Self.attestationsOfPage).prefix(Self.attestationsOfPage)),
            back: "pernyataan", call, empty: "Tidak ada pernyataan dengan pilihan ini.")
        var base = "\(Place.attestations.path)?jenis=\(kind?.rawValue ?? "")&dari=\(from.text)&sampai=\(to.text)"
        if query.withWithdrawn { base += "&dicabut=ya" }
        if let unit { base += "&unit=\(unit.id)" }
        if page > 0 { table.links.append(.init("Sebelumnya", base + "&halaman=\(page - 1)")) }
        if (page + 1) * Self.attestationsOfPage < found.count {
            table.links.append(.init("Berikutnya", base + "&halaman=\(page + 1)"))
        }
        blocks += [.form(ask(call, kind, unit, from, to, query.withWithdrawn)), .table(table)]
        if let reach = try await self.source(call, .writeCoverage), !reach.people.devices.isEmpty {
            blocks.append(.form(coverageForm(reach, typed, call)))
        }
        return answer(
            .attestations, title: "Pernyataan", lead: "Yang dinyatakan orang di samping scan, dengan dokumennya.",
            blocks, call, status: status)
    }

    private func ask(
        _ call: PageCall, _ kind: AttestationQuery.Kind?, _ unit: OrgUnit?, _ from: CivilDate, _ to: CivilDate,
        _ withWithdrawn: Bool
    ) -> WorkPage.Form {
        let kinds = AttestationQuery.Kind.allCases.map { WorkPage.Field.Option($0.rawValue, Self.word($0)) }
        return WorkPage.Form(
            "", path: Place.attestations.path, method: .ask,
            fields: [
                .init("jenis", "Jenis", kind?.rawValue ?? "", kind: .select([.init("", "Semua jenis")] + kinds)),
                Self.unitField(call.source, unit?.id, all: "Semua unit"),
                .init("dari", "Dari", from.text, kind: .date), .init("sampai", "Sampai", to.text, kind: .date),
                .init("dicabut", "Juga yang dicabut", withWithdrawn ? "ya" : "", kind: .check),
            ], buttons: [.init("Tampilkan", isMain: false)])
    }

    static func word(_ kind: AttestationQuery.Kind) -> String {
        switch kind {
        case .leave: "Izin, cuti, dinas"
        case .correction: "Koreksi"
        case .sheet: "Lembar manual"
        case .coverage: "Cakupan mesin"
        case .file: "Berkas"
        }
    }

    /// - Parameter back: which page follows a withdrawal.
    func attestationTable(
        _ title: String, _ shown: [Attestation], back: String, _ call: PageCall, empty: String
    ) async throws -> WorkPage.Table {
        let reasons = try await source(call, .readReasons)
        let withdrawing = try await source(call, .withdraw)
        let rows = shown.map { attestation -> [WorkPage.Cell] in
            let (what, who, when) = words(attestation.content, call)
            let seesReason = reasons?.isVisible(attestation.content) ?? false
            var state = WorkPage.Cell("berlaku")
            if let withdrawal = attestation.withdrawn {
                let why = seesReason ? ": \(withdrawal.reason)" : ""
                state = .pill(
                    .idle, "dicabut", note: "\(call.frame.words.short(withdrawal.at)), \(withdrawal.by.name)\(why)")
            } else if let withdrawing, call.may(attestation.content.permission),
                withdrawing.isWritable(attestation.content), !Self.isAboutOneself(attestation.content, call)
            {
                state = .form(
                    WorkPage.Form(
                        "", path: "\(Place.attestations.path)/\(attestation.id)/cabut",
                        fields: [
                            .init("kembali", "", back, kind: .hidden),
                            .init("alasan", "Alasan mencabut", isNeeded: true, longest: 1000),
                        ], buttons: [.init("Cabut", isMain: false)]))
            }
            return [
                WorkPage.Cell(what, note: who), WorkPage.Cell(when),
                WorkPage.Cell(attestation.document, note: seesReason ? attestation.reason : ""),
                WorkPage.Cell(attestation.by.name, note: call.frame.words.short(attestation.at)), state,
            ]
        }
        return WorkPage.Table(
            title, columns: ["Apa", "Untuk", "Dokumen", "Oleh", "Keadaan"], rows: rows, empty: empty)
    }

    private func words(
        _ content: Attestation.Content, _ call: PageCall
    ) -> (what: String, who: String, when: String) {
        let source = call.source
        func name(_ id: Int64) -> String { source.employee(id: id)?.name ?? "" }
        switch content {
        case .leave(let employee, let kind, let span): return (DayWords.text(kind), name(employee), Self.words(span))
        case .correction(let employee, let date, let kind):
            return ("Koreksi: \(DayWords.text(kind))", name(employee), Self.words(date))
        case .sheet(let unit, let date, let lines):
            // Of a sheet of others one sees only that one's own people stand on it.
            let own = lines.count { source.isPlaced($0.employee, on: date) }
            return ("Lembar manual, \(own) orang", source.tree[unit]?.name ?? "", Self.words(date))
        case .coverage(let serial, let from, let to):
            let words = call.frame.words
            return ("Cakupan mesin", serial, "\(words.short(from)) – \(words.short(to))")
        case .file(let sha256): return ("Berkas disetujui", "sha256 \(sha256.prefix(16))", "semua scan di dalamnya")
        }
    }

    // MARK: Writing

    private func withdraw(_ call: PageCall) async throws -> Response {
        var query = AttestationQuery()
        guard let id = call.parameters["id"].flatMap({ Int64($0) }) else { throw PageCall.absent }
        query.id = id
        guard let found = try await store.attestations(query).first(where: { $0.id == id }),
            call.may(found.content.permission), call.source.isWritable(found.content)
        else { throw PageCall.absent }
        guard !Self.isAboutOneself(found.content, call) else {
            throw HTTPError(.forbidden, message: "nobody withdraws what is said of the own days")
        }
        guard let reason = Self.text(call.fields["alasan"], upTo: 1000) else {
            throw HTTPError(.badRequest, message: "the reason is empty, too long, or has control characters")
        }
        guard try await store.withdraw(attestation: id, reason: reason, by: call.actor, at: parts.now()) else {
            throw PageCall.absent
        }
        return redirect(call.fields["kembali"] == "lembar" ? Place.sheets.path : Place.attestations.path, .withdrawn)
    }

    /// docs/decisions/0040.
    static func isAboutOneself(_ content: Attestation.Content, _ call: PageCall) -> Bool {
        call.authority.employee.map(content.isAbout) ?? false
    }

    private func coverageForm(
        _ source: RecapSource, _ typed: [String: String], _ call: PageCall
    ) -> WorkPage.Form {
        let devices = source.people.devices.filter { source.scope.contains($0.unit) }
        let options = devices.map { device in
            WorkPage.Field.Option(device.serial, "\(device.serial), \(source.tree[device.unit]?.name ?? "")")
        }
        func value(_ name: String, _ usual: String) -> String { typed[name] ?? usual }
        let day = call.today.adding(days: -1).text
        var (document, reason) = (Self.documentField, Self.reasonField)
        document.value = value("dokumen", "")
        reason.value = value("alasan", "")
        return WorkPage.Form(
            "Nyatakan catatan mesin lengkap",
            lead:
                "Untuk waktu ketika mesin menyala dan tidak dipakai siapa pun, atau scan-nya sudah disalin seluruhnya. "
                + "Sesudah ini scan yang tidak ada berarti memang tidak ada.", path: "/kepegawaian/cakupan",
            fields: [
                .init("mesin", "Mesin absen", value("mesin", ""), kind: .select(options)),
                .init("dari", "Dari tanggal", value("dari", day), kind: .date, isNeeded: true),
                .init("dari-jam", "Dari jam", value("dari-jam", "00:00"), kind: .clock),
                .init("sampai", "Sampai tanggal", value("sampai", day), kind: .date, isNeeded: true),
                .init("sampai-jam", "Sampai jam", value("sampai-jam", "24:00"), kind: .clock), document, reason,
            ], buttons: [.init("Simpan pernyataan")])
    }

    private func addCoverage(_ call: PageCall) async throws -> Response {
        var typed: [String: String] = [:]
        for name in call.fields.names { typed[name] = call.fields[name] }
        let source = try await source(call, .readAttestations) ?? call.source
        // The page that follows is one of reading, where another permission holds.
        var page = call
        page.source = source
        func refuse(_ text: String) async throws -> Response {
            try await attestations(page, typed, [.notice(.init(.bad, text))], status: .unprocessableContent)
        }
        let serial = call.fields["mesin"]
        guard let device = call.source.people.devices.first(where: { $0.serial == serial }),
            call.source.scope.contains(device.unit)
        else { throw PageCall.absent }
        let zone = device.timezone.flatMap { TimeZone(identifier: $0) } ?? parts.settings.value.zone
        func moment(_ name: String) -> Date? {
            let text = "\(call.fields[name]) \(call.fields[name + "-jam"].replacing(".", with: ":"))"
            return try? CentralCommands.moment(text, name, zone)
        }
        guard let from = moment("dari"), let to = moment("sampai") else {
            return try await refuse("Isi tanggal, dan jam seperti 07:30.")
        }
        guard from < to, to.timeIntervalSince(from) <= 400 * 86_400, to <= parts.now() else {
            return try await refuse("Waktu \"dari\" harus sebelum \"sampai\", dan \"sampai\" sudah lewat.")
        }
        guard let document = Self.text(call.fields["dokumen"], upTo: 200),
            let reason = Self.text(call.fields["alasan"], upTo: 1000)
        else { return try await refuse("Isi nomor dokumen dan alasan, tanpa karakter kendali.") }
        let new = NewAttestation(
            content: .coverage(serial: serial, from: from, to: to), document: document, reason: reason)
        do {
            _ = try await store.add([new], by: call.actor, at: parts.now())
        } catch let refusal as ChangeRefusal {
            return try await refuse(RefusalSentence.text(refusal.reason))
        }
        return redirect(Place.attestations.path, .stored)
    }
}
