import Attendance
import AttendanceRules
import CentralAttendance
import CentralStore
import Foundation

extension Shapes {
    /// - Parameter withReasons: they may be about health.
    package static func attestation(
        _ attestation: Attestation, _ source: RecapSource, withReasons: Bool
    ) -> JSONValue {
        let about = about(attestation.content, source)
        return .object(
            about.merging([
                "id": JSONValue(attestation.id), "document": .text(attestation.document),
                "by": actor(attestation.by), "at": .text(UTC.text(attestation.at)),
                "reason": withReasons ? .text(attestation.reason) : .null,
                "withdrawn": attestation.withdrawn.map { withdrawal in
                    [
                        "by": actor(withdrawal.by), "at": .text(UTC.text(withdrawal.at)),
                        "reason": withReasons ? .text(withdrawal.reason) : .null,
                    ]
                } ?? .null,
            ]) { $1 })
    }

    private static func about(_ content: Attestation.Content, _ source: RecapSource) -> [String: JSONValue] {
        var about: [String: JSONValue] = [
            "kind": .text(content.kind.rawValue), "number": nil, "name": nil, "unit": nil, "what": nil, "from": nil,
            "to": nil, "time": nil, "serial": nil, "sha256": nil, "lines": nil,
        ]
        func person(_ id: Int64) {
            guard let employee = source.employee(id: id) else { return }
            about["number"] = JSONValue(source.scope.employments(of: employee).last?.number)
            about["name"] = .text(employee.name)
        }
        switch content {
        case .leave(let employee, let kind, let span):
            person(employee)
            about["what"] = .text(kind.rawValue)
            let seen = seen(span, of: employee, source)
            about["from"] = .text(seen.from.text)
            about["to"] = JSONValue(seen.to?.text)
        case .correction(let employee, let date, let kind):
            person(employee)
            about["what"] = .text(kind.word.rawValue)
            about["from"] = .text(date.text)
            about["to"] = .text(date.text)
            about["time"] = JSONValue(kind.minute.map(MinuteOfDay.text))
        case .sheet(let unit, let date, let lines):
            about["unit"] = source.scope.contains(unit) ? JSONValue(source.tree[unit]?.name) : .null
            about["from"] = .text(date.text)
            about["to"] = .text(date.text)
            about["lines"] = JSONValue(lines.count { source.isPlaced($0.employee, on: date) })
        case .coverage(let serial, let from, let to):
            about["serial"] = .text(serial)
            about["from"] = .text(UTC.text(from))
            about["to"] = .text(UTC.text(to))
        case .file(let sha256): about["sha256"] = .text(sha256)
        }
        return about
    }

    /// From the first to the last day of the leave on which the person was in the scope.
    static func seen(_ span: DateSpan, of id: Int64, _ source: RecapSource) -> DateSpan {
        guard !source.scope.isGovernment, let employee = source.employee(id: id) else { return span }
        let places = source.scope.placements(of: employee).map(\.span).filter { $0.overlaps(span) }
        guard let first = places.map(\.from).min() else { return span }
        let ends = places.compactMap(\.to)
        let last = ends.count == places.count ? ends.max() : nil
        return DateSpan(from: max(first, span.from), to: [last, span.to].compactMap { $0 }.min())
    }
}

extension Attestation.Content {
    package var kind: AttestationQuery.Kind {
        switch self {
        case .leave: .leave
        case .correction: .correction
        case .sheet: .sheet
        case .coverage: .coverage
        case .file: .file
        }
    }

    /// What one must be allowed to write to add it, or to withdraw it.
    var permission: Permission {
        switch self {
        case .leave: .writeLeave
        case .correction: .writeCorrection
        case .sheet: .writeSheet
        case .coverage: .writeCoverage
        case .file: .acceptFile
        }
    }
}

/// Corrections by their words in requests and commands.
package enum CorrectionWord: String, CaseIterable, Sendable {
    case arrival, departure, present
    case excuseLate = "excuse_late"
    case excuseEarly = "excuse_early"
    case notTheirs = "not_theirs"

    /// - Returns: `nil` where what it needs is missing.
    package func correction(minute: Int?, key: String?) -> Correction.Kind? {
        switch self {
        case .arrival: minute.map(Correction.Kind.arrival)
        case .departure: minute.map(Correction.Kind.departure)
        case .present: .present
        case .excuseLate: .excuseLate
        case .excuseEarly: .excuseEarly
        case .notTheirs: key.map(Correction.Kind.notTheirs)
        }
    }
}

extension Correction.Kind {
    package var word: CorrectionWord {
        switch self {
        case .arrival: .arrival
        case .departure: .departure
        case .excuseLate: .excuseLate
        case .excuseEarly: .excuseEarly
        case .present: .present
        case .notTheirs: .notTheirs
        }
    }

    package var minute: Int? {
        switch self {
        case .arrival(let minute), .departure(let minute): minute
        case .excuseLate, .excuseEarly, .present, .notTheirs: nil
        }
    }
}
