import AttendanceRules
import CentralAttendance
import CentralStore
import Foundation
import Hummingbird

extension AttendanceAPI {
    private static var period: [String] { ["unit", "month", "year"] }

    var recapRoutes: [APIRoute] {
        [
            APIRoute(.get, "recap", .readRecap, query: Self.period + ["after", "limit"], isHeavy: true) { call in
                let (source, unit) = try await askedSource(call)
                let period = try await period(call, source)
                let sums = period.recap.byEmployee
                let people = source.people.employees.filter { sums[$0.id] != nil }
                let rules = try await source.ruleSets()
                return try page("employees", people, by: \.id, call, adding: head(period, unit, source)) { employee in
                    var row = Shapes.name(employee, source)
                    row["figures"] = Shapes.figures(sums[employee.id] ?? WorkdaySums())
                    let share = period.recap.deduction(of: employee.id, by: rules)
                    row["month_deduction"] = period.months.count == 1 ? JSONValue(share) : .null
                    return .object(row)
                }
            },
            APIRoute(.get, "recap/units", .readRecap, query: Self.period, isHeavy: true) { call in
                let (source, unit) = try await askedSource(call)
                let period = try await period(call, source)
                var answer = head(period, unit, source)
                answer["units"] = .array(period.recap.branches(of: source.roots, in: source.tree).map(Shapes.branch))
                answer["without_unit"] = Shapes.figures(period.recap.byUnit[nil] ?? WorkdaySums())
                return try APIAnswer.of(JSONValue.object(answer))
            },
            APIRoute(.get, "recap/government", .readRecap, query: ["month", "year"], isHeavy: true) { call in
                let source = try await source(call)
                return try APIAnswer.of(JSONValue.object(head(try await period(call, source), nil, source)))
            },
            APIRoute(.get, "thresholds", .readRecap, query: ["unit", "year", "after", "limit"], isHeavy: true) { call in
                try await thresholds(call)
            },
            APIRoute(.get, "closings", .readClosings, query: ["month"]) { call in
                let source = try await source(call)
                let month = try call.month("month")
                let closings = try await store.closings().filter { closing in
                    source.scope.contains(closing.unit) && (month.map { $0 == closing.month } ?? true)
                }
                return try APIAnswer.of(
                    JSONValue.object(["closings": .array(closings.map { Shapes.closing($0, source) })]))
            },
            APIRoute(.get, "adjustments", .readRecap, query: ["unit", "month", "after", "limit"], isHeavy: true) {
                call in
                let (source, _) = try await askedSource(call)
                guard let month = try call.month("month") else {
                    throw HTTPError(.badRequest, message: "this needs month")
                }
                let found = Dictionary(grouping: try await source.adjustments(in: month.dates), by: \.employee)
                let people = source.people.employees.filter { found[$0.id] != nil }
                return try page("employees", people, by: \.id, call) { employee in
                    var row = Shapes.name(employee, source)
                    row["days"] = .array((found[employee.id] ?? []).map(Shapes.adjustment))
                    return .object(row)
                }
            },
        ]
    }

    private func thresholds(_ call: APICall) async throws -> Response {
        let (source, unit) = try await askedSource(call)
        guard call.query["year"] != nil else { throw HTTPError(.badRequest, message: "this needs year") }
        let year = Int(try call.number("year", default: 0, in: 1900...2199))
        let after = try call.number("after", default: 0, in: 0...Int64.max)
        let limit = Int(try call.number("limit", default: 500, in: 1...5000))
        let found = try await source.thresholds(of: year, after: after, limit: limit)
        let answer: JSONValue = [
            "year": JSONValue(year), "unit": JSONValue(unit?.name), "note": .text(Shapes.indicationNote),
            "rules": .array(found.versions.map(\.description).sorted().map(JSONValue.text)),
            "coverage": Shapes.coverage(found.undecided, of: found.days),
            "employees": .array(found.people.map { Shapes.threshold($0, source) }), "next": JSONValue(found.next),
        ]
        return try APIAnswer.of(answer)
    }

    /// A month, or a year with its months.
    private struct Period {
        let text: String
        let recap: Recap
        let months: [RecapSource.Month]
    }

    private func period(_ call: APICall, _ source: RecapSource) async throws -> Period {
        switch (try call.month("month"), call.query["year"]) {
        case (let month?, nil):
            let read = try await source.month(month)
            return Period(text: month.text, recap: read.recap, months: [read])
        case (nil, .some):
            let year = Int(try call.number("year", default: 0, in: 1900...2199))
            let months = try await source.months(of: year)
            var recap = Recap()
            for month in months { recap.add(month.recap) }
            return Period(text: String(year), recap: recap, months: months)
        default: throw HTTPError(.badRequest, message: "this needs month or year")
        }
    }

    private func head(_ period: Period, _ unit: OrgUnit?, _ source: RecapSource) -> [String: JSONValue] {
        var head = Shapes.basis(period.recap)
        head["period"] = .text(period.text)
        head["unit"] = JSONValue(unit?.name)
        head["total"] = Shapes.figures(period.recap.total)
        head["months"] = .array(
            period.months.map { month in
                [
                    "month": .text(month.month.text), "total": Shapes.figures(month.recap.total),
                    "closings": .array(month.closings.map { Shapes.closing($0, source) }),
                    "adjusted_days": JSONValue(month.adjustments.count),
                ]
            })
        return head
    }
}

extension Shapes {
    package static let indicationNote =
        "Indikasi ambang untuk diperiksa atasan dan BKPSDM; bukan hukuman disiplin dan bukan keputusan."

    package static func threshold(_ person: RecapSource.ThresholdPerson, _ source: RecapSource) -> JSONValue {
        var row = name(person.employee, source)
        row["absent_days"] = JSONValue(person.sums.absent)
        row["minutes"] = JSONValue(person.sums.minutes)
        row["undecided"] = JSONValue(person.sums.undecided)
        row["indications"] = .array(
            person.indications.map { found in
                [
                    "on": .text(found.on.text), "days": JSONValue(found.days),
                    "absences": .array(found.absences.map { .text($0.text) }), "minutes": JSONValue(found.minutes),
                    "days_of_minutes": JSONValue(found.daysOfMinutes), "threshold": JSONValue(found.threshold.days),
                    "in_a_row": .bool(found.threshold.isConsecutive), "level": .text(found.threshold.level),
                    "text": .text(found.threshold.text), "article": .text(found.threshold.article),
                ]
            })
        return .object(row)
    }

    package static func branch(_ branch: Recap.Branch) -> JSONValue {
        [
            "id": JSONValue(branch.unit.id), "name": .text(branch.unit.name), "own": figures(branch.own),
            "total": figures(branch.total), "children": .array(branch.children.map(Shapes.branch)),
        ]
    }
}
