import AttendanceRules
import CentralAttendance
import CentralStore
import Foundation

/// What may be asked of the centre, by name. A route says which of these it is; there is no route without one.
package enum Permission: String, Sendable, CaseIterable {
    case readPunches = "read_punches"
    case readDevices = "read_devices"
    case readNodes = "read_nodes"
    case readGaps = "read_gaps"
    case readUnits = "read_units"
    case readPeople = "read_people"
    case readWorkdays = "read_workdays"
    case readRecap = "read_recap"
    case readUnlinked = "read_unlinked"
    case readAttestations = "read_attestations"
    /// Reasons of leave and corrections, which may be about health. Never a route: what some see in an answer.
    case readReasons = "read_reasons"
    case readClosings = "read_closings"
    case readActs = "read_acts"
    case writeLeave = "write_leave"
    case writeCorrection = "write_correction"
    case writeSheet = "write_sheet"
    case writeCoverage = "write_coverage"
    case acceptFile = "accept_file"
    case withdraw
    case closeMonth = "close_month"
    case recompute

    package struct Rule: Sendable {
        package enum Reach: String, Sendable {
            /// The bearer's unit and all below it.
            case unit
            /// Speaks of the whole government: a token of one unit may not.
            case government
        }

        package let roles: Set<TokenRole>
        package let reach: Reach
    }

    /// The table: who may what, and how far. Whoever is not named may not.
    package var rule: Rule {
        switch self {
        case .readPunches, .readDevices, .readNodes, .readGaps: Rule([.reader, .personnel, .auditor], .government)
        case .readUnits, .readPeople, .readWorkdays, .readRecap, .readClosings:
            Rule([.viewer, .clerk, .personnel, .auditor], .unit)
        case .readAttestations: Rule([.clerk, .personnel, .auditor], .unit)
        case .readUnlinked, .readReasons: Rule([.personnel, .auditor], .unit)
        case .readActs: Rule([.personnel, .auditor], .government)
        case .writeLeave, .writeCorrection, .writeSheet, .withdraw: Rule([.clerk, .personnel], .unit)
        case .writeCoverage, .closeMonth, .recompute: Rule([.personnel], .unit)
        // A file's digest does not say whose scans are in it.
        case .acceptFile: Rule([.personnel], .government)
        }
    }

    package func isAllowed(to grant: TokenGrant) -> Bool {
        let rule = rule
        return rule.roles.contains(grant.role) && (rule.reach == .unit || grant.unit == nil)
    }
}

extension Permission.Rule {
    fileprivate init(_ roles: Set<TokenRole>, _ reach: Reach) {
        self.roles = roles
        self.reach = reach
    }
}

/// Who asks: what the token allows, and how it is called beside what it did.
struct Caller: Sendable {
    let grant: TokenGrant
    let actor: Actor
    /// Tells tokens apart.
    let token: [UInt8]

    /// - Parameter hash: of the token.
    init(_ grant: TokenGrant, hash: [UInt8]) {
        self.grant = grant
        token = hash
        let name =
            grant.label.isEmpty ? "token " + hash.prefix(4).map { String(format: "%02x", $0) }.joined() : grant.label
        actor = Actor(name: name, role: grant.role.rawValue)
    }

    func may(_ permission: Permission) -> Bool { permission.isAllowed(to: grant) }
}
