import Attendance
import AttendanceRules
import Foundation
import GRDB

/// A row of `identity_links`.
private struct StoredLink {
    let id: Int64
    let unit: Int64?
    let device: Int64?
    let userID: UserID
    let employee: Int64
    let from: Int
    let to: Int?

    static let columns = "id, unit_id, device_id, user_id, employee_id, from_day, to_day"
    /// A link that ended before it began never was; its row is kept.
    static let isReal = "(to_day IS NULL OR to_day >= from_day)"

    init(_ row: Row) {
        id = row[0]
        unit = row[1]
        device = row[2]
        userID = UserID(field: row[3] as Data)
        employee = row[4]
        from = row[5]
        to = row[6]
    }

    var span: DateSpan {
        DateSpan(from: CivilDate(dayNumber: from), to: to.map { CivilDate(dayNumber: $0) })
    }
}

extension PeopleEditor {
    mutating func link(
        _ scope: IdentityLink.Scope, _ userID: UserID, _ number: String, _ span: DateSpan, _ document: String
    ) throws -> Bool {
        try ChangeCheck.span(span)
        try ChangeCheck.note(document, "the document")
        guard !userID.isNobody, userID.bytes.count <= UserID.longest else {
            throw Refused.malformed("the user id is empty, the number 0, or longer than \(UserID.longest) bytes")
        }
        let (unit, device) = try rows(of: scope)
        let employee = try employee(number)
        try refuseClaimed(userID, unit, device, employee, span)
        let from = span.from.dayNumber
        let to = span.to?.dayNumber
        let own = try Row.fetchAll(
            db.cachedStatement(
                sql: """
                    SELECT \(StoredLink.columns) FROM identity_links
                    WHERE user_id = ? AND employee_id = ? AND unit_id IS ? AND device_id IS ? AND \(StoredLink.isReal)
                        AND from_day <= coalesce(?, from_day) AND coalesce(to_day, ?) >= ? ORDER BY from_day
                    """), arguments: [Data(userID.bytes), employee, unit, device, to, from, from]
        ).map(StoredLink.init)
        if let first = own.first {
            // More than one is joined by none of them: the days between stay nobody's until they are said one by one.
            guard own.count == 1 else { throw Refused.malformed("more than one link of this person has these days") }
            return try widen(first, from: min(first.from, from), to: first.to == nil || to == nil ? nil : span.to)
        }
        try db.cachedStatement(
            sql: """
                INSERT INTO identity_links (unit_id, device_id, user_id, employee_id, from_day, to_day, document, made_at)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?)
                """
        ).execute(arguments: [unit, device, Data(userID.bytes), employee, from, to, document, moment])
        let id = db.lastInsertedRowID
        queue.add(.employee(employee), span, .link)
        try queueScans(of: userID, unit, device, from: from, to: to)
        var detail = JSONLine()
        detail.add("link", id)
        switch scope {
        case .unit(let id):
            detail.add("unit", try String.fetchOne(db, sql: "SELECT name FROM units WHERE id = \(id)") ?? "")
        case .device(let serial): detail.add("serial", serial)
        }
        detail.add("user_id", hex: userID.bytes)
        detail.add("number", number)
        detail.add("from", span.from.text)
        if let to = span.to { detail.add("to", to.text) }
        detail.add("document", document)
        try acts.note(.linkMade, "employee:\(employee)", detail)
        return true
    }

    private func rows(of scope: IdentityLink.Scope) throws -> (unit: Int64?, device: Int64?) {
        switch scope {
        case .device(let serial): return (nil, try device(serial).id)
        case .unit(let id):
            let isThere = try Bool.fetchOne(
                db.cachedStatement(sql: "SELECT EXISTS (SELECT 1 FROM units WHERE id = ?)"), arguments: [id])
            guard isThere == true else { throw Refused(.unknownUnit("\(id)")) }
            return (id, nil)
        }
    }

    /// A device's own link and one of its unit reach the same scans, so each stands in the way of the other.
    private func refuseClaimed(
        _ userID: UserID, _ unit: Int64?, _ device: Int64?, _ employee: Int64, _ span: DateSpan
    ) throws {
        let other = try Row.fetchOne(
            db.cachedStatement(
                sql: """
                    SELECT \(StoredLink.columns) FROM identity_links AS claim
                    WHERE user_id = ?1 AND employee_id <> ?2 AND \(StoredLink.isReal)
                        AND from_day <= coalesce(?4, from_day) AND coalesce(to_day, ?3) >= ?3
                        AND (unit_id = ?5 OR device_id = ?6
                            OR unit_id = (SELECT devices.unit_id FROM devices WHERE devices.id = ?6)
                            OR ?5 = (SELECT devices.unit_id FROM devices WHERE devices.id = claim.device_id))
                    ORDER BY from_day LIMIT 1
                    """),
            arguments: [
                Data(userID.bytes), employee, span.from.dayNumber, span.to?.dayNumber, unit, device,
            ]
        ).map(StoredLink.init)
        if let other {
            throw Refused(.claimed(userID: userID.text, by: try number(of: other.employee), span: other.span))
        }
    }

    private mutating func widen(_ link: StoredLink, from: Int, to: CivilDate?) throws -> Bool {
        let last: Int? = if let old = link.to, let to { max(old, to.dayNumber) } else { nil }
        guard from != link.from || last != link.to else { return false }
        try db.cachedStatement(sql: "UPDATE identity_links SET from_day = ?, to_day = ? WHERE id = ?")
            .execute(arguments: [from, last, link.id])
        queue.add(.employee(link.employee), from: from, to: link.from - 1, .link)
        if from < link.from { try queueScans(of: link.userID, link.unit, link.device, from: from, to: link.from - 1) }
        if let old = link.to, last != old {
            queue.add(.employee(link.employee), from: old + 1, to: last, .link)
            try queueScans(of: link.userID, link.unit, link.device, from: old + 1, to: last)
        }
        var detail = JSONLine()
        detail.add("link", link.id)
        detail.add("user_id", hex: link.userID.bytes)
        detail.add("number", try number(of: link.employee))
        detail.add("from", CivilDate(dayNumber: from).text)
        if let last { detail.add("to", CivilDate(dayNumber: last).text) }
        try acts.note(.linkMade, "employee:\(link.employee)", detail)
        return true
    }

    /// Whoever else has or had the user id on a device the link reaches. One whose link ended the day before the first
    /// may have the scans of that day until somebody else has them.
    private mutating func queueScans(of userID: UserID, _ unit: Int64?, _ device: Int64?, from: Int, to: Int?) throws {
        let devices = try Int64.fetchAll(
            db.cachedStatement(sql: "SELECT id FROM devices WHERE id = ?1 OR unit_id = ?2 ORDER BY id"),
            arguments: [device, unit])
        for device in devices {
            queue.add(.userID(device: device, userID.bytes), from: from - 1, to: to, .link)
        }
    }

    mutating func endLink(_ id: Int64, last: CivilDate) throws -> Bool {
        guard
            let link = try Row.fetchOne(
                db.cachedStatement(
                    sql: "SELECT \(StoredLink.columns) FROM identity_links WHERE id = ? AND \(StoredLink.isReal)"),
                arguments: [id]
            ).map(StoredLink.init)
        else { throw Refused(.unknownLink(id)) }
        let day = max(last.dayNumber, link.from - 1)
        guard day != link.to else { return false }
        if let to = link.to, day > to {
            throw Refused.malformed("the link ended on \(CivilDate(dayNumber: to)) already; make a new one")
        }
        try db.cachedStatement(sql: "UPDATE identity_links SET to_day = ? WHERE id = ?").execute(arguments: [day, id])
        queue.add(.employee(link.employee), from: day + 1, to: link.to, .link)
        // Where two claimed the scans, they are the other one's now.
        try queueScans(of: link.userID, link.unit, link.device, from: day + 1, to: link.to)
        var detail = JSONLine()
        detail.add("link", id)
        detail.add("user_id", hex: link.userID.bytes)
        detail.add("number", try number(of: link.employee))
        detail.add("last", CivilDate(dayNumber: day).text)
        try acts.note(.linkEnded, "employee:\(link.employee)", detail)
        return true
    }

    mutating func setService(of serial: String, _ span: DateSpan, _ document: String) throws -> Bool {
        try ChangeCheck.span(span)
        try ChangeCheck.note(document, "the document")
        let device = try device(serial).id
        let from = span.from.dayNumber
        let to = span.to?.dayNumber
        let before = try Row.fetchOne(
            db.cachedStatement(sql: "SELECT from_day, to_day, document FROM device_service WHERE device_id = ?"),
            arguments: [device])
        if let before, before[0] == from, before[1] as Int? == to, before[2] == document { return false }
        try db.cachedStatement(
            sql: """
                INSERT INTO device_service (device_id, from_day, to_day, document) VALUES (?, ?, ?, ?)
                ON CONFLICT (device_id) DO UPDATE
                SET from_day = excluded.from_day, to_day = excluded.to_day, document = excluded.document
                """
        ).execute(arguments: [device, from, to, document])
        // What it was without a word follows from coverage: then any day may change.
        let first = before.map { min($0[0], from) } ?? CivilDate.first.dayNumber
        queue.add(.device(device), from: first, to: nil, .coverage)
        var detail = JSONLine()
        detail.add("serial", serial)
        detail.add("from", span.from.text)
        if let to = span.to { detail.add("to", to.text) }
        detail.add("document", document)
        if let before { detail.add("was_from", CivilDate(dayNumber: before[0]).text) }
        if let was = before?[1] as Int? { detail.add("was_to", CivilDate(dayNumber: was).text) }
        try acts.note(.serviceChanged, "device:\(serial)", detail)
        return true
    }
}
