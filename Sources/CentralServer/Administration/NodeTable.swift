import Attendance
import CentralStore
import Foundation
import PageSupport

/// `hadir-central node list` as text.
package enum NodeTable {
    package static func text(_ nodes: [NodeSummary], at moment: Date) -> String {
        TextTable.text(
            head: ["NODE", "UNIT", "STATE", "LAST CONTACT", "VERSION", "BACKLOG", "HIGH WATER", "MISSING", "FORKS"],
            rows: nodes.map { node in
                [
                    node.node, printable(node.unit), node.state(at: moment),
                    node.contactAt.map(UTC.short) ?? "never",
                    printable(node.status?.version ?? "-"), node.status.map { String($0.backlog) } ?? "-",
                    String(node.highWater),
                    String(node.missing), String(node.forks),
                ]
            })
    }

    private static func printable(_ text: String) -> String { PageText.shown(text, longest: 40) }
}
