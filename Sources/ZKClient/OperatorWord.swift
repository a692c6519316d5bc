import ZKWire

/// A person's word that a device is to do what cannot be undone. Only the admin's commands have one; the daemon never
/// (`make check` proves it).
package struct OperatorWord: Sendable {
    private let commands: Set<Command>

    /// - Parameter commands: what the person asked for. Commands that wipe without a choice are refused all the same.
    package init(for commands: Set<Command>) { self.commands = commands.intersection(Self.possible) }

    func allows(_ command: Command) -> Bool { commands.contains(command) }

    /// `clearData`, `clearAdmins`, `clearOperations` and `powerOff` are not among them: hadir has no use for these.
    private static let possible: Set<Command> = [
        .deleteUser, .deleteUserTemplate, .deleteTemplate, .clearAttendance, .restart,
    ]
}
