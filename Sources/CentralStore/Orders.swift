import Attendance
import Foundation

/// An order before it is kept.
package struct NewOrder: Equatable, Sendable {
    /// What an order carries beside its kind.
    package enum Argument: Equatable, Sendable {
        case from(seq: Int64)
        case serial(DeviceSerial)
    }

    package let id: String
    package let node: String
    package let kind: OrderKind
    package let argument: Argument
    package let createdAt: Date
    package let expiresAt: Date

    package init(id: String, node: String, kind: OrderKind, argument: Argument, createdAt: Date, expiresAt: Date) {
        self.id = id
        self.node = node
        self.kind = kind
        self.argument = argument
        self.createdAt = createdAt
        self.expiresAt = expiresAt
    }

    /// As in the receipt.
    package var args: [String: String] {
        switch argument {
        case .from(let seq): ["from": String(seq)]
        case .serial(let serial): ["serial": serial.text]
        }
    }
}

/// Why an order was not kept.
package enum OrderRefusal: Equatable, Sendable {
    case unknownNode
    case revokedNode
    /// The node's unit has no such device.
    case unknownDevice
    /// The node has as many open orders as one receipt carries.
    case tooMany
}

/// An order and what became of it.
package struct OrderSummary: Equatable, Sendable {
    /// What the node's entry says.
    package struct Answer: Equatable, Sendable {
        package let result: OrderResult.Result
        package let text: String
        package let place: EntryPlace
        package let receivedAt: Date

        package init(result: OrderResult.Result, text: String, place: EntryPlace, receivedAt: Date) {
            self.result = result
            self.text = text
            self.place = place
            self.receivedAt = receivedAt
        }
    }

    package let id: String
    package let node: String
    package let unit: String
    package let kind: String
    package let args: [String: String]
    package let createdAt: Date
    package let expiresAt: Date
    package let cancelledAt: Date?
    package let answer: Answer?

    package init(
        id: String, node: String, unit: String, kind: String, args: [String: String], createdAt: Date,
        expiresAt: Date, cancelledAt: Date? = nil, answer: Answer? = nil
    ) {
        self.id = id
        self.node = node
        self.unit = unit
        self.kind = kind
        self.args = args
        self.createdAt = createdAt
        self.expiresAt = expiresAt
        self.cancelledAt = cancelledAt
        self.answer = answer
    }

    /// The node's word where there is one, else `cancelled`, `expired` or `open`.
    package func state(at moment: Date) -> String {
        if let answer { return answer.result.rawValue }
        if cancelledAt != nil { return "cancelled" }
        return expiresAt <= moment ? "expired" : "open"
    }

    /// Open orders of one node, at most: one receipt carries them all.
    package static let mostOpen = 16
    /// Bytes of a result's text that are kept beside the order; the entry has all of it.
    package static let longestText = 500
}
