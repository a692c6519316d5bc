import AttendanceRules
import Foundation
import GRDB

extension SQLiteCentralStore {
    package func add(_ statements: [NewStatement], by actor: Actor, at moment: Date) async throws -> [Int64] {
        throw CentralStoreError.laterVersion
    }
    package func withdraw(statement id: Int64, reason: String, by actor: Actor, at moment: Date) async throws -> Bool {
        throw CentralStoreError.laterVersion
    }
    package func statements(_ query: StatementQuery) async throws -> [Statement] {
        throw CentralStoreError.laterVersion
    }
    package func acts(limit: Int) async throws -> [Act] { throw CentralStoreError.laterVersion }
}
