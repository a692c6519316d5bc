import Attendance

/// What stands between us and a device that reports by itself.
struct PushProblem: Error, Equatable, CustomStringConvertible {
    enum Code: String, Sendable {
        /// Nothing was heard of it.
        case silent
        /// It speaks the dialect of access control.
        case security
        /// It does not do what it is asked.
        case refused
        /// What it sends is nothing we know.
        case unreadable
        /// Push has no way to do it.
        case unable
    }

    let code: Code
    let description: String

    /// As an alarm has it.
    var alarm: String { "push_\(code.rawValue)" }

    init(_ code: Code, _ description: String) {
        self.code = code
        self.description = description
    }

    static let security = PushProblem(
        .security,
        "it speaks Security PUSH, the dialect of access control, which is not read: set it to time attendance "
            + "(\"T&A PUSH\") in its menu, or poll it")
}
