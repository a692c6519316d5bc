import ArgumentParser
import Attendance
import EdgeDaemon
import Foundation
import ZKClient
import ZKWire

/// What was done to one device's user list, for people and for `--json`. Sent and confirmed are told apart.
struct UserReport: Codable, Sendable {
    struct Problem: Codable, Sendable {
        var user_id, problem: String
    }

    var device: String
    var serial: String?
    var to_add: [String] = []
    var to_change: [String] = []
    var to_delete: [String] = []
    var unchanged = 0
    /// The list read afterwards shows them.
    var confirmed = 0
    /// The device said yes and does not show it.
    var unconfirmed: [Problem] = []
    var refused: [Problem] = []
    /// Left for the next run.
    var not_sent = 0
    var fingers_to_copy: Int?
    /// User ids that get another name while fingers are enrolled under them, and stay so.
    var renamed_with_fingers: [String]?
    var backup: String?
    var problem: String?
    /// The exit code of `problem`.
    var problem_code: Int32?
    var journal_problem: String?

    init(device: String) { self.device = device }

    mutating func plan(_ plan: RosterPlan) {
        to_add = plan.added.map(\.userID)
        to_change = plan.changed.map(\.userID)
        to_delete = plan.deleted.map(\.userID)
        unchanged = plan.unchanged
        if !plan.withFingers.isEmpty { renamed_with_fingers = plan.withFingers }
    }

    mutating func take(_ report: UserEditReport) {
        for outcome in report.outcomes {
            let id = UserID(field: outcome.edit.userID).text
            switch outcome.state {
            case .confirmed: confirmed += 1
            case .sent(let why): unconfirmed.append(Problem(user_id: id, problem: why))
            case .refused(let error): refused.append(Problem(user_id: id, problem: error.description))
            case .notSent: not_sent += 1
            }
        }
        if let stopped = report.stopped { fail(stopped) }
    }

    mutating func fail(_ error: any Error) {
        let failure = CommandFailure(error)
        problem = failure.description
        problem_code = failure.code.rawValue
    }

    private var code: CommandFailure.Code? { problem_code.flatMap { CommandFailure.Code(rawValue: $0) } }

    /// Refused before anything was sent.
    private var isUntouched: Bool {
        confirmed == 0 && unconfirmed.isEmpty && problem == nil && journal_problem == nil && !refused.isEmpty
    }

    var isGood: Bool {
        problem == nil && journal_problem == nil && refused.isEmpty && unconfirmed.isEmpty && not_sent == 0
    }

    /// For a person.
    var lines: [String] {
        if let problem, confirmed == 0, unconfirmed.isEmpty, refused.isEmpty, not_sent == 0 {
            return [CommandFailure.told(problem, of: device)]
        }
        var lines = ["\(device): \(isUntouched ? "refused" : "\(confirmed) confirmed by the device")"]
        for one in unconfirmed { lines.append("  sent, not confirmed: user \(one.user_id): \(one.problem)") }
        for one in refused { lines.append("  \(isUntouched ? "" : "refused: ")\(one.problem)") }
        if isUntouched { lines.append("  Nothing was changed.") }
        if not_sent > 0, !isUntouched {
            lines.append("  not sent: \(not_sent). Run the same again: it does what is left")
        }
        if let backup { lines.append("  backup: \(backup)") }
        if let problem { lines.append("  \(problem)") }
        if let journal_problem { lines.append("  not journaled: \(journal_problem)") }
        return lines
    }

    /// Prints all and ends with the code that fits.
    ///
    /// - Parameters:
    ///   - devices: as they were named: where some were left out, not all was done.
    ///   - isPrinted: by the caller.
    static func finish(
        _ reports: [UserReport], _ devices: DevicesOptions, json: Bool, isPlanOnly: Bool = false,
        isPrinted: Bool = false
    ) throws {
        if json, !isPrinted { try Terminal.print(json: reports) }
        if !json, !isPrinted, !isPlanOnly {
            for line in reports.flatMap(\.lines) { Terminal.print(TableText.harmless(line)) }
        }
        if let code = CommandFailure.Code(of: reports.compactMap(\.code)) { throw ExitCode(code.rawValue) }
        let isPart = try !isPlanOnly && !devices.leftOut().isEmpty
        if isPart || reports.contains(where: { !$0.isGood }) { throw ExitCode(CommandFailure.Code.finding.rawValue) }
    }
}

/// What the journal is told of edits. Never a name, card or password.
enum UserOperations {
    static func operations(_ report: UserEditReport, serial: DeviceSerial) -> [Attendance.Operation] {
        report.outcomes.compactMap { outcome in
            let isConfirmed: Bool
            switch outcome.state {
            case .confirmed: isConfirmed = true
            case .sent: isConfirmed = false
            case .refused, .notSent: return nil
            }
            let edit = outcome.edit
            let what = edit.before == nil ? "user_added" : edit.after == nil ? "user_deleted" : "user_changed"
            var after = edit.after.map { text($0) }
            if let old = edit.before, let new = edit.after { after = after.map { $0 + differences(old, new) } }
            if !isConfirmed { after = "\(after ?? "deleted"); not confirmed by the device" }
            return Attendance.Operation(
                serial: serial, source: .command, what: what, by: Account.own, object: UserID(field: edit.userID).text,
                before: edit.before.map { text($0) }, after: after)
        }
    }

    private static func text(_ user: UserRecord) -> String {
        "privilege \(PrivilegeWord.word(user.privilege)), group \(user.group), "
            + (user.card == 0 ? "no card" : "a card") + (user.password.bytes.isEmpty ? ", no password" : ", a password")
            + (user.isDisabled ? ", disabled" : "")
    }

    /// That something changed where its value may not be told.
    private static func differences(_ old: UserRecord, _ new: UserRecord) -> String {
        var words: [String] = []
        if old.name != new.name { words.append("another name") }
        if old.card != new.card, old.card != 0, new.card != 0 { words.append("another card") }
        if old.password != new.password, !old.password.bytes.isEmpty, !new.password.bytes.isEmpty {
            words.append("another password")
        }
        return words.isEmpty ? "" : "; " + words.joined(separator: ", ")
    }
}
