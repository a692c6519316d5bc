import Attendance
import AttendanceRules
import CentralAttendance
import CentralStore
import Foundation

/// Answers as JSON: the same for programs and for `--json` of commands. docs/openapi.json says what each name means.
package enum Shapes {
    // MARK: Figures

    package static func figures(_ sums: WorkdaySums) -> JSONValue {
        [
            "days": JSONValue(sums.allDays), "working_days": JSONValue(sums.workingDays),
            "present": JSONValue(sums.present), "undecided": JSONValue(sums.undecided),
            "statuses": .object(
                Dictionary(uniqueKeysWithValues: DayStatus.allCases.map { ($0.rawValue, JSONValue(sums.count($0))) })),
            "late": side(sums.late), "early": side(sums.early), "missing_checks": JSONValue(sums.missingChecks),
            "manual": JSONValue(sums.manual), "manual_beside_record": JSONValue(sums.manualBesideRecord),
            "corrected": JSONValue(sums.corrected),
            "worked_on_collective_leave": JSONValue(sums.workedOnCollectiveLeave),
            "worked_on_rest_day": JSONValue(sums.workedOnRestDay), "deduction": JSONValue(sums.deduction),
        ]
    }

    private static func side(_ side: WorkdaySums.Side) -> JSONValue {
        [
            "days": JSONValue(side.days), "minutes": JSONValue(side.minutes), "missing": JSONValue(side.missing),
            "excused_days": JSONValue(side.excused.days), "excused_minutes": JSONValue(side.excused.minutes),
            "bands": .array(
                side.bands.sorted { $0.key < $1.key }.map { code, tally in
                    [
                        "code": code.isEmpty ? .null : .text(code), "days": JSONValue(tally.days),
                        "minutes": JSONValue(tally.minutes),
                    ]
                }),
        ]
    }

    /// Which texts the figures follow, and how much of them is not known yet.
    package static func basis(_ recap: Recap) -> [String: JSONValue] {
        let total = recap.total
        return [
            "rules": .array(recap.versions.map(\.description).sorted().map(JSONValue.text)),
            "coverage": coverage(total.undecided, of: total.allDays),
        ]
    }

    package static func coverage(_ undecided: Int, of days: Int) -> JSONValue {
        [
            "days": JSONValue(days), "undecided": JSONValue(undecided),
            "text": .text(
                days == 0
                    ? "belum ada hari" : undecided == 0 ? "semua hari sudah pasti" : "\(undecided) belum sinkron"),
        ]
    }

    // MARK: Who and where

    package static func unit(_ unit: OrgUnit, _ source: RecapSource) -> JSONValue {
        let parent = unit.parent.flatMap { source.scope.contains($0) ? source.tree[$0] : nil }
        let names = Dictionary(source.people.employees.map { ($0.id, $0.name) }) { first, _ in first }
        let heads = source.people.heads.filter { $0.unit == unit.id }
        return [
            "id": JSONValue(unit.id), "name": .text(unit.name), "code": JSONValue(unit.code),
            "kind": .text(unit.kind.rawValue), "parent": JSONValue(parent?.name), "timezone": JSONValue(unit.timezone),
            "heads": .array(
                heads.map { head in
                    [
                        "name": JSONValue(names[head.employee]), "capacity": .text(head.capacity.rawValue),
                        "from": .text(head.span.from.text), "to": JSONValue(head.span.to?.text),
                    ]
                }),
        ]
    }

    /// Only of the time in the scope.
    package static func employee(_ employee: Employee, _ source: RecapSource) -> JSONValue {
        let employments = source.scope.employments(of: employee)
        return [
            "id": JSONValue(employee.id), "number": JSONValue(employments.last?.number), "name": .text(employee.name),
            "employments": .array(
                employments.map {
                    [
                        "number": .text($0.number), "kind": .text($0.kind.rawValue), "from": .text($0.span.from.text),
                        "to": JSONValue($0.span.to?.text),
                    ]
                }),
            "placements": .array(
                source.scope.placements(of: employee).map {
                    [
                        "unit": JSONValue(source.tree[$0.unit]?.name), "post": .text($0.post),
                        "group": .text($0.group), "from": .text($0.span.from.text), "to": JSONValue($0.span.to?.text),
                    ]
                }),
        ]
    }

    /// Who a row speaks of: nothing but what tells people apart.
    package static func name(_ employee: Employee, _ source: RecapSource) -> [String: JSONValue] {
        [
            "id": JSONValue(employee.id), "number": JSONValue(source.scope.employments(of: employee).last?.number),
            "name": .text(employee.name),
        ]
    }

    // MARK: Days

    package static func day(_ day: StoredWorkday, _ source: RecapSource) -> JSONValue {
        .object(
            workday(day.workday).merging(["unit": JSONValue(day.unit.flatMap { source.tree[$0]?.name })]) { $1 })
    }

    package static func workday(_ workday: Workday) -> [String: JSONValue] {
        [
            "date": .text(workday.date.text), "status": .text(workday.status.rawValue),
            "decided": .bool(workday.status.isDecided), "arrival": side(workday.arrival),
            "departure": side(workday.departure), "deduction": JSONValue(workday.deduction),
            "flags": .array(
                Workday.Flags.named.filter { workday.flags.contains($0.flag) }.map { JSONValue.text($0.name) }),
            "rules": JSONValue(workday.rules?.description),
        ]
    }

    private static func side(_ side: Workday.Side) -> JSONValue {
        let proof: JSONValue =
            switch side.proof {
            case nil: .null
            case .scan(let key): ["kind": "scan", "key": .text(key.hex), "attestation": nil]
            case .sheet(let id): ["kind": "sheet", "key": nil, "attestation": JSONValue(id)]
            case .correction(let id): ["kind": "correction", "key": nil, "attestation": JSONValue(id)]
            }
        return [
            "state": .text(side.state.rawValue), "at": JSONValue(side.at.map { UTC.text($0.date) }), "proof": proof,
            "minutes": JSONValue(side.minutes), "band": JSONValue(side.band), "excused": .bool(side.isExcused),
        ]
    }

    package static func change(_ change: WorkdayChange) -> JSONValue {
        [
            "at": .text(UTC.text(change.at)), "why": .array(change.why.map { .text($0.rawValue) }),
            "before": change.before.map { .object(workday($0)) } ?? .null, "after": .object(workday(change.after)),
        ]
    }

    /// What decided the day, as it is known now, down to scans and holes of coverage.
    package static func account(_ account: DayAccount) -> JSONValue {
        let evidence = account.evidence
        let words = DayWords(date: evidence.date, offset: evidence.offset)
        let lines = account.explanation.map { line -> JSONValue in
            .object(["code": .text(line.code), "text": .text(words.text(line))])
        }
        let scans = evidence.scans.sorted { ($0.at, $0.serial, $0.key.hex) < ($1.at, $1.serial, $1.key.hex) }
        let records = evidence.records.sorted { $0.serial < $1.serial }
        return .object([
            "computed": .object(workday(account.workday)), "explanation": .array(lines),
            "scans": .array(scans.map(scan)), "records": .array(records.map(record)),
        ])
    }

    private static func scan(_ scan: Scan) -> JSONValue {
        .object([
            "at": .text(UTC.text(scan.at.date)), "serial": .text(scan.serial), "key": .text(scan.key.hex),
            "trust": .text(scan.trust.rawValue),
        ])
    }

    private static func record(_ record: DeviceRecord) -> JSONValue {
        let gaps = record.gaps.map { gap -> JSONValue in
            .object(span(gap.span).merging(["why": JSONValue(gap.why)]) { $1 })
        }
        return .object([
            "serial": .text(record.serial), "complete": .array(record.complete.map { .object(span($0)) }),
            "gaps": .array(gaps),
        ])
    }

    private static func span(_ span: Range<Moment>) -> [String: JSONValue] {
        ["from": .text(UTC.text(span.lowerBound.date)), "to": .text(UTC.text(span.upperBound.date))]
    }

    // MARK: Acts

    package static func closing(_ closing: Closing, _ source: RecapSource) -> JSONValue {
        [
            "month": .text(closing.month.text), "unit": JSONValue(source.tree[closing.unit]?.name),
            "by": actor(closing.by), "at": .text(UTC.text(closing.at)),
        ]
    }

    package static func act(_ act: Act) -> JSONValue {
        [
            "id": JSONValue(act.id), "at": .text(UTC.text(act.at)), "by": actor(act.by), "what": .text(act.what),
            "detail": .text(act.detail),
        ]
    }

    static func actor(_ actor: Actor) -> JSONValue { ["name": .text(actor.name), "role": .text(actor.role)] }
}

extension Workday.Flags {
    /// As answers and files call them.
    package static let named: [(flag: Workday.Flags, name: String)] = [
        (.manual, "manual"), (.manualBesideRecord, "manual_beside_record"), (.corrected, "corrected"),
        (.unconfirmedScans, "unconfirmed_scans"), (.wrongClockScans, "wrong_clock_scans"),
        (.workedOnCollectiveLeave, "worked_on_collective_leave"), (.workedOnRestDay, "worked_on_rest_day"),
        (.missingCheck, "missing_check"), (.notLinked, "not_linked"),
    ]
}

extension Moment {
    var date: Date { Date(timeIntervalSince1970: TimeInterval(seconds)) }
}
