import AttendanceRules
import CentralAttendance
import CentralStore
import Foundation

/// What may be asked of the centre, by name. A route of the API and of the pages says which of these it is; there is no
/// route without one.
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

    // Of pages only.

    /// The own days, scans and account: of whoever is somebody in the records.
    case readSelf = "read_self"
    /// The own password and sessions.
    case ownAccount = "own_account"
    /// Numbers of today and of the last weeks, by unit; nobody by name.
    case readBoard = "read_board"
    /// Where a scan of another is on its way to being counted.
    case trace
    /// Nodes, devices, alarms and quarantine as pages.
    case readNetwork = "read_network"
    case manageNodes = "manage_nodes"
    case manageAccounts = "manage_accounts"
    case writeLinks = "write_links"
    case importFiles = "import_files"
    case importBundles = "import_bundles"
    case export

    package struct Rule: Sendable {
        package enum Reach: String, Sendable {
            /// The bearer's unit and all below it.
            case unit
            /// Speaks of the whole government: who has one unit only may not.
            case government
        }

        /// Bearers of tokens, over the API.
        package let tokens: Set<TokenRole>
        /// People at the pages.
        package let accounts: Set<AccountRole>
        package let reach: Reach
    }

    /// The table: who may what, and how far. Whoever is not named may not.
    package var rule: Rule {
        switch self {
        case .readPunches, .readDevices, .readNodes, .readGaps:
            Rule([.reader, .personnel, .auditor], [.admin, .viewer, .auditor], .government)
        case .readNetwork: Rule([], [.admin, .viewer, .auditor], .government)
        case .readBoard:
            Rule([], [.admin, .viewer, .executive, .personnel, .head, .clerk, .auditor], .unit)
        case .readUnits, .readPeople, .readWorkdays, .readRecap, .readClosings:
            Rule([.viewer, .clerk, .personnel, .auditor], [.executive, .personnel, .head, .clerk, .auditor], .unit)
        case .export: Rule([], [.executive, .personnel, .head, .clerk, .auditor], .unit)
        case .trace: Rule([], [.admin, .personnel, .head, .clerk, .auditor], .unit)
        case .readAttestations:
            Rule([.clerk, .personnel, .auditor], [.head, .clerk, .personnel, .auditor], .unit)
        case .readUnlinked: Rule([.personnel, .auditor], [.personnel, .clerk, .auditor], .unit)
        case .readReasons: Rule([.personnel, .auditor], [.personnel, .auditor], .unit)
        case .readActs: Rule([.personnel, .auditor], [.auditor, .admin], .government)
        case .writeLeave, .writeCorrection, .writeSheet, .withdraw:
            Rule([.clerk, .personnel], [.clerk, .personnel], .unit)
        case .writeCoverage, .closeMonth, .recompute: Rule([.personnel], [.personnel], .unit)
        // A file's digest does not say whose scans are in it.
        case .acceptFile: Rule([.personnel], [.personnel, .admin], .government)
        case .writeLinks: Rule([], [.personnel], .unit)
        case .importFiles: Rule([], [.personnel], .government)
        // Of any office: a file tells whose it is only when it is open.
        case .importBundles: Rule([], [.personnel, .admin], .government)
        case .manageNodes: Rule([], [.admin], .government)
        case .manageAccounts: Rule([], [.admin, .personnel], .government)
        case .readSelf, .ownAccount: Rule([], Set(AccountRole.allCases), .unit)
        }
    }

    package func isAllowed(to grant: TokenGrant) -> Bool {
        let rule = rule
        return rule.tokens.contains(grant.role) && (rule.reach == .unit || grant.unit == nil)
    }

    package func isAllowed(to duty: Duty) -> Bool {
        let rule = rule
        return rule.accounts.contains(duty.role) && (rule.reach == .unit || duty.unit == nil)
    }
}

extension Permission.Rule {
    fileprivate init(_ tokens: Set<TokenRole>, _ accounts: Set<AccountRole>, _ reach: Reach) {
        self.tokens = tokens
        self.accounts = accounts
        self.reach = reach
    }
}

/// A role, and where it holds: for this unit and all below it, or for the whole government.
package struct Duty: Hashable, Sendable {
    package let role: AccountRole
    package let unit: Int64?

    package init(_ role: AccountRole, unit: Int64? = nil) {
        self.role = role
        self.unit = unit
    }
}

/// Who asks: what the token allows, and how it is called beside what it did.
struct Caller: Sendable {
    let grant: TokenGrant
    let actor: Actor
    /// Tells tokens apart.
    let token: [UInt8]

    /// - Parameters:
    ///   - hash: of the token.
    ///   - address: of the sender, as far as it is believed.
    init(_ grant: TokenGrant, hash: [UInt8], address: String) {
        self.grant = grant
        token = hash
        let name =
            grant.label.isEmpty ? "token " + hash.prefix(4).map { String(format: "%02x", $0) }.joined() : grant.label
        actor = Actor(name: name, role: grant.role.rawValue, address: address)
    }

    func may(_ permission: Permission) -> Bool { permission.isAllowed(to: grant) }
}
