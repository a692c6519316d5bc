import Attendance
import Foundation
import GRDB
import Testing

@testable import EdgeStore

#if canImport(Glibc)
    import Glibc
#endif

/// Opening the journal file: beside a writer, missing, of another version, on a full disk; and the lock.
@Suite struct FileTests {
    @Test("B1 Every commit is synced to the disk before it counts")
    func synchronous() throws {
        try withTemporaryDirectory { folder in
            let store = try EdgeStore(path: folder + "/journal.db", now: Date(timeIntervalSince1970: 1_795_392_000))
            #expect(try store.database.read { try Int.fetchOne($0, sql: "PRAGMA synchronous") } == 2, "2 is FULL")
            #expect(try store.database.read { try String.fetchOne($0, sql: "PRAGMA journal_mode") } == "wal")
        }
    }

    @Test("a reader sees what a writer has committed, and writes nothing")
    func readerBesideWriter() throws {
        try withStore { store, path in
            let reader = try EdgeStore.readOnly(path: path)
            for count in 1...3 {
                try store.read([Scan("\(count)", "2026-03-02T07:00:00")], .some)
                #expect(try reader.status() == store.status())
                #expect(try reader.everything() == store.everything())
            }
            let error = #expect(throws: EdgeStoreError.self) { try reader.append([.other(kind: "x")], at: monday) }
            #expect(error?.code == .readOnly)
        }
    }

    @Test("B16 of two connections one writes, and the other is told so; after it, both agree")
    func oneWriter() throws {
        try withStore { store, path in
            let other = try EdgeStore(path: path, now: monday)
            try withConnection(path) { db in
                try db.execute(sql: "PRAGMA busy_timeout = 0")
                try db.execute(sql: "BEGIN IMMEDIATE")
                let error = #expect(throws: EdgeStoreError.self) { try store.append([.other(kind: "x")], at: monday) }
                #expect(error?.code == .busy)
                #expect(try store.head().lastSeq == 1)
                try db.execute(sql: "ROLLBACK")
            }
            for count in 1...5 {
                try (count.isMultiple(of: 2) ? store : other).read([Scan("\(count)", "2026-03-02T07:00:00")], .some)
            }
            #expect(try store.verify().problems.isEmpty)
            #expect(try other.head() == store.head())
            #expect(try store.head().lastSeq == 6)
        }
    }

    @Test("a missing journal is not made by looking at it")
    func missing() throws {
        try withTemporaryDirectory { directory throws in
            let error = #expect(throws: EdgeStoreError.self) { try EdgeStore.readOnly(path: directory + "/journal.db") }
            #expect(error?.code == .missing)
            #expect(try FileManager.default.contentsOfDirectory(atPath: directory).isEmpty)
            #expect(throws: EdgeStoreError.self) { try EdgeStore(path: directory + "/none/journal.db", now: monday) }
        }
    }

    @Test("F3 a file of a newer version is refused, and not touched")
    func newerVersion() throws {
        try withStore { store, path in
            try withConnection(path) { try $0.execute(sql: "INSERT INTO grdb_migrations VALUES ('99 of tomorrow')") }
            for open in [{ try EdgeStore.readOnly(path: path) }, { try EdgeStore(path: path, now: monday) }] {
                #expect(throws: EdgeStoreError.self) { try open() }
            }
            #expect(try store.head().lastSeq == 1)
        }
        try withStore { _, path in
            try withConnection(path) { try $0.execute(sql: "DELETE FROM grdb_migrations") }
            let error = #expect(throws: EdgeStoreError.self) { try EdgeStore.readOnly(path: path) }
            #expect(error?.code == .otherVersion)
        }
    }

    @Test("what is no journal is called damaged, not overwritten", arguments: ["", "no database at all, only text\n"])
    func otherFile(content: String) throws {
        try withTemporaryDirectory { directory in
            let path = directory + "/journal.db"
            let bytes = Data(String(repeating: content, count: 100).utf8)
            try bytes.write(to: URL(filePath: path))
            let error = #expect(throws: EdgeStoreError.self) { try EdgeStore.readOnly(path: path) }
            #expect(error?.code == (content.isEmpty ? .otherVersion : .damaged))
            guard !content.isEmpty else { return }
            let second = #expect(throws: EdgeStoreError.self) { try EdgeStore(path: path, now: monday) }
            #expect(second?.code == .damaged)
            #expect(try Data(contentsOf: URL(filePath: path)) == bytes)
        }
    }

    @Test("entries without an epoch are not given another one")
    func epochLost() throws {
        try withStore { store, path in
            try withConnection(path) { try $0.execute(sql: "DELETE FROM epoch") }
            let error = #expect(throws: EdgeStoreError.self) { try EdgeStore(path: path, now: monday) }
            #expect(error?.code == .damaged)
            #expect(throws: EdgeStoreError.self) { try store.append([.other(kind: "x")], at: monday) }
        }
    }

    @Test(
        "B6 a full disk stops the journal, harms nothing, and ends when there is space again",
        .enabled(if: geteuid() == 0)
    )
    func fullDisk() throws {
        try withTemporaryDirectory { directory in
            guard mount("hadir-test", directory, "tmpfs", 0, "size=1m") == 0 else {
                throw FixtureError(what: "cannot mount: \(String(cString: strerror(errno)))")
            }
            defer { umount2(directory, Int32(MNT_DETACH)) }
            let store = try EdgeStore(path: directory + "/journal.db", now: monday)
            let filler = directory + "/filler"
            try Data(count: 300 * 1024).write(to: URL(filePath: filler))
            func reading(_ number: Int) -> [Scan] { (0..<100).map { Scan("\($0 + 100)", "\(number)") } }
            var kept = 0
            let error = #expect(throws: EdgeStoreError.self) {
                while kept < 1000 {
                    try store.read(reading(kept), .some, cursor: "\(kept)")
                    kept += 1
                }
            }
            #expect(error?.code == .full, "\(error as Any)")
            #expect(kept > 0 && kept < 1000)
            // Again and again, as the daemon would: always the same clear answer.
            for _ in 0..<5 {
                let again = #expect(throws: EdgeStoreError.self) { try store.read(reading(kept), .some, cursor: "x") }
                #expect(again?.code == .full, "\(again as Any)")
            }
            #expect(try store.head().lastSeq == Int64(1 + 100 * kept))
            #expect(try store.memory(of: lobby).cursor == "\(kept - 1)")
            try FileManager.default.removeItem(atPath: filler)
            try store.read(reading(kept), .some, cursor: "\(kept)")
            let verdict = try EdgeStore(path: directory + "/journal.db", now: monday).verify()
            #expect(verdict.problems.isEmpty && verdict.punches == Int64(100 * (kept + 1)))
        }
    }

    @Test("B18 the lock has one holder, and ends with it")
    func lock() throws {
        try withTemporaryDirectory { directory in
            let state = StateDirectory(path: directory)
            var held = try state.lock()
            #expect(held != nil)
            #expect(try StateDirectory(path: directory).lock() == nil)
            held = nil
            held = try state.lock()
            #expect(held != nil)
            #expect(throws: StateDirectoryError.self) { try StateDirectory(path: directory + "/none").lock() }
        }
    }

    @Test("the lock of another process ends when that process is killed")
    func lockOfDeadProcess() throws {
        try withTemporaryDirectory { directory in
            let state = StateDirectory(path: directory)
            _ = try state.lock()
            let holder = Process()
            holder.executableURL = URL(filePath: "/usr/bin/env")
            let script = """
                import fcntl, sys
                file = open(sys.argv[1])
                fcntl.flock(file, fcntl.LOCK_EX)
                print("held", flush=True)
                sys.stdin.read()
                """
            holder.arguments = ["python3", "-c", script, directory + "/lock"]
            let (output, input) = (Pipe(), Pipe())
            holder.standardOutput = output
            holder.standardInput = input
            try holder.run()
            var said = Data()
            while !said.contains(10) {
                let more = output.fileHandleForReading.availableData
                if more.isEmpty { break }
                said += more
            }
            #expect(said == Data("held\n".utf8))
            #expect(try state.lock() == nil)
            kill(holder.processIdentifier, SIGKILL)
            holder.waitUntilExit()
            #expect(try state.lock() != nil)
        }
    }
}
