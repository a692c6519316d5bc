import Attendance
import AttendanceRules
import Foundation
import GRDB

extension RecomputeQueue {
    /// - Parameter items: those of an unknown device are left out, since nothing hangs on it.
    init(_ items: [RecomputeItem], in db: Database) throws {
        self.init()
        for item in items {
            let scope: Scope
            switch item.scope {
            case .employee(let id): scope = .employee(id)
            case .device(let serial):
                guard let device = try Self.device(serial, db) else { continue }
                scope = .device(device)
            case .userID(let serial, let user):
                guard let device = try Self.device(serial, db) else { continue }
                scope = .userID(device: device, user.bytes)
            case .unit(let id): scope = .unit(id)
            case .group(let name): scope = Self.group(name)
            case .everyone: scope = .everyone
            }
            add(scope, item.span, item.why)
        }
    }

    private static func device(_ serial: String, _ db: Database) throws -> Int64? {
        try Int64.fetchOne(
            db.cachedStatement(sql: "SELECT id FROM devices WHERE serial = ?"), arguments: [serial])
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
