import AttendanceRules
import Foundation
import GRDB

extension SQLiteCentralStore {
    package func pendingWork(limit: Int) async throws -> PendingWork { throw CentralStoreError.laterVersion }
    package func queue(_ items: [RecomputeItem], at moment: Date) async throws { throw CentralStoreError.laterVersion }
    package func material(ofDevices serials: [String], employees: [Int64], dates: ClosedRange<CivilDate>) async throws
        -> WorkdayMaterial
    { throw CentralStoreError.laterVersion }
    package func save(_ workdays: [StoredWorkday], why: [RecomputeItem.Why], done: PendingWork.Mark?, at moment: Date)
        async throws -> Int
    { throw CentralStoreError.laterVersion }
    package func workdays(of employees: [Int64]?, dates: ClosedRange<CivilDate>) async throws -> [StoredWorkday] {
        throw CentralStoreError.laterVersion
    }
    package func changes(of employee: Int64, on date: CivilDate) async throws -> [WorkdayChange] {
        throw CentralStoreError.laterVersion
    }
    package func close(month: CivilMonth, unit: Int64, employees: [Int64], by actor: Actor, at moment: Date)
        async throws -> [StoredWorkday]
    { throw CentralStoreError.laterVersion }
    package func closings() async throws -> [Closing] { throw CentralStoreError.laterVersion }
    package func adjustments(in dates: ClosedRange<CivilDate>) async throws -> [Adjustment] {
        throw CentralStoreError.laterVersion
    }
}
