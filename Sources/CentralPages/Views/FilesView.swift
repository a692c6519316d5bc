import Foundation
import PageSupport

/// `/jaringan/berkas`.
struct FilesView {
    struct Part {
        let device: String
        let serial: String
        let unit: String
        let scans: String
        let people: String
        let span: String
    }

    struct File {
        let number: Int
        let sha256: String
        let short: String
        let by: String
        let arrived: MomentView
        let parts: [Part]
        let total: String
        let mistake: String?
        let document: String
        let reason: String
        let isOpen: Bool
        let token: String
    }

    struct Accepted {
        let short: String
        let document: String
        let by: String
        let at: MomentView
    }

    let waiting: [File]
    let isEmpty: Bool
    let isCut: Bool
    let accepted: [Accepted]
    let hasAccepted: Bool
    let done: String?
    let mistake: String?

    init(_ model: FilesModel, _ frame: PageFrame) {
        let context = ViewContext(now: frame.moment, words: frame.words)
        let token = PageText.shown(frame.formToken, longest: 512)
        waiting = model.waiting.enumerated().map { index, file in
            let typed = model.typed?.sha256 == file.sha256 ? model.typed : nil
            return File(
                number: index + 1, sha256: PageText.shown(file.sha256, longest: 64), short: Self.short(file.sha256),
                by: name(file.by), arrived: context.moment(file.arrived), parts: file.parts.map(Self.part),
                total: plural(file.parts.map(\.scans).reduce(0, +)),
                mistake: typed == nil ? nil : model.mistake.map { PageText.shown($0, longest: 400) },
                document: PageText.shown(typed?.document ?? "", longest: 200),
                reason: PageText.shown(typed?.reason ?? "", longest: 1000), isOpen: typed != nil, token: token)
        }
        isEmpty = waiting.isEmpty
        isCut = model.isCut
        accepted = model.accepted.map { file in
            Accepted(
                short: Self.short(file.sha256), document: PageText.shown(file.document, longest: 120),
                by: name(file.by), at: context.moment(file.at))
        }
        hasAccepted = !accepted.isEmpty
        done = model.done.map { PageText.shown($0, longest: 300) }
        let isAtFile = model.waiting.contains { $0.sha256 == model.typed?.sha256 }
        mistake = isAtFile ? nil : model.mistake.map { PageText.shown($0, longest: 400) }
    }

    private static func short(_ digest: String) -> String { PageText.shown(String(digest.prefix(12)), longest: 12) }

    private static func part(_ part: FilesModel.File.Part) -> Part {
        let serial = PageText.shown(part.serial, longest: 32)
        return Part(
            device: part.device.isEmpty ? serial : name(part.device), serial: serial, unit: name(part.unit),
            scans: plural(part.scans), people: plural(part.people), span: span(part.first, part.last))
    }

    /// "20 Nov 2026 07.31 – 21 Nov 2026 16.02", in device time.
    static func span(_ first: String?, _ last: String?) -> String {
        guard let first = first.flatMap(wall), let last = last.flatMap(wall) else { return "tanpa tanggal yang sah" }
        return first == last ? first : "\(first) – \(last)"
    }

    private static func wall(_ text: String) -> String? {
        let parts = text.split(whereSeparator: { "-T:".contains($0) })
        guard parts.count == 6, let day = Int(parts[2]), let month = Int(parts[1]).flatMap(Indonesian.month) else {
            return nil
        }
        return PageText.shown("\(day) \(month.prefix(3)) \(parts[0]) \(parts[3]).\(parts[4])", longest: 40)
    }
}

extension CentralPages {
    package func files(_ model: FilesModel, _ frame: PageFrame) -> String {
        let parts = [PageBody.Part(id: "files", template: "files", view: FilesView(model, frame))]
        return page(PageBody(NetworkPage.files.place(frame), template: "page-files", parts: parts), frame)
    }
}
