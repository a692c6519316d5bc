import Attendance
import AttendanceRules
import Foundation

/// A workday as it is kept: derived, and made again from nothing with the same result.
package struct StoredWorkday: Equatable, Sendable {
    package let employee: Int64
    /// Where the employee was placed on the date; `nil` where nowhere.
    package let unit: Int64?
    package let workday: Workday

    package init(employee: Int64, unit: Int64?, workday: Workday) {
        self.employee = employee
        self.unit = unit
        self.workday = workday
    }
}

/// What has to be computed again, and why.
package struct RecomputeItem: Equatable, Sendable {
    package enum Scope: Hashable, Sendable {
        case employee(Int64)
        /// Everybody who could scan on it.
        case device(String)
        /// Everybody linked to, or seen under, this user id of a device.
        case userID(serial: String, UserID)
        case unit(Int64)
        case group(String)
        case everyone
    }

    /// A word of a closed set: docs/names.md, "Why a workday changed".
    package enum Why: String, Sendable, Codable, CaseIterable {
        case scan, coverage, people, link, schedule, rules, calendar, roster, leave, correction, sheet, file, zone
        case recompute
    }

    /// 0 for new punches, which stand in no queue.
    package let id: Int64
    package let scope: Scope
    package let span: DateSpan
    package let why: Why

    package init(id: Int64, scope: Scope, span: DateSpan, why: Why) {
        self.id = id
        self.scope = scope
        self.span = span
        self.why = why
    }
}

/// What waits to be computed: the oldest part of it.
package struct PendingWork: Sendable {
    package let items: [RecomputeItem]
    /// Marks all of it as done, with the workdays that came of it.
    package let mark: Mark
    /// Of which dates there are workdays; `nil` before the first.
    package let days: ClosedRange<CivilDate>?
    /// Neither items nor punches, not even such as are nobody's.
    package let isEmpty: Bool
    /// Another number wherever people, units, links or devices changed: what was read of them before is old.
    package let people: Int64

    package struct Mark: Equatable, Sendable {
        /// Last id of the queue and of punches.
        package let item: Int64
        package let punch: Int64

        package init(item: Int64, punch: Int64) {
            self.item = item
            self.punch = punch
        }
    }

    package init(
        items: [RecomputeItem], mark: Mark, days: ClosedRange<CivilDate>? = nil, isEmpty: Bool = false,
        people: Int64 = 0
    ) {
        self.items = items
        self.mark = mark
        self.days = days
        self.isEmpty = isEmpty
        self.people = people
    }
}

/// Some dates of one employee.
package struct EmployeeDays: Hashable, Sendable {
    package let employee: Int64
    package let dates: ClosedRange<CivilDate>

    package init(employee: Int64, dates: ClosedRange<CivilDate>) {
        self.employee = employee
        self.dates = dates
    }
}

/// A scan of one user id on one device, before anybody has asked whose it is.
package struct RawScan: Equatable, Sendable {
    package let serial: String
    package let userID: UserID
    package let scan: Scan

    package init(serial: String, userID: UserID, scan: Scan) {
        self.serial = serial
        self.userID = userID
        self.scan = scan
    }
}

/// What the rules need of some devices and employees for some dates, read at one moment.
package struct WorkdayMaterial: Sendable {
    /// Of the devices asked for, with the trust that files, clocks and arrival give them.
    package var scans: [RawScan]
    /// By serial; of devices asked for.
    package var records: [String: DeviceRecord]
    /// Not withdrawn, of the employees asked for.
    package var attestations: [Attestation]
    package var roster: [RosterDay]

    package init(
        scans: [RawScan] = [], records: [String: DeviceRecord] = [:], attestations: [Attestation] = [],
        roster: [RosterDay] = []
    ) {
        self.scans = scans
        self.records = records
        self.attestations = attestations
        self.roster = roster
    }
}

/// What was and what is, and why it changed. Append-only.
package struct WorkdayChange: Equatable, Sendable {
    package let employee: Int64
    package let date: CivilDate
    package let at: Date
    package let why: [RecomputeItem.Why]
    /// `nil` at the first computation.
    package let before: Workday?
    package let after: Workday

    package init(
        employee: Int64, date: CivilDate, at: Date, why: [RecomputeItem.Why], before: Workday?, after: Workday
    ) {
        self.employee = employee
        self.date = date
        self.at = at
        self.why = why
        self.before = before
        self.after = after
    }
}

/// A month of one unit and all below it that is closed.
package struct Closing: Equatable, Sendable {
    package let unit: Int64
    package let month: CivilMonth
    package let by: Actor
    package let at: Date

    package init(unit: Int64, month: CivilMonth, by: Actor, at: Date) {
        self.unit = unit
        self.month = month
        self.by = by
        self.at = at
    }
}

/// A day of a closed month that is no longer what it was when the month was closed.
package struct Adjustment: Equatable, Sendable {
    package let employee: Int64
    package let closed: Workday
    package let now: Workday

    package init(employee: Int64, closed: Workday, now: Workday) {
        self.employee = employee
        self.closed = closed
        self.now = now
    }
}

/// Workdays and what waits to be computed; a part of `CentralStore`.
package protocol WorkdayStore: Sendable {
    func pendingWork(limit: Int) async throws -> PendingWork

    /// Asks for a new computation.
    func queue(_ items: [RecomputeItem], by actor: Actor, at moment: Date) async throws

    /// What the rules need, in one reading.
    ///
    /// - Parameter dates: scans and coverage are read from one day before to one day after.
    func material(
        ofDevices serials: [String], employees: [Int64], dates: ClosedRange<CivilDate>
    ) async throws -> WorkdayMaterial

    /// Keeps workdays, each change of one with its reason, and what is done, in one transaction.
    ///
    /// - Parameters:
    ///   - gone: days that are none of the employee's any more; a workday that is there is taken away.
    ///   - days: of which dates there are workdays from now on; `nil` leaves it as it is.
    /// - Returns: how many workdays are new, changed or gone.
    func save(
        _ workdays: [StoredWorkday], gone: [EmployeeDays], why: [RecomputeItem.Why], done: PendingWork.Mark?,
        days: ClosedRange<CivilDate>?, at moment: Date
    ) async throws -> Int

    /// By employee and date.
    ///
    /// - Parameter employees: `nil` for all.
    func workdays(of employees: [Int64]?, dates: ClosedRange<CivilDate>) async throws -> [StoredWorkday]

    /// Oldest first.
    func changes(of employee: Int64, on date: CivilDate) async throws -> [WorkdayChange]

    /// Closes a month of a unit and all below it, with a copy of its workdays.
    ///
    /// - Returns: undecided days that stand in the way, at most 1,000; empty where it is closed now or was before.
    /// - Throws: `CloseRefusal`.
    func close(
        month: CivilMonth, unit: Int64, employees: [Int64], by actor: Actor, at moment: Date
    ) async throws -> [StoredWorkday]

    func closings() async throws -> [Closing]

    /// The copies that were made when months were closed, by employee and date.
    ///
    /// - Parameter employees: `nil` for all.
    func closedWorkdays(of employees: [Int64]?, dates: ClosedRange<CivilDate>) async throws -> [StoredWorkday]

    /// Days that changed after their month was closed, by employee and date.
    func adjustments(in dates: ClosedRange<CivilDate>) async throws -> [Adjustment]
}
