import Attendance
import AttendanceRules
import Crypto
import Foundation
import GRDB

/// Adds and withdraws attestations within one transaction that is given up where one is refused.
struct AttestationEditor {
    let db: Database
    private let actor: Actor
    private let moment: Int64
    private let acts: AuditWriter
    var queue = RecomputeQueue()

    /// Minutes of a date: the evening before to the end of the next day.
    static let minutes = -1440...2880
    /// More than any unit has people.
    static let mostLines = 5000

    init(_ db: Database, by actor: Actor, at moment: Int64) {
        self.db = db
        self.actor = actor
        self.moment = moment
        acts = AuditWriter(db: db, actor: actor, moment: moment)
    }

    /// What an attestation is searched by.
    private struct Place {
        var unit: Int64?
        var device: Int64?
        var file: String?
        var days: (from: Int, to: Int?)?
        var employees: [Int64] = []
    }

    /// - Returns: its id, or that of the same one that is there and not withdrawn.
    /// - Throws: `Refused`.
    mutating func add(_ new: NewAttestation) throws -> Int64 {
        try ChangeCheck.text(new.document, "the document")
        try ChangeCheck.note(new.reason, "the reason", longest: ChangeCheck.longestReason)
        let content = try SQLiteCentralStore.encode(new.content)
        let digest = Data(SHA256.hash(data: Data((content + "\u{0}" + new.document).utf8)))
        let same = try Int64.fetchOne(
            db.cachedStatement(sql: "SELECT id FROM attestations WHERE digest = ? AND withdrawn_at IS NULL"),
            arguments: [digest])
        if let same { return same }
        let place = try checked(new.content)
        try db.cachedStatement(
            sql: """
                INSERT INTO attestations (kind, unit_id, device_id, file, from_day, to_day, content, document, digest,
                    reason, by_name, by_role, at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """
        ).execute(arguments: [
            new.content.kind.rawValue, place.unit, place.device, place.file, place.days?.from, place.days?.to, content,
            new.document, digest, new.reason, actor.name, actor.role, moment,
        ])
        let id = db.lastInsertedRowID
        if let days = place.days {
            for employee in place.employees {
                try db.cachedStatement(
                    sql: """
                        INSERT INTO attestation_employees (employee_id, from_day, to_day, attestation_id)
                        VALUES (?, ?, ?, ?)
                        """
                ).execute(arguments: [employee, days.from, days.to, id])
            }
        }
        try queueDays(of: new.content)
        try note(.attestationAdded, id, new.content, new.document, place.employees.count)
        return id
    }

    mutating func withdraw(_ id: Int64, reason: String) throws -> Bool {
        try ChangeCheck.note(reason, "the reason", longest: ChangeCheck.longestReason)
        let row = try Row.fetchOne(
            db.cachedStatement(
                sql: "SELECT content, document FROM attestations WHERE id = ? AND withdrawn_at IS NULL"),
            arguments: [id])
        guard let row else { return false }
        guard let content = SQLiteCentralStore.decode(Attestation.Content.self, row[0]) else {
            throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: "attestation \(id) cannot be read")
        }
        try db.cachedStatement(
            sql: """
                UPDATE attestations SET withdrawn_at = ?, withdrawn_by_name = ?, withdrawn_by_role = ?,
                    withdrawn_reason = ? WHERE id = ?
                """
        ).execute(arguments: [moment, actor.name, actor.role, reason, id])
        try queueDays(of: content)
        let lines = if case .sheet(_, _, let lines) = content { lines.count } else { 1 }
        try note(.attestationWithdrawn, id, content, row[1], lines)
        return true
    }

    /// Neither the reason nor which kind of leave it is: both may tell of health.
    private func note(
        _ what: AuditWord, _ id: Int64, _ content: Attestation.Content, _ document: String, _ employees: Int
    ) throws {
        var detail = JSONLine()
        detail.add("attestation", id)
        detail.add("kind", content.kind.rawValue)
        detail.add("document", document)
        if employees > 0 { detail.add("employees", employees) }
        try acts.note(what, Self.object(content), detail)
    }

    /// Whom or what it is about.
    private static func object(_ content: Attestation.Content) -> String {
        switch content {
        case .leave(let employee, _, _), .correction(let employee, _, _): "employee:\(employee)"
        case .sheet(let unit, _, _): "unit:\(unit)"
        case .coverage(let serial, _, _): "device:\(serial)"
        case .file(let digest): "file:\(digest)"
        }
    }

    // MARK: What may be said

    private func checked(_ content: Attestation.Content) throws -> Place {
        switch content {
        case .leave(let employee, _, let span):
            try ChangeCheck.span(span)
            try expect(employee)
            try refuseOverlap(employee, span)
            return Place(days: (span.from.dayNumber, span.to?.dayNumber), employees: [employee])
        case .correction(let employee, let date, let kind):
            try expect(employee)
            try check(kind)
            return Place(days: (date.dayNumber, date.dayNumber), employees: [employee])
        case .sheet(let unit, let date, let lines):
            let isThere = try Bool.fetchOne(
                db.cachedStatement(sql: "SELECT EXISTS (SELECT 1 FROM units WHERE id = ?)"), arguments: [unit])
            guard isThere == true else { throw Refused(.unknownUnit("\(unit)")) }
            try check(lines)
            return Place(unit: unit, days: (date.dayNumber, date.dayNumber), employees: lines.map(\.employee))
        case .coverage(let serial, let from, let to):
            guard let device = try device(serial) else { throw Refused(.unknownDevice(serial)) }
            guard from < to else { throw Refused.malformed("the time ends before it begins") }
            guard to.milliseconds <= moment else {
                throw Refused.malformed("nobody can know of a time that has not come")
            }
            return Place(device: device, days: Self.days(from, to))
        case .file(let digest):
            let isThere = try Bool.fetchOne(
                db.cachedStatement(sql: "SELECT EXISTS (SELECT 1 FROM punches WHERE file = ?)"), arguments: [digest])
            guard digest.utf8.count == 64, isThere == true else { throw Refused(.unknownFile(digest)) }
            return Place(file: digest)
        }
    }

    private func check(_ kind: Correction.Kind) throws {
        switch kind {
        case .arrival(let minute), .departure(let minute):
            guard Self.minutes.contains(minute) else { throw Refused.malformed("the minute is of no such day") }
        case .notTheirs(let key):
            guard let bytes = Hex.decode(key), bytes.count == 32 else {
                throw Refused.malformed("that is no key of a scan")
            }
        case .excuseLate, .excuseEarly, .present: return
        }
    }

    private func check(_ lines: [Attestation.SheetEntry]) throws {
        guard (1...Self.mostLines).contains(lines.count) else {
            throw Refused.malformed("a sheet has 1 to \(Self.mostLines) lines")
        }
        guard Set(lines.map(\.employee)).count == lines.count else {
            throw Refused.malformed("the sheet has an employee twice")
        }
        for line in lines {
            let said = [line.arrival, line.departure].compactMap { $0 }
            guard !said.isEmpty, said.allSatisfy(Self.minutes.contains) else {
                throw Refused.malformed("a line has no minute, or one of no such day")
            }
            guard said.first ?? 0 <= said.last ?? 0 else { throw Refused.malformed("a line ends before it begins") }
            try expect(line.employee)
        }
    }

    private func expect(_ employee: Int64) throws {
        let isThere = try Bool.fetchOne(
            db.cachedStatement(sql: "SELECT EXISTS (SELECT 1 FROM employees WHERE id = ?)"), arguments: [employee])
        guard isThere == true else { throw Refused(.unknownEmployee("\(employee)")) }
    }

    private func refuseOverlap(_ employee: Int64, _ span: DateSpan) throws {
        let from = span.from.dayNumber
        let other = try Row.fetchOne(
            db.cachedStatement(
                sql: """
                    SELECT attestations.id, own.from_day, own.to_day FROM attestation_employees AS own
                    JOIN attestations ON attestations.id = attestation_id
                    WHERE own.employee_id = ?1 AND kind = 'leave' AND withdrawn_at IS NULL
                        AND own.from_day <= coalesce(?3, own.from_day) AND coalesce(own.to_day, ?2) >= ?2
                    ORDER BY own.from_day LIMIT 1
                    """), arguments: [employee, from, span.to?.dayNumber])
        if let other {
            let days = DateSpan(
                from: CivilDate(dayNumber: other[1]), to: (other[2] as Int?).map { CivilDate(dayNumber: $0) })
            throw Refused(.leaveOverlaps(id: other[0], span: days))
        }
    }

    private func device(_ serial: String) throws -> Int64? {
        try Int64.fetchOne(db.cachedStatement(sql: "SELECT id FROM devices WHERE serial = ?"), arguments: [serial])
    }

    // MARK: What follows

    private mutating func queueDays(of content: Attestation.Content) throws {
        switch content {
        case .leave(let employee, _, let span): queue.add(.employee(employee), span, .leave)
        case .correction(let employee, let date, _):
            queue.add(.employee(employee), DateSpan(date...date), .correction)
        case .sheet(_, let date, let lines):
            for line in lines { queue.add(.employee(line.employee), DateSpan(date...date), .sheet) }
        case .coverage(let serial, let from, let to):
            guard let device = try device(serial) else { return }
            let days = Self.days(from, to)
            queue.add(.device(device), from: days.from, to: days.to, .coverage)
        case .file(let digest):
            let rows = try Row.fetchCursor(
                db,
                sql: """
                    SELECT DISTINCT device_id, user_id, substr(device_time, 1, 10) FROM punches
                    WHERE file = ? AND length(device_time) = 19
                    """, arguments: [digest])
            while let row = try rows.next() {
                guard let date = CivilDate(text: row[2] as String)?.dayNumber else { continue }
                queue.add(.userID(device: row[0], Array(row[1] as Data)), from: date - 1, to: date + 1, .file)
            }
        }
    }

    /// The days in any zone that a time touches.
    static func days(_ from: Date, _ to: Date) -> (from: Int, to: Int?) {
        func day(_ moment: Date) -> Int {
            Moment(seconds: moment.milliseconds / 1000).date(offset: 0).dayNumber
        }
        return (day(from) - 1, day(to) + 1)
    }
}

extension Attestation.Content {
    var kind: AttestationQuery.Kind {
        switch self {
        case .leave: .leave
        case .correction: .correction
        case .sheet: .sheet
        case .coverage: .coverage
        case .file: .file
        }
    }
}
