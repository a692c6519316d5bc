import Foundation
import PageSupport

/// A unit's node, or a unit that has none.
struct OfficeRow {
    let unit: String
    let node: String
    let hasNode: Bool
    /// Where the unit has several, its name tells them apart.
    var showsNode = false
    let pill: Pill
    let lastContact: MomentView?
    let version: String
    let backlog: String
    let backlogAge: String?
    let isWaiting: Bool
    let disk: String
    let isDiskLow: Bool
    let clock: Pill?
    let remark: String?
    let remarkTone: String
    /// How soon a person should look: 0 first.
    let urgency: Int

    init(_ node: NodeLine, _ context: ViewContext) {
        unit = name(node.unit)
        self.node = name(node.name)
        hasNode = true
        pill = Pill(contact: node.contact)
        lastContact = node.lastContact.map { context.moment($0) }
        version = node.version.map { PageText.shown($0, longest: 24) } ?? "–"
        backlog = node.backlog.map { Indonesian.number($0) } ?? "–"
        let waiting = node.backlog ?? 0
        isWaiting = waiting > 0
        backlogAge = waiting > 0 ? node.backlogAge.map { "tertua \(Indonesian.span($0))" } : nil
        disk = node.diskFree.map { Indonesian.bytes($0) } ?? "–"
        isDiskLow = node.diskFree.map { $0 < Self.lowDisk } ?? false
        clock = node.clockTrusted.map { Pill(tone: $0 ? "ok" : "warn", word: $0 ? "cocok" : "perlu diperiksa") }
        let remarks = Self.remarks(node, isDiskLow: isDiskLow)
        remark = remarks.isEmpty ? nil : remarks.joined(separator: " · ")
        remarkTone = "bad"
        urgency = Self.urgency(node, hasRemarks: !remarks.isEmpty)
    }

    /// A unit without a node.
    init(unit: String) {
        self.unit = name(unit)
        node = ""
        hasNode = false
        pill = Pill(contact: .never)
        lastContact = nil
        version = "–"
        backlog = "–"
        backlogAge = nil
        isWaiting = false
        disk = "–"
        isDiskLow = false
        clock = nil
        remark = "belum dipasang"
        remarkTone = "idle"
        urgency = 3
    }

    /// Below this a journal of a big office fills a disk within weeks.
    private static let lowDisk: Int64 = 500_000_000

    private static func remarks(_ node: NodeLine, isDiskLow: Bool) -> [String] {
        var remarks: [String] = []
        if node.missing > 0 { remarks.append("\(Indonesian.number(node.missing)) data tidak pernah sampai") }
        if node.forks > 0 { remarks.append("jurnal bercabang \(plural(node.forks)) kali") }
        if node.clockTrusted == false { remarks.append("jam komputer kantor perlu diperiksa") }
        if isDiskLow { remarks.append("disk hampir penuh") }
        return remarks
    }

    private static func urgency(_ node: NodeLine, hasRemarks: Bool) -> Int {
        switch node.contact {
        case .disconnected: 0
        case .connected where node.missing > 0 || node.forks > 0: 1
        case .connected where hasRemarks: 2
        case .never: 3
        case .connected: (node.backlog ?? 0) > 0 ? 4 : 5
        case .revoked: 6
        }
    }

    /// Every node, and every unit that has none.
    static func all(_ overview: Overview, _ context: ViewContext) -> [OfficeRow] {
        let withNode = Set(overview.nodes.map(\.unit))
        let nodesOf = Dictionary(overview.nodes.map { ($0.unit, 1) }, uniquingKeysWith: +)
        return overview.nodes.map { node in
            var row = OfficeRow(node, context)
            row.showsNode = nodesOf[node.unit, default: 0] > 1
            return row
        }
            + overview.units.filter { !withNode.contains($0) }.map { OfficeRow(unit: $0) }
    }
}

extension Pill {
    init(contact: Contact) {
        let tone =
            switch contact {
            case .connected: "ok"
            case .disconnected: "bad"
            case .never: "idle"
            case .revoked: "off"
            }
        self.init(tone: tone, word: contact.rawValue)
    }
}

/// How many offices are heard of; those that the operator has shut out do not count.
struct OfficeCounts {
    let connected: Int
    let cut: Int
    let never: Int

    var total: Int { connected + cut + never }

    init(_ overview: Overview) {
        let withNode = Set(overview.nodes.map(\.unit))
        connected = overview.nodes.count { $0.contact == .connected }
        cut = overview.nodes.count { $0.contact == .disconnected }
        never = overview.nodes.count { $0.contact == .never } + overview.units.count { !withNode.contains($0) }
    }
}

/// The table of `/kantor`, those with trouble first.
struct OfficesView {
    let rows: [OfficeRow]
    let isEmpty: Bool
    let counts: [Pill]

    let foundNone: Bool

    init(_ overview: Overview, _ context: ViewContext, _ search: RowSearch = RowSearch("")) {
        let all = OfficeRow.all(overview, context)
        rows = all.filter { search.finds([$0.unit, $0.node, $0.remark ?? ""]) }
            .sorted(by: \.urgency, then: { "\($0.unit) \($0.node)" })
        foundNone = rows.isEmpty && !all.isEmpty
        isEmpty = all.isEmpty
        counts = [Contact.connected, .disconnected, .never, .revoked].compactMap { contact in
            let pill = Pill(contact: contact)
            let count = all.count { $0.pill.word == pill.word }
            let word = contact == .never ? "belum pernah terhubung" : pill.word
            return count == 0 ? nil : Pill(tone: pill.tone, word: "\(plural(count)) \(word)")
        }
    }
}
