import Attendance
import AttendanceRules
import Foundation
import GRDB

/// Applies changes of people one after the other, within one transaction that is given up where one is refused.
struct PeopleEditor {
    let db: Database
    let acts: AuditWriter
    let moment: Int64
    var queue = RecomputeQueue()

    init(_ db: Database, by actor: Actor, at moment: Int64) {
        self.db = db
        self.moment = moment
        acts = AuditWriter(db: db, actor: actor, moment: moment)
    }

    /// - Returns: whether anything is not what it was.
    /// - Throws: `Refused`.
    mutating func apply(_ change: PeopleChange) throws -> Bool {
        switch change {
        case .unit(let name, let code, let kind, let parent, let timezone):
            try setUnit(name, code: code, kind: kind, parent: parent, timezone: timezone)
        case .head(let unit, let number, let capacity, let span, let document):
            try setHead(of: unit, number, capacity, span, document)
        case .employee(let number, let kind, let name, let from):
            try setEmployee(number, kind, name, from)
        case .employment(let number, let newNumber, let kind, let from):
            try setEmployment(number, newNumber, kind, from)
        case .leaves(let number, let last): try end(number, last: last)
        case .placement(let number, let unit, let post, let superior, let group, let from):
            try place(number, in: unit, post: post, superior: superior, group: group, from)
        case .link(let scope, let userID, let number, let span, let document):
            try link(scope, userID, number, span, document)
        case .endLink(let id, let last): try endLink(id, last: last)
        case .service(let serial, let span, let document): try setService(of: serial, span, document)
        }
    }

    // MARK: Looking up

    func unit(_ name: String) throws -> Int64 {
        guard
            let id = try Int64.fetchOne(
                db.cachedStatement(sql: "SELECT id FROM units WHERE name = ?"), arguments: [name])
        else { throw Refused(.unknownUnit(name)) }
        return id
    }

    func device(_ serial: String) throws -> (id: Int64, unit: Int64) {
        guard
            let row = try Row.fetchOne(
                db.cachedStatement(sql: "SELECT id, unit_id FROM devices WHERE serial = ?"), arguments: [serial])
        else { throw Refused(.unknownDevice(serial)) }
        return (row[0], row[1])
    }

    /// Whose the number is or was; `nil` for nobody's.
    func owner(of number: String) throws -> Int64? {
        try Int64.fetchOne(
            db.cachedStatement(sql: "SELECT employee_id FROM employments WHERE number = ?"), arguments: [number])
    }

    func employee(_ number: String) throws -> Int64 {
        guard let id = try owner(of: number) else { throw Refused(.unknownEmployee(number)) }
        return id
    }

    /// What the person is called by now.
    func number(of employee: Int64) throws -> String {
        try String.fetchOne(
            db.cachedStatement(
                sql: "SELECT number FROM employments WHERE employee_id = ? ORDER BY from_day DESC LIMIT 1"),
            arguments: [employee]) ?? ""
    }

    // MARK: Units

    private mutating func setUnit(
        _ name: String, code: String?, kind: UnitKind, parent: String?, timezone: String?
    ) throws -> Bool {
        try ChangeCheck.text(name, "the unit's name")
        if let code { try ChangeCheck.text(code, "the unit's code") }
        if let timezone {
            try ChangeCheck.text(timezone, "the time zone")
            guard TimeZone(identifier: timezone) != nil else { throw Refused.malformed("there is no such time zone") }
        }
        let known = try Row.fetchOne(
            db.cachedStatement(sql: "SELECT id, code, kind, parent_id, timezone FROM units WHERE name = ?"),
            arguments: [name])
        let above = try parent.map { try self.parent($0, of: name, known?[0]) }
        if let code {
            let holder = try Int64.fetchOne(
                db.cachedStatement(sql: "SELECT id FROM units WHERE code = ?"), arguments: [code])
            guard holder == nil || holder == known?[0] else { throw Refused(.codeTaken(code)) }
        }
        var detail = JSONLine()
        detail.add("unit", name)
        if let code { detail.add("code", code) }
        detail.add("kind", kind.rawValue)
        if let parent { detail.add("parent", parent) }
        if let timezone { detail.add("timezone", timezone) }
        let id: Int64
        if let known {
            id = known[0]
            let moved = known[3] as Int64? != above || known[4] as String? != timezone
            guard moved || known[1] as String? != code || known[2] as String != kind.rawValue else { return false }
            try db.cachedStatement(
                sql: "UPDATE units SET code = ?, kind = ?, parent_id = ?, timezone = ? WHERE id = ?"
            ).execute(arguments: [code, kind.rawValue, above, timezone, id])
            if moved { try queueTree(below: id) }
        } else {
            try db.cachedStatement(
                sql: "INSERT INTO units (name, code, kind, parent_id, timezone, created_at) VALUES (?, ?, ?, ?, ?, ?)"
            ).execute(arguments: [name, code, kind.rawValue, above, timezone, moment])
            id = db.lastInsertedRowID
        }
        try acts.note(.unitChanged, "unit:\(id)", detail)
        return true
    }

    /// - Parameter child: the row of the unit; `nil` where it is not made yet.
    private func parent(_ name: String, of childName: String, _ child: Int64?) throws -> Int64 {
        guard !name.utf8.elementsEqual(childName.utf8) else { throw Refused(.circle(unit: childName)) }
        let id = try unit(name)
        let line = try Int64.fetchAll(
            db.cachedStatement(
                sql: """
                    WITH RECURSIVE line (id) AS (
                        SELECT ?1 UNION SELECT parent_id FROM units JOIN line USING (id) WHERE parent_id IS NOT NULL)
                    SELECT id FROM line
                    """), arguments: [id])
        if let child, line.contains(child) { throw Refused(.circle(unit: childName)) }
        return id
    }

    /// Zone and devices of those below may follow from those of the unit.
    private mutating func queueTree(below unit: Int64) throws {
        let all = try Int64.fetchAll(
            db.cachedStatement(
                sql: """
                    WITH RECURSIVE tree (id) AS (
                        SELECT ?1 UNION SELECT units.id FROM units JOIN tree ON units.parent_id = tree.id)
                    SELECT id FROM tree
                    """), arguments: [unit])
        for id in all { queue.add(.unit(id), from: CivilDate.first.dayNumber, to: nil, .people) }
    }

    private func setHead(
        of unitName: String, _ number: String, _ capacity: UnitHead.Capacity, _ span: DateSpan, _ document: String
    ) throws -> Bool {
        try ChangeCheck.span(span)
        try ChangeCheck.note(document, "the document")
        let unit = try unit(unitName)
        let employee = try employee(number)
        let rows = try Row.fetchAll(
            db.cachedStatement(
                sql: """
                    SELECT id, from_day, to_day, employee_id, document FROM unit_heads
                    WHERE unit_id = ? AND capacity = ? ORDER BY from_day
                    """), arguments: [unit, capacity.rawValue])
        let change = HistoryChange(
            first: span.from.dayNumber, end: .given(span.to?.dayNumber), in: rows.map(Period.init))
        if let replaced = change.replaced, let row = rows.first(where: { $0[0] == replaced.id }),
            row[3] == employee, row[4] == document, replaced.last == change.last
        {
            return false
        }
        try write(change, "unit_heads") { first, last in
            try db.cachedStatement(
                sql: """
                    INSERT INTO unit_heads (unit_id, employee_id, capacity, document, from_day, to_day)
                    VALUES (?, ?, ?, ?, ?, ?)
                    """
            ).execute(arguments: [unit, employee, capacity.rawValue, document, first, last])
        }
        var detail = JSONLine()
        detail.add("unit", unitName)
        detail.add("number", number)
        detail.add("capacity", capacity.rawValue)
        detail.add("from", span.from.text)
        if let to = change.last { detail.add("to", CivilDate(dayNumber: to).text) }
        detail.add("document", document)
        if let replaced = change.replaced, let row = rows.first(where: { $0[0] == replaced.id }) {
            detail.add("was", try self.number(of: row[3]))
        }
        try acts.note(.headChanged, "unit:\(unit)", detail)
        return true
    }

    // MARK: Histories

    /// Makes room for a period and lets it be put there.
    ///
    /// - Parameter table: a name of this source, never text from outside.
    func write(_ change: HistoryChange, _ table: String, insert: (_ first: Int, _ last: Int?) throws -> Void) throws {
        if let ended = change.ended {
            try db.cachedStatement(sql: "UPDATE \(table) SET to_day = ? WHERE id = ?")
                .execute(arguments: [change.first - 1, ended.id])
        }
        if let replaced = change.replaced {
            try db.cachedStatement(sql: "DELETE FROM \(table) WHERE id = ?").execute(arguments: [replaced.id])
        }
        try insert(change.first, change.last)
    }
}

extension Period {
    /// From a row that begins with id, first and last day.
    init(_ row: Row) { self.init(id: row[0], first: row[1], last: row[2]) }
}
