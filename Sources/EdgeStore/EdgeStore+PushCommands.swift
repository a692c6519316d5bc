import Attendance
import FailPoints
import Foundation
import GRDB

/// A command for a push device, and what became of it. "Sent" is not "confirmed": the device may have lost it.
package struct PushOrder: Equatable, Sendable, Codable {
    package enum State: String, Sendable, Codable, CaseIterable {
        case queued
        /// The device was told, and has said nothing of it yet.
        case sent
        /// The device says that it did it.
        case confirmed
        /// The device says that it did not: `code` has its number.
        case failed
        /// Nobody fetched it, or no result came, in its time.
        case expired
        case cancelled

        package var isOpen: Bool { self == .queued || self == .sent }
    }

    package let id: Int64
    package let kind: String
    /// The period, by the device's clock, where the kind has one.
    package let from: String?
    package let to: String?
    /// The account that asked for it.
    package let by: String
    package let state: State
    package let code: Int?
    /// What a count gave.
    package let count: Int?
    /// How often it was told.
    package let sends: Int
    package let queuedAt: String
    package let sentAt: String?
    package let endedAt: String?

    enum CodingKeys: String, CodingKey {
        case id, kind, from, to, by, state, code, count, sends
        case queuedAt = "queued_at"
        case sentAt = "sent_at"
        case endedAt = "ended_at"
    }
}

/// Why a command cannot be queued or taken back.
package struct PushOrderError: Error, Equatable, CustomStringConvertible {
    package let description: String

    package init(description: String) { self.description = description }
}

extension EdgeStore {
    /// Open commands one device may have.
    package static let mostPushOrders = 32
    /// Ended ones that are kept for people to look at.
    private static let mostEndedPushOrders = 100
    /// A command that no result came of is told again so often at most, where it is harmless.
    package static let mostPushSends = 3

    /// - Parameters:
    ///   - period: as `DeviceTime.text`.
    ///   - lifetime: then it expires.
    /// - Throws: `EdgeStoreError`, `PushOrderError`.
    package func queuePush(
        _ kind: String, period: (from: String, to: String)?, for serial: DeviceSerial, by account: String,
        lifetime: TimeInterval, at now: Date
    ) throws -> PushOrder {
        let order = try write { db -> PushOrder? in
            let device = try Self.device(serial, db)
            try Self.expirePush(device, now, db)
            let open = try Int.fetchOne(
                db, sql: "SELECT count(*) FROM push_command WHERE device = ? AND state IN ('queued', 'sent')",
                arguments: [device])
            guard open ?? 0 < Self.mostPushOrders else { return nil }
            return try Self.queue(kind, period, device, account, lifetime, now, db)
        }
        guard let order else {
            throw PushOrderError(
                description: "\(serial) has \(Self.mostPushOrders) commands waiting: cancel some, or wait for it")
        }
        return order
    }

    static func queue(
        _ kind: String, _ period: (from: String, to: String)?, _ device: Int64, _ account: String,
        _ lifetime: TimeInterval, _ now: Date, _ db: Database
    ) throws -> PushOrder? {
        try db.execute(
            sql: """
                INSERT INTO push_command
                    (device, kind, period_from, period_to, account, state, queued_at, expires_at)
                VALUES (?, ?, ?, ?, ?, 'queued', ?, ?)
                """,
            arguments: [
                device, kind, period?.from, period?.to, account.cut(to: EntryBody.longestName), UTC.text(now),
                UTC.text(now.addingTimeInterval(lifetime)),
            ])
        let id = db.lastInsertedRowID
        try db.execute(
            sql: """
                DELETE FROM push_command WHERE device = ?1 AND state NOT IN ('queued', 'sent') AND id <= (
                    SELECT id FROM push_command WHERE device = ?1 AND state NOT IN ('queued', 'sent')
                    ORDER BY id DESC LIMIT 1 OFFSET ?2)
                """, arguments: [device, mostEndedPushOrders])
        return try pushOrders("id = ?", [id], db).first
    }

    /// Commands to tell the device now, oldest first. They count as sent from here on, before it hears of them: a
    /// restart must not happen twice because of a crash in between.
    ///
    /// - Parameters:
    ///   - harmless: kinds that may be told again after `patience` without a result.
    package func takePushOrders(
        for serial: DeviceSerial, harmless: Set<String>, patience: TimeInterval, most: Int, at now: Date
    ) throws -> [PushOrder] {
        try write { db in
            let device = try Self.device(serial, db)
            try Self.expirePush(device, now, db)
            let open = try Self.pushOrders("device = ? AND state IN ('queued', 'sent')", [device], db)
            let due = open.filter { order in
                if order.state == .queued { return true }
                guard harmless.contains(order.kind), order.sends < Self.mostPushSends,
                    let sent = order.sentAt.flatMap({ UTC.date($0) })
                else { return false }
                return abs(now.timeIntervalSince(sent)) >= patience
            }.prefix(most)
            for order in due {
                try db.execute(
                    sql: "UPDATE push_command SET state = 'sent', sends = sends + 1, sent_at = ? WHERE id = ?",
                    arguments: [UTC.text(now), order.id])
            }
            FailPoint.reach("edge.push.commands_taken")
            return Array(due)
        }
    }

    /// Whether the device may have something to hear; without a write.
    package func hasPushOrders(for serial: DeviceSerial) throws -> Bool {
        try read { db in
            try Bool.fetchOne(
                db,
                sql: """
                    SELECT EXISTS (SELECT 1 FROM push_command JOIN device ON device.id = push_command.device
                        WHERE serial = ? AND state IN ('queued', 'sent'))
                    """, arguments: [serial.text]) ?? false
        }
    }

    /// What the device says of a command that it was told, also after it expired here.
    ///
    /// - Returns: `nil` where it was told no such command, or has answered it before.
    package func endPushOrder(
        _ id: Int64, of serial: DeviceSerial, code: Int, count: Int?, at now: Date
    ) throws -> PushOrder? {
        try write { db in
            let device = try Self.device(serial, db)
            try db.execute(
                sql: """
                    UPDATE push_command SET state = ?, code = ?, count = ?, ended_at = ?
                    WHERE id = ? AND device = ? AND sends > 0 AND state IN ('sent', 'expired')
                    """,
                arguments: [code == 0 ? "confirmed" : "failed", code, count, UTC.text(now), id, device])
            guard db.changesCount > 0 else { return nil }
            FailPoint.reach("edge.push.command_ended")
            return try Self.pushOrders("id = ?", [id], db).first
        }
    }

    /// - Throws: `EdgeStoreError`, `PushOrderError` where it is too late.
    package func cancelPushOrder(_ id: Int64, of serial: DeviceSerial, at now: Date) throws -> PushOrder {
        let (order, isDone) = try write { db in
            let device = try Self.device(serial, db)
            try Self.expirePush(device, now, db)
            try db.execute(
                sql: """
                    UPDATE push_command SET state = 'cancelled', ended_at = ?
                    WHERE id = ? AND device = ? AND state = 'queued'
                    """, arguments: [UTC.text(now), id, device])
            let isDone = db.changesCount > 0
            return (try Self.pushOrders("id = ? AND device = ?", [id, device], db).first, isDone)
        }
        guard let order else { throw PushOrderError(description: "there is no command \(id) for \(serial)") }
        guard isDone else {
            throw PushOrderError(description: "command \(id) is \(order.state.rawValue) and cannot be taken back")
        }
        return order
    }

    /// Oldest first.
    package func pushOrders(of serial: DeviceSerial, at now: Date) throws -> [PushOrder] {
        try write { db in
            let device = try Self.device(serial, db)
            try Self.expirePush(device, now, db)
            return try Self.pushOrders("device = ?", [device], db)
        }
    }

    static func expirePush(_ device: Int64, _ now: Date, _ db: Database) throws {
        try db.execute(
            sql: """
                UPDATE push_command SET state = 'expired', ended_at = ?1
                WHERE device = ?2 AND state IN ('queued', 'sent') AND expires_at < ?1
                """, arguments: [UTC.text(now), device])
    }

    static func pushOrders(
        _ condition: String, _ arguments: StatementArguments, _ db: Database
    ) throws -> [PushOrder] {
        let rows = try Row.fetchAll(
            db, sql: "SELECT * FROM push_command WHERE \(condition) ORDER BY id", arguments: arguments)
        return rows.compactMap { row in
            guard let id: Int64 = row["id"], let kind: String = row["kind"], let by: String = row["account"],
                let state = (row["state"] as String?).flatMap({ PushOrder.State(rawValue: $0) }),
                let sends: Int = row["sends"], let queuedAt: String = row["queued_at"]
            else { return nil }
            return PushOrder(
                id: id, kind: kind, from: row["period_from"], to: row["period_to"], by: by, state: state,
                code: row["code"], count: row["count"], sends: sends, queuedAt: queuedAt, sentAt: row["sent_at"],
                endedAt: row["ended_at"])
        }
    }
}
