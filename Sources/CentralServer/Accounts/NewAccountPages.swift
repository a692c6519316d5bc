import AttendanceRules
import CentralAttendance
import CentralPages
import CentralStore
import Foundation
import Hummingbird
import PageSupport

/// Accounts one by one, and slips for a whole unit.
struct NewAccountPages: Sendable {
    let parts: PageParts

    /// What is printed at one time; the centre answers others meanwhile.
    static let slipsOfOnePage = 200

    var routes: [PageRoute] {
        [
            PageRoute(.get, "akun/baru", .manageAccounts) { call in form(call) },
            PageRoute(.post, "akun/baru", .manageAccounts) { call in try await add(call) },
            PageRoute(.get, "akun/slip", .manageAccounts) { call in choice(call) },
            PageRoute(.post, "akun/slip", .manageAccounts) { call in try await issue(call) },
        ]
    }

    private func form(
        _ call: PageCall, problems: [String: String] = [:], status: HTTPResponse.Status = .ok
    ) -> Response {
        var name = WorkPage.Field(
            "nama", "Nama akun", call.fields["nama"], hint: "Huruf, angka, dan . _ - @, tanpa spasi.", isNeeded: true,
            longest: 64)
        name.problem = problems["nama"] ?? ""
        let duty = DutyFields(parts: parts, call: call)
        let form = WorkPage.Form(
            "Akun baru",
            lead: """
                Untuk petugas, pimpinan, dan pemeriksa. Kata sandi pertama dibuat otomatis dan dicetak pada slip. Pegawai \
                mendapat akun lewat Cetak slip.
                """,
            path: "/akun/baru",
            fields: [name]
                + duty.fields(
                    role: AccountRole(rawValue: call.fields["peran"]) ?? .clerk, unit: Int64(call.fields["unit"]),
                    number: call.fields["nip"], problems),
            buttons: [WorkPage.Button("Buat akun dan slip")])
        let blocks: [WorkPage.Block] =
            (problems.isEmpty ? [] : [.notice(.init(.bad, "Akun belum dibuat."))]) + [.form(form)]
        return PageAnswers.html(
            parts.pages.work(WorkPage(AccountPages.place("/akun/baru", "Akun baru"), blocks), call.frame),
            status: status)
    }

    private func add(_ call: PageCall) async throws -> Response {
        let name = call.fields["nama"].trimmingCharacters(in: .whitespaces)
        var chosen = try DutyFields(parts: parts, call: call).read()
        if !AccountName.isValid(name) { chosen.problems["nama"] = "1 sampai 64 huruf, angka, atau . _ - @." }
        guard chosen.problems.isEmpty, let role = chosen.role else {
            return form(call, problems: chosen.problems, status: .unprocessableContent)
        }
        let slip = try await SlipIssuer(parts, call).add(
            name, Duty(role, unit: chosen.unit), employee: chosen.employee, call.whole.people, today: call.today)
        guard let slip else { return form(call, problems: ["nama": "Nama ini sudah dipakai."], status: .conflict) }
        AccountNotes(parts: parts).note("baru", name, call)
        return PageAnswers.html(parts.pages.slipPage([slip.model(address: call.origin)], notices: [], call.frame))
    }

    private func choice(
        _ call: PageCall, problem: String = "", status: HTTPResponse.Status = .ok
    ) -> Response {
        var unit = WorkPage.Field(
            "unit", "Unit, dengan semua di bawahnya", call.fields["unit"],
            kind: .select([.init("", "Pilih unit")] + DutyFields.units(call) + [.init("semua", "Seluruh pemerintah")]),
            isNeeded: true)
        unit.problem = problem
        let form = WorkPage.Form(
            "Slip untuk pegawai yang belum punya akun",
            lead: """
                Setiap pegawai mendapat akun dengan NIP sebagai nama dan kata sandi pertama yang berlaku \
                \(FirstPassword.lifetimeDays) hari. Slip hanya tampil sekali, paling banyak \(Self.slipsOfOnePage) \
                setiap kali: siapkan pencetak dulu.
                """,
            path: "/akun/slip",
            fields: [
                unit, WorkPage.Field("lagi", "Juga yang sudah punya slip tetapi belum pernah mulai", kind: .check),
            ],
            buttons: [WorkPage.Button("Buat slip")])
        return PageAnswers.html(
            parts.pages.work(WorkPage(AccountPages.place("/akun/slip", "Cetak slip"), [.form(form)]), call.frame),
            status: status)
    }

    private func issue(_ call: PageCall) async throws -> Response {
        let chosen = call.fields["unit"]
        let root = Int64(chosen).flatMap { call.whole.tree[$0] }
        guard chosen == "semua" || root != nil else {
            return choice(call, problem: "Pilih unit.", status: .unprocessableContent)
        }
        let request = IssueRequest(
            again: call.fields["lagi"] == "ya", after: Int64(call.fields["sesudah"]) ?? 0, most: Self.slipsOfOnePage)
        let batch = try await SlipIssuer(parts, call).issue(
            request, call.whole.people, units: root.map { call.whole.tree.subtree(of: $0.id) }, today: call.today)
        AccountNotes(parts: parts).note("slip", "\(batch.slips.count) accounts", call)
        guard !batch.slips.isEmpty || batch.last != nil || !batch.skipped.isEmpty else {
            return choice(call, problem: "Semua pegawai di sini sudah punya akun.", status: .conflict)
        }
        let skipped = batch.skipped.map { person in
            "Tanpa slip: \(person.number) \(person.person). Nomornya tidak dapat menjadi nama akun, atau sudah dipakai akun lain."
        }
        let next = batch.last.map {
            NextSlips(unit: chosen, again: request.again, after: $0, left: batch.left)
        }
        return PageAnswers.html(
            parts.pages.slipPage(
                batch.slips.map { $0.model(address: call.origin) }, notices: skipped, next: next, call.frame))
    }
}

/// Role, unit and person of an account, as fields of a form.
struct DutyFields {
    struct Chosen {
        var role: AccountRole?
        var unit: Int64?
        var employee: Int64?
        /// By field.
        var problems: [String: String] = [:]
    }

    let parts: PageParts
    let call: PageCall

    /// Units by name, for a choice.
    static func units(_ call: PageCall) -> [WorkPage.Field.Option] {
        call.whole.people.units.sorted { ($0.name, $0.id) < ($1.name, $1.id) }.map { .init(String($0.id), $0.name) }
    }

    func fields(
        role: AccountRole, unit: Int64?, number: String, _ problems: [String: String]
    ) -> [WorkPage.Field] {
        let roles = AccountRole.allCases.filter(AccountPowers.accounts(of: call.visitor.role).contains)
        var fields = [
            WorkPage.Field(
                "peran", "Peran", role.rawValue, kind: .select(roles.map { .init($0.rawValue, FrameMaker.role($0)) })),
            WorkPage.Field(
                "unit", "Berlaku di unit", unit.map(String.init) ?? "",
                kind: .select([.init("", "Seluruh pemerintah")] + Self.units(call)),
                hint: "Dengan semua unit di bawahnya. Untuk Pegawai tidak berpengaruh."),
            WorkPage.Field(
                "nip", "NIP", number, hint: "Pegawai yang memakai akun ini; kosongkan bila bukan pegawai.", longest: 64),
        ]
        for index in fields.indices { fields[index].problem = problems[fields[index].name] ?? "" }
        return fields
    }

    /// - Throws: `HTTPError` 403 for a role that the visitor may not give.
    func read() throws -> Chosen {
        var chosen = Chosen()
        chosen.role = AccountRole(rawValue: call.fields["peran"])
        if let role = chosen.role {
            guard AccountPowers.accounts(of: call.visitor.role).contains(role) else {
                throw HTTPError(.forbidden, message: "the account may not give the role \(role.rawValue)")
            }
        } else {
            chosen.problems["peran"] = "Pilih peran."
        }
        let unit = call.fields["unit"]
        chosen.unit = Int64(unit).flatMap { call.whole.tree[$0]?.id }
        if !unit.isEmpty, chosen.unit == nil { chosen.problems["unit"] = "Unit ini tidak ada." }
        let number = call.fields["nip"].filter { !$0.isWhitespace }
        if !number.isEmpty {
            chosen.employee = call.whole.employee(number)?.id
            if chosen.employee == nil { chosen.problems["nip"] = "Tidak ada pegawai dengan NIP ini." }
        }
        return chosen
    }
}
