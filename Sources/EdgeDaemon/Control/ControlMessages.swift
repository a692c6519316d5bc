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
        /// Hand a device over for as long as the connection lives: its name, or else its address, in `devices`.
        case lend
        /// Read the configuration again.
        case reload
        /// Journal the operations in `entries`, which a command did to a device it was lent.
        case note
        /// What is known of devices beside `status`.
        case details
        /// How much the centre has of the device whose serial is in `devices`.
        case receipted
        /// The log of the device whose serial is in `devices` is about to be cleared: `count` records, all receipted. No
        /// `count`: it is not, after all.
        case clearing
        /// What is remembered of the first name in `devices` is also the second's; of one name alone it is forgotten.
        case rename
        /// What `push` says, for the listener of push devices.
        case push
        /// Take a part of a file from a flash disk; `file` has it.
        case importPart = "import_part"
        /// Look at a file that came whole, and say what importing it would do.
        case importPreview = "import_preview"
        /// Journal its scans.
        case importCommit = "import_commit"
        /// Forget it.
        case importDiscard = "import_discard"
        /// How the daemon is, for `hadir doctor`.
        case health
        /// Apply the receipt in `receipt`, which a person brought.
        case receipt
    }

    package var command: Command
    /// Names from `devices.conf`; none means all.
    package var devices: [String]
    /// What the caller is, in words, for others who want the same device.
    package var purpose: String?
    /// Bodies of entries of kind `operation`, as `EntryBody.encode` writes them.
    package var entries: [String]?
    /// Who the person behind an account such as root is, where the caller knows: the user of sudo.
    package var account: String?
    /// What a reading that `sync` asks for is to do besides.
    package var errand: DeviceMailbox.Errand?
    /// Records of the log, with `clearing`.
    package var count: Int?
    package var push: PushAsk?
    /// For `import_…`.
    package var file: StickRequest?
    /// Base64 of one signed receipt.
    package var receipt: String?

    package init(command: Command, devices: [String] = [], purpose: String? = nil) {
        self.command = command
        self.devices = devices
        self.purpose = purpose
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

    /// A device that was lent, and how to get in. It holds a secret: it is never printed or logged.
    package struct Lent: Codable, Equatable, Sendable {
        package var device: String
        package var address: String
        package var commKey: UInt32
        package var looseReplies: Bool
        package var verifyFirst: Bool
        package var timezone: String
        /// The one enrolled, or that first answered; absent where none is known.
        package var serial: String?
        package var serialTag: String?
        /// Then the daemon takes it back.
        package var seconds: Int64
        /// Of a device on USB: milliseconds, and bytes.
        package var usbSettle: Int64?
        package var usbChunk: Int?
        package var nameEncoding: String?

        enum CodingKeys: String, CodingKey {
            case device, address, timezone, seconds, serial
            case serialTag = "serial_tag"
            case nameEncoding = "name_encoding"
            case usbSettle = "usb_settle"
            case usbChunk = "usb_chunk"
            case commKey = "comm_key"
            case looseReplies = "loose_replies"
            case verifyFirst = "verify_first"
        }
    }

    package var error: String?
    /// A name that is not in the daemon's configuration; `error` says it in words.
    package var unknown: String?
    /// What is wrong with the configuration file, which was therefore not taken.
    package var findings: [String]?
    /// How many devices the configuration in use has, after a reload.
    package var configured: Int?
    package var lent: Lent?
    package var synced: [Sync]?
    package var devices: [NodeStatus.Device]?
    package var journal: JournalStatus?
    /// What stands between the journal and the centre; absent while all is acknowledged.
    package var centreProblem: String?
    package var details: [DeviceDetails]?
    /// False while the daemon has reason to doubt this computer's clock.
    package var clockTrusted: Bool?
    package var receipted: EdgeStore.Receipted?
    package var push: PushReport?
    package var preview: StickPreview?
    package var imported: StickResult?
    package var health: DaemonHealth?
    package var carried: CarriedReceipts.Outcome?
    /// Why a file is not taken, in a word: of `StickRefusal.Code`, or one of those below. `error` says it in full.
    package var refusal: String?

    package static let otherDevice = "other_device"
    package static let notOurReceipt = "not_our_receipt"
    package static let unknownDevice = "unknown_device"
    /// The device reports by itself: nobody can open a session with it.
    package static let noSessions = "no_sessions"

    package static func withoutSessions(_ name: String) -> ControlAnswer {
        var answer = ControlAnswer(
            error: "\(name) reports by itself and takes no session: do it at the device's own menu, or see: hadir push")
        answer.refusal = noSessions
        return answer
    }

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
        case error, unknown, findings, configured, lent, synced, devices, journal, details, receipted, push, preview,
            imported, health, carried
        case refusal
        case centreProblem = "centre_problem"
        case clockTrusted = "clock_trusted"
    }
}

/// Longest line either side reads.
let longestControlLine = 1 << 20
