import Attendance
import CentralPages
import CentralStore
import Foundation
import Hummingbird
import NIOCore
import PageSupport

/// What offices without a link carried here: looked at before it is taken, and the receipts to carry back.
struct BundlePages: Sendable {
    let parts: PageParts
    private let desk: BundleDrafts
    private let heavy = HeavyPages()

    init(parts: PageParts) {
        self.parts = parts
        desk = BundleDrafts(now: parts.now)
    }

    static let path = "jaringan/kiriman"
    private static let takePath = "jaringan/kiriman/terima"
    private static let receiptsPath = "jaringan/kiriman/tanda-terima"
    private static let mostShown = 200

    var routes: [PageRoute] {
        [
            PageRoute(.get, Self.path, .importBundles) { call in try await answer([.form(form)], call) },
            PageRoute(.post, Self.path, .importBundles, sent: .upload(most: MultipartForm.mostBytes)) { call in
                try await preview(call)
            },
            PageRoute(.post, Self.takePath, .importBundles) { call in try await take(call) },
            PageRoute(.post, Self.receiptsPath, .importBundles) { call in try await receipts(call) },
        ]
    }

    // MARK: Around the page

    private var form: WorkPage.Form {
        WorkPage.Form(
            "Baca berkas kiriman", path: "/" + Self.path, method: .upload,
            fields: [
                .init(
                    "berkas", "Berkas", kind: .file,
                    hint: "Nama berkas berakhir .hadir, dari flash disk kantor; satu berkas sekali, paling besar 8 MiB")
            ], buttons: [.init("Pratinjau")])
    }

    private func answer(
        _ blocks: [WorkPage.Block], _ call: PageCall, title: String = "Berkas kiriman",
        status: HTTPResponse.Status = .ok
    ) async throws -> Response {
        let frame = try await NetworkPages.frame(call, parts.live)
        return PageAnswers.html(parts.pages.bundles(title, blocks, frame), status: status)
    }

    private func refuse(
        _ call: PageCall, _ text: String, status: HTTPResponse.Status = .unprocessableContent
    ) async throws -> Response {
        try await answer([.notice(.init(.bad, text)), .form(form)], call, status: status)
    }

    // MARK: Looking

    private func preview(_ call: PageCall) async throws -> Response {
        guard let sent = call.file else { return try await refuse(call, "Pilih berkasnya dulu.") }
        let name = PageText.shown(sent.name, longest: 120)
        return try await heavy.run(call) {
            let looks: [BundleLook]
            do {
                looks = try await look(sent.bytes)
            } catch let refusal as BundleRefusal {
                return try await refuse(call, "\(name): \(BundleWords.sentence(refusal)) Tidak ada yang diubah.")
            } catch let error as BundleError {
                return try await refuse(
                    call, "\(name): \(BundleWords.sentence(.bundle(error))) Tidak ada yang diubah.")
            }
            guard !looks.isEmpty else {
                return try await refuse(call, "\(name): berkas ini kosong. Salin sekali lagi.")
            }
            do {
                let token = try await desk.put(
                    BundleDrafts.Draft(name: name, bytes: sent.bytes), of: call.visitor.session)
                return try await shown(looks, name, token, call)
            } catch is BundleDrafts.Full {
                return try await refuse(
                    call, "Terlalu banyak pratinjau yang menunggu. Coba lagi beberapa menit lagi.",
                    status: .serviceUnavailable)
            }
        }
    }

    private func look(_ bytes: [UInt8]) async throws -> [BundleLook] {
        let desk = BundleDesk(store: parts.store, ring: parts.administration.ring)
        var preview = try await BundleDesk.Preview(desk, at: parts.now())
        var reader = BundleReader(bytes)
        var looks: [BundleLook] = []
        while let bundle = try reader.next() { looks.append(try await preview.look(bundle)) }
        return looks
    }

    private func shown(
        _ looks: [BundleLook], _ name: String, _ token: String, _ call: PageCall
    ) async throws -> Response {
        let new = looks.reduce(0) { $0 + $1.new }
        let rows = looks.prefix(Self.mostShown).map { look -> [WorkPage.Cell] in
            let state: WorkPage.Cell =
                switch look.state {
                case .ready where look.new == 0: .pill(.idle, "sudah ada semua")
                case .ready: .pill(.ok, "siap diterima")
                case .gap: .pill(.warn, "menunggu catatan \(look.needed ?? 0)")
                case .revoked: .pill(.bad, "komputer dicabut")
                }
            return [
                WorkPage.Cell(look.unit, note: look.node), WorkPage.Cell("\(look.first)–\(look.last)"),
                WorkPage.Cell("\(look.new)"), WorkPage.Cell("\(look.known)"), state,
            ]
        }
        var blocks: [WorkPage.Block] = [
            .notice(.init(.idle, "\(name): \(new) catatan baru. Belum ada yang diterima."))
        ]
        if let gap = looks.first(where: { $0.state == .gap }) {
            blocks.append(.notice(.init(.warn, BundleWords.gap(gap.needed))))
        }
        blocks.append(
            .table(
                WorkPage.Table(
                    "Isi berkas",
                    columns: [
                        "Kantor", "Catatan", .init("Baru", isNumber: true), .init("Sudah ada", isNumber: true),
                        "Keadaan",
                    ], rows: rows, empty: "")))
        blocks.append(
            .form(
                WorkPage.Form(
                    "Terima kiriman ini",
                    lead:
                        "Setiap catatan dihitung sekali, juga bila jaringan kantor itu pulih atau berkasnya dibawa dua "
                        + "kali. Pratinjau ini berlaku 15 menit.",
                    path: "/" + Self.takePath, fields: [.init("kiriman", "", token, kind: .hidden)],
                    buttons: [.init("Terima")])))
        blocks.append(.form(form))
        return try await answer(blocks, call, title: "Berkas kiriman: pratinjau")
    }

    // MARK: Taking

    private func take(_ call: PageCall) async throws -> Response {
        guard case .bundles(let draft)? = await desk.take(call.fields["kiriman"], of: call.visitor.session) else {
            return try await refuse(
                call, "Pratinjau itu sudah dipakai atau lewat 15 menit. Pilih berkasnya lagi.", status: .conflict)
        }
        return try await heavy.run(call) {
            var answers: [BundleAnswer] = []
            var reader = BundleReader(draft.bytes)
            do {
                while let bundle = try reader.next() {
                    answers.append(
                        try await parts.administration.takeBundle(bundle.bytes, file: draft.name, by: call.actor))
                }
            } catch let error as CentralError where error.kind == .unavailable {
                return try await refuse(
                    call, "Kiriman lain dari kantor itu sedang disimpan. Pilih berkasnya lagi sebentar lagi.",
                    status: .serviceUnavailable)
            } catch is CentralError {
                return try await refuse(
                    call,
                    "Keadaan pusat berubah sejak pratinjau. Pratinjau lagi; yang sudah diterima tidak dihitung dua "
                        + "kali.", status: .conflict)
            }
            let receipts = answers.flatMap { Array($0.receipt) }
            let token = try await desk.put(
                receipts: BundleDrafts.Draft(name: draft.name, bytes: receipts), of: call.visitor.session)
            return try await taken(answers, draft.name, token, call)
        }
    }

    private func taken(
        _ answers: [BundleAnswer], _ name: String, _ token: String, _ call: PageCall
    ) async throws -> Response {
        let accepted = answers.reduce(0) { $0 + $1.accepted }
        let known = answers.reduce(0) { $0 + $1.duplicate }
        let quarantined = answers.reduce(0) { $0 + $1.quarantined }
        let bad = answers.first { $0.answer != .ok }
        let counts =
            "\(accepted) catatan baru, \(known) sudah ada"
            + (quarantined > 0 ? ", \(quarantined) di karantina" : "")
        let notice =
            bad.map { WorkPage.Notice(.warn, "\(name): \(counts). \(BundleWords.sentence($0))") }
            ?? WorkPage.Notice(.ok, "\(name): diterima. \(counts).")
        return try await answer(
            [
                .notice(notice),
                .form(
                    WorkPage.Form(
                        "Tanda terima",
                        lead: "Bawa kembali ke kantor itu dan masukkan di halaman komputer absennya (Kirim lewat flash "
                            + "disk). Dapat diunduh selama 15 menit; sesudah itu, pratinjau dan terima berkasnya sekali "
                            + "lagi.",
                        path: "/" + Self.receiptsPath, fields: [.init("tanda", "", token, kind: .hidden)],
                        buttons: [.init("Unduh tanda terima")])), .form(form),
            ], call, title: "Berkas kiriman: diterima")
    }

    private func receipts(_ call: PageCall) async throws -> Response {
        guard
            case .receipts(let draft)? = await desk.look(call.fields["tanda"], of: call.visitor.session)
        else {
            return try await refuse(
                call, "Tanda terima itu sudah lewat 15 menit. Pratinjau dan terima berkasnya sekali lagi.",
                status: .conflict)
        }
        let name = BundleWords.fileName(draft.name)
        return Response(
            status: .ok,
            headers: [
                .contentType: "application/octet-stream", .contentDisposition: "attachment; filename=\"\(name)\"",
            ], body: ResponseBody(byteBuffer: ByteBuffer(bytes: draft.bytes)))
    }
}

/// What was looked at and waits for a yes, and receipts that wait to be downloaded: in memory, few, and not for long.
actor BundleDrafts {
    struct Draft: Sendable {
        let name: String
        let bytes: [UInt8]
    }

    enum Kept: Sendable {
        case bundles(Draft)
        case receipts(Draft)

        var bytes: Int {
            switch self {
            case .bundles(let draft), .receipts(let draft): draft.bytes.count
            }
        }
    }

    struct Full: Error {}

    static let lifetime: TimeInterval = 15 * 60
    static let mostBytes = 64 << 20
    static let most = 32

    private struct Entry {
        let kept: Kept
        let session: [UInt8]
        let at: Date
    }

    private let now: @Sendable () -> Date
    private var entries: [String: Entry] = [:]

    init(now: @escaping @Sendable () -> Date) { self.now = now }

    /// Keeps a file in place of anything else of the session.
    func put(_ draft: Draft, of session: [UInt8]) throws(Full) -> String { try put(.bundles(draft), session) }

    func put(receipts draft: Draft, of session: [UInt8]) throws(Full) -> String { try put(.receipts(draft), session) }

    private func put(_ kept: Kept, _ session: [UInt8]) throws(Full) -> String {
        let moment = now()
        entries = entries.filter { $0.value.session != session && isFresh($0.value, moment) }
        let held = entries.values.reduce(0) { $0 + $1.kept.bytes }
        guard entries.count < Self.most, held + kept.bytes <= Self.mostBytes else { throw Full() }
        let name = SecretToken().text
        entries[name] = Entry(kept: kept, session: session, at: moment)
        return name
    }

    /// - Returns: `nil` where there is none, it is another session's, or too old.
    func look(_ name: String, of session: [UInt8]) -> Kept? {
        guard let entry = entries[name], entry.session == session, isFresh(entry, now()) else { return nil }
        return entry.kept
    }

    /// Takes it away, so that it is written once.
    func take(_ name: String, of session: [UInt8]) -> Kept? {
        let kept = look(name, of: session)
        if kept != nil { entries[name] = nil }
        return kept
    }

    private func isFresh(_ entry: Entry, _ moment: Date) -> Bool {
        (0..<Self.lifetime).contains(moment.timeIntervalSince(entry.at))
    }
}

/// The sentences of the page.
enum BundleWords {
    static func sentence(_ refusal: BundleRefusal) -> String {
        switch refusal {
        case .bundle(.otherCentre): "berkas ini dikunci untuk pusat lain."
        case .bundle(.truncated): "berkas ini tersalin sebagian. Salin sekali lagi dari flash disk."
        case .bundle(.altered): "berkas ini rusak atau sudah diubah. Minta kantor itu mengunduhnya sekali lagi."
        case .bundle(.malformed): "ini bukan berkas kiriman (.hadir)."
        case .unknownNode: "komputer pengirimnya tidak terdaftar di pusat ini."
        case .badSignature: "tanda tangannya bukan dari komputer kantor itu."
        case .brokenChain: "catatannya tidak berurutan. Minta kantor itu mengunduhnya sekali lagi."
        }
    }

    static func sentence(_ answer: BundleAnswer) -> String {
        switch answer.answer {
        case .ok: ""
        case .gap: gap(answer.needed)
        case .fork: "Pusat sudah menyimpan catatan lain atas nama komputer itu: ditolak. Bawa kembali tanda terimanya."
        case .revoked: "Komputer itu sudah dicabut: ditolak."
        case .bad: "Ditolak."
        }
    }

    static func gap(_ needed: Int64?) -> String {
        "Catatan mulai nomor \(needed ?? 0) belum ada di pusat: terima dulu berkas yang memuatnya, lalu berkas ini sekali "
            + "lagi."
    }

    /// Of what the sender called the file, only what is harmless in a header.
    static func fileName(_ name: String) -> String {
        let plain = name.unicodeScalars.filter { scalar in
            scalar.isASCII
                && (scalar.properties.isAlphabetic || ("0"..."9").contains(scalar)
                    || "._-".unicodeScalars.contains(scalar))
        }
        let text = String(String.UnicodeScalarView(plain))
        return (text.isEmpty ? "kiriman" : String(text.prefix(120))) + ".receipts"
    }
}
