import AttendanceRules
import CentralAttendance
import CentralStore
import Foundation

/// How far an attestation reaches into a scope: asked by the API and by pages alike.
extension RecapSource {
    /// Leave is seen where the person was in the scope on any of its days.
    func isVisible(_ content: Attestation.Content) -> Bool {
        guard !scope.isGovernment else { return true }
        switch content {
        case .leave(let id, _, let span):
            guard let employee = employee(id: id) else { return false }
            return scope.placements(of: employee).contains { $0.span.overlaps(span) }
        case .correction(let id, let date, _): return isPlaced(id, on: date)
        case .sheet(let unit, let date, let lines):
            return scope.contains(unit) || lines.contains { isPlaced($0.employee, on: date) }
        case .coverage(let serial, _, _):
            return scope.contains(people.devices.first { $0.serial == serial }?.unit)
        case .file: return false
        }
    }

    /// One who may add it may withdraw it.
    func isWritable(_ content: Attestation.Content) -> Bool {
        switch content {
        case .leave(let id, _, let span) where !scope.isGovernment:
            guard let employee = employee(id: id), let last = span.to else { return false }
            return span.from <= last && isInScope(employee, on: span.from...last)
        case .sheet(let unit, let date, let lines):
            return scope.contains(unit) && lines.allSatisfy { isPlaced($0.employee, on: date) }
        case .leave, .correction, .coverage, .file: return isVisible(content)
        }
    }

    /// On each of these days.
    func isInScope(_ employee: Employee, on dates: ClosedRange<CivilDate>) -> Bool {
        scope.isGovernment || dates.allSatisfy { scope.contains(employee, on: $0) }
    }

    /// Closes a month of a unit and all below it.
    ///
    /// - Returns: undecided days that stand in the way.
    /// - Throws: `CloseRefusal`.
    func close(
        _ month: CivilMonth, of unit: OrgUnit, by actor: Actor, at moment: Date
    ) async throws -> [StoredWorkday] {
        let part = narrowed(to: unit)
        let people = part.people.employees.filter { part.scope.touches($0, in: month.dates) }.map(\.id)
        return try await store.close(month: month, unit: unit.id, employees: people, by: actor, at: moment)
    }
}
