import CentralAttendance
import CentralPages
import CentralStore
import Foundation
import Hummingbird
import PageSupport

/// `/akun/token`: what other programs of the government may ask.
struct TokenPages: Sendable {
    let parts: PageParts

    private static let days = [30, 90, 180, Administration.tokenDays]

    var routes: [PageRoute] {
        [
            PageRoute(.get, "akun/token", .manageAccounts) { call in
                let isDone = call.query["hasil"] == "cabut"
                return try await page(call, notice: isDone ? .init(.ok, "Token dicabut dan tidak berlaku lagi.") : nil)
            },
            PageRoute(.post, "akun/token", .manageAccounts) { call in try await add(call) },
            PageRoute(.post, "akun/token/{token}/cabut", .manageAccounts) { call in try await revoke(call) },
        ]
    }

    private func page(
        _ call: PageCall, notice: WorkPage.Notice?, problems: [String: String] = [:],
        status: HTTPResponse.Status = .ok
    ) async throws -> Response {
        let tokens = try await parts.store.tokens()
        let table = WorkPage.Table(
            "Token", lead: "Isi token tidak disimpan dan tidak dapat ditampilkan lagi.",
            columns: ["Untuk apa", "Peran", "Keadaan", "Berakhir", "Tindakan"],
            rows: tokens.map { row($0, call) }, empty: "Belum ada token.")
        return PageAnswers.html(
            parts.pages.work(
                WorkPage(
                    AccountPages.place(
                        "/akun/token", "Token program",
                        lead: "Untuk program lain milik pemerintah, misalnya penggajian, yang membaca lewat API."),
                    (notice.map { [.notice($0)] } ?? []) + [.table(table), .form(form(call, problems))]), call.frame),
            status: status)
    }

    private func row(_ token: TokenSummary, _ call: PageCall) -> [WorkPage.Cell] {
        let state = token.state(at: call.moment)
        let unit = token.grant.unit.map { call.whole.tree[$0]?.name ?? "unit yang sudah tidak ada" }
        let mayEnd = state == .active && AccountPowers.tokens(of: call.visitor.role).contains(token.grant.role)
        let form = WorkPage.Form(
            "Cabut token \(token.id)", path: "/akun/token/\(token.id)/cabut", fields: [],
            buttons: [WorkPage.Button("Cabut", isMain: false)])
        return [
            WorkPage.Cell(token.grant.label.isEmpty ? "token \(token.id)" : token.grant.label),
            WorkPage.Cell(Self.role(token.grant.role), note: unit ?? "seluruh pemerintah"),
            state == .active ? .pill(.ok, "berlaku") : .pill(.idle, state == .over ? "berakhir" : "dicabut"),
            WorkPage.Cell(token.endsAt.map(call.frame.words.date) ?? "tidak berakhir"),
            mayEnd ? .form(form) : "",
        ]
    }

    private func form(_ call: PageCall, _ problems: [String: String]) -> WorkPage.Form {
        let roles = TokenRole.allCases.filter(AccountPowers.tokens(of: call.visitor.role).contains)
        var label = WorkPage.Field(
            "untuk", "Untuk apa", call.fields["untuk"], hint: "Misalnya: aplikasi TPP.", isNeeded: true, longest: 100)
        label.problem = problems["untuk"] ?? ""
        return WorkPage.Form(
            "Token baru",
            lead: "Siapa pun yang memegang token dapat membaca sebatas perannya. Simpan seperti kata sandi.",
            path: "/akun/token",
            fields: [
                label,
                WorkPage.Field(
                    "peran", "Peran", call.fields["peran"],
                    kind: .select(roles.map { .init($0.rawValue, Self.role($0)) })),
                WorkPage.Field(
                    "unit", "Berlaku di unit", call.fields["unit"],
                    kind: .select([.init("", "Seluruh pemerintah")] + DutyFields.units(call))),
                WorkPage.Field(
                    "hari", "Berlaku selama", call.fields["hari"].isEmpty ? "400" : call.fields["hari"],
                    kind: .select(Self.days.map { .init(String($0), "\($0) hari") }),
                    hint: "Sesudah itu program harus diberi token baru."),
            ], buttons: [WorkPage.Button("Buat token")])
    }

    private func add(_ call: PageCall) async throws -> Response {
        let label = call.fields["untuk"].trimmingCharacters(in: .whitespaces)
        guard !label.isEmpty, let role = TokenRole(rawValue: call.fields["peran"]) else {
            return try await page(
                call, notice: .init(.bad, "Token belum dibuat."), problems: ["untuk": "Isi untuk apa token ini."],
                status: .unprocessableContent)
        }
        guard AccountPowers.tokens(of: call.visitor.role).contains(role) else {
            throw HTTPError(.forbidden, message: "the account may not make a token of \(role.rawValue)")
        }
        let unit = call.fields["unit"]
        let name = Int64(unit).flatMap { call.whole.tree[$0]?.name }
        guard unit.isEmpty || name != nil else { throw PageCall.absent }
        let days = Int(call.fields["hari"]).flatMap { Self.days.contains($0) ? $0 : nil } ?? Administration.tokenDays
        let ends = try CentralCommands.tokenEnd(date: nil, days: days, at: call.moment)
        let request = ControlRequest.addToken(role: role.rawValue, label: label, unit: name, ends: ends)
        guard case .token(let text, _) = await parts.administration.perform(request, by: call.actor) else {
            return try await page(
                call, notice: .init(.bad, "Token belum dibuat: peran ini tidak dapat dibatasi pada satu unit."),
                status: .unprocessableContent)
        }
        AccountNotes(parts: parts).note("token", label, call)
        return try await page(
            call,
            notice: .init(
                .ok, "Token ini hanya tampil sekali. Berlaku \(days) hari. Salin sekarang:", lines: [text]))
    }

    private func revoke(_ call: PageCall) async throws -> Response {
        guard let id = call.parameters["token"].flatMap({ Int64($0) }),
            let token = try await parts.store.tokens().first(where: { $0.id == id })
        else { throw PageCall.absent }
        guard AccountPowers.tokens(of: call.visitor.role).contains(token.grant.role) else {
            throw HTTPError(.forbidden, message: "the account may not end that token")
        }
        _ = try await parts.store.acting(call.actor).revokeToken(id, at: call.moment)
        AccountNotes(parts: parts).note("token dicabut", token.grant.label, call)
        return .redirect(to: "/akun/token?hasil=cabut", type: .normal)
    }

    private static func role(_ role: TokenRole) -> String {
        switch role {
        case .reader: "Pembaca scan mentah"
        case .viewer: "Pembaca rekap"
        case .clerk: "Petugas unit"
        case .personnel: "Kepegawaian"
        case .auditor: "Pemeriksa"
        }
    }
}
