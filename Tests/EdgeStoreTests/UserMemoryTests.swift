import Attendance
import EdgeStore
import Foundation
import GRDB
import Testing

/// What the store remembers of a device beside its log.
@Suite struct UserMemoryTests {
    private func user(_ id: String, _ name: String = "A", _ privilege: Int = 0) -> DeviceUser {
        DeviceUser(serial: lobby, userID: UserID(id), name: name, privilege: privilege)
    }

    private func users(_ store: EdgeStore) throws -> [String] {
        try store.everything().compactMap { entry in
            guard case .user(let user) = try EntryBody.decode(entry.body).body else { return nil }
            return "\(user.userID.text) \(user.name.utf8.count) \(user.privilege)\(user.isRemoved ? " gone" : "")"
        }
    }

    @Test("only changes of a user list are journaled, also after a restart; another device's users are others")
    func changes() throws {
        try withStore { store, path in
            #expect(try store.append(users: [user("1"), user("2"), user("1", "twice")], of: lobby, at: monday) == 2)
            #expect(try store.append(users: [user("2"), user("1")], of: lobby, at: monday) == 0)
            let again = try EdgeStore(path: path, now: monday)
            #expect(try again.append(users: [user("2", "BB"), user("1")], of: lobby, at: monday) == 1)
            #expect(try again.append(users: [user("1", "A", 14)], of: lobby, at: monday) == 2)
            #expect(try again.append(users: [user("1", "A", 14)], of: lobby, at: monday) == 0)
            #expect(try users(again) == ["1 1 0", "2 1 0", "2 2 0", "1 1 14", "2 2 0 gone"])
            let other = DeviceUser(serial: hall, userID: UserID("1"), name: "A", privilege: 0)
            #expect(try again.append(users: [other], of: hall, at: monday) == 1)
            #expect(try again.append(users: [], of: lobby, at: monday) == 1)
        }
    }

    @Test("a name longer than an entry takes is cut once, and is no change the next time")
    func longNames() throws {
        try withStore { store, _ throws in
            let long = user("1", String(repeating: "x", count: 1 << 20))
            #expect(try store.append(users: [long], of: lobby, at: monday) == 1)
            #expect(try store.append(users: [long], of: lobby, at: monday) == 0)
            #expect(try users(store) == ["1 256 0"])
        }
    }

    @Test("a new epoch tells all users again, and a file of the first version gets the tables")
    func epochsAndVersions() throws {
        try withStore { store, path in
            try store.append(users: [user("1")], of: lobby, at: monday)
            try store.append(
                EdgeStore.Claim(
                    Coverage(serial: lobby, from: monday, to: monday, source: .poll),
                    start: EdgeStore.DeviceStart(starts: 3, last: [1, 2])), at: monday)
            try store.acknowledge(upTo: 2, quarantined: [], at: monday)
            try store.beginEpoch(.fork, at: monday)
            #expect(try store.append(users: [user("1")], of: lobby, at: monday) == 1)
            #expect(try store.lastStart(of: lobby) == EdgeStore.DeviceStart(starts: 3, last: [1, 2]))
            #expect(try store.lastStart(of: hall) == nil)
            try withConnection(path) { db in
                try db.execute(sql: "DROP TABLE device_user; DROP TABLE device_start; DROP TABLE log_mark")
                try db.execute(sql: "DROP TABLE executed_order")
                try db.execute(sql: "DROP TABLE seen_operation; DROP TABLE own_operation; DROP TABLE log_count")
                try db.execute(sql: "DROP TABLE push_stamp; DROP TABLE push_resend; DROP TABLE push_command")
                try db.execute(sql: "DROP TABLE audit_witness")
                for column in ["pruned_seq", "pruned_hash", "resend_until", "rewinds"] {
                    try db.execute(sql: "ALTER TABLE epoch DROP COLUMN \(column)")
                }
                for column in [
                    "last_cursor", "undated", "broken", "operations_at", "operations_anew", "clearing",
                    "once_quarantined",
                ] {
                    try db.execute(sql: "ALTER TABLE device DROP COLUMN \(column)")
                }
                try db.execute(sql: "DELETE FROM grdb_migrations WHERE identifier <> '1'")
            }
            let migrated = try EdgeStore(path: path, now: monday)
            #expect(try migrated.append(users: [user("1")], of: lobby, at: monday) == 1)
            #expect(try migrated.verify().problems.isEmpty)
        }
    }
}
