import AttendanceRules
import Foundation
import GRDB

extension SQLiteCentralStore {
    package func people() async throws -> People { throw CentralStoreError.laterVersion }
    package func change(people changes: [PeopleChange], revision: Int64?, by actor: Actor, at moment: Date) async throws
    { throw CentralStoreError.laterVersion }
    package func seenUserIDs() async throws -> [SeenUserID] { throw CentralStoreError.laterVersion }
}
