import AttendanceRules
import CentralAttendance
import CentralStore

/// What of the attestations somebody may see and change who has a part of the government: asked by the API and by pages.
struct AttestationRights {
    let source: RecapSource

    init(_ source: RecapSource) { self.source = source }

    /// Leave is seen where the person was in the scope on any of its days.
    func isVisible(_ content: Attestation.Content) -> Bool {
        guard !source.scope.isGovernment else { return true }
        switch content {
        case .leave(let id, _, let span):
            guard let employee = source.employee(id: id) else { return false }
            return source.scope.placements(of: employee).contains { $0.span.overlaps(span) }
        case .correction(let id, let date, _): return source.isPlaced(id, on: date)
        case .sheet(let unit, let date, let lines):
            return source.scope.contains(unit) || lines.contains { source.isPlaced($0.employee, on: date) }
        case .coverage(let serial, _, _):
            return source.scope.contains(source.people.devices.first { $0.serial == serial }?.unit)
        case .file: return false
        }
    }

    /// One who may add it may withdraw it.
    func isWritable(_ content: Attestation.Content) -> Bool {
        switch content {
        case .leave(let id, _, let span) where !source.scope.isGovernment:
            guard let employee = source.employee(id: id), let last = span.to else { return false }
            return span.from <= last && isPlaced(employee, onAll: span.from...last)
        case .sheet(let unit, let date, let lines):
            return source.scope.contains(unit) && lines.allSatisfy { source.isPlaced($0.employee, on: date) }
        case .leave, .correction, .coverage, .file: return isVisible(content)
        }
    }

    /// Whether the person is in the scope on each of these days.
    func isPlaced(_ employee: Employee, onAll dates: ClosedRange<CivilDate>) -> Bool {
        source.scope.isGovernment || dates.allSatisfy { source.scope.contains(employee, on: $0) }
    }
}
