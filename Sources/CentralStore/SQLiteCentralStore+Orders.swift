import Attendance
import FailPoints
import Foundation
import GRDB

extension SQLiteCentralStore {
    package func addOrder(_ order: NewOrder) async throws -> OrderRefusal? {
        let args = try Self.encode(order.args)
        return try await write { db in
            guard
                let node = try Row.fetchOne(
                    db, sql: "SELECT id, unit_id, revoked_from, revocation_met_at FROM nodes WHERE name = ?",
                    arguments: [order.node])
            else { return .unknownNode }
            let now = order.createdAt.milliseconds
            guard try !Revocation(node).isInForce(at: now, node: node["id"], db) else { return .revokedNode }
            if case .serial(let serial) = order.argument {
                let isKnown = try Bool.fetchOne(
                    db, sql: "SELECT EXISTS (SELECT 1 FROM devices WHERE serial = ? AND unit_id = ?)",
                    arguments: [serial.text, node["unit_id"] as Int64])
                guard isKnown == true else { return .unknownDevice }
            }
            let open = try Int.fetchOne(
                db, sql: "SELECT count(*) FROM orders WHERE node_id = ? AND expires_at > ? AND \(Self.isOpen)",
                arguments: [node["id"] as Int64, order.createdAt.milliseconds])
            guard open ?? 0 < OrderSummary.mostOpen else { return .tooMany }
            try db.execute(
                sql: """
                    INSERT INTO orders (id, node_id, kind, args, created_at, expires_at) VALUES (?, ?, ?, ?, ?, ?)
                    """,
                arguments: [
                    order.id, node["id"] as Int64, order.kind.rawValue, args, order.createdAt.milliseconds,
                    order.expiresAt.milliseconds,
                ])
            FailPoint.reach("centre.order.added")
            try notes(db, at: order.createdAt).note(
                .orderAdded, "order:\(order.id)",
                .of { line in
                    line.add("node", order.node)
                    line.add("kind", order.kind.rawValue)
                    line.add("args", json: args.utf8)
                    line.add("expires", UTC.text(order.expiresAt))
                })
            return nil
        }
    }

    package func openOrders(ofNode name: String, at moment: Date) async throws -> [Receipt.Order] {
        try await database.read { db in
            try Row.fetchAll(
                db.cachedStatement(
                    sql: """
                        SELECT orders.id, kind, args, expires_at FROM orders JOIN nodes ON nodes.id = node_id
                        WHERE nodes.name = ? AND expires_at > ? AND \(Self.isOpen)
                        ORDER BY created_at, orders.id LIMIT \(OrderSummary.mostOpen)
                        """), arguments: [name, moment.milliseconds]
            ).map { row in
                Receipt.Order(
                    id: row["id"], kind: row["kind"], args: try Self.args(row),
                    expires: UTC.text(Date(milliseconds: row["expires_at"])))
            }
        }
    }

    package func cancelOrder(_ id: String, at moment: Date) async throws -> OrderSummary? {
        try await write { db in
            try db.execute(
                sql: "UPDATE orders SET cancelled_at = ? WHERE id = ? AND \(Self.isOpen)",
                arguments: [moment.milliseconds, id])
            if db.changesCount > 0 { try notes(db, at: moment).note(.orderCancelled, "order:\(id)") }
            return try Self.orders(db, "WHERE orders.id = ?", [id]).first
        }
    }

    package func orders(limit: Int) async throws -> [OrderSummary] {
        try await database.read { db in
            try Self.orders(db, "ORDER BY orders.created_at DESC, orders.id LIMIT ?", [limit])
        }
    }

    /// A condition on a row of `orders`; whether it has expired is asked beside it.
    private static let isOpen = "result IS NULL AND cancelled_at IS NULL"

    private static func orders(
        _ db: Database, _ rest: String, _ arguments: StatementArguments
    ) throws -> [OrderSummary] {
        try Row.fetchAll(
            db,
            sql: """
                SELECT orders.*, nodes.name AS node, units.name AS unit, epochs.epoch, received_at
                FROM orders JOIN nodes ON nodes.id = orders.node_id JOIN units ON units.id = nodes.unit_id
                LEFT JOIN epochs ON epochs.id = orders.epoch_id
                LEFT JOIN entries ON entries.epoch_id = orders.epoch_id AND entries.seq = orders.seq \(rest)
                """, arguments: arguments
        ).map { row in
            OrderSummary(
                id: row["id"], node: row["node"], unit: row["unit"], kind: row["kind"], args: try args(row),
                createdAt: Date(milliseconds: row["created_at"]), expiresAt: Date(milliseconds: row["expires_at"]),
                cancelledAt: (row["cancelled_at"] as Int64?).map { Date(milliseconds: $0) },
                answer: (row["result"] as String?).flatMap { OrderResult.Result(rawValue: $0) }.map { result in
                    OrderSummary.Answer(
                        result: result, text: row["text"],
                        place: EntryPlace(node: row["node"], epoch: row["epoch"], seq: row["seq"]),
                        receivedAt: Date(milliseconds: row["received_at"]))
                })
        }
    }

    private static func args(_ row: Row) throws -> [String: String] {
        guard let args = decode([String: String].self, row["args"]) else {
            throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: "order \(row["id"] as String) cannot be read")
        }
        return args
    }
}

/// Ends orders by what their nodes say of them.
struct OrderRegister {
    let db: Database
    let node: Int64
    let epoch: Int64

    /// Only an order of this very node, and only the first word on it: an order is executed once.
    func note(_ decoded: DecodedEntry) throws {
        guard case .success(let content) = decoded.content, case .order(let told) = content.body else { return }
        let text = String(decoding: Array(told.text.utf8.prefix(OrderSummary.longestText)), as: UTF8.self)
        try db.execute(
            sql: """
                UPDATE orders SET epoch_id = ?, seq = ?, result = ?, text = ?
                WHERE id = ? AND node_id = ? AND result IS NULL
                """, arguments: [epoch, decoded.entry.seq, told.result.rawValue, text, told.id, node])
    }
}
