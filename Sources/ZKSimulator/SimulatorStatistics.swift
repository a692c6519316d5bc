import Foundation
import ZKWire

/// What a simulated device has seen and done; one line of JSON at the control socket.
package struct SimulatorStatistics: Hashable, Sendable, Codable {
    /// By the maker's name, `CMD_CONNECT`, or `UNKNOWN_` and the number.
    package internal(set) var commands: [String: Int] = [:]
    /// Commands that wipe, delete, restart or switch off.
    package internal(set) var destructive = 0
    /// Bytes of whole frames on the wire, envelopes included, both transports.
    package internal(set) var bytesIn = 0
    package internal(set) var bytesOut = 0
    /// TCP connections accepted, those refused as second client among them.
    package internal(set) var connections = 0
    package internal(set) var connectionsRefused = 0
    package internal(set) var connectionsOpen = 0
    package internal(set) var sessions = 0
    package internal(set) var keysRefused = 0
    /// Frames with a wrong checksum, a session the device does not know, or bytes that are no frame.
    package internal(set) var framesRejected = 0
    package internal(set) var disables = 0
    package internal(set) var enables = 0
    /// Whether the device shows "working…" and accepts no scan.
    package internal(set) var isDisabled = false
    package internal(set) var scans = 0
    package internal(set) var scansRefused = 0
    package internal(set) var eventsSent = 0
    package internal(set) var eventsAcknowledged = 0
    /// Connections registered for events now.
    package internal(set) var listeners = 0
    package internal(set) var faults: [String: Int] = [:]
    package internal(set) var records = 0
    package internal(set) var users = 0

    /// How often a command came.
    package func count(_ command: Command) -> Int { commands[command.name, default: 0] }

    package var json: String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        encoder.keyEncodingStrategy = .convertToSnakeCase
        return (try? encoder.encode(self)).map { String(decoding: $0, as: UTF8.self) } ?? "{}"
    }
}
