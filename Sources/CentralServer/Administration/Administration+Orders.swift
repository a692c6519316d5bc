import Attendance
import CentralStore
import Foundation

/// An order as an operator gives it; what does not fit is refused by the centre.
package struct OrderRequest: Codable, Equatable, Sendable {
    var node: String
    var kind: String
    var from: Int64?
    var serial: String?
    /// A number and d, h or m.
    var lifetime: String

    package init(node: String, kind: String, from: Int64? = nil, serial: String? = nil, lifetime: String = "7d") {
        self.node = node
        self.kind = kind
        self.from = from
        self.serial = serial
        self.lifetime = lifetime
    }
}

extension Administration {
    func addOrder(_ request: OrderRequest) async throws -> ControlAnswer {
        let moment = now()
        let kind = try Self.kind(request)
        let expires = moment.addingTimeInterval(try Self.lifetime(request.lifetime))
        let order = NewOrder(
            id: RandomText.hex(bytes: 8), node: request.node, kind: kind,
            argument: try Self.argument(request, of: kind),
            createdAt: moment, expiresAt: expires)
        switch try await store.addOrder(order) {
        case nil: return .order(id: order.id, expires: UTC.text(expires))
        case .unknownNode:
            throw CentralError(.usage, "there is no node \(request.node); `hadir-central node list` shows them")
        case .revokedNode: throw CentralError(.usage, "node \(request.node) is revoked and gets no orders")
        case .unknownDevice:
            throw CentralError(
                .usage, "--serial \(request.serial ?? ""): the unit of \(request.node) has no such device")
        case .tooMany:
            throw CentralError(
                .usage, "\(request.node) has \(OrderSummary.mostOpen) open orders; wait for them or cancel some")
        }
    }

    func cancelOrder(_ id: String) async throws -> ControlAnswer {
        let moment = now()
        guard let order = try await store.cancelOrder(id, at: moment) else {
            throw CentralError(.usage, "there is no order \(id); `hadir-central order list` shows them")
        }
        return .cancelled(id: order.id, state: order.state(at: moment))
    }

    private static func kind(_ request: OrderRequest) throws -> OrderKind {
        guard let kind = OrderKind(rawValue: request.kind) else {
            let kinds = OrderKind.allCases.map(\.rawValue).joined(separator: ", ")
            throw CentralError(.usage, "\(request.kind): not one of \(kinds)")
        }
        return kind
    }

    private static func argument(_ request: OrderRequest, of kind: OrderKind) throws -> NewOrder.Argument {
        switch (kind, request.from, request.serial) {
        case (.resend, let from?, nil):
            guard from >= 1 else { throw CentralError(.usage, "--from \(from): seqs begin at 1") }
            return .from(seq: from)
        case (.resend, _, _): throw CentralError(.usage, "resend needs --from SEQ and nothing else")
        case (.timeSet, nil, let text?), (.users, nil, let text?):
            guard let serial = DeviceSerial(text) else {
                throw CentralError(.usage, "--serial: not a serial of 1 to \(DeviceSerial.longest) bytes")
            }
            return .serial(serial)
        case (.timeSet, _, _), (.users, _, _):
            throw CentralError(.usage, "\(kind.rawValue) needs --serial SERIAL and nothing else")
        }
    }

    /// `90m`, `12h`, `7d`: from a minute to 60 days, which is longer than an edge keeps what is acknowledged.
    private static func lifetime(_ text: String) throws -> TimeInterval {
        let units: [Character: Int] = ["m": 60, "h": 3600, "d": 86_400]
        guard let unit = text.last.flatMap({ units[$0] }), let number = Int(text.dropLast()),
            (1...100_000).contains(number),
            number * unit <= 60 * 86_400
        else { throw CentralError(.usage, "--expires \(text): not a time such as 90m, 12h or 7d, at most 60d") }
        return TimeInterval(number * unit)
    }
}
