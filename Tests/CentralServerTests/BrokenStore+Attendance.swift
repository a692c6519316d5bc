import AttendanceRules
import CentralStore
import Foundation

extension BrokenStore {
    func people() async throws -> People { throw Gone() }
    func peopleRevision() async throws -> Int64 { throw Gone() }
    func change(people changes: [PeopleChange], revision: Int64?, by actor: Actor, at moment: Date) async throws {
        throw Gone()
    }
    func seenUserIDs() async throws -> [SeenUserID] { throw Gone() }
    func hours() async throws -> Hours { throw Gone() }
    func change(hours changes: [HoursChange], by actor: Actor, at moment: Date) async throws { throw Gone() }
    func add(_ attestations: [NewAttestation], by actor: Actor, at moment: Date) async throws -> [Int64] {
        throw Gone()
    }
    func withdraw(attestation id: Int64, reason: String, by actor: Actor, at moment: Date) async throws -> Bool {
        throw Gone()
    }
    func attestations(_ query: AttestationQuery) async throws -> [Attestation] { throw Gone() }
    func pendingWork(limit: Int) async throws -> PendingWork { throw Gone() }
    func queue(_ items: [RecomputeItem], by actor: Actor, at moment: Date) async throws { throw Gone() }
    func material(ofDevices serials: [String], employees: [Int64], dates: ClosedRange<CivilDate>) async throws
        -> WorkdayMaterial
    { throw Gone() }
    func save(
        _ workdays: [StoredWorkday], gone: [EmployeeDays], why: [RecomputeItem.Why], done: PendingWork.Mark?,
        days: ClosedRange<CivilDate>?, at moment: Date
    ) async throws -> Int { throw Gone() }
    func workdays(of employees: [Int64]?, dates: ClosedRange<CivilDate>) async throws -> [StoredWorkday] {
        throw Gone()
    }
    func changes(of employee: Int64, on date: CivilDate) async throws -> [WorkdayChange] { throw Gone() }
    func close(month: CivilMonth, unit: Int64, employees: [Int64], by actor: Actor, at moment: Date) async throws
        -> [StoredWorkday]
    { throw Gone() }
    func closings() async throws -> [Closing] { throw Gone() }
    func closedWorkdays(of employees: [Int64]?, dates: ClosedRange<CivilDate>) async throws -> [StoredWorkday] {
        throw Gone()
    }
    func adjustments(in dates: ClosedRange<CivilDate>) async throws -> [Adjustment] { throw Gone() }
    func unitDays(in dates: ClosedRange<CivilDate>) async throws -> [UnitDay] { throw Gone() }
    func roster(on date: CivilDate) async throws -> [RosterDay] { throw Gone() }
    func dayNews(on date: CivilDate, after number: Int?) -> DayNews { DayNews(number: 0, employees: nil) }
}
