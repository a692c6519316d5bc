import Attendance
import AttendanceRules
import CentralAttendance
import CentralStore
import Foundation
import PageSupport

/// What a reading command shows: for programs, for people, and for a spreadsheet where that makes sense.
package struct Report: Sendable {
    package let json: JSONValue
    package let text: String
    package var csv: String?
    /// For standard error, and in JSON as `warning`: what makes the figures less than they look.
    package let warning: String?

    init(_ json: JSONValue, _ text: String, csv: String? = nil, warning: String? = nil) {
        if let warning, case .object(var fields) = json {
            fields["warning"] = .text(warning)
            self.json = .object(fields)
        } else {
            self.json = json
        }
        self.text = text
        self.csv = csv
        self.warning = warning
    }
}

/// How a recap is divided.
package enum RecapRows: String, Sendable, CaseIterable { case employees, units, government }

/// Reading beside a running server or without one.
extension CentralCommands {
    static func unit(_ name: String, _ source: RecapSource) throws -> OrgUnit {
        guard let unit = source.unit(named: name) else {
            throw CentralError(.usage, "there is no unit \(PageText.shown(name)); check how it is written")
        }
        return unit
    }

    /// The number is not repeated: it says when a person was born.
    static func employee(_ number: String, _ source: RecapSource) throws -> Employee {
        guard let employee = source.employee(number) else {
            throw CentralError(.usage, "no employee has or had this number; check it digit by digit")
        }
        return employee
    }

    private static func reading<Value: Sendable>(
        _ state: StateDirectory, unit: String? = nil, _ work: (RecapSource) async throws -> Value
    ) async throws -> Value {
        try await read(state) { store in
            let source = try await RecapSource(store)
            return try await work(unit.map { source.narrowed(to: try Self.unit($0, source)) } ?? source)
        }
    }

    /// What is not computed yet, where something waits.
    static func lag(_ store: any AttendanceStore) async throws -> String? {
        let most = 1000
        let work = try await store.pendingWork(limit: most)
        guard !work.isEmpty else {
            return work.days == nil ? "belum ada hari yang dihitung; jalankan hadir-central serve" : nil
        }
        let count = work.items.count >= most ? "lebih dari \(most)" : "\(max(1, work.items.count))"
        return "masih ada \(count) pekerjaan menunggu dihitung; jalankan hadir-central serve"
    }

    /// Codes of every rule set there is: columns that are the same in each month.
    private static func bands(_ rules: [RuleSet]) -> Set<String> {
        Set(rules.flatMap { ($0.late + $0.early).map(\.code) })
    }

    // MARK: Recaps

    package static func recap(
        in state: StateDirectory, month: CivilMonth, unit: String?, rows: RecapRows
    ) async throws -> Report {
        try await reading(state, unit: unit) { source in
            let read = try await source.month(month)
            let rules = try await source.ruleSets()
            return RecapReport(
                bands: Self.bands(rules), period: month.text, unit: unit, recap: read.recap, months: [read],
                source: source, rules: rules
            ).report(rows, warning: try await lag(source.store))
        }
    }

    package static func recap(
        in state: StateDirectory, year: Int, unit: String?, rows: RecapRows
    ) async throws -> Report {
        try await reading(state, unit: unit) { source in
            let months = try await source.months(of: year)
            var recap = Recap()
            for month in months { recap.add(month.recap) }
            return RecapReport(
                bands: Self.bands(try await source.ruleSets()), period: String(year), unit: unit, recap: recap,
                months: months, source: source, rules: []
            ).report(rows, warning: try await lag(source.store))
        }
    }

    package static func thresholds(in state: StateDirectory, year: Int, unit: String?) async throws -> Report {
        try await reading(state, unit: unit) { source in
            let found = try await source.thresholds(of: year)
            let json: JSONValue = [
                "year": JSONValue(year), "note": .text(Shapes.indicationNote),
                "coverage": Shapes.coverage(found.undecided, of: found.days),
                "employees": .array(found.people.map { Shapes.threshold($0, source) }),
            ]
            let table = TextTable.text(
                head: ["NIP", "NAMA", "TANGGAL", "HARI", "INDIKASI", "DASAR"],
                rows: found.people.flatMap { person in
                    person.indications.map { found in
                        [
                            person.employee.number, shown(person.employee.name), found.on.text, String(found.days),
                            shown("\(found.threshold.level): \(found.threshold.text)", 60),
                            shown(found.threshold.article),
                        ]
                    }
                })
            return Report(
                json,
                [Shapes.indicationNote, "\(found.undecided) hari belum sinkron.", "", table].joined(separator: "\n"),
                warning: try await lag(source.store))
        }
    }

    // MARK: One person

    package static func person(in state: StateDirectory, number: String) async throws -> Report {
        try await reading(state) { source in
            let employee = try Self.employee(number, source)
            var lines = ["\(shown(employee.name))"]
            lines += employee.employments.map { "\($0.number)  \($0.kind.rawValue)  \(span($0.span))" }
            lines += employee.placements.map { placement in
                [
                    shown(source.tree[placement.unit]?.name ?? "-"), shown(placement.post), placement.group,
                    span(placement.span),
                ].joined(separator: "  ")
            }
            return Report(Shapes.employee(employee, source), lines.joined(separator: "\n"))
        }
    }

    package static func workdays(
        in state: StateDirectory, number: String, month: CivilMonth, timezone: TimeZone
    ) async throws -> Report {
        try await reading(state) { source in
            let employee = try Self.employee(number, source)
            let days = try await source.days(of: [employee.id], in: month.dates)
            let closed = Set(
                try await source.store.closedWorkdays(of: [employee.id], dates: month.dates).map(\.workday.date))
            let table = TextTable.text(
                head: ["TANGGAL", "STATUS", "MASUK", "PULANG", "MENIT", "POTONGAN", "CATATAN"],
                rows: days.map { day in
                    row(day.workday, source.tree.zone(of: day.unit, government: timezone), closed)
                })
            let sums = WorkdaySums(days.map(\.workday))
            let json: JSONValue = .object(
                Shapes.name(employee, source).merging([
                    "month": .text(month.text), "total": Shapes.figures(sums),
                    "coverage": Shapes.coverage(sums.undecided, of: sums.allDays),
                    "workdays": .array(days.map { Shapes.day($0, source) }),
                ]) { $1 })
            let text = "\(shown(employee.name)), \(month.text): \(sums.undecided) hari belum sinkron\n\n\(table)"
            return Report(json, text, warning: try await lag(source.store))
        }
    }

    /// Times as the clocks of the person's unit showed them.
    static func row(_ day: Workday, _ zone: TimeZone, _ closed: Set<CivilDate>) -> [String] {
        let noon = Moment(day.date, minute: 720, offset: 0).date
        let words = DayWords(date: day.date, offset: zone.secondsFromGMT(for: noon))
        func side(_ side: Workday.Side) -> String {
            switch side.state {
            case .known: side.at.map(words.time) ?? "ada"
            case .missing: "tidak ada"
            case .undecided: "?"
            case .notAsked: "-"
            }
        }
        let minutes = day.arrival.minutes + day.departure.minutes
        let flags = (closed.contains(day.date) ? ["ditutup"] : []) + ExplainText.flags(day.flags)
        return [
            day.date.text, DayWords.text(day.status), side(day.arrival), side(day.departure),
            minutes > 0 ? String(minutes) : "-", DayWords.percent(day.deduction),
            flags.isEmpty ? "-" : flags.joined(separator: ", "),
        ]
    }

    /// Everything about one day: what bound, what was seen, what is missing, what changed.
    ///
    /// - Parameter timezone: of the government, for units without their own.
    package static func explain(
        in state: StateDirectory, number: String, date: CivilDate, timezone: TimeZone
    ) async throws -> Report {
        try await read(state) { store in
            let source = try await RecapSource(store)
            let employee = try Self.employee(number, source)
            let parts = AttendanceParts(store, timezone: timezone) { Date() }
            let account = try await parts.account(employee.id, date)
            let kept = try await source.days(of: [employee.id], in: date...date).first
            let changes = try await store.changes(of: employee.id, on: date)
            let json: JSONValue = .object(
                Shapes.name(employee, source).merging([
                    "workday": kept.map { Shapes.day($0, source) } ?? .null,
                    "changes": .array(changes.map(Shapes.change)), "account": account.map(Shapes.account) ?? .null,
                ]) { $1 })
            return Report(
                json, ExplainText.text(employee, date, kept, account, changes), warning: try await lag(store))
        }
    }

    // MARK: Statements and months

    package static func attestations(
        in state: StateDirectory, kind: AttestationQuery.Kind, withdrawn: Bool
    ) async throws -> Report {
        try await reading(state) { source in
            var query = AttestationQuery()
            query.kinds = [kind]
            query.withWithdrawn = withdrawn
            let found = try await source.store.attestations(query)
            let names = Dictionary(source.people.employees.map { ($0.id, $0.name) }) { first, _ in first }
            let table = TextTable.text(
                head: ["ID", "TENTANG", "ISI", "SURAT", "OLEH", "PADA", "DICABUT"],
                rows: found.map { one in
                    let about = AttestationText.about(one.content, names, source)
                    return [
                        String(one.id), shown(about.who), shown(about.what), shown(one.document), shown(one.by.name),
                        UTC.short(one.at), one.withdrawn.map { UTC.short($0.at) } ?? "-",
                    ]
                })
            let json: JSONValue = [
                "attestations": .array(found.map { Shapes.attestation($0, source, withReasons: false) })
            ]
            return Report(json, table)
        }
    }

    package static func closings(in state: StateDirectory) async throws -> Report {
        try await reading(state) { source in
            let found = try await source.store.closings()
            let table = TextTable.text(
                head: ["BULAN", "UNIT", "OLEH", "PADA"],
                rows: found.map {
                    [$0.month.text, shown(source.tree[$0.unit]?.name ?? "-"), shown($0.by.name), UTC.short($0.at)]
                })
            return Report(["closings": .array(found.map { Shapes.closing($0, source) })], table)
        }
    }

    package static func adjustments(
        in state: StateDirectory, month: CivilMonth, unit: String?
    ) async throws -> Report {
        try await reading(state, unit: unit) { source in
            let found = try await source.adjustments(in: month.dates)
            let byID = Dictionary(source.people.employees.map { ($0.id, $0) }) { first, _ in first }
            let table = TextTable.text(
                head: ["NIP", "NAMA", "TANGGAL", "DITUTUP", "POTONGAN", "SEKARANG", "POTONGAN"],
                rows: found.map { one in
                    let employee = byID[one.employee]
                    return [
                        employee?.number ?? "-", shown(employee?.name ?? "-"), one.closed.date.text,
                        DayWords.text(one.closed.status), DayWords.percent(one.closed.deduction),
                        DayWords.text(one.now.status), DayWords.percent(one.now.deduction),
                    ]
                })
            let json: JSONValue = [
                "month": .text(month.text),
                "adjustments": .array(
                    found.map { one in
                        var row = byID[one.employee].map { Shapes.name($0, source) } ?? [:]
                        row["day"] = Shapes.adjustment(one)
                        return .object(row)
                    }),
            ]
            return Report(
                json, "\(found.count) hari berubah sejak \(month.text) ditutup\n\n\(table)",
                warning: try await lag(source.store))
        }
    }

    static func shown(_ text: String, _ longest: Int = 40) -> String { PageText.shown(text, longest: longest) }
    private static func span(_ span: DateSpan) -> String { "\(span.from.text) – \(span.to?.text ?? "")" }
}
