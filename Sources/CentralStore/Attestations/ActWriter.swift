import Attendance
import Foundation
import GRDB

/// What people do at the centre: docs/names.md, "Acts".
enum ActWord: String, CaseIterable {
    case unitChanged = "unit_changed"
    case headChanged = "head_changed"
    case employeeAdded = "employee_added"
    case employeeRenamed = "employee_renamed"
    case employmentChanged = "employment_changed"
    case employeeLeft = "employee_left"
    case placementChanged = "placement_changed"
    case linkMade = "link_made"
    case linkEnded = "link_ended"
    case serviceChanged = "service_changed"
    case textAdded = "text_added"
    case groupChanged = "group_changed"
    case calendarChanged = "calendar_changed"
    case rosterChanged = "roster_changed"
    case attestationAdded = "attestation_added"
    case attestationWithdrawn = "attestation_withdrawn"
}

/// Keeps what one actor does in one transaction.
struct ActWriter {
    let db: Database
    let actor: Actor
    let moment: Int64

    /// - Parameter detail: without reasons; what was replaced stands in it, because its row is gone.
    func note(_ what: ActWord, _ detail: JSONLine) throws {
        try db.cachedStatement(
            sql: "INSERT INTO acts (at, by_name, by_role, what, detail) VALUES (?, ?, ?, ?, ?)"
        ).execute(arguments: [
            moment, actor.name, actor.role, what.rawValue, String(decoding: detail.finish(), as: UTF8.self),
        ])
    }
}
