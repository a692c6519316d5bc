import Attendance
import CentralStore
import Foundation
import PageSupport

extension Administration {
    func announceKey(_ person: Actor) async throws -> ControlAnswer {
        let wasAnnounced = ring.keys.next != nil
        let keys = try ring.announce()
        guard let next = keys.next else { throw CentralError(.io, "the next signing key could not be made") }
        if !wasAnnounced { try await note(.keyAnnounced, Hex.encode(next.fingerprint), person) }
        return .key(fingerprint: Hex.encode(next.fingerprint))
    }

    /// Keys are files: a note behind them is the nearest there is. Where it cannot be kept, the operator is told.
    private func note(_ what: AuditWord, _ fingerprint: String, _ person: Actor) async throws {
        try await store.note(what, object: "key:\(fingerprint)", detail: "", by: person, from: "", at: now())
    }

    /// Refused while a node that may still speak would be left with a key that signs nothing any more.
    func switchKey(force: Bool, _ person: Actor) async throws -> ControlAnswer {
        guard let next = ring.keys.next else {
            throw CentralError(.usage, "no next signing key is announced; run `hadir-central key announce` first")
        }
        let unaware = KeyStatus(ring.keys, try await store.nodes(), at: now()).unaware
        guard force || unaware.isEmpty else {
            throw CentralError(
                .usage,
                "\(unaware.count) nodes do not know the next key yet: \(unaware.prefix(20).joined(separator: ", ")); "
                    + "wait for them (`hadir-central key status`), revoke them, or use --force")
        }
        guard try ring.change() != nil else { throw CentralError(.usage, "no next signing key is announced any more") }
        try await note(.keyChanged, Hex.encode(next.fingerprint), person)
        return .key(fingerprint: Hex.encode(next.fingerprint))
    }
}

/// `hadir-central key status`: the signing keys, and who knows which.
package struct KeyStatus: Encodable {
    struct Node: Encodable {
        let id, unit: String
        /// `next`, `present`, `earlier`, `other`, or `nil` where the node has not said.
        let knows: String?
        let last_contact: String?
        /// Whether the key may not be changed before it knows the next one.
        let is_awaited: Bool
    }

    let present: String
    let next: String?
    let earlier: [String]
    let nodes: [Node]

    /// A node not seen for so long is not waited for. It is told of a change when it comes back, as long as the
    /// key it knows is kept.
    static let forgottenAfter: TimeInterval = 60 * 86_400

    package init(_ keys: CentralKeys, _ nodes: [NodeSummary], at moment: Date) {
        let present = Hex.encode(keys.fingerprint)
        let next = keys.next.map { Hex.encode($0.fingerprint) }
        let earlier = keys.earlier.map { Hex.encode($0.fingerprint) }.sorted()
        self.present = present
        self.next = next
        self.earlier = earlier
        self.nodes = nodes.map { node in
            let told = node.status?.centreKey
            let knows = told.map {
                $0 == next ? "next" : $0 == present ? "present" : earlier.contains($0) ? "earlier" : "other"
            }
            let seen = max(node.contactAt ?? node.enrolledAt, node.enrolledAt)
            let isLive = node.state(at: moment) == "active" && moment.timeIntervalSince(seen) < Self.forgottenAfter
            return Node(
                id: node.node, unit: node.unit, knows: knows, last_contact: node.contactAt.map(UTC.text),
                is_awaited: next != nil && isLive && knows != "next")
        }
    }

    /// Ids of the nodes that are waited for.
    package var unaware: [String] { nodes.filter(\.is_awaited).map(\.id) }

    package var text: String {
        var lines = ["present \(present)"]
        if let next { lines.append("next    \(next)") }
        lines += earlier.map { "earlier \($0)" }
        let table = TextTable.text(
            head: ["NODE", "UNIT", "KNOWS", "LAST CONTACT", "AWAITED"],
            rows: nodes.map { node in
                [
                    node.id, PageText.shown(node.unit, longest: 40), node.knows ?? "-", node.last_contact ?? "never",
                    node.is_awaited ? "yes" : "no",
                ]
            })
        return (lines + ["", table]).joined(separator: "\n")
    }
}
