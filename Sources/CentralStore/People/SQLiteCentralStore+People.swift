import Attendance
import AttendanceRules
import Foundation
import GRDB

extension SQLiteCentralStore {
    package func people() async throws -> People {
        try await database.read(PeopleReader.read)
    }

    package func peopleRevision() async throws -> Int64 {
        try await database.read { db in
            try Int64.fetchOne(db.cachedStatement(sql: "SELECT people_revision FROM centre")) ?? 0
        }
    }

    package func change(people changes: [PeopleChange], revision: Int64?, by actor: Actor, at moment: Date) async throws
    {
        try await write { db in
            let present = try Int64.fetchOne(db, sql: "SELECT people_revision FROM centre")
            guard revision == nil || revision == present else {
                throw ChangeRefusal(index: nil, reason: .changedMeanwhile)
            }
            var editor = PeopleEditor(db, by: actor, at: moment.milliseconds)
            var isChanged = false
            try Self.each(changes) { change in
                if try editor.apply(change) { isChanged = true }
            }
            try editor.queue.write(db)
            if isChanged { try Self.raisePeopleRevision(db) }
        }
    }

    /// Goes through a set of which each or none is done; a refusal is given the place of what was refused.
    static func each<Change>(_ changes: [Change], _ apply: (Change) throws -> Void) throws {
        for (index, change) in changes.enumerated() {
            do {
                try apply(change)
            } catch let refused as Refused {
                throw ChangeRefusal(index: index, reason: refused.reason)
            }
        }
    }

    /// For everything that makes `people()` give something else.
    static func raisePeopleRevision(_ db: Database) throws {
        try db.execute(sql: "UPDATE centre SET people_revision = people_revision + 1")
    }

    package func seenUserIDs() async throws -> [SeenUserID] {
        try await database.read { db in
            var seen: [SeenUserID] = []
            let rows = try Row.fetchCursor(
                db,
                sql: """
                    SELECT serial, devices.unit_id, user_id, device_users.name, first_time, last_time, scans
                    FROM device_users JOIN devices ON devices.id = device_id
                    ORDER BY devices.unit_id, serial, user_id
                    """)
            while let row = try rows.next() {
                seen.append(
                    SeenUserID(
                        serial: row[0], unit: row[1], userID: UserID(field: row[2] as Data), deviceName: row[3],
                        first: row[4], last: row[5], scans: row[6]))
            }
            return seen
        }
    }
}

/// Reads everybody and everything in one transaction; columns by place, because there are some 50,000 rows.
private enum PeopleReader {
    static func read(_ db: Database) throws -> People {
        People(
            revision: try Int64.fetchOne(db, sql: "SELECT people_revision FROM centre") ?? 0,
            units: try all(db, "SELECT id, name, code, kind, parent_id, timezone FROM units ORDER BY name", unit),
            heads: try all(
                db,
                """
                SELECT unit_id, employee_id, capacity, from_day, to_day, document FROM unit_heads
                ORDER BY unit_id, from_day, id
                """, head),
            employees: try employees(db),
            links: try all(
                db,
                """
                SELECT identity_links.id, identity_links.unit_id, serial, user_id, employee_id, from_day, to_day
                FROM identity_links LEFT JOIN devices ON devices.id = device_id
                WHERE to_day IS NULL OR to_day >= from_day ORDER BY identity_links.id
                """, link),
            devices: try devices(db))
    }

    private static func all<Value>(_ db: Database, _ sql: String, _ make: (Row) throws -> Value) throws -> [Value] {
        var values: [Value] = []
        let rows = try Row.fetchCursor(db, sql: sql)
        while let row = try rows.next() { values.append(try make(row)) }
        return values
    }

    private static func unit(_ row: Row) throws -> OrgUnit {
        OrgUnit(
            id: row[0], name: row[1], code: row[2], kind: try word(row[3]), parent: row[4], timezone: row[5])
    }

    private static func head(_ row: Row) throws -> UnitHead {
        UnitHead(
            unit: row[0], employee: row[1], capacity: try word(row[2]), span: span(row[3], row[4]), document: row[5])
    }

    private static func link(_ row: Row) throws -> IdentityLink {
        let scope: IdentityLink.Scope
        if let unit = row[1] as Int64? { scope = .unit(unit) } else { scope = .device(row[2]) }
        return IdentityLink(
            id: row[0], scope: scope, userID: UserID(field: row[3] as Data), employee: row[4],
            span: span(row[5], row[6]))
    }

    private static func employees(_ db: Database) throws -> [Employee] {
        var employments: [Int64: [Employment]] = [:]
        var placements: [Int64: [Placement]] = [:]
        let numbers = try Row.fetchCursor(
            db, sql: "SELECT employee_id, number, kind, from_day, to_day FROM employments ORDER BY from_day")
        while let row = try numbers.next() {
            employments[row[0], default: []].append(
                Employment(number: row[1], kind: try word(row[2]), span: span(row[3], row[4])))
        }
        let places = try Row.fetchCursor(
            db,
            sql: """
                SELECT employee_id, unit_id, post, superior_id, schedule_group, from_day, to_day
                FROM placements ORDER BY from_day
                """)
        while let row = try places.next() {
            placements[row[0], default: []].append(
                Placement(unit: row[1], post: row[2], superior: row[3], group: row[4], span: span(row[5], row[6])))
        }
        return try all(db, "SELECT id, name FROM employees ORDER BY id") { row in
            let id: Int64 = row[0]
            return Employee(
                id: id, name: row[1], employments: employments[id] ?? [], placements: placements[id] ?? [])
        }
    }

    private static func devices(_ db: Database) throws -> [ServedDevice] {
        var zones: [String: TimeZone?] = [:]
        return try all(
            db,
            """
            SELECT serial, devices.unit_id, claimed_at, covered_from, from_day, to_day,
                (SELECT timezone FROM device_zones WHERE device_id = devices.id
                 ORDER BY from_at DESC, id DESC LIMIT 1) AS timezone
            FROM devices LEFT JOIN device_service ON device_service.device_id = devices.id
            WHERE claimed_by_file = 0 ORDER BY serial
            """
        ) { row in
            let timezone: String? = row[6]
            if let from = row[4] as Int? {
                return ServedDevice(serial: row[0], unit: row[1], timezone: timezone, service: span(from, row[5]))
            }
            if let timezone, zones[timezone] == nil { zones[timezone] = .some(TimeZone(identifier: timezone)) }
            let first = Date(milliseconds: min(row[2], row[3] ?? Int64.max))
            // Without a zone nothing on it has a time either; the date of UTC is here the same day or the one before.
            let offset = timezone.flatMap { zones[$0] ?? nil }?.secondsFromGMT(for: first) ?? 0
            let date = Moment(seconds: Int64(first.timeIntervalSince1970.rounded(.down))).date(offset: offset)
            return ServedDevice(serial: row[0], unit: row[1], timezone: timezone, service: DateSpan(from: date))
        }
    }

    private static func span(_ from: Int, _ to: Int?) -> DateSpan {
        DateSpan(from: CivilDate(dayNumber: from), to: to.map { CivilDate(dayNumber: $0) })
    }

    private static func word<Word: RawRepresentable>(_ text: String) throws -> Word where Word.RawValue == String {
        guard let word = Word(rawValue: text) else {
            throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: "a word of people is not one of ours")
        }
        return word
    }
}
