import Attendance
import EdgeStore
import Foundation

/// What a command asks a running daemon: one line of JSON.
package struct ControlRequest: Codable, Equatable, Sendable {
    package enum Command: String, Codable, Sendable {
        /// Read devices now.
        case sync
        /// What every device and the journal are doing.
        case status
    }

    package var command: Command
    /// Names from `devices.conf`; none means all.
    package var devices: [String]

    package init(command: Command, devices: [String] = []) {
        self.command = command
        self.devices = devices
    }
}

/// The daemon's answer: one line of JSON.
package struct ControlAnswer: Codable, Equatable, Sendable {
    package struct Sync: Codable, Equatable, Sendable {
        package var device: String
        package var outcome: DeviceReader.Outcome?
        package var problem: String?

        package init(device: String, outcome: DeviceReader.Outcome? = nil, problem: String? = nil) {
            self.device = device
            self.outcome = outcome
            self.problem = problem
        }
    }

    package var error: String?
    package var synced: [Sync]?
    package var devices: [NodeStatus.Device]?
    package var journal: JournalStatus?
    /// What stands between the journal and the centre; absent while all is acknowledged.
    package var centreProblem: String?

    package init(
        error: String? = nil, synced: [Sync]? = nil, devices: [NodeStatus.Device]? = nil, journal: JournalStatus? = nil,
        centreProblem: String? = nil
    ) {
        self.error = error
        self.synced = synced
        self.devices = devices
        self.journal = journal
        self.centreProblem = centreProblem
    }

    enum CodingKeys: String, CodingKey {
        case error, synced, devices, journal
        case centreProblem = "centre_problem"
    }
}

/// Longest line either side reads.
let longestControlLine = 1 << 20
