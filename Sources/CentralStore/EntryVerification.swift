import Attendance
import Foundation
import GRDB

/// What a look at all that nodes sent, and at all punches made of it, found.
package struct EntryVerdict: Codable, Equatable, Sendable {
    package var entries = 0
    package var punches = 0
    /// What is wrong; a damaged file has no end of it, so looking ends after `mostProblems`.
    package var problems: [String] = []

    package var isWhole: Bool { problems.isEmpty }

    static let mostProblems = 100

    fileprivate var isEnough: Bool { problems.count >= Self.mostProblems }
}

extension SQLiteCentralStore {
    /// Compares every entry with the hashes its node sent, and every punch with its entries: SQLite's own check sees
    /// few of the bits that a disk flips.
    ///
    /// Read in pieces, but for SQLite's check: nobody who writes waits for it.
    ///
    /// - Parameter piece: entries of one reading.
    package func verifyEntries(piece: Int = 2000) async throws -> EntryVerdict {
        let state = try await taking(FileWalk(), EntryVerdict())
        var verdict = state.verdict
        for walk in state.walk.epochs { verdict = try await inPieces(walk, verdict, piece) }
        return try await inPieces(PunchWalk(), verdict, piece / 2 + 1)
    }

    private func inPieces<Walk: StepWise>(
        _ walk: Walk, _ verdict: EntryVerdict, _ piece: Int
    ) async throws -> EntryVerdict {
        var state = (walk: walk, verdict: verdict, goesOn: true)
        while state.goesOn, !state.verdict.isEnough {
            try Task.checkCancellation()
            state = try await taking(state.walk, state.verdict, piece)
        }
        return state.verdict
    }

    /// One step. What cannot be read is a finding, not an error.
    private func taking<Walk: StepWise>(
        _ walk: Walk, _ verdict: EntryVerdict, _ piece: Int = 1
    ) async throws -> (walk: Walk, verdict: EntryVerdict, goesOn: Bool) {
        do {
            return try await database.read { db in
                var (walk, verdict) = (walk, verdict)
                let goesOn = try walk.step(db, piece, &verdict)
                return (walk, verdict, goesOn)
            }
        } catch let error as DatabaseError {
            var verdict = verdict
            verdict.problems.append("\(walk.name) cannot be read: \(error)")
            return (walk, verdict, false)
        }
    }
}

/// Something that is looked at in pieces.
private protocol StepWise: Sendable {
    var name: String { get }
    /// - Returns: whether there is more.
    mutating func step(_ db: Database, _ piece: Int, _ verdict: inout EntryVerdict) throws -> Bool
}

/// What SQLite itself says, and which epochs there are.
private struct FileWalk: StepWise {
    private(set) var epochs: [EpochWalk] = []

    var name: String { "the file" }

    mutating func step(_ db: Database, _ piece: Int, _ verdict: inout EntryVerdict) throws -> Bool {
        let sql = "SELECT epochs.id, epoch, name FROM epochs LEFT JOIN nodes ON nodes.id = node_id ORDER BY epochs.id"
        for row in try Row.fetchAll(db, sql: sql) {
            let id = row.stored("id", Int64.self) ?? 0
            guard let epoch = row.stored("epoch", String.self).flatMap({ Epoch($0) }),
                let node = row.stored("name", String.self)
            else {
                verdict.problems.append("epoch \(id) is not readable, or of no node")
                continue
            }
            epochs.append(EpochWalk(id: id, node: node, epoch: epoch))
        }
        do {
            let said = try String.fetchAll(db, sql: "PRAGMA integrity_check(20)")
            verdict.problems += said.filter { $0 != "ok" }.map { "\(name): \($0)" }
        } catch {
            // What can be read is still looked at.
            verdict.problems.append("\(name): \(error)")
        }
        return false
    }
}

/// One epoch's chain, from its start.
private struct EpochWalk: StepWise {
    let id: Int64
    let node: String
    var name: String { "entries of node \(node)" }
    private var seq: Int64 = 0
    /// `nil` where it is not known any more.
    private var hash: ChainHash?

    init(id: Int64, node: String, epoch: Epoch) {
        self.id = id
        self.node = node
        hash = .start(of: epoch)
    }

    private static let sql = """
        SELECT entries.seq, entries.hash, body, quarantine.seq IS NOT NULL AS quarantined, punches.id AS punch
        FROM entries LEFT JOIN quarantine USING (epoch_id, seq) LEFT JOIN observations USING (epoch_id, seq)
        LEFT JOIN punches ON punches.id = punch_id WHERE entries.epoch_id = ? AND entries.seq > ?
        ORDER BY entries.seq LIMIT ?
        """

    mutating func step(_ db: Database, _ piece: Int, _ verdict: inout EntryVerdict) throws -> Bool {
        let rows = try Row.fetchAll(db.cachedStatement(sql: Self.sql), arguments: [id, seq, piece])
        for row in rows {
            guard let next = row.stored("seq", Int64.self), next > seq else {
                verdict.problems.append("node \(node): the entry behind \(seq) has no number")
                return false
            }
            if next != seq + 1 { hash = try gap(before: next, db, &verdict) }
            seq = next
            verdict.entries += 1
            check(row, &verdict)
        }
        return rows.count == piece
    }

    private func gap(before next: Int64, _ db: Database, _ verdict: inout EntryVerdict) throws -> ChainHash? {
        let row = try Row.fetchOne(
            db.cachedStatement(
                sql: "SELECT end_hash FROM gaps WHERE epoch_id = ? AND first_seq <= ? AND last_seq = ? LIMIT 1"),
            arguments: [id, seq + 1, next - 1])
        guard let row else {
            verdict.problems.append("node \(node): entries \(seq + 1) to \(next - 1) are gone, and no gap says so")
            return nil
        }
        return row.stored("end_hash", Data.self).flatMap { ChainHash(bytes: Array($0)) }
    }

    private mutating func check(_ row: Row, _ verdict: inout EntryVerdict) {
        let stored = row.stored("hash", Data.self).flatMap { ChainHash(bytes: Array($0)) }
        let body = row.stored("body", Data.self)
        if let body, let stored, hash == nil || hash?.next(seq: seq, body: Array(body)) == stored {
            let isPunch = body.starts(with: Self.punchMark) && row.stored("quarantined", Int64.self) == 0
            if isPunch, row.stored("punch", Int64.self) == nil {
                verdict.problems.append("node \(node): the scan of entry \(seq) is in no punch")
            }
        } else {
            verdict.problems.append("node \(node): entry \(seq) is not what was sent")
        }
        hash = stored
    }

    /// How the body of a punch begins.
    private static let punchMark = Array("{\"kind\":\"punch\",".utf8)
}

/// All punches, by id.
private struct PunchWalk: StepWise {
    var name: String { "punches" }
    private var id: Int64 = 0

    private static let punches = """
        SELECT punches.*, devices.serial FROM punches LEFT JOIN devices ON devices.id = device_id
        WHERE punches.id > ? ORDER BY punches.id LIMIT ?
        """
    private static let bodies = """
        SELECT body FROM observations LEFT JOIN entries USING (epoch_id, seq) WHERE punch_id = ?
        """

    mutating func step(_ db: Database, _ piece: Int, _ verdict: inout EntryVerdict) throws -> Bool {
        let rows = try Row.fetchAll(db.cachedStatement(sql: Self.punches), arguments: [id, piece])
        for row in rows {
            id = row.stored("id", Int64.self) ?? id + 1
            verdict.punches += 1
            let bodies = try Row.fetchAll(db.cachedStatement(sql: Self.bodies), arguments: [id])
                .map { $0.stored("body", Data.self) }
            if let problem = Self.problem(row, bodies) { verdict.problems.append("punch \(id): \(problem)") }
        }
        return rows.count == piece
    }

    private static func problem(_ row: Row, _ bodies: [Data?]) -> String? {
        guard let punch = try? row.punch() else { return "its row is not what it was" }
        var best: PunchAttributes?
        for body in bodies {
            guard let body, case .punch(let seen)? = (try? EntryBody.decode(Array(body)))?.body,
                seen.key == punch.key
            else { return "an entry that it was made of tells of another scan" }
            let attributes = PunchAttributes(seen)
            if best.map(attributes.isBetter) ?? true { best = attributes }
        }
        guard let best else { return "no entry tells of it" }
        return best == PunchAttributes(punch) ? nil : "its entries tell something else of it"
    }
}

extension Row {
    /// A column of a file that may be damaged: GRDB's own subscripts trap on a value of another type.
    ///
    /// - Returns: `nil` for NULL and for a value that is no `Value`.
    func stored<Value: DatabaseValueConvertible>(_ column: String, _ type: Value.Type) -> Value? {
        let value: DatabaseValue? = self[column]
        return value.flatMap(Value.fromDatabaseValue)
    }

    /// The scan of a row of `punches` with its device's serial.
    ///
    /// - Throws: `DatabaseError` where its content key is not that of the scan: the row is not what it was.
    func punch() throws -> Punch {
        guard let serial = stored("serial", String.self).flatMap({ DeviceSerial($0) }),
            let time = stored("device_time", String.self).flatMap({ DeviceTime(text: $0) }),
            let user = stored("user_id", Data.self), let occurrence = stored("occurrence", Int.self),
            let attributes = storedAttributes, let key = stored("key", Data.self)
        else { throw damaged }
        let punch = Punch(
            serial: serial, userID: UserID(field: user), deviceTime: time, occurrence: occurrence,
            verify: attributes.verify, state: attributes.state, workCode: attributes.workCode,
            source: attributes.source, raw: attributes.raw, flags: attributes.flags, file: attributes.file)
        guard punch.key.bytes == Array(key) else { throw damaged }
        return punch
    }

    private var storedAttributes: PunchAttributes? {
        guard let source = stored("source", String.self).flatMap({ Punch.Source(rawValue: $0) }),
            let verify = stored("verify", Int.self), let state = stored("state", Int.self),
            let raw = stored("raw", Data.self), let flags = stored("flags", String.self)
        else { return nil }
        return PunchAttributes(
            verify: verify, state: state, workCode: stored("work_code", String.self), source: source, raw: Array(raw),
            flags: PunchAttributes.flags(flags),
            file: stored("file", String.self).map { FileOrigin(sha256: $0, by: stored("file_by", String.self) ?? "") })
    }

    private var damaged: DatabaseError {
        DatabaseError(
            resultCode: .SQLITE_CORRUPT,
            message: "punch \(stored("id", Int64.self) ?? 0) is not what it was; `hadir-central verify` says more")
    }
}
