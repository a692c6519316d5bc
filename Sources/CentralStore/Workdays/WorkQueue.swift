import Attendance
import AttendanceRules
import Foundation
import GRDB

/// Rows of `recompute_queue`: written in the transaction of what they follow from, so that neither is there without
/// the other.
enum WorkQueue {
    /// - Parameter items: those of an unknown device are left out, since nothing hangs on it.
    static func add(_ items: [RecomputeItem], in db: Database) throws {
        for item in items {
            var row = Place(scope: "everyone")
            switch item.scope {
            case .employee(let id): row = Place(scope: "employee", employee: id)
            case .device(let serial): row = Place(scope: "device", device: try device(serial, db))
            case .userID(let serial, let user):
                row = Place(scope: "user_id", device: try device(serial, db), user: user)
            case .unit(let id): row = Place(scope: "unit", unit: id)
            case .group(let name): row = Place(scope: "group", group: name)
            case .everyone: break
            }
            if row.device == nil, row.scope == "device" || row.scope == "user_id" { continue }
            try insert(row, item.span, item.why, db)
        }
    }

    /// For ingest, which knows the device's row.
    static func add(device: Int64, user: UserID? = nil, _ span: DateSpan, _ why: RecomputeItem.Why, in db: Database)
        throws
    {
        try insert(Place(scope: user == nil ? "device" : "user_id", device: device, user: user), span, why, db)
    }

    private struct Place {
        var scope: String
        var employee: Int64?
        var device: Int64?
        var user: UserID?
        var unit: Int64?
        var group: String?
    }

    private static func device(_ serial: String, _ db: Database) throws -> Int64? {
        try Int64.fetchOne(
            db.cachedStatement(sql: "SELECT id FROM devices WHERE serial = ?"), arguments: [serial])
    }

    private static func insert(_ place: Place, _ span: DateSpan, _ why: RecomputeItem.Why, _ db: Database) throws {
        try db.cachedStatement(
            sql: """
                INSERT INTO recompute_queue (scope, employee_id, device_id, user_id, unit_id, schedule_group, from_day,
                    to_day, why) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
                """
        ).execute(arguments: [
            place.scope, place.employee, place.device, place.user.map { Data($0.bytes) }, place.unit, place.group,
            span.from.dayNumber, span.to?.dayNumber, why.rawValue,
        ])
    }

    /// `nil` for a row of a device that is gone, or of a word this version does not know: it says nothing any more.
    static func item(_ row: Row) -> RecomputeItem? {
        let serial: String? = row["serial"]
        let scope: RecomputeItem.Scope
        if let employee = row["employee_id"] as Int64? {
            scope = .employee(employee)
        } else if row["device_id"] as Int64? != nil {
            guard let serial else { return nil }
            let user: Data? = row["user_id"]
            scope = user.map { .userID(serial: serial, UserID(field: $0)) } ?? .device(serial)
        } else if let unit = row["unit_id"] as Int64? {
            scope = .unit(unit)
        } else if let group = row["schedule_group"] as String? {
            scope = .group(group)
        } else {
            scope = .everyone
        }
        let to = (row["to_day"] as Int?).map(CivilDate.init(dayNumber:))
        return RecomputeItem(
            id: row["id"], scope: scope, span: DateSpan(from: CivilDate(dayNumber: row["from_day"]), to: to),
            why: RecomputeItem.Why(rawValue: row["why"]) ?? .recompute)
    }
}

extension DateSpan {
    /// The UTC dates of a span of time, with room for every zone on both sides.
    static func dates(from: Int64, to: Int64) -> DateSpan {
        DateSpan(from: date(from, hours: -15), to: date(max(from, to), hours: 15))
    }

    static func date(_ milliseconds: Int64, hours: Int64 = 0) -> CivilDate {
        let moved = milliseconds.addingReportingOverflow(hours * 3_600_000).partialValue
        return Moment(seconds: moved / 1000).date(offset: 0)
    }
}
