import AttendanceRules
import Foundation
import PageSupport

extension CentralPages {
    package func exports(_ model: ExportsModel, _ frame: PageFrame) -> String {
        let place = PagePlace(
            area: .downloads, path: "/unduhan", title: "Unduhan",
            lead: "Berkas untuk dicetak, diperiksa, atau diunggah ke aplikasi lain.", style: "exports",
            stream: "/unduhan/langsung?halaman=unduhan")
        return page(
            PageBody(
                place, template: "page-exports",
                parts: [
                    PageBody.Part(
                        id: "ask", template: "export-form", view: ExportFormView(model, frame)),
                    PageBody.Part(
                        id: "files", template: "export-files", view: ExportFilesView(model.files, frame)),
                ]), frame)
    }

    /// The list of files alone: it is sent again whenever it changed.
    package func exportFiles(_ files: [ExportsModel.File], _ frame: PageFrame) -> PageSection {
        let part = PageBody.Part(id: "files", template: "export-files", view: ExportFilesView(files, frame))
        return PageSection(id: part.id, html: render(part))
    }
}

struct ExportFormView {
    struct Choice {
        let value: String
        let text: String
        let isChosen: Bool
    }

    struct Kind {
        let value: String
        let title: String
        let purpose: String
        let isChosen: Bool
    }

    let token: String
    let problem: String?
    let kinds: [Kind]
    let units: [Choice]
    let formats: [Choice]
    let first: String
    let last: String
    let kept: String
    /// Where a daftar hadir can be printed at once.
    let paper: String?

    init(_ model: ExportsModel, _ frame: PageFrame) {
        token = PageText.shown(frame.formToken, longest: 512)
        problem = model.problem.map { PageText.shown($0, longest: 300) }
        kinds = model.kinds.map {
            Kind(value: $0.word, title: $0.title, purpose: $0.purpose, isChosen: $0.word == model.kind)
        }
        let all = Choice(value: "", text: "Semua unit saya", isChosen: model.unit.isEmpty)
        units =
            [all]
            + model.units.map { unit in
                Choice(
                    value: String(unit.id),
                    text: String(repeating: "\u{2003}", count: min(unit.depth, 6)) + name(unit.name),
                    isChosen: String(unit.id) == model.unit)
            }
        formats = [("xlsx", "Excel (.xlsx)"), ("csv", "CSV (.csv)")].map {
            Choice(value: $0.0, text: $0.1, isChosen: $0.0 == model.format)
        }
        first = PageText.shown(model.first, longest: 7)
        last = PageText.shown(model.last, longest: 7)
        kept = "\(model.hoursKept) jam"
        paper = (model.units.first { String($0.id) == model.unit } ?? model.units.first).map {
            "/unduhan/daftar-hadir/\($0.id)/\(PageText.shown(model.month, longest: 7))"
        }
    }
}

struct ExportFilesView {
    struct File {
        let id: String
        let token: String
        let title: String
        let about: String
        let name: String
        let at: MomentView
        let state: Pill
        let text: String
        let isRunning: Bool
        let done: Int
        let all: Int
        let isDone: Bool
        let hasNotes: Bool
        let end: String
    }

    let files: [File]
    let isEmpty: Bool

    init(_ files: [ExportsModel.File], _ frame: PageFrame) {
        let context = ViewContext(now: frame.moment, words: frame.words)
        self.files = files.map { File($0, PageText.shown(frame.formToken, longest: 512), context) }
        isEmpty = files.isEmpty
    }
}

extension ExportFilesView.File {
    init(_ file: ExportsModel.File, _ token: String, _ context: ViewContext) {
        id = PageText.shown(file.id)
        self.token = token
        title = file.title
        about = "\(file.unit.map { CentralPagesText.name($0) } ?? "Semua unit") · \(PageText.shown(file.period))"
        name = PageText.shown(file.name, longest: 120)
        at = context.moment(file.at)
        var (done, all, isRunning, isDone, hasNotes) = (0, 1, false, false, false)
        switch file.state {
        case .waiting(let before):
            state = Pill(tone: "idle", word: "menunggu")
            text = before > 0 ? "\(before) berkas lebih dulu" : "segera dibuat"
        case .running(let made, let of, let rows):
            state = Pill(tone: "warn", word: "sedang dibuat")
            (done, all, isRunning) = (min(made, of), max(of, 1), true)
            text =
                "\(Indonesian.percent(Double(done) / Double(all))): \(plural(done)) dari \(plural(all)) orang-bulan, "
                + "\(plural(rows)) baris"
        case .done(let bytes, let rows, let notes):
            state = Pill(tone: "ok", word: "siap")
            text = "\(plural(rows)) baris, \(Indonesian.bytes(Int64(bytes)))"
            (isDone, hasNotes) = (true, notes)
        case .failed(let why):
            state = Pill(tone: "bad", word: "gagal")
            text = PageText.shown(why, longest: 200)
        case .cancelled:
            state = Pill(tone: "idle", word: "dibatalkan")
            text = ""
        }
        self.done = done
        self.all = all
        self.isRunning = isRunning
        self.isDone = isDone
        self.hasNotes = hasNotes
        if case .waiting = file.state { end = "Batalkan" } else { end = isRunning ? "Batalkan" : "Hapus" }
    }
}

/// `name` where something else is called so.
enum CentralPagesText {
    static func name(_ text: String) -> String { PageText.shown(text) }
}
