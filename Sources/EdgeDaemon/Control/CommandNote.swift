import Attendance
import EdgeStore
import Foundation

/// What a command did to a device, on its way into the journal.
package enum CommandNote {
    /// - Parameter body: an entry of kind `operation` and source `command`.
    /// - Returns: the same, done by `account`.
    /// - Throws: `EntryError` for anything else.
    static func entry(_ body: String, by account: String) throws -> EntryBody {
        guard case .operation(let told) = try EntryBody.decode(Array(body.utf8)).body, told.source == .command else {
            throw EntryError("only operations that a command did can be noted")
        }
        return .operation(told.done(by: account))
    }

    /// As they go over the control socket.
    package static func bodies(_ operations: [Attendance.Operation], at now: Date) -> [String] {
        operations.map { String(decoding: EntryBody.operation($0).encode(at: now), as: UTF8.self) }
    }
}

extension Attendance.Operation {
    /// The same, done by `account`.
    package func done(by account: String) -> Attendance.Operation {
        Attendance.Operation(
            serial: serial, source: source, what: what, code: code, deviceTime: deviceTime, by: account,
            object: object, before: before, after: after, parameters: parameters, occurrence: occurrence)
    }
}

/// Accounts of this computer, in words.
package enum Account {
    /// This process's, and who called sudo.
    package static var own: String { name(of: geteuid(), callingItself: sudoUser) }

    /// Who called sudo; `nil` where nobody did.
    package static var sudoUser: String? { ProcessInfo.processInfo.environment["SUDO_USER"] }

    /// - Parameter word: who root says it is; of others it is not believed.
    static func name(of user: UInt32?, callingItself word: String? = nil) -> String {
        guard let user else { return "unknown" }
        let name = getpwuid(user).flatMap { $0.pointee.pw_name.map { String(cString: $0) } } ?? "uid \(user)"
        guard user == 0, let word, !word.isEmpty, word != name else { return name }
        return "\(word.cut(to: 64)) (\(name))"
    }
}
