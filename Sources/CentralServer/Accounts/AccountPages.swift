import CentralAttendance
import CentralPages
import CentralStore
import Foundation
import Hummingbird
import PageSupport

/// `/akun`: who has an account, and what it may.
struct AccountPages: Sendable {
    let parts: PageParts

    static let ofOnePage = 50
    /// People whose names a search may mean.
    private static let mostPeople = 2000

    var routes: [PageRoute] {
        [
            PageRoute(.get, "akun", .manageAccounts) { call in try await list(call) },
            PageRoute(.get, "akun/nama/{account}", .manageAccounts) { call in try await detail(call) },
            PageRoute(.post, "akun/nama/{account}/ubah", .manageAccounts) { call in try await change(call) },
            PageRoute(.post, "akun/nama/{account}/tutup", .manageAccounts) { call in
                try await apply(.disabled, "tutup", call)
            },
            PageRoute(.post, "akun/nama/{account}/buka", .manageAccounts) { call in
                try await apply(.enabled, "buka", call)
            },
            PageRoute(.post, "akun/nama/{account}/sesi", .manageAccounts) { call in
                try await apply(.signedOut, "sesi", call)
            },
            PageRoute(.post, "akun/nama/{account}/slip", .manageAccounts) { call in try await slip(call) },
        ] + NewAccountPages(parts: parts).routes
    }

    static func place(_ path: String, _ title: String, lead: String = "") -> PagePlace {
        PagePlace(
            area: .accounts, path: path, title: title, lead: lead, style: "akun",
            neighbours: [
                PagePlace.Neighbour(path: "/akun", label: "Daftar akun", icon: "people"),
                PagePlace.Neighbour(path: "/akun/baru", label: "Akun baru", icon: "person"),
                PagePlace.Neighbour(path: "/akun/slip", label: "Cetak slip", icon: "sheet"),
                PagePlace.Neighbour(path: "/akun/token", label: "Token program", icon: "key"),
            ])
    }

    // MARK: List

    private func list(_ call: PageCall) async throws -> Response {
        var query = AccountQuery()
        query.text = String(
            (call.query["q"] ?? "").replacing("+", with: " ").trimmingCharacters(in: .whitespaces).prefix(64))
        query.role = call.query["peran"].flatMap(AccountRole.init)
        query.state = call.query["keadaan"].flatMap(AccountSummary.State.init)
        query.limit = Self.ofOnePage
        let number = max(1, call.query["lembar"].flatMap { Int($0) } ?? 1)
        query.offset = min(number - 1, 100_000) * Self.ofOnePage
        if !query.text.isEmpty { query.employees = people(query.text, call) }
        let found = try await parts.store.accounts(query, at: call.moment)
        let rows = found.accounts.map { row($0, call) }
        let last = max(1, (found.count + Self.ofOnePage - 1) / Self.ofOnePage)
        let table = WorkPage.Table(
            "\(Indonesian.number(Int64(found.count))) akun",
            lead: last > 1 ? "Lembar \(min(number, last)) dari \(last)" : "",
            columns: ["Akun", "Peran", "Keadaan", "Terakhir dipakai"], rows: rows,
            empty: "Tidak ada akun yang cocok. Ubah pencarian, atau cetak slip untuk pegawai yang belum punya akun.",
            links: links(number, last, query))
        return PageAnswers.html(
            parts.pages.work(
                WorkPage(
                    Self.place("/akun", "Akun", lead: "Siapa yang dapat masuk ke halaman ini, dan sebagai apa."),
                    [.form(Self.search(query)), .table(table)]), call.frame))
    }

    private static func search(_ query: AccountQuery) -> WorkPage.Form {
        let roles = AccountRole.allCases.map { WorkPage.Field.Option($0.rawValue, FrameMaker.role($0)) }
        let states = AccountSummary.State.allCases.map { WorkPage.Field.Option($0.rawValue, $0.word) }
        let all = [WorkPage.Field.Option("", "Semua")]
        return WorkPage.Form(
            "", path: "/akun", method: .ask,
            fields: [
                WorkPage.Field("q", "Cari nama akun, NIP, atau nama pegawai", query.text, longest: 64),
                WorkPage.Field("peran", "Peran", query.role?.rawValue ?? "", kind: .select(all + roles)),
                WorkPage.Field("keadaan", "Keadaan", query.state?.rawValue ?? "", kind: .select(all + states)),
            ], buttons: [WorkPage.Button("Cari")])
    }

    private func people(_ text: String, _ call: PageCall) -> [Int64] {
        let small = text.lowercased()
        return Array(
            call.whole.people.employees.lazy.filter { employee in
                employee.name.lowercased().contains(small)
                    || employee.employments.contains { $0.number.hasPrefix(text) }
            }.map(\.id).prefix(Self.mostPeople))
    }

    private func row(_ account: AccountSummary, _ call: PageCall) -> [WorkPage.Cell] {
        let person = account.employee.flatMap(call.whole.employee(id:))
        return [
            WorkPage.Cell(account.name, note: person?.name ?? "", link: Self.path(account.name)),
            WorkPage.Cell(FrameMaker.role(account.role), note: unit(account, call)),
            .pill(account.state(at: call.moment).tone, account.state(at: call.moment).word),
            WorkPage.Cell(account.seenAt.map(call.frame.words.short) ?? "belum pernah"),
        ]
    }

    /// An employee's role is about nobody's unit.
    private func unit(_ account: AccountSummary, _ call: PageCall) -> String {
        if let unit = account.unit { return call.whole.tree[unit]?.name ?? "unit yang sudah tidak ada" }
        return account.role == .employee ? "" : "seluruh pemerintah"
    }

    private func links(_ number: Int, _ last: Int, _ query: AccountQuery) -> [WorkPage.Link] {
        func link(_ text: String, _ number: Int) -> WorkPage.Link {
            let words = query.text.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
            return WorkPage.Link(
                text,
                "/akun?q=\(words)&peran=\(query.role?.rawValue ?? "")&keadaan=\(query.state?.rawValue ?? "")&lembar=\(number)"
            )
        }
        return (number > 1 ? [link("Sebelumnya", min(number - 1, last))] : [])
            + (number < last ? [link("Berikutnya", number + 1)] : [])
    }

    static func path(_ account: String) -> String {
        "/akun/nama/" + (account.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? "")
    }

    // MARK: One account

    private func account(_ call: PageCall) async throws -> AccountSummary {
        guard let name = call.parameters["account"], AccountName.isValid(name),
            let account = try await parts.store.summary(ofAccount: name)
        else { throw PageCall.absent }
        return account
    }

    /// An account that the visitor may change.
    private func target(_ call: PageCall) async throws -> AccountSummary {
        let account = try await account(call)
        guard AccountPowers.mayChange(account.name, of: account.role, by: call.visitor) else {
            throw HTTPError(.forbidden, message: "the account may not change that one")
        }
        return account
    }

    private static let results = [
        "ubah": "Peran, unit, dan pegawai sudah disimpan. Sesinya diakhiri.",
        "tutup": "Akun ditutup. Sesinya diakhiri.",
        "buka": "Akun dibuka lagi dengan kata sandi yang lama.", "sesi": "Semua sesi akun ini sudah diakhiri.",
    ]

    private func detail(
        _ call: PageCall, problems: [String: String] = [:], status: HTTPResponse.Status = .ok
    ) async throws -> Response {
        let account = try await account(call)
        let person = account.employee.flatMap(call.whole.employee(id:))
        let words = call.frame.words
        var blocks: [WorkPage.Block] = []
        if let done = call.query["hasil"].flatMap({ Self.results[$0] }) { blocks.append(.notice(.init(.ok, done))) }
        if !problems.isEmpty { blocks.append(.notice(.init(.bad, "Belum disimpan."))) }
        let state = account.state(at: call.moment)
        var rows: [[WorkPage.Cell]] = [
            ["Keadaan", .pill(state.tone, state.word)],
            ["Peran", WorkPage.Cell(FrameMaker.role(account.role), note: unit(account, call))],
            ["Pegawai", WorkPage.Cell(person?.name ?? "bukan pegawai", note: person?.number ?? "")],
            ["Dibuat", WorkPage.Cell(words.short(account.createdAt))],
            ["Terakhir dipakai", WorkPage.Cell(account.seenAt.map(words.short) ?? "belum pernah")],
            ["Sesi", WorkPage.Cell(String(account.sessions))],
        ]
        if let ends = account.firstPasswordEnds {
            rows.insert(["Kata sandi pertama", WorkPage.Cell("berlaku sampai \(words.short(ends))")], at: 1)
        }
        var facts = WorkPage.Table("", columns: ["Hal", "Isi"], rows: rows, empty: "")
        facts.isFacts = true
        blocks.append(.table(facts))
        if AccountPowers.mayChange(account.name, of: account.role, by: call.visitor) {
            blocks += forms(account, person, call, problems)
        } else {
            let isOwn = account.name.lowercased() == call.visitor.account.lowercased()
            let text =
                isOwn
                ? "Ini akun Anda sendiri: kata sandi dan sesi ada di menu akun. Perannya hanya dapat diubah orang lain."
                : "Akun dengan peran ini hanya dapat diubah oleh pengelola."
            blocks.append(.notice(.init(.idle, text)))
        }
        return PageAnswers.html(
            parts.pages.work(WorkPage(Self.place(Self.path(account.name), account.name), blocks), call.frame),
            status: status)
    }

    private func forms(
        _ account: AccountSummary, _ person: Employee?, _ call: PageCall, _ problems: [String: String]
    ) -> [WorkPage.Block] {
        let path = Self.path(account.name)
        func small(_ title: String, _ lead: String, _ part: String, _ button: String) -> WorkPage.Block {
            .form(
                WorkPage.Form(
                    title, lead: lead, path: "\(path)/\(part)", fields: [],
                    buttons: [WorkPage.Button(button, isMain: false)]))
        }
        return [
            .form(
                WorkPage.Form(
                    "Peran dan unit", lead: "Berlaku pada permintaan berikutnya: sesi yang terbuka diakhiri.",
                    path: path + "/ubah",
                    fields: DutyFields(parts: parts, call: call).fields(
                        role: account.role, unit: account.unit, number: person?.number ?? "", problems),
                    buttons: [WorkPage.Button("Simpan")])),
            small(
                "Slip baru",
                "Untuk yang lupa kata sandi. Kata sandi lama langsung tidak berlaku, dan sesinya diakhiri.",
                "slip", "Buat slip baru"),
            small("Sesi", "Akun tetap dapat masuk lagi dengan kata sandinya.", "sesi", "Akhiri semua sesi"),
            account.disabledAt == nil
                ? small("Tutup akun", "Tidak ada yang dapat masuk lagi. Akun tidak dihapus.", "tutup", "Tutup akun")
                : small("Buka akun", "Dapat masuk lagi dengan kata sandi yang lama.", "buka", "Buka akun"),
        ]
    }

    private func change(_ call: PageCall) async throws -> Response {
        let account = try await target(call)
        let chosen = try DutyFields(parts: parts, call: call).read()
        guard chosen.problems.isEmpty, let role = chosen.role else {
            return try await detail(call, problems: chosen.problems, status: .unprocessableContent)
        }
        _ = try await parts.store.acting(call.actor).change(
            account: account.name, .role(role, unit: chosen.unit), at: call.moment)
        if chosen.employee != account.employee {
            _ = try await parts.store.acting(call.actor).change(
                account: account.name, .employee(chosen.employee), at: call.moment)
        }
        return done("ubah", account, call)
    }

    private func apply(_ change: AccountChange, _ word: String, _ call: PageCall) async throws -> Response {
        let account = try await target(call)
        _ = try await parts.store.acting(call.actor).change(account: account.name, change, at: call.moment)
        return done(word, account, call)
    }

    private func done(_ word: String, _ account: AccountSummary, _ call: PageCall) -> Response {
        AccountNotes(parts: parts).note(word, account.name, call)
        return .redirect(to: "\(Self.path(account.name))?hasil=\(word)", type: .normal)
    }

    private func slip(_ call: PageCall) async throws -> Response {
        let account = try await target(call)
        let issuer = SlipIssuer(parts, call)
        guard let slip = try await issuer.renew(account.name, call.whole.people, today: call.today) else {
            throw PageCall.absent
        }
        AccountNotes(parts: parts).note("slip", account.name, call)
        return PageAnswers.html(
            parts.pages.slipPage([slip.model(address: call.origin)], notices: [], call.frame))
    }
}

/// What is told of changes of accounts by people at the pages.
struct AccountNotes {
    let parts: PageParts

    func note(_ what: String, _ account: String, _ call: PageCall) {
        parts.sessions.logger.notice(
            "account.changed",
            metadata: [
                "account": "\(account)", "what": "\(what)", "by": "\(call.visitor.account)",
                "address": "\(call.address)",
            ])
    }
}

extension SlipIssuer {
    init(_ parts: PageParts, _ call: PageCall) {
        self.init(store: parts.store.acting(call.actor), derive: parts.sessions.hasher.derive, now: parts.now)
    }
}

extension AccountSummary.State {
    var word: String {
        switch self {
        case .active: "aktif"
        case .first: "belum mulai"
        case .over: "slip kedaluwarsa"
        case .disabled: "ditutup"
        }
    }

    var tone: WorkPage.Tone {
        switch self {
        case .active: .ok
        case .first: .idle
        case .over: .warn
        case .disabled: .bad
        }
    }
}
