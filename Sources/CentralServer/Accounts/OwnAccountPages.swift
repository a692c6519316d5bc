import Attendance
import CentralPages
import CentralStore
import Foundation
import Hummingbird
import PageSupport

/// `/sandi`: everybody's own password and sessions.
struct OwnAccountPages: Sendable {
    let parts: PageParts

    private static let rules = """
        Minimal \(PasswordRules.shortest) karakter, boleh memakai spasi. Beberapa kata yang tidak berhubungan mudah \
        diingat dan sulit ditebak, misalnya empat nama benda. Tidak perlu angka atau tanda baca, dan tidak perlu \
        diganti berkala. Jangan memakai NIP, nama, tanggal lahir, atau kata sandi dari tempat lain.
        """

    var routes: [PageRoute] {
        [
            PageRoute(.get, "sandi", .ownAccount) { call in
                let isDone = call.query["hasil"] == "sandi"
                let isEnded = call.query["hasil"] == "sesi"
                let notice =
                    isDone
                    ? WorkPage.Notice(.ok, "Kata sandi sudah diganti. Semua sesi lain sudah diakhiri.")
                    : isEnded ? WorkPage.Notice(.ok, "Sesi itu sudah diakhiri.") : nil
                return try await page(call, notice: notice)
            },
            PageRoute(.post, "sandi", .ownAccount) { call in try await change(call) },
            PageRoute(.post, "sandi/sesi", .ownAccount) { call in try await end(call) },
        ]
    }

    private func page(
        _ call: PageCall, notice: WorkPage.Notice? = nil, problems: [String: String] = [:],
        status: HTTPResponse.Status = .ok
    ) async throws -> Response {
        let isFirst = call.visitor.mustChangePassword
        var blocks: [WorkPage.Block] = []
        if isFirst {
            blocks.append(
                .notice(
                    WorkPage.Notice(
                        .warn,
                        "Pilih kata sandi Anda sendiri dulu. Setelah itu semua halaman terbuka, dan slip tidak berlaku lagi."
                    )))
        }
        if let notice { blocks.append(.notice(notice)) }
        blocks.append(.form(Self.form(isFirst: isFirst, problems)))
        if !isFirst { blocks.append(.table(try await sessions(call))) }
        let place = PagePlace(
            area: .own, path: PagePaths.password, title: "Kata sandi dan sesi",
            lead: "Akun \(call.visitor.account)", style: "akun")
        return PageAnswers.html(parts.pages.work(WorkPage(place, blocks), call.frame), status: status)
    }

    private static func form(isFirst: Bool, _ problems: [String: String]) -> WorkPage.Form {
        func field(_ name: String, _ label: String, isNew: Bool, hint: String = "") -> WorkPage.Field {
            var field = WorkPage.Field(
                name, label, kind: .password(isNew: isNew), hint: hint, isNeeded: true, longest: 512)
            field.problem = problems[name] ?? ""
            return field
        }
        return WorkPage.Form(
            "Ganti kata sandi", lead: rules, path: PagePaths.password,
            fields: [
                field("lama", isFirst ? "Kata sandi dari slip" : "Kata sandi sekarang", isNew: false),
                field("baru", "Kata sandi baru", isNew: true),
                field("ulang", "Kata sandi baru, sekali lagi", isNew: true),
            ], buttons: [WorkPage.Button("Ganti kata sandi")])
    }

    private func sessions(_ call: PageCall) async throws -> WorkPage.Table {
        let sessions = try await parts.store.sessions(ofAccount: call.visitor.account)
        let rows: [[WorkPage.Cell]] = sessions.map { session in
            let isThis = session.token == call.visitor.session
            let form = WorkPage.Form(
                "Akhiri sesi sejak \(call.frame.words.short(session.createdAt))", path: "/sandi/sesi",
                fields: [WorkPage.Field("sesi", "Sesi", Self.name(session.token), kind: .hidden)],
                buttons: [WorkPage.Button("Akhiri", isMain: false)])
            return [
                WorkPage.Cell(call.frame.words.short(session.createdAt)),
                WorkPage.Cell(call.frame.words.short(session.seenAt)),
                isThis ? .pill(.ok, "sesi ini") : .form(form),
            ]
        }
        return WorkPage.Table(
            "Sesi yang terbuka",
            lead: "Di mana akun ini sedang masuk. Ada yang bukan Anda? Akhiri, lalu ganti kata sandi.",
            columns: ["Masuk sejak", "Terakhir dipakai", "Tindakan"], rows: rows, empty: "Tidak ada sesi lain.")
    }

    /// Enough to tell fifty sessions apart.
    private static func name(_ token: [UInt8]) -> String { Hex.encode(Array(token.prefix(8))) }

    private func change(_ call: PageCall) async throws -> Response {
        let (old, new) = (call.fields["lama"], call.fields["baru"])
        func again(_ problems: [String: String], _ status: HTTPResponse.Status = .unprocessableContent) async throws
            -> Response
        {
            try await page(
                call, notice: WorkPage.Notice(.bad, "Kata sandi belum diganti."), problems: problems, status: status)
        }
        guard !old.isEmpty else { return try await again(["lama": "Isi kata sandi yang berlaku sekarang."]) }
        guard PasswordRules.bytes(new) == PasswordRules.bytes(call.fields["ulang"]) else {
            return try await again(["ulang": "Tidak sama dengan kata sandi baru di atas."])
        }
        let outcome = try await parts.sessions.changePassword(
            of: call.visitor, from: old, to: new, address: call.address, browser: call.browser)
        switch outcome {
        case .changed(let session):
            var response = Response.redirect(
                to: call.visitor.mustChangePassword ? "/" : PagePaths.password + "?hasil=sandi", type: .normal)
            call.jar.set(.session, to: session, &response)
            return response
        case .refused: return try await again(["lama": "Kata sandi ini salah."])
        case .unfit(let problem): return try await again(["baru": problem.indonesian])
        case .wait(let seconds):
            let words = Indonesian.span(Double(seconds < 60 ? seconds : (seconds + 59) / 60 * 60))
            var response = try await again(
                ["lama": "Terlalu banyak percobaan. Coba lagi dalam \(words)."], .tooManyRequests)
            response.headers[.retryAfter] = "\(seconds)"
            return response
        case .busy:
            return try await again(["lama": "Server sedang sibuk. Coba lagi dalam 5 detik."], .serviceUnavailable)
        }
    }

    private func end(_ call: PageCall) async throws -> Response {
        let sessions = try await parts.store.sessions(ofAccount: call.visitor.account)
        guard let session = sessions.first(where: { Self.name($0.token) == call.fields["sesi"] }) else {
            throw PageCall.absent
        }
        try await parts.store.acting(call.actor).endSession(session.token, at: call.moment)
        return .redirect(to: PagePaths.password + "?hasil=sesi", type: .normal)
    }
}
