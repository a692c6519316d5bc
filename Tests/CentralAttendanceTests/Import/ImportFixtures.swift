import Attendance
import AttendanceRules
import CentralAttendance
import CentralStore
import TableFiles
import Testing

/// Invented people of an invented government.
enum Import {
    static let unit = OrgUnit(id: 1, name: "Dinas Contoh", code: "1.02", kind: .opd, parent: nil, timezone: nil)
    static let below = OrgUnit(id: 2, name: "Puskesmas Contoh", code: nil, kind: .puskesmas, parent: 1, timezone: nil)
    static let agus = "198609262015051001"
    static let dewi = "199104082024212005"

    static func day(_ text: String) -> CivilDate { CivilDate(text: text) ?? .first }

    static func employee(
        _ id: Int64, _ number: String, _ name: String, kind: EmployeeKind = .pns, unit: Int64 = 1,
        post: String = "Staf",
        from: String = "2025-01-01"
    ) -> Employee {
        let span = DateSpan(from: day(from))
        return Employee(
            id: id, name: name, employments: [Employment(number: number, kind: kind, span: span)],
            placements: [Placement(unit: unit, post: post, superior: nil, group: "umum", span: span)])
    }

    static func people(_ employees: [Employee] = [], links: [IdentityLink] = []) -> People {
        People(
            revision: 7, units: [unit, below], heads: [], employees: employees, links: links,
            devices: [
                ServedDevice(serial: "AAA1", unit: 1, timezone: nil, service: DateSpan(from: day("2025-01-01")))
            ])
    }

    static func options(_ change: (inout ImportOptions) -> Void = { _ in }) -> ImportOptions {
        var options = ImportOptions(from: day("2026-03-01"), document: "daftar")
        change(&options)
        return options
    }

    static func plan(
        _ kind: ImportKind, _ text: String, _ facts: ImportFacts, _ options: ImportOptions = options()
    ) throws -> ImportPlan {
        ImportPlan.plan(kind, try TableFile(bytes: Array(text.utf8)), facts: facts, options: options)
    }

    static func changes(_ plan: ImportPlan) -> [PeopleChange] {
        if case .people(let changes, _) = plan.work { changes } else { [] }
    }
}
