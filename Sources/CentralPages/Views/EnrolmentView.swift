import Foundation
import PageSupport

/// `/jaringan/pendaftaran`.
struct EnrolmentView {
    struct Made {
        let code: String
        let unit: String
        let expires: String
    }

    struct Open {
        let unit: String
        let created: MomentView
        let expires: MomentView
    }

    struct Node {
        let unit: String
        let node: String
        let pill: Pill
        let version: String
        let lastContact: MomentView?
        let canRevoke: Bool
        let path: String
    }

    let token: String
    let address: String
    let units: [String]
    let chosen: String
    let made: Made?
    let mistake: String?
    let done: String?
    let open: [Open]
    let hasOpen: Bool
    let nodes: [Node]
    let hasNodes: Bool

    init(_ model: EnrolmentModel, _ frame: PageFrame) {
        let context = ViewContext(now: frame.moment, words: frame.words)
        token = PageText.shown(frame.formToken, longest: 512)
        address = PageText.shown(model.address, longest: 512)
        units = model.units.map { PageText.shown($0, longest: 400) }
        chosen = PageText.shown(model.unit, longest: 400)
        made = model.made.map { made in
            Made(
                code: PageText.shown(made.code, longest: 4096), unit: name(made.unit),
                expires: "\(frame.words.longDate(made.expires)) pukul \(frame.words.time(made.expires).prefix(5))")
        }
        mistake = model.mistake.map { PageText.shown($0, longest: 400) }
        done = model.done.map { PageText.shown($0, longest: 400) }
        open = model.open.map { code in
            Open(unit: name(code.unit), created: context.moment(code.created), expires: context.moment(code.expires))
        }
        hasOpen = !open.isEmpty
        nodes = model.nodes.sorted(by: { $0.contact == .revoked ? 1 : 0 }, then: { "\($0.unit) \($0.name)" })
            .map { node in
                Node(
                    unit: name(node.unit), node: name(node.name), pill: Pill(contact: node.contact),
                    version: node.version.map { PageText.shown($0, longest: 24) } ?? "–",
                    lastContact: node.lastContact.map { context.moment($0) }, canRevoke: node.contact != .revoked,
                    path: Self.path(ofRevoking: node.name))
            }
        hasNodes = !nodes.isEmpty
    }

    /// Names of nodes are 16 hex digits that the centre made; anything else leads nowhere rather than elsewhere.
    static func path(ofRevoking name: String) -> String {
        let digits = name.unicodeScalars.filter { $0.properties.isASCIIHexDigit }.prefix(64)
        return "/jaringan/pendaftaran/cabut/" + String(String.UnicodeScalarView(digits))
    }
}

/// `/jaringan/pendaftaran/cabut/…`: what happens when a node is shut out.
struct RevocationView {
    let token: String
    let path: String
    let unit: String
    let node: String
    let pill: Pill
    let lastContact: MomentView?
    let waiting: String?
    let devices: String?
    let hasOther: Bool
    let mistake: String?

    init(_ model: RevocationModel, _ frame: PageFrame) {
        let context = ViewContext(now: frame.moment, words: frame.words)
        token = PageText.shown(frame.formToken, longest: 512)
        path = EnrolmentView.path(ofRevoking: model.node.name)
        unit = name(model.node.unit)
        node = name(model.node.name)
        pill = Pill(contact: model.node.contact)
        lastContact = model.node.lastContact.map { context.moment($0) }
        let backlog = model.node.backlog ?? 0
        waiting = backlog > 0 ? Indonesian.number(backlog) : nil
        let shown = model.devices.prefix(6).map { name($0) }.joined(separator: ", ")
        devices = shown.isEmpty ? nil : shown + (model.devices.count > 6 ? ", …" : "")
        hasOther = model.hasOther
        mistake = model.mistake.map { PageText.shown($0, longest: 400) }
    }
}

extension CentralPages {
    package func enrolment(_ model: EnrolmentModel, _ frame: PageFrame) -> String {
        let parts = [PageBody.Part(id: "enrolment", template: "enrolment", view: EnrolmentView(model, frame))]
        return page(PageBody(NetworkPage.enrolment.place(frame), template: "page-enrolment", parts: parts), frame)
    }

    package func revocation(_ model: RevocationModel, _ frame: PageFrame) -> String {
        let parts = [PageBody.Part(id: "revocation", template: "revocation", view: RevocationView(model, frame))]
        let place = NetworkPage.enrolment.place(
            frame, title: "Cabut komputer absen", lead: "Baca akibatnya dulu; pencabutan tidak dapat dibatalkan.")
        return page(PageBody(place, template: "page-revocation", parts: parts), frame)
    }
}
