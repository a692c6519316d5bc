import Attendance
import AttendanceRules
import CentralAttendance
import CentralStore
import Foundation

/// Answers as JSON: the same for programs and for `--json` of commands. docs/openapi.json says what each name means.
package enum Shapes {
    // MARK: Figures

    package static func figures(_ sums: DaySums) -> JSONValue {
        [
            "days": JSONValue(sums.days), "present": JSONValue(sums.present), "undecided": JSONValue(sums.undecided),
            "statuses": .object(
                Dictionary(uniqueKeysWithValues: DayStatus.allCases.map { ($0.rawValue, JSONValue(sums.count($0))) })),
            "late": classes(sums.late), "early": classes(sums.early), "deduction": JSONValue(sums.deduction),
            "flags": .object(
                Dictionary(
                    uniqueKeysWithValues: Workday.Flags.named.map { ($0.name, JSONValue(sums.count($0.flag))) })),
        ]
    }

    private static func classes(_ classes: [String: DaySums.Class]) -> JSONValue {
        [
            "minutes": JSONValue(classes.values.reduce(0) { $0 + $1.minutes }),
            "bands": .array(
                classes.sorted { $0.key < $1.key }.map { code, sum in
                    ["code": .text(code), "days": JSONValue(sum.days), "minutes": JSONValue(sum.minutes)]
                }),
        ]
    }

    /// Which texts the figures follow, and how much of them is not known yet.
    package static func basis(_ recap: Recap) -> [String: JSONValue] {
        let total = recap.total
        return [
            "rules": .array(recap.versions.map(\.description).sorted().map(JSONValue.text)),
            "coverage": coverage(total.undecided, of: total.days),
        ]
    }

    package static func coverage(_ undecided: Int, of days: Int) -> JSONValue {
        [
            "days": JSONValue(days), "undecided": JSONValue(undecided),
            "text": .text(undecided == 0 ? "semua hari sudah pasti" : "\(undecided) belum sinkron"),
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
