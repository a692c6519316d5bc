import Attendance
import AttendanceRules
import Foundation
import GRDB

extension SQLiteCentralStore {
    package func material(
        ofDevices serials: [String], employees: [Int64], dates: ClosedRange<CivilDate>
    ) async throws -> WorkdayMaterial {
        try await database.read { db in
            var reader = try MaterialReader(db, employees: employees, dates: dates)
            var material = WorkdayMaterial()
            for serial in Set(serials.map { Array($0.utf8) }).map({ String(decoding: $0, as: UTF8.self) }).sorted() {
                try reader.read(serial, into: &material)
            }
            material.attestations = try reader.attestations()
            material.roster = try reader.roster()
            return material
        }
    }
}

/// A device's scans and what they may be believed, one reading of the database for all.
private struct MaterialReader {
    private let db: Database
    private let employees: [Int64]
    private let dates: ClosedRange<CivilDate>
    /// True time, milliseconds: the dates in every zone, with a day on both sides.
    private let span: Range<Int64>
    private let accepted: Set<String>
    /// Those that can matter; `nil` where there are so many people that all are read.
    private let users: Set<[UInt8]>?
    private var moments = MomentsByDevice()

    private static let fewEmployees = 100
    /// Claims and holes of one device that are looked at: three a minute of a month.
    private static let mostPieces = 130_000

    init(_ db: Database, employees: [Int64], dates: ClosedRange<CivilDate>) throws {
        self.db = db
        self.employees = employees
        self.dates = dates
        let first = Int64(dates.lowerBound.dayNumber - 1) * 86_400_000 - 15 * 3_600_000
        let last = Int64(dates.upperBound.dayNumber + 2) * 86_400_000 + 15 * 3_600_000
        span = first..<last
        accepted = try Set(
            String.fetchAll(
                db,
                sql: "SELECT file FROM attestations WHERE kind = 'file' AND file IS NOT NULL AND withdrawn_at IS NULL"))
        guard employees.count <= Self.fewEmployees else {
            users = nil
            return
        }
        var users: Set<[UInt8]> = []
        let statement = try db.cachedStatement(sql: "SELECT user_id FROM identity_links WHERE employee_id = ?")
        for employee in employees {
            for user in try Data.fetchAll(statement, arguments: [employee]) { users.insert(Array(user)) }
        }
        self.users = users
    }

    mutating func read(_ serial: String, into material: inout WorkdayMaterial) throws {
        guard
            let device = try Int64.fetchOne(
                db.cachedStatement(sql: "SELECT id FROM devices WHERE serial = ?"), arguments: [serial])
        else { return }
        let record = try record(of: device, serial).without(moments.doubtful(device, within: span, db))
        material.records[serial] = record
        let wrong = record.gaps.filter(\.isAboutClock)
        let first = dates.lowerBound.adding(days: -1)
        let last = dates.upperBound.adding(days: 1)
        try scans(device, serial, from: first.text, to: last.text, wrong, shown: true, into: &material.scans)
        // Scans that show another date and were made in these days.
        for days in try moments.otherDays(device, madeIn: span, besides: first...last, db) {
            try scans(
                device, serial, from: days.lowerBound.text, to: days.upperBound.text, wrong, shown: false,
                into: &material.scans)
        }
    }

    /// - Parameter shown: with scans whose time is what it shows; else only those of a wrong clock.
    private mutating func scans(
        _ device: Int64, _ serial: String, from: String, to: String, _ wrong: [DeviceRecord.Gap], shown: Bool,
        into scans: inout [RawScan]
    ) throws {
        let rows = try Row.fetchCursor(
            db.cachedStatement(
                sql: """
                    SELECT key, user_id, device_time, source, file, received_at FROM punches
                    WHERE device_id = ? AND device_time BETWEEN ? AND ?
                    ORDER BY device_time, key
                    """), arguments: [device, from, to + "T99"])
        while let row = try rows.next() {
            let user = UserID(field: row[1] as Data)
            guard !user.isNobody, users?.contains(user.bytes) ?? true,
                let moment = try moments.scan(row[2], device: device, db), shown || moment.isFault,
                span.contains(moment.at.seconds * 1000)
            else { continue }
            guard let key = PunchKey(bytes: Array(row[0] as Data)) else { throw WorkdayRow.unreadable }
            let trust = trust(row, moment, wrong)
            scans.append(
                RawScan(
                    serial: serial, userID: user, scan: Scan(key: key, at: moment.at, serial: serial, trust: trust)))
        }
    }

    /// Five minutes: what clocks may differ by.
    private static let ahead: Int64 = 300_000

    private func trust(_ row: Row, _ moment: MomentsByDevice.Found, _ wrong: [DeviceRecord.Gap]) -> Scan.Trust {
        if moment.isFault || wrong.contains(where: { $0.span.contains(moment.at) }) { return .wrongClock }
        if moment.at.seconds * 1000 > (row[5] as Int64) + Self.ahead { return .future }
        guard (row[3] as String) == Punch.Source.stick.rawValue else { return .counts }
        let file: String? = row[4]
        return file.map(accepted.contains) ?? false ? .counts : .unconfirmed
    }

    private func record(of device: Int64, _ serial: String) throws -> DeviceRecord {
        // Claims as long as a day or more are few, and found by an index of their own: what lies years behind the
        // dates is never read.
        let rows = try Row.fetchCursor(
            db.cachedStatement(
                sql: """
                    SELECT from_at, to_at, holes, node_id, number, seq FROM coverage
                    JOIN epochs ON epochs.id = epoch_id
                    WHERE device_id = ?1 AND until_at > ?2 AND until_at <= ?3 + 86400000 AND from_at < ?3
                        AND \(SQLiteCentralStore.isPossible)
                    UNION ALL
                    SELECT from_at, to_at, holes, node_id, number, seq FROM coverage INDEXED BY coverage_long
                    JOIN epochs ON epochs.id = epoch_id
                    WHERE device_id = ?1 AND until_at > ?3 + 86400000 AND from_at < ?3
                        AND until_at - from_at > 86400000 AND \(SQLiteCentralStore.isPossible)
                    ORDER BY node_id DESC, number DESC, seq DESC
                    """), arguments: [device, span.lowerBound, span.upperBound])
        var claims: [(node: Int64, from: Int64, to: Int64, holes: [StoredHole])] = []
        var room = Self.mostPieces
        while room > 0, let row = try rows.next() {
            let text: String = row[2]
            let holes = text == "[]" ? [] : SQLiteCentralStore.decode([StoredHole].self, text) ?? []
            claims.append((row[3], row[0], row[1], holes))
            room -= 1 + holes.count
        }
        var told = StoredClaims(within: span)
        for claim in claims.reversed() {
            told.claim(node: claim.node, from: claim.from, to: claim.to, holes: claim.holes)
        }
        return told.record(of: serial, attested: try attested(device))
    }

    private func attested(_ device: Int64) throws -> [Range<Int64>] {
        try String.fetchAll(
            db.cachedStatement(
                sql: """
                    SELECT content FROM attestations
                    WHERE device_id = ? AND kind = 'coverage' AND withdrawn_at IS NULL ORDER BY id
                    """), arguments: [device]
        ).compactMap { text in
            guard case .coverage(_, let from, let to) = SQLiteCentralStore.decode(Attestation.Content.self, text),
                from < to
            else { return nil }
            return from.milliseconds..<max(from.milliseconds + 1, to.milliseconds)
        }
    }

    // MARK: Of employees

    func attestations() throws -> [Attestation] {
        var ids: Set<Int64> = []
        let statement = try db.cachedStatement(
            sql: """
                SELECT attestation_id FROM attestation_employees
                WHERE employee_id = ? AND from_day <= ? AND (to_day IS NULL OR to_day >= ?)
                """)
        for employee in employees {
            let found = try Int64.fetchAll(
                statement,
                arguments: [
                    employee, dates.upperBound.adding(days: 1).dayNumber, dates.lowerBound.adding(days: -1).dayNumber,
                ])
            ids.formUnion(found)
        }
        let whole = try db.cachedStatement(
            sql: "SELECT * FROM attestations WHERE id = ? AND withdrawn_at IS NULL")
        return try ids.sorted().compactMap { id in
            guard let row = try Row.fetchOne(whole, arguments: [id]) else { return nil }
            guard let content = SQLiteCentralStore.decode(Attestation.Content.self, row["content"]) else {
                throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: "attestation \(id) cannot be read")
            }
            return Attestation(
                id: id, content: content, document: row["document"], reason: row["reason"],
                by: Actor(name: row["by_name"], role: row["by_role"]), at: Date(milliseconds: row["at"]))
        }
    }

    func roster() throws -> [RosterDay] {
        let statement = try db.cachedStatement(
            sql: "SELECT day, shift FROM rosters WHERE employee_id = ? AND day BETWEEN ? AND ? ORDER BY day")
        return try employees.flatMap { employee in
            try Row.fetchAll(
                statement,
                arguments: [
                    employee, dates.lowerBound.adding(days: -1).dayNumber, dates.upperBound.adding(days: 1).dayNumber,
                ]
            ).map { row in
                RosterDay(employee: employee, date: CivilDate(dayNumber: row["day"]), shift: row["shift"])
            }
        }
    }
}
