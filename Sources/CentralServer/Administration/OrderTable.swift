import Attendance
import CentralStore
import Foundation
import PageSupport

/// `hadir-central order list` as text.
package enum OrderTable {
    package static func text(_ orders: [OrderSummary], at moment: Date) -> String {
        TextTable.text(
            head: ["ORDER", "NODE", "UNIT", "KIND", "FOR", "STATE", "EXPIRES", "TEXT"],
            rows: orders.map { order in
                [
                    order.id, order.node, PageText.shown(order.unit, longest: 40), order.kind,
                    PageText.shown(order.arguments), order.state(at: moment), UTC.short(order.expiresAt),
                    PageText.shown(order.answer?.text ?? "", longest: 80),
                ]
            })
    }
}

/// `hadir-central order list --json`.
package struct OrdersAnswer: Encodable {
    struct Item: Encodable {
        let id, node, unit, kind, state, created_at, expires_at: String
        let args: [String: String]
        let text, received_at, epoch: String?
        let seq: Int64?

        init(_ order: OrderSummary, at moment: Date) {
            id = order.id
            node = order.node
            unit = order.unit
            kind = order.kind
            state = order.state(at: moment)
            created_at = UTC.text(order.createdAt)
            expires_at = UTC.text(order.expiresAt)
            args = order.args
            text = order.answer?.text
            received_at = order.answer.map { UTC.text($0.receivedAt) }
            epoch = order.answer?.place.epoch
            seq = order.answer?.place.seq
        }
    }

    let orders: [Item]

    package init(_ orders: [OrderSummary], at moment: Date) { self.orders = orders.map { Item($0, at: moment) } }
}

extension OrderSummary {
    fileprivate var arguments: String {
        args.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: " ")
    }
}

/// Columns of text, each as wide as its widest cell; an empty first cell stays one.
enum TextTable {
    static func text(head: [String], rows: [[String]]) -> String {
        let rows = [head] + rows
        let widths = head.indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        return rows.map { row in
            var line = zip(row, widths).map { cell, width in cell + String(repeating: " ", count: width - cell.count) }
                .joined(separator: "  ")
            while line.last == " " { line.removeLast() }
            return line
        }.joined(separator: "\n")
    }
}

extension UTC {
    /// Without the milliseconds, for a person.
    static func short(_ moment: Date) -> String { text(moment).prefix(19) + "Z" }
}
