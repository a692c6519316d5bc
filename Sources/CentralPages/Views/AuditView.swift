import Foundation
import PageSupport

/// `/audit`: how it stands with the log, what to ask it, and its notes, newest first.
struct AuditView {
    struct State {
        let tone: String
        let title: String
        let text: String
        let seq: String
        let hash: String
        let hashStart: String
        let witnesses: String
        let nodes: String
        let checked: MomentView?
    }

    struct Doubt {
        let unit: String
        let at: MomentView
        let text: String
    }

    struct Option {
        let value: String
        let text: String
        let isChosen: Bool
    }

    struct Group {
        let title: String
        let options: [Option]
    }

    struct Row {
        let seq: String
        let at: MomentView
        let clock: String
        let by: String
        let byPath: String
        let isSomebody: Bool
        let role: String
        let address: String
        let hasAddress: Bool
        let what: String
        let pill: Pill?
        let about: String
        let hasAbout: Bool
        let aboutPath: String?
        let detail: String
        let hasDetail: Bool
    }

    let state: State
    let doubts: [Doubt]
    let hasDoubts: Bool
    let by: String
    let object: String
    let from: String
    let to: String
    let problem: String?
    let isFiltered: Bool
    let isAny: Bool
    let groups: [Group]
    let rows: [Row]
    let isEmpty: Bool
    let older: String?
    let newest: String?
    let hasMore: Bool

    init(_ model: AuditModel, _ context: ViewContext) {
        state = Self.state(model, context)
        doubts = model.doubts.map { doubt in
            Doubt(
                unit: name(doubt.unit), at: context.moment(doubt.at),
                text: doubt.isCut
                    ? "mengenal catatan sampai nomor \(Indonesian.number(doubt.seq)), yang tidak ada lagi di sini"
                    : "mengenal isi lain pada nomor \(Indonesian.number(doubt.seq))")
        }
        hasDoubts = !doubts.isEmpty
        by = PageText.shown(model.filter.by, longest: 200)
        object = PageText.shown(model.filter.object, longest: 200)
        from = PageText.shown(model.filter.from, longest: 10)
        to = PageText.shown(model.filter.to, longest: 10)
        problem = model.filter.problem.map { PageText.shown($0, longest: 200) }
        isFiltered = !model.filter.isEmpty
        isAny = model.filter.what.isEmpty
        let known = Set(model.words)
        groups = AuditWords.groups.map { group in
            Group(
                title: group.title,
                options: group.words.filter(known.contains).map { word in
                    Option(value: word, text: AuditWords.text(word), isChosen: word == model.filter.what)
                })
        }
        rows = model.rows.map { Self.row($0, context) }
        isEmpty = rows.isEmpty
        older = model.older
        newest = model.newest
        hasMore = older != nil || newest != nil
    }

    private static func state(_ model: AuditModel, _ context: ViewContext) -> State {
        let bad = model.check?.firstBad
        let (tone, title, text): (String, String, String) =
            if let bad {
                (
                    "bad", "Catatan audit tidak cocok",
                    "Sejak nomor \(Indonesian.number(bad)) isinya mungkin bukan yang dahulu ditulis. Jalankan "
                        + "`hadir-central audit verify` di server dan simpan hasilnya."
                )
            } else if !model.doubts.isEmpty {
                (
                    "bad", "Catatan audit tidak cocok dengan yang dikenal kantor",
                    "Apakah pusat dipulihkan dari cadangan? Jika tidak, catatan ini telah diubah. Lihat daftar di bawah."
                )
            } else if model.check == nil {
                ("idle", "Belum diperiksa", "Seluruh catatan diperiksa setiap malam.")
            } else {
                ("ok", "Catatan utuh", "Seluruh rantai catatan diperiksa setiap malam dan cocok.")
            }
        return State(
            tone: tone, title: title, text: text.replacing("`", with: ""), seq: Indonesian.number(model.headSeq),
            hash: name(model.headHash), hashStart: String(name(model.headHash).prefix(12)),
            witnesses: plural(model.witnesses), nodes: plural(model.nodes),
            checked: model.check.map { context.moment($0.at) })
    }

    private static func row(_ row: AuditModel.Row, _ context: ViewContext) -> Row {
        let word = AuditWords.text(row.what)
        return Row(
            seq: Indonesian.number(row.seq), at: context.moment(row.at), clock: context.words.short(row.at),
            by: name(row.by), byPath: "/audit?oleh=" + escaped(row.by), isSomebody: !row.by.isEmpty,
            role: name(AuditWords.role(row.role)), address: name(row.address), hasAddress: !row.address.isEmpty,
            what: name(word), pill: AuditWords.tone(row.what).map { Pill(tone: $0, word: name(word)) },
            about: PageText.shown(row.about, longest: 120), hasAbout: !row.about.isEmpty,
            aboutPath: row.object.isEmpty ? nil : "/audit?tentang=" + escaped(row.object),
            detail: PageText.shown(row.detail, longest: 400), hasDetail: row.detail.count > 2)
    }

    /// For a value in a query: only letters and digits of ASCII stand for themselves.
    private static func escaped(_ text: String) -> String {
        let own = CharacterSet(charactersIn: "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.")
        return text.addingPercentEncoding(withAllowedCharacters: own) ?? ""
    }
}

extension CentralPages {
    package func auditPage(_ model: AuditModel, _ frame: PageFrame) -> String {
        let context = ViewContext(now: frame.moment, words: frame.words)
        let place = PagePlace(
            area: .audit, path: "/audit", title: "Catatan audit",
            lead: "Siapa mengubah, melihat, dan mengunduh apa. Tidak ada yang dapat dihapus.", style: "audit")
        return page(
            PageBody(
                place, template: "page-audit",
                parts: [PageBody.Part(id: "audit", template: "audit", view: AuditView(model, context))]), frame)
    }
}
