import Attendance
import CentralStore
import Foundation

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

    private static func printable(_ text: String) -> String { Printable.text(text, longest: 40) }
}

/// Text that others chose, for logs and terminals: it must not steer them.
enum Printable {
    static func text(_ text: String, longest: Int = 64) -> String {
        var shown = String.UnicodeScalarView()
        for scalar in text.unicodeScalars.prefix(longest) {
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator: shown.append("\u{FFFD}")
            default: shown.append(scalar)
            }
        }
        return String(shown)
    }
}
