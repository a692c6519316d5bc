import ArgumentParser
import Foundation

/// `hadir`: the admin's commands.
package struct HadirCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "hadir",
        abstract: "Read devices and files from flash disks, look at this edge's journal, enroll it at the centre.",
        discussion: """
            EXIT CODES
              0   done
              1   done, and something is wrong (the output says what)
              64  wrong use of the command
              65  input that cannot be understood
              69  a device or the centre cannot be used now
              74  a disk or file failed
              75  another process holds the state directory
              77  not permitted
              78  wrong configuration
            """,
        subcommands: [
            DoctorCommand.self, DeviceCommand.self, UserCommand.self, FingerCommand.self, PushGroupCommand.self,
            ImportCommand.self,
            JournalCommand.self, NodeCommand.self, ConfigCommand.self,
            WireCommand.self,
        ])

    package init() {}

    /// Parses, runs, and ends the process with the documented code.
    package static func start() async -> Never {
        let code = await run(Array(CommandLine.arguments.dropFirst()))
        Foundation.exit(code)
    }

    /// Parses and runs.
    ///
    /// - Returns: the documented exit code.
    static func run(_ arguments: [String]) async -> Int32 {
        do {
            var command = try parseAsRoot(arguments)
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
            return 0
        } catch let error where isParserError(error) {
            // Help and version are asked for; all else is told.
            let code = exitCode(for: error)
            let message = fullMessage(for: error)
            if !message.isEmpty { code == .success ? Terminal.print(message) : Terminal.say(message) }
            return code.rawValue
        } catch {
            let failure = CommandFailure(error)
            Terminal.say("hadir: \(failure)")
            return failure.code.rawValue
        }
    }

    /// Help, version, wrong arguments and exit codes are the parser's to tell.
    private static func isParserError(_ error: any Error) -> Bool {
        let code = exitCode(for: error)
        return error is ExitCode || error is ValidationError || error is CleanExit || code == .validationFailure
            || code == .success
    }
}

package struct DeviceCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "device", abstract: "Fingerprint devices: read, look at, look after.",
        subcommands: [
            DeviceProbeCommand.self, DevicePullCommand.self, DeviceEnrollCommand.self, DeviceSyncCommand.self,
            DeviceListCommand.self, DeviceShowCommand.self, DeviceInfoCommand.self, DeviceCapacityCommand.self,
            DeviceClockCommand.self, DeviceRenameCommand.self, DeviceRetireCommand.self, DeviceRestartCommand.self,
            DeviceClearLogCommand.self, DeviceBackupCommand.self, DeviceRestoreCommand.self, DeviceReplaceCommand.self,
        ])

    package init() {}
}
