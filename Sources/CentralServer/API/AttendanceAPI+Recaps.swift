import AttendanceRules
import CentralAttendance
import CentralStore
import Foundation
import Hummingbird

extension AttendanceAPI {
    private static var period: [String] { ["unit", "month", "year"] }

    var recapRoutes: [APIRoute] {
        [
            APIRoute(.get, "recap", .readRecap, query: Self.period + ["after", "limit"]) { call in
                let (source, unit) = try await askedSource(call)
                let period = try await period(call, source)
                let sums = period.recap.byEmployee
                let people = source.people.employees.filter { sums[$0.id] != nil }
                return try page("employees", people, by: \.id, call, adding: head(period, unit, source)) { employee in
                    var row = Shapes.name(employee, source)
                    row["figures"] = Shapes.figures(sums[employee.id] ?? DaySums())
                    return .object(row)
                }
            },
            APIRoute(.get, "recap/units", .readRecap, query: Self.period) { call in
                let (source, unit) = try await askedSource(call)
                let period = try await period(call, source)
                var answer = head(period, unit, source)
                answer["units"] = .array(period.recap.branches(of: source.roots, in: source.tree).map(Shapes.branch))
                answer["without_unit"] = Shapes.figures(period.recap.byUnit[nil] ?? DaySums())
                return try APIAnswer.of(JSONValue.object(answer))
            },
            APIRoute(.get, "recap/government", .readRecap, query: ["month", "year"]) { call in
                let source = try await source(call)
                return try APIAnswer.of(JSONValue.object(head(try await period(call, source), nil, source)))
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
            APIRoute(.get, "adjustments", .readRecap, query: ["unit", "month", "after", "limit"]) { call in
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
    package static func branch(_ branch: Recap.Branch) -> JSONValue {
        [
            "id": JSONValue(branch.unit.id), "name": .text(branch.unit.name), "own": figures(branch.own),
            "total": figures(branch.total), "children": .array(branch.children.map(Shapes.branch)),
        ]
    }
}
