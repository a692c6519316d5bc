import Attendance
import EdgeStore
import Foundation

/// What commands ask about one device, and tell of it.
extension EdgeDaemon {
    /// What is known of devices beside `status`.
    func details(_ names: [String]) -> ControlAnswer {
        let devices = board.all.filter { names.isEmpty || names.contains($0.status.name) }
        if let missing = names.first(where: { name in !devices.contains { $0.status.name == name } }) {
            return Self.unknown(missing)
        }
        var answer = ControlAnswer()
        answer.clockTrusted = clockTrust.trusts(environment.now())
        answer.details = devices.map { device in
            DeviceDetails(
                status: device.status, daysLeft: device.daysLeft, users: device.users, fingers: device.fingers)
        }
        return answer
    }

    /// What the centre has of a device's scans.
    func receipted(_ names: [String]) async -> ControlAnswer {
        guard let serial = names.first.flatMap({ DeviceSerial($0) }) else {
            return ControlAnswer(error: "a serial number is needed")
        }
        guard forwarder != nil else {
            return ControlAnswer(error: "this node is not enrolled at a centre: nothing is receipted")
        }
        forwarder?.wake()
        return await onJournal { answer, store in answer.receipted = try store.receipted(of: serial) }
    }

    /// A command is about to clear a log, or does not after all.
    ///
    /// - Parameter count: how many records it has; `nil` takes it back.
    func clearing(_ names: [String], _ count: Int?) async -> ControlAnswer {
        guard let serial = names.first.flatMap({ DeviceSerial($0) }) else {
            return ControlAnswer(error: "a serial number is needed")
        }
        let now = environment.now()
        return await onJournal { _, store in try store.clearing(count, of: serial, at: now) }
    }

    /// What the journal remembers of a stanza's name goes with it to another name, or is forgotten.
    func rename(_ names: [String]) async -> ControlAnswer {
        guard let old = names.first, names.count <= 2, names.allSatisfy({ DeviceConfiguration.isName($0) }) else {
            return ControlAnswer(error: "one name is needed, or two")
        }
        return await onJournal { _, store in
            if names.count == 2, let new = names.last {
                try store.copyFirstSerial(of: old, to: new)
            } else {
                try store.forgetFirstSerial(of: old)
            }
        }
    }

    private func onJournal(
        _ body: @escaping @Sendable (inout ControlAnswer, EdgeStore) throws -> Void
    ) async -> ControlAnswer {
        do {
            return try await onJournalThreads { [store] in
                var answer = ControlAnswer()
                try body(&answer, store)
                return answer
            }
        } catch {
            return ControlAnswer(error: "\(error)")
        }
    }
}

/// What a running daemon knows of a device.
package struct DeviceDetails: Codable, Equatable, Sendable {
    package var status: NodeStatus.Device
    /// Until its log is full at the present rate.
    package var daysLeft: Int?
    package var users: DeviceReader.DeviceRoom?
    package var fingers: DeviceReader.DeviceRoom?

    enum CodingKeys: String, CodingKey {
        case status, users, fingers
        case daysLeft = "days_left"
    }
}

/// Whether this computer's own clock may be given to devices.
package enum OwnClock {
    /// As far as the journal at `state` tells, without a daemon.
    package static func isTrusted(_ state: StateDirectory, now: Date = Date()) -> Bool {
        guard FileManager.default.fileExists(atPath: state.journal) else {
            return ClockTrust(earliest: HadirVersion.released).trusts(now)
        }
        guard let store = try? EdgeStore.readOnly(path: state.journal) else { return false }
        return ClockTrust(store).trusts(now)
    }
}
