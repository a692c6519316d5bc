import Attendance
import AttendanceRules
import CentralAttendance
import CentralPages
import CentralStore
import Crypto
import Foundation
import Hummingbird

/// User ids of devices: whose they are, whose they may be, and who says so.
extension PersonnelPages {
    var linkRoutes: [PageRoute] {
        [
            PageRoute(.get, "kepegawaian/pin", .readUnlinked) { call in try await links(call, [:], []) },
            PageRoute(.post, "kepegawaian/pin", .writeLinks, sent: .form(most: 64 * 1024)) { call in
                try await link(call)
            },
            PageRoute(.post, "kepegawaian/pin/{link}/akhiri", .writeLinks) { call in try await endLink(call) },
        ]
    }

    private static var linksOfPage: Int { 50 }

    /// Of the devices in the scope.
    func linked(_ source: RecapSource) async throws -> [LinkedUserID] {
        LinkedUserID.all(try await store.seenUserIDs(), source.people).filter { id in
            source.scope.contains(id.seen.unit) && !id.seen.userID.isNobody
        }
    }

    /// Names a user id of a device in a form: what a device calls it may be anything.
    static func key(_ seen: SeenUserID) -> String {
        let digest = SHA256.hash(data: Data("\(seen.serial)\u{0}\(seen.userID.text)".utf8))
        return digest.prefix(10).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    // MARK: The page

    /// - Parameter typed: by name of the field.
    private func links(
        _ call: PageCall, _ typed: [String: String], _ news: [WorkPage.Block], status: HTTPResponse.Status = .ok
    ) async throws -> Response {
        let asked = call.query["keadaan"] ?? "unknown"
        let unit = try Self.unit(call.query["unit"] ?? "", call.source)
        let source = unit.map(call.source.narrowed) ?? call.source
        let page = max(0, min(Int(call.query["halaman"] ?? "") ?? 0, 10_000))
        let ask = WorkPage.Form(
            "", path: Place.links.path, method: .ask,
            fields: [
                WorkPage.Field(
                    "keadaan", "Tampilkan", asked,
                    kind: .select([
                        .init("unknown", "PIN belum dikenal"), .init("claimed", "PIN diakui dua orang"),
                        .init("linked", "PIN yang tertaut"), .init("tanpa", "Pegawai tanpa PIN"),
                    ])), Self.unitField(call.source, unit?.id, all: "Semua unit"),
            ], buttons: [.init("Tampilkan", isMain: false)])
        let block: WorkPage.Block
        switch asked {
        case "tanpa": block = .table(withoutPIN(source, call))
        case "claimed", "linked":
            let ids = try await linked(source).filter { $0.state.rawValue == asked }
            block = .table(linkedTable(ids, asked, unit, page, source, call))
        // Names of everybody are compared with those of every unknown PIN.
        default: block = try await heavy.run(call) { try await unlinked(source, unit, page, typed, call) }
        }
        return answer(
            .links, title: "PIN di mesin absen",
            lead: "Scan dihitung untuk seseorang hanya bila PIN-nya ditautkan. Nama di mesin hanyalah petunjuk.",
            news + [.form(ask), block], call, status: status)
    }

    private static func pages(_ count: Int, _ page: Int, _ asked: String, _ unit: OrgUnit?) -> [WorkPage.Link] {
        let base = "\(Place.links.path)?keadaan=\(asked)" + (unit.map { "&unit=\($0.id)" } ?? "") + "&halaman="
        var links: [WorkPage.Link] = []
        if page > 0 { links.append(.init("Sebelumnya", base + "\(page - 1)")) }
        if (page + 1) * linksOfPage < count { links.append(.init("Berikutnya", base + "\(page + 1)")) }
        return links
    }

    private func unlinked(
        _ source: RecapSource, _ unit: OrgUnit?, _ page: Int, _ typed: [String: String], _ call: PageCall
    ) async throws -> WorkPage.Block {
        let seen = try await store.seenUserIDs().filter { source.scope.contains($0.unit) }
        let all = LinkProposal.all(seen, source.people).filter { source.scope.contains($0.seen.unit) }
            .sorted { ($1.seen.scans, $0.unit, $0.seen.userID.text) < ($0.seen.scans, $1.unit, $1.seen.userID.text) }
        let shown = all.dropFirst(page * Self.linksOfPage).prefix(Self.linksOfPage)
        let mayWrite = call.may(.writeLinks)
        let columns: [WorkPage.Column] = [
            "PIN", "Mesin", .init("Scan", isNumber: true), "Tanggal scan", "Usulan",
        ]
        let table = WorkPage.Table(
            mayWrite ? "" : "PIN belum dikenal: \(all.count)", columns: columns + (mayWrite ? ["NIP", "Sejak"] : []),
            rows: shown.map { Self.row($0, source, typed, mayWrite: mayWrite) },
            empty: "Semua PIN sudah dikenal.", links: Self.pages(all.count, page, "unknown", unit))
        guard mayWrite, !shown.isEmpty else { return .table(table) }
        var document = Self.documentField
        document.value = typed["dokumen"] ?? ""
        return .form(
            WorkPage.Form(
                "PIN belum dikenal: \(all.count)",
                lead: "Baris dengan NIP ditautkan; baris kosong dibiarkan. Usulan yang namanya persis sama dan tidak "
                    + "bersaing sudah diisikan: periksa dengan daftar unitnya.",
                // Where a row is refused, the same rows are shown again.
                path: Place.links.path + "?halaman=\(page)" + (unit.map { "&unit=\($0.id)" } ?? ""),
                fields: [document], tables: [table], buttons: [.init("Tautkan yang terisi")]))
    }

    /// Of a device's time as it is stored, `2026-03-05T07:30:00`.
    private static func day(_ moment: String?) -> String {
        moment.flatMap { CivilDate(text: String($0.prefix(10))) }.map { words($0) } ?? "–"
    }

    private static func row(
        _ proposal: LinkProposal, _ source: RecapSource, _ typed: [String: String], mayWrite: Bool
    ) -> [WorkPage.Cell] {
        let seen = proposal.seen
        let key = key(seen)
        let candidates = proposal.candidates.filter { source.scope.contains($0.employee) }
        let best = candidates.first.map { candidate in
            "\(candidate.employee.name), \(candidate.employee.number): \(candidate.reason)"
        }
        let others = candidates.count > 1 ? "dan \(candidates.count - 1) orang lain" : ""
        let isExact = proposal.certainty == .exact
        var cells: [WorkPage.Cell] = [
            WorkPage.Cell(seen.userID.text, note: seen.deviceName.map { "di mesin: \($0)" } ?? "tanpa nama di mesin"),
            WorkPage.Cell(seen.serial, note: proposal.unit), WorkPage.Cell("\(seen.scans)"),
            WorkPage.Cell(day(seen.first), note: "s.d. \(day(seen.last))"),
            WorkPage.Cell(best ?? "tidak ada", note: others),
        ]
        guard mayWrite else { return cells }
        let number = typed["n-\(key)"] ?? (isExact ? candidates.first?.employee.number ?? "" : "")
        let from = typed["s-\(key)"] ?? proposal.from?.text ?? seen.first.map { String($0.prefix(10)) } ?? ""
        cells.append(
            .field(.init("n-\(key)", "NIP untuk PIN \(seen.userID.text) di \(seen.serial)", number, longest: 32)))
        cells.append(
            .field(.init("s-\(key)", "Sejak, untuk PIN \(seen.userID.text) di \(seen.serial)", from, kind: .date)))
        return cells
    }

    private func linkedTable(
        _ ids: [LinkedUserID], _ asked: String, _ unit: OrgUnit?, _ page: Int, _ source: RecapSource, _ call: PageCall
    ) -> WorkPage.Table {
        let lines = ids.flatMap { id in id.links.map { (id, $0) } }
        let mayWrite = call.may(.writeLinks)
        let rows = lines.dropFirst(page * Self.linksOfPage).prefix(Self.linksOfPage).map {
            id, link -> [WorkPage.Cell] in
            let employee = source.employee(id: link.employee).flatMap { source.scope.contains($0) ? $0 : nil }
            var cells: [WorkPage.Cell] = [
                WorkPage.Cell(id.seen.userID.text, note: id.seen.deviceName.map { "di mesin: \($0)" } ?? ""),
                WorkPage.Cell(id.seen.serial, note: id.unit),
                WorkPage.Cell(
                    employee?.name ?? "pegawai unit lain",
                    note: employee.flatMap { source.scope.employments(of: $0).last?.number } ?? ""),
                WorkPage.Cell(Self.words(link.span)),
            ]
            if mayWrite {
                cells.append(
                    employee == nil
                        ? ""
                        : .form(
                            WorkPage.Form(
                                "", path: "\(Place.links.path)/\(link.id)/akhiri",
                                fields: [
                                    .init("sampai", "Hari terakhir", call.today.text, kind: .date, isNeeded: true)
                                ],
                                buttons: [.init("Akhiri", isMain: false)])))
            }
            return cells
        }
        return WorkPage.Table(
            asked == "claimed" ? "PIN diakui dua orang: \(ids.count)" : "PIN yang tertaut: \(ids.count)",
            lead: asked == "claimed" ? "Akhiri tautan yang salah; sampai itu scan-nya tidak dihitung." : "",
            columns: ["PIN", "Mesin", "Pegawai", "Berlaku"] + (mayWrite ? ["Akhiri"] : []), rows: Array(rows),
            empty: asked == "claimed" ? "Tidak ada PIN yang diakui dua orang." : "Belum ada tautan.",
            links: Self.pages(lines.count, page, asked, unit))
    }

    private func withoutPIN(_ source: RecapSource, _ call: PageCall) -> WorkPage.Table {
        let linked = Set(source.people.links.filter { $0.span.contains(call.today) }.map(\.employee))
        let people = source.people.employees.filter { employee in
            employee.employment(on: call.today) != nil && source.scope.contains(employee, on: call.today)
                && !linked.contains(employee.id)
        }.sorted { ($0.name, $0.id) < ($1.name, $1.id) }
        return WorkPage.Table(
            "Pegawai tanpa PIN: \(people.count)", lead: people.count > 300 ? "300 yang pertama ditampilkan." : "",
            columns: ["Pegawai", "Unit"],
            rows: people.prefix(300).map { employee in
                [
                    WorkPage.Cell(employee.name, note: employee.number, link: "/pegawai/\(employee.id)"),
                    WorkPage.Cell(employee.placement(on: call.today).flatMap { source.tree[$0.unit]?.name } ?? ""),
                ]
            }, empty: "Semua pegawai tertaut.")
    }

    // MARK: Writing

    private func link(_ call: PageCall) async throws -> Response {
        var typed: [String: String] = [:]
        for name in call.fields.names { typed[name] = call.fields[name] }
        func refuse(_ lines: [String]) async throws -> Response {
            try await links(
                call, typed, [.notice(.init(.bad, "Tidak ada yang ditautkan.", lines: Array(lines.prefix(100))))],
                status: .unprocessableContent)
        }
        guard let document = Self.text(call.fields["dokumen"], upTo: 200) else {
            return try await refuse(["Nomor dokumen kosong, terlalu panjang, atau memuat karakter kendali."])
        }
        let ids = try await linked(call.source).filter { $0.state == .unknown }
        let byKey = Dictionary(ids.map { (Self.key($0.seen), $0.seen) }) { first, _ in first }
        var rows: [[String]] = []
        var lines: [String] = []
        for name in call.fields.names.sorted() where name.hasPrefix("n-") {
            let key = String(name.dropFirst(2))
            let number = call.fields[name].filter { !$0.isWhitespace }
            guard !number.isEmpty else { continue }
            guard let seen = byKey[key] else {
                lines.append("Ada PIN yang sementara ini sudah ditautkan; muat ulang halaman.")
                continue
            }
            // Of another unit's people it is not said whether they exist.
            guard call.source.employee(number) != nil else {
                lines.append("PIN \(seen.userID.text) di \(seen.serial): NIP tidak dikenal")
                continue
            }
            rows.append([seen.serial, seen.userID.text, number, call.fields["s-\(key)"]])
        }
        if rows.isEmpty, lines.isEmpty { lines.append("Isi NIP pada sedikitnya satu baris.") }
        guard lines.isEmpty else { return try await refuse(lines) }
        let table = ImportFile.table([["Perangkat", "PIN", "NIP", "Mulai"]] + rows)
        let options = ImportOptions(from: call.today, document: document)
        let plan = ImportPlan.plan(
            .links, table.table, facts: ImportFacts(people: call.source.people), options: options)
        guard plan.errors.isEmpty else {
            return try await refuse(
                plan.errors.map { problem in
                    let index = (problem.line ?? 0) - 2
                    guard rows.indices.contains(index) else { return problem.text }
                    let row = rows[index]  // safe: it is one of its indices
                    return "PIN \(row.dropFirst().first ?? "") di \(row.first ?? ""): \(problem.text)"
                })
        }
        do {
            try await store.change(
                people: Self.changes(plan), revision: call.source.people.revision, by: call.actor,
                at: parts.now())
        } catch let refusal as ChangeRefusal {
            return try await refuse([RefusalSentence.text(refusal.reason)])
        }
        return redirect(Place.links.path, .linked)
    }

    private static func changes(_ plan: ImportPlan) -> [PeopleChange] {
        if case .people(let changes, _) = plan.work { changes } else { [] }
    }

    private func endLink(_ call: PageCall) async throws -> Response {
        guard let id = call.parameters["link"].flatMap({ Int64($0) }),
            let link = call.source.people.links.first(where: { $0.id == id }), isInScope(link, call.source)
        else { throw PageCall.absent }
        guard let last = CivilDate(text: call.fields["sampai"]) else {
            return try await links(
                call, [:], [.notice(.init(.bad, "Hari terakhir bukan tanggal."))], status: .unprocessableContent)
        }
        do {
            try await store.change(
                people: [.endLink(id: id, last: last)], revision: nil, by: call.actor, at: parts.now())
        } catch let refusal as ChangeRefusal {
            return try await links(
                call, [:], [.notice(.init(.bad, RefusalSentence.text(refusal.reason)))], status: .conflict)
        }
        return redirect(Place.links.path + "?keadaan=linked", .ended)
    }

    /// Both ends of it: the device or unit, and the person.
    private func isInScope(_ link: IdentityLink, _ source: RecapSource) -> Bool {
        let unit: Int64? =
            switch link.scope {
            case .unit(let unit): unit
            case .device(let serial): source.people.devices.first { $0.serial == serial }?.unit
            }
        return source.scope.contains(unit) && source.employee(id: link.employee).map(source.scope.contains) ?? false
    }
}
