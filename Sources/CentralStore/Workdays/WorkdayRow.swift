import Attendance
import AttendanceRules
import Foundation
import GRDB
import SQLiteRows

/// A workday as a row of `workdays` or `closed_workdays`, and as the JSON of a change.
struct WorkdayRow: Codable {
    struct Side: Codable {
        var state: String
        var at: Int64?
        var key: String?
        var sheet: Int64?
        var correction: Int64?
        var minutes: Int
        var band: String?
        var excused: Bool?
    }

    var day: CivilDate
    var status: String
    var deduction: Int
    var flags: Int
    var rules: String?
    var rules_digest: String?
    var arrival: Side
    var departure: Side

    init(_ workday: Workday) {
        day = workday.date
        status = workday.status.rawValue
        deduction = workday.deduction
        flags = workday.flags.rawValue
        rules = workday.rules?.name
        rules_digest = workday.rules?.digest
        arrival = Side(workday.arrival)
        departure = Side(workday.departure)
    }

    var workday: Workday {
        get throws {
            guard let status = DayStatus(rawValue: status) else { throw WorkdayRow.unreadable }
            let version = rules.map { RuleSetVersion(name: $0, digest: rules_digest ?? "") }
            return Workday(
                date: day, status: status, arrival: try arrival.side, departure: try departure.side,
                deduction: deduction, flags: Workday.Flags(rawValue: flags), rules: version)
        }
    }

    static let unreadable = DatabaseError(resultCode: .SQLITE_CORRUPT, message: "a workday cannot be read")
}

extension WorkdayRow.Side {
    init(_ side: Workday.Side) {
        state = side.state.rawValue
        at = side.at?.seconds
        minutes = side.minutes
        band = side.band
        excused = side.isExcused ? true : nil
        switch side.proof {
        case .scan(let scan): key = scan.hex
        case .sheet(let id): sheet = id
        case .correction(let id): correction = id
        case nil: break
        }
    }

    var side: Workday.Side {
        get throws {
            guard let state = Workday.Side.State(rawValue: state) else { throw WorkdayRow.unreadable }
            let proof: Workday.Side.Proof? =
                if let key {
                    try Hex.decode(key).flatMap(PunchKey.init(bytes:)).map { .scan($0) }
                        ?? { throw WorkdayRow.unreadable }()
                } else if let sheet { .sheet(sheet) } else { correction.map { .correction($0) } }
            return Workday.Side(
                state: state, at: at.map(Moment.init(seconds:)), proof: proof, minutes: minutes, band: band,
                isExcused: excused ?? false)
        }
    }
}

// MARK: Rows by the hundred thousand

extension WorkdayRow {
    /// In the order of `read` and of `Writer`.
    static let columns = """
        employee_id, day, unit_id, mark, status, deduction, flags, rules, rules_digest,
        in_state, in_at, in_key, in_sheet, in_correction, in_minutes, in_band, in_excused,
        out_state, out_at, out_key, out_sheet, out_correction, out_minutes, out_band, out_excused
        """

    static func columns(of table: String) -> String {
        columns.split(separator: ",").map { name in
            "\(table).\(name.filter { !$0.isWhitespace })"
        }.joined(separator: ", ")
    }

    /// - Parameter first: place of `employee_id`.
    static func read(_ row: Row, from first: Int = 0) throws -> StoredWorkday {
        guard let status = DayStatus(rawValue: row[first + 4]) else { throw unreadable }
        let name: String? = row[first + 7]
        let digest: String? = row[first + 8]
        let workday = Workday(
            date: CivilDate(dayNumber: row[first + 1]), status: status, arrival: try side(row, first + 9),
            departure: try side(row, first + 17), deduction: row[first + 5],
            flags: Workday.Flags(rawValue: row[first + 6]),
            rules: name.map { RuleSetVersion(name: $0, digest: digest ?? "") })
        return StoredWorkday(employee: row[first], unit: row[first + 2], workday: workday)
    }

    private static func side(_ row: Row, _ first: Int) throws -> Workday.Side {
        guard let state = Workday.Side.State(rawValue: row[first]) else { throw unreadable }
        var proof: Workday.Side.Proof?
        if let bytes = row[first + 2] as Data? {
            guard let key = PunchKey(bytes: Array(bytes)) else { throw unreadable }
            proof = .scan(key)
        } else if let sheet = row[first + 3] as Int64? {
            proof = .sheet(sheet)
        } else if let correction = row[first + 4] as Int64? {
            proof = .correction(correction)
        }
        return Workday.Side(
            state: state, at: (row[first + 1] as Int64?).map(Moment.init(seconds:)), proof: proof,
            minutes: row[first + 5], band: row[first + 6], isExcused: row[first + 7])
    }

    /// Puts rows into `workdays`, over the one that is there.
    struct Writer {
        private let statement: RowStatement

        init(_ db: Database) throws {
            let places = [String](repeating: "?", count: 25).joined(separator: ", ")
            statement = try RowStatement(
                db, "INSERT OR REPLACE INTO workdays (\(WorkdayRow.columns)) VALUES (\(places))")
        }

        func write(_ stored: StoredWorkday, mark: Int64) throws {
            let workday = stored.workday
            try statement.bind(stored.employee, at: 1)
            try statement.bind(workday.date.dayNumber, at: 2)
            try bind(stored.unit, at: 3)
            try statement.bind(mark, at: 4)
            try statement.bind(workday.status.rawValue, at: 5)
            try statement.bind(workday.deduction, at: 6)
            try statement.bind(workday.flags.rawValue, at: 7)
            try statement.bind(workday.rules?.name, at: 8)
            try statement.bind(workday.rules?.digest, at: 9)
            try bind(workday.arrival, at: 10)
            try bind(workday.departure, at: 18)
            try statement.run()
        }

        private func bind(_ side: Workday.Side, at first: Int32) throws {
            try statement.bind(side.state.rawValue, at: first)
            try bind(side.at?.seconds, at: first + 1)
            for place in first + 2...first + 4 { try bind(nil, at: place) }
            switch side.proof {
            case .scan(let key): try statement.bind(key.bytes, at: first + 2)
            case .sheet(let id): try statement.bind(id, at: first + 3)
            case .correction(let id): try statement.bind(id, at: first + 4)
            case nil: break
            }
            try statement.bind(side.minutes, at: first + 5)
            try statement.bind(side.band, at: first + 6)
            try statement.bind(side.isExcused ? 1 : 0, at: first + 7)
        }

        private func bind(_ value: Int64?, at place: Int32) throws {
            if let value { try statement.bind(value, at: place) } else { try statement.bind(nil, at: place) }
        }
    }
}

extension Workday {
    /// FNV-1a of 64 bits over all it says: the same in every process, so it may be stored.
    var mark: Int64 {
        var hash = StableHash()
        hash.add(date.dayNumber)
        hash.add(status.rawValue)
        hash.add(deduction)
        hash.add(flags.rawValue)
        hash.add(rules?.name)
        hash.add(rules?.digest)
        for side in [arrival, departure] {
            hash.add(side.state.rawValue)
            hash.add(side.at?.seconds)
            switch side.proof {
            case .scan(let key):
                hash.add(1)
                for byte in key.bytes { hash.add(byte: byte) }
            case .sheet(let id):
                hash.add(2)
                hash.add(id)
            case .correction(let id):
                hash.add(3)
                hash.add(id)
            case nil: hash.add(0)
            }
            hash.add(side.minutes)
            hash.add(side.band)
            hash.add(side.isExcused ? 1 : 0)
        }
        return Int64(bitPattern: hash.value)
    }
}

private struct StableHash {
    private(set) var value: UInt64 = 0xCBF2_9CE4_8422_2325

    mutating func add(byte: UInt8) { value = (value ^ UInt64(byte)) &* 0x100_0000_01B3 }

    mutating func add(_ number: some BinaryInteger) {
        var rest = UInt64(truncatingIfNeeded: number)
        for _ in 0..<8 {
            add(byte: UInt8(truncatingIfNeeded: rest))
            rest >>= 8
        }
    }

    mutating func add(_ number: Int64?) {
        add(byte: number == nil ? 0 : 1)
        if let number { add(Int(number)) }
    }

    /// With its end, so that two texts side by side are not two others.
    mutating func add(_ text: String?) {
        add(byte: text == nil ? 0 : 1)
        for byte in (text ?? "").utf8 { add(byte: byte) }
        add(byte: 0xFF)
    }
}
