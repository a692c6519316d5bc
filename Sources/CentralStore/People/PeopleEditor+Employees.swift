import Attendance
import AttendanceRules
import GRDB

extension PeopleEditor {
    mutating func setEmployee(_ number: String, _ kind: EmployeeKind, _ name: String, _ from: CivilDate) throws -> Bool
    {
        try ChangeCheck.number(number)
        try ChangeCheck.text(name, "the name")
        var detail = JSONLine()
        detail.add("number", number)
        detail.add("name", name)
        guard let id = try owner(of: number) else {
            try db.cachedStatement(sql: "INSERT INTO employees (name, created_at) VALUES (?, ?)")
                .execute(arguments: [name, moment])
            let id = db.lastInsertedRowID
            try insertEmployment(id, number, kind, first: from.dayNumber, last: nil)
            queue.add(.employee(id), DateSpan(from: from), .people)
            detail.add("kind", kind.rawValue)
            detail.add("from", from.text)
            try acts.note(.employeeAdded, "employee:\(id)", detail)
            return true
        }
        let before = try String.fetchOne(
            db.cachedStatement(sql: "SELECT name FROM employees WHERE id = ?"), arguments: [id])
        guard before?.utf8.elementsEqual(name.utf8) != true else { return false }
        try db.cachedStatement(sql: "UPDATE employees SET name = ? WHERE id = ?").execute(arguments: [name, id])
        detail.add("was", before ?? "")
        try acts.note(.employeeRenamed, "employee:\(id)", detail)
        return true
    }

    private func insertEmployment(
        _ employee: Int64, _ number: String, _ kind: EmployeeKind, first: Int, last: Int?
    ) throws {
        try db.cachedStatement(
            sql: "INSERT INTO employments (employee_id, number, kind, from_day, to_day) VALUES (?, ?, ?, ?, ?)"
        ).execute(arguments: [employee, number, kind.rawValue, first, last])
    }

    mutating func setEmployment(
        _ number: String, _ newNumber: String, _ kind: EmployeeKind, _ from: CivilDate
    ) throws -> Bool {
        try ChangeCheck.number(newNumber)
        let employee = try employee(number)
        if let holder = try owner(of: newNumber), holder != employee { throw Refused(.numberTaken(newNumber)) }
        let rows = try Row.fetchAll(
            db.cachedStatement(
                sql: """
                    SELECT id, from_day, to_day, number, kind FROM employments WHERE employee_id = ? ORDER BY from_day
                    """), arguments: [employee])
        let history = rows.map(Period.init)
        let holder = zip(history, rows).first { $0.0.contains(from.dayNumber) }?.1
        guard holder?[3] as String? != newNumber || holder?[4] as String? != kind.rawValue else { return false }
        let change = HistoryChange(first: from.dayNumber, end: .inherited, in: history)
        // A number is one person's for good: the one whose row goes must stand in another row.
        if change.replaced != nil, let old = holder?[3] as String?, old != newNumber,
            !rows.contains(where: { $0[3] as String == old && $0[0] as Int64 != change.replaced?.id })
        {
            throw Refused.malformed("the number \(old) begins on that very day; give the new one a later date")
        }
        try write(change, "employments") { first, last in
            try insertEmployment(employee, newNumber, kind, first: first, last: last)
        }
        queue.add(.employee(employee), from: change.days.first, to: change.days.last, .people)
        var detail = JSONLine()
        detail.add("number", number)
        detail.add("new_number", newNumber)
        detail.add("kind", kind.rawValue)
        detail.add("from", from.text)
        if change.replaced != nil, let was = holder?[4] as String? { detail.add("was", was) }
        try acts.note(.employmentChanged, "employee:\(employee)", detail)
        return true
    }

    mutating func end(_ number: String, last: CivilDate) throws -> Bool {
        let employee = try employee(number)
        let day = last.dayNumber
        let employments = try periods("employments", of: employee)
        guard let ending = employments.last(where: { $0.first <= day }) else {
            throw Refused.malformed("the last day of work is before the first one")
        }
        let next = employments.first { $0.first > day }
        if let next, next.first - 1 == ending.last {
            throw Refused.malformed("another number or kind begins on \(CivilDate(dayNumber: next.first))")
        }
        guard ending.last != day else { return false }
        try setLast(day, of: ending, "employments")
        // Who comes back later is placed anew; until then there is no place, and those that were planned never were.
        let until = next.map { $0.first - 1 } ?? Int.max
        var dropped = 0
        for placement in try periods("placements", of: employee) where placement.first <= until {
            if placement.first > day {
                try db.cachedStatement(sql: "DELETE FROM placements WHERE id = ?").execute(arguments: [placement.id])
                dropped += 1
            } else if placement.contains(day) || placement.last == ending.last {
                try setLast(day, of: placement, "placements")
            }
        }
        let from = min(day, ending.last ?? day)
        queue.add(.employee(employee), from: from, to: next.map { $0.first - 1 }, .people)
        var detail = JSONLine()
        detail.add("number", number)
        detail.add("last", last.text)
        if let was = ending.last { detail.add("was", CivilDate(dayNumber: was).text) }
        if dropped > 0 { detail.add("placements_dropped", dropped) }
        try acts.note(.employeeLeft, "employee:\(employee)", detail)
        return true
    }

    private func periods(_ table: String, of employee: Int64) throws -> [Period] {
        try Row.fetchAll(
            db.cachedStatement(
                sql: "SELECT id, from_day, to_day FROM \(table) WHERE employee_id = ? ORDER BY from_day"),
            arguments: [employee]
        ).map(Period.init)
    }

    private func setLast(_ day: Int, of period: Period, _ table: String) throws {
        try db.cachedStatement(sql: "UPDATE \(table) SET to_day = ? WHERE id = ?").execute(arguments: [day, period.id])
    }

    mutating func place(
        _ number: String, in unitName: String, post: String, superior: String?, group: String, _ from: CivilDate
    ) throws -> Bool {
        try ChangeCheck.note(post, "the post")
        try ChangeCheck.text(group, "the schedule group")
        let employee = try employee(number)
        let unit = try unit(unitName)
        let superiorID = try superior.map { try self.employee($0) }
        let rows = try Row.fetchAll(
            db.cachedStatement(
                sql: """
                    SELECT placements.id, from_day, to_day, unit_id, post, superior_id, schedule_group, units.name
                    FROM placements JOIN units ON units.id = unit_id WHERE employee_id = ? ORDER BY from_day
                    """), arguments: [employee])
        let history = rows.map(Period.init)
        let holder = zip(history, rows).first { $0.0.contains(from.dayNumber) }?.1
        if let holder, holder[3] == unit, (holder[4] as String).utf8.elementsEqual(post.utf8),
            holder[5] as Int64? == superiorID, (holder[6] as String).utf8.elementsEqual(group.utf8)
        {
            return false
        }
        let change = HistoryChange(first: from.dayNumber, end: .inherited, in: history)
        try write(change, "placements") { first, last in
            try db.cachedStatement(
                sql: """
                    INSERT INTO placements (employee_id, unit_id, post, superior_id, schedule_group, from_day, to_day)
                    VALUES (?, ?, ?, ?, ?, ?, ?)
                    """
            ).execute(arguments: [employee, unit, post, superiorID, group, first, last])
        }
        queue.add(.employee(employee), from: change.days.first, to: change.days.last, .people)
        var detail = JSONLine()
        detail.add("number", number)
        detail.add("unit", unitName)
        detail.add("post", post)
        if let superior { detail.add("superior", superior) }
        detail.add("group", group)
        detail.add("from", from.text)
        if change.replaced != nil, let holder {
            detail.add("was_unit", holder[7] as String)
            detail.add("was_post", holder[4] as String)
            detail.add("was_group", holder[6] as String)
        }
        try acts.note(.placementChanged, "employee:\(employee)", detail)
        return true
    }
}
