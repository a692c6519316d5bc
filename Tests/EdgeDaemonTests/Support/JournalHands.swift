import EdgeStore
import Foundation
import GRDB

@testable import EdgeDaemon

/// Another program's hands in a running daemon's journal.
extension Office {
    /// Alters the last entry, as a failing disk does.
    func damageLastEntry(of state: StateDirectory) throws {
        try DatabaseQueue(path: state.journal).write { db in
            for trigger in try String.fetchAll(db, sql: "SELECT name FROM sqlite_master WHERE type = 'trigger'") {
                try db.execute(sql: "DROP TRIGGER \(trigger)")
            }
            try db.execute(
                sql: "UPDATE journal SET body = CAST(body || 'x' AS BLOB) WHERE seq = (SELECT max(seq) FROM journal)")
        }
    }

    /// Refuses entries of coverage, as if the process were killed before them.
    func refuseCoverage(_ refuses: Bool) throws {
        try DatabaseQueue(path: state.journal).write { db in
            try db.execute(
                sql: refuses
                    ? """
                    CREATE TRIGGER no_coverage BEFORE INSERT ON journal
                    WHEN CAST(new.body AS TEXT) LIKE '%"kind":"coverage"%'
                    BEGIN SELECT RAISE(ABORT, 'killed'); END
                    """ : "DROP TRIGGER no_coverage")
        }
    }

    /// Holds the journal against every other writer.
    func holdJournal(of state: StateDirectory) throws -> JournalHolder {
        var configuration = Configuration()
        configuration.allowsUnsafeTransactions = true
        let queue = try DatabaseQueue(path: state.journal, configuration: configuration)
        try queue.inDatabase { try $0.execute(sql: "BEGIN EXCLUSIVE") }
        return JournalHolder(queue: queue)
    }
}

struct JournalHolder {
    fileprivate let queue: DatabaseQueue

    func end() { try? queue.inDatabase { try $0.execute(sql: "ROLLBACK") } }
}
