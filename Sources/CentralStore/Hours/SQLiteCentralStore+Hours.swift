import AttendanceRules
import Foundation
import GRDB

extension SQLiteCentralStore {
    package func hours() async throws -> Hours { throw CentralStoreError.laterVersion }
    package func change(hours changes: [HoursChange], by actor: Actor, at moment: Date) async throws {
        throw CentralStoreError.laterVersion
    }
}
