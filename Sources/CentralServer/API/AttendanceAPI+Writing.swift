import Attendance
import AttendanceRules
import CentralAttendance
import CentralStore
import Foundation
import Hummingbird

/// What persons say beside the scans. Where the caller may not write about somebody, that one is not there.
extension AttendanceAPI {
    static let mostLines = 2000

    var statementRoutes: [APIRoute] {
        [
            APIRoute(
                .get, "attestations", .readAttestations, query: ["kind", "from", "to", "withdrawn", "after", "limit"],
                isHeavy: true
            ) { call in try await attestations(call) },
            APIRoute(.get, "acts", .readActs, query: ["limit"]) { call in
                let acts = try await store.acts(limit: Int(try call.number("limit", default: 500, in: 1...5000)))
                return try APIAnswer.of(JSONValue.object(["acts": .array(acts.map(Shapes.act))]))
            },
        ]
    }

    var writingRoutes: [APIRoute] {
        [
            APIRoute(.post, "leave", .writeLeave) { call in try await addLeave(call) },
            APIRoute(.post, "corrections", .writeCorrection) { call in try await addCorrection(call) },
            APIRoute(.post, "sheets", .writeSheet, mostBody: 1 << 20) { call in try await addSheet(call) },
            APIRoute(.post, "coverage", .writeCoverage) { call in try await addCoverage(call) },
            APIRoute(.post, "files", .acceptFile) { call in
                let body = try call.body()
                try body.only("sha256", "document", "reason")
                let digest = try body.text("sha256").lowercased()
                guard digest.count == 64, digest.allSatisfy(\.isHexDigit) else {
                    throw HTTPError(.badRequest, message: "sha256 is not 64 hex digits")
                }
                return try await add(.file(sha256: digest), body, call)
            },
            APIRoute(.post, "attestations/{id}/withdraw", .withdraw) { call in try await withdraw(call) },
            APIRoute(.post, "months/{month}/close", .closeMonth, isHeavy: true) { call in try await close(call) },
            APIRoute(.post, "recompute", .recompute) { call in try await recompute(call) },
        ]
    }

    // MARK: Statements

    private func attestations(_ call: APICall) async throws -> Response {
        let source = try await source(call)
        var query = AttestationQuery()
        if let text = call.query["kind"] {
            guard let kind = AttestationQuery.Kind(rawValue: text) else {
                let known = AttestationQuery.Kind.allCases.map(\.rawValue).joined(separator: ", ")
                throw HTTPError(.badRequest, message: "kind is not one of \(known)")
            }
            query.kinds = [kind]
        }
        if call.query["from"] != nil || call.query["to"] != nil { query.dates = try call.dates(upTo: Self.mostDays) }
        query.withWithdrawn = try call.number("withdrawn", default: 0, in: 0...1) == 1
        query.limit = 100_000
        let found = try await store.attestations(query).filter { source.isVisible($0.content) }
        let withReasons = call.caller.may(.readReasons)
        return try page("attestations", found, by: \.id, call) { attestation in
            Shapes.attestation(attestation, source, withReasons: withReasons)
        }
    }

    private func add(
        _ content: Attestation.Content, _ body: APIBody, _ call: APICall
    ) async throws -> Response {
        let new = NewAttestation(
            content: content, document: try body.text("document"), reason: try body.text("reason", upTo: 1000))
        let ids = try await Self.orRefused { try await store.add([new], by: call.caller.actor, at: now()) }
        return try APIAnswer.of(JSONValue.object(["attestation": JSONValue(ids.first)]), status: .created)
    }

    private func addLeave(_ call: APICall) async throws -> Response {
        let body = try call.body()
        try body.only("number", "kind", "from", "to", "document", "reason")
        let (from, to) = (try body.date("from"), try body.date("to"))
        try Self.orWrong { () throws(AttestationCheck.Refusal) in try AttestationCheck.leave(from: from, to: to) }
        let kind = try body.word("kind", LeaveKind.self)
        let person = try person(try body.text("number"), on: from...to, try await source(call))
        return try await add(.leave(employee: person.id, kind, DateSpan(from: from, to: to)), body, call)
    }

    private func addCorrection(_ call: APICall) async throws -> Response {
        let body = try call.body()
        try body.only("number", "date", "kind", "time", "key", "document", "reason")
        let date = try body.date("date")
        let word = try body.word("kind", CorrectionWord.self)
        let key = body.has("key") ? try body.text("key") : nil
        guard let kind = word.correction(minute: try body.minute("time"), key: key) else {
            throw HTTPError(.badRequest, message: "arrival and departure need time, not_theirs needs key")
        }
        let person = try person(try body.text("number"), on: date...date, try await source(call))
        let account = try await account(person.id, date)
        try Self.orWrong { () throws(AttestationCheck.Refusal) in
            try AttestationCheck.correction(kind, on: date, account, now: now())
        }
        return try await add(.correction(employee: person.id, date, kind), body, call)
    }

    private func addSheet(_ call: APICall) async throws -> Response {
        let body = try call.body()
        try body.only("unit", "date", "document", "reason", "lines")
        let source = try await source(call)
        let date = try body.date("date")
        guard let unit = source.unit(named: try body.text("unit")) else { throw APICall.absent }
        try Self.orWrong { () throws(AttestationCheck.Refusal) in try AttestationCheck.isOver(date, now()) }
        let lines = try body.list("lines", upTo: Self.mostLines).map { line in
            try line.only("number", "arrival", "departure")
            let person = try person(try line.text("number"), on: date...date, source)
            let (arrival, departure) = (try line.minute("arrival"), try line.minute("departure"))
            let entry = Attestation.SheetEntry(employee: person.id, arrival: arrival, departure: departure)
            if let wrong = AttestationCheck.line(entry, of: person, unit: unit.id, on: date, source.tree) {
                throw HTTPError(.badRequest, message: wrong.text)
            }
            return entry
        }
        guard Set(lines.map(\.employee)).count == lines.count else {
            throw HTTPError(.badRequest, message: "somebody stands on the sheet twice")
        }
        return try await add(.sheet(unit: unit.id, date, lines), body, call)
    }

    private func addCoverage(_ call: APICall) async throws -> Response {
        let body = try call.body()
        try body.only("serial", "from", "to", "document", "reason")
        let source = try await source(call)
        let (from, to) = (try body.moment("from"), try body.moment("to"))
        guard from < to, to.timeIntervalSince(from) <= 400 * 86_400, to <= now() else {
            throw HTTPError(.badRequest, message: "from and to are not in order, over 400 days, or not over yet")
        }
        let serial = try body.text("serial")
        guard let device = source.people.devices.first(where: { $0.serial == serial }),
            source.scope.contains(device.unit)
        else { throw APICall.absent }
        return try await add(.coverage(serial: serial, from: from, to: to), body, call)
    }

    private func withdraw(_ call: APICall) async throws -> Response {
        let body = try call.body()
        try body.only("reason")
        let reason = try body.text("reason", upTo: 1000)
        let source = try await source(call)
        var query = AttestationQuery()
        guard let id = call.parameters["id"].flatMap({ Int64($0) }) else { throw APICall.absent }
        query.id = id
        guard let found = try await store.attestations(query).first(where: { $0.id == id }),
            call.caller.may(found.content.permission), source.isWritable(found.content)
        else { throw APICall.absent }
        guard try await store.withdraw(attestation: id, reason: reason, by: call.caller.actor, at: now()) else {
            throw APICall.absent
        }
        return try APIAnswer.of(JSONValue.object(["attestation": JSONValue(id)]))
    }

    /// By the number of one who is in the scope on each of these days.
    private func person(
        _ number: String, on dates: ClosedRange<CivilDate>, _ source: RecapSource
    ) throws -> Employee {
        guard let employee = source.employee(number), source.isInScope(employee, on: dates) else {
            throw APICall.absent
        }
        return employee
    }

    // MARK: Months

    private func close(_ call: APICall) async throws -> Response {
        let body = try call.body()
        try body.only("unit")
        let source = try await source(call)
        guard let month = call.parameters["month"].flatMap({ CivilMonth(text: $0) }),
            let unit = source.unit(named: try body.text("unit"))
        else { throw APICall.absent }
        let narrowed = source.narrowed(to: unit)
        let left = try await source.close(month, of: unit, by: call.caller.actor, at: now())
        let byID = Dictionary(source.people.employees.map { ($0.id, $0) }) { first, _ in first }
        let answer: JSONValue = [
            "month": .text(month.text), "unit": .text(unit.name), "closed": .bool(left.isEmpty),
            "undecided": .array(
                left.map { day in
                    let who = byID[day.employee].map { Shapes.name($0, narrowed) }
                    return [
                        "number": who?["number"] ?? .null, "name": who?["name"] ?? .null,
                        "date": .text(day.workday.date.text), "status": .text(day.workday.status.rawValue),
                    ]
                }),
        ]
        return try APIAnswer.of(answer, status: left.isEmpty ? .ok : .conflict)
    }

    private func recompute(_ call: APICall) async throws -> Response {
        let body = try call.body()
        try body.only("unit", "number", "from", "to")
        let (from, to) = (try body.date("from"), try body.date("to"))
        guard from <= to, from.distance(to: to) < 3660 else {
            throw HTTPError(.badRequest, message: "from and to are not 1 to 3660 days in order")
        }
        let source = try await source(call)
        let scope: RecomputeItem.Scope
        switch (body.has("unit"), body.has("number")) {
        case (true, false):
            guard let unit = source.unit(named: try body.text("unit")) else { throw APICall.absent }
            scope = .unit(unit.id)
        case (false, true):
            guard let employee = source.employee(try body.text("number")) else { throw APICall.absent }
            scope = .employee(employee.id)
        case (false, false) where source.scope.isGovernment: scope = .everyone
        default: throw HTTPError(.badRequest, message: "this needs unit or number")
        }
        let item = RecomputeItem(id: 0, scope: scope, span: DateSpan(from...to), why: .recompute)
        try await store.queue([item], by: call.caller.actor, at: now())
        return try APIAnswer.of(
            JSONValue.object(["queued": true, "from": .text(from.text), "to": .text(to.text)]), status: .accepted)
    }

    private static func orWrong(_ check: () throws(AttestationCheck.Refusal) -> Void) throws {
        do { try check() } catch { throw HTTPError(.badRequest, message: error.text) }
    }

    static func orRefused<Value: Sendable>(_ work: () async throws -> Value) async throws -> Value {
        do { return try await work() } catch let refusal as ChangeRefusal {
            throw HTTPError(.conflict, message: RefusalWords.text(refusal.reason))
        }
    }
}

/// Why nothing was changed, without anybody's number.
enum RefusalWords {
    static func text(_ reason: ChangeRefusal.Reason) -> String {
        switch reason {
        case .changedMeanwhile: "somebody else changed something meanwhile; try again"
        case .unknownUnit: "there is no such unit"
        case .unknownEmployee: "there is no such employee"
        case .unknownDevice: "there is no such device"
        case .unknownLink: "there is no such link"
        case .unknownFile: "no scan came from such a file"
        case .circle: "the unit would be above itself"
        case .codeTaken: "the code is another unit's"
        case .numberTaken: "the number is another person's"
        case .claimed: "the user id is another person's in these days"
        case .leaveOverlaps: "the employee has leave already in some of these days"
        case .malformed(let what): "not taken: \(what)"
        }
    }
}
