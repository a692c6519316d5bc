import Attendance
import CentralStore
import Foundation

/// `hadir-central node list` as text.
package enum NodeTable {
    package static func text(_ nodes: [NodeSummary], at moment: Date) -> String {
        let head = ["NODE", "UNIT", "STATE", "LAST CONTACT", "VERSION", "BACKLOG", "HIGH WATER", "MISSING"]
        let rows =
            [head]
            + nodes.map { node in
                [
                    node.node, printable(node.unit), node.state(at: moment),
                    node.contactAt.map { String(UTC.text($0).prefix(19)) + "Z" } ?? "never",
                    printable(node.status?.version ?? "-"), node.status.map { String($0.backlog) } ?? "-",
                    String(node.highWater),
                    String(node.missing),
                ]
            }
        let widths = head.indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        return rows.map { row in
            zip(row, widths).map { cell, width in cell + String(repeating: " ", count: width - cell.count) }
                .joined(separator: "  ").trimmingCharacters(in: .whitespaces)
        }.joined(separator: "\n")
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
