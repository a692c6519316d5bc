import Attendance
import EdgeStore
import Foundation
import Synchronization
import ZKClient

/// What is known of each device and of the journal right now: for the centre, the control socket, the status server.
package final class DeviceBoard: Sendable {
    /// One device since this process began.
    struct Device: Sendable, Equatable {
        var status: NodeStatus.Device
        /// How often it should be read.
        var interval: Duration
        /// When it was last read, by the wall clock and by the board's `elapsed`.
        var readAt: Date?
        var readElapsed: Duration?
        var newPunches = 0
        /// Why it could not be read last; `nil` while it is read. `status.problem` has the words.
        var trouble: Trouble?
        /// What the last reading told of the device beside its scans.
        var daysLeft: Int?
        var users: DeviceReader.DeviceRoom?
        var fingers: DeviceReader.DeviceRoom?
    }

    /// What stands between us and a device.
    struct Trouble: Sendable, Equatable {
        /// As an alarm has it, or `lent`.
        var code: String
        /// Whether it may pass without a person's help.
        var mayPass: Bool
        /// In a row.
        var failures: Int
    }

    /// Commits to the journal since this process began.
    struct Commits: Sendable, Equatable {
        var count = 0
        var total = Duration.zero
        /// Why the last one failed; `nil` where it did not.
        var problem: String?
        /// The problem's code, as an alarm has it.
        var code: String?
    }

    private struct State {
        var devices: [String: Device] = [:]
        var commits = Commits()
        /// Which stanza reads the device of a serial.
        var holders: [DeviceSerial: String] = [:]
        var damage: String?
        var damageTold: (@Sendable (String) -> Void)?
    }

    /// Since the board was made; what it notes of time besides the wall clock's is in this.
    let elapsed: @Sendable () -> Duration
    let heartbeats: Heartbeats
    let lastScans = LastScans()
    let missing: MissingScans
    private let state = Mutex(State())

    package init(elapsed: @escaping @Sendable () -> Duration) {
        self.elapsed = elapsed
        heartbeats = Heartbeats(elapsed: elapsed)
        missing = MissingScans(elapsed: elapsed)
    }

    /// A device that is to be read from now on.
    func expect(_ name: String, serial: DeviceSerial?, every interval: Duration) {
        state.withLock { state in
            var device =
                state.devices[name] ?? Device(status: NodeStatus.Device(serial: "", name: name), interval: interval)
            device.interval = interval
            if let serial {
                device.status.serial = serial.text
                if state.holders[serial] == nil { state.holders[serial] = name }
            }
            state.devices[name] = device
        }
    }

    /// A device that is not read any more.
    ///
    /// - Parameter isGone: false where it will be read again by another configuration.
    func forget(_ name: String, isGone: Bool) {
        state.withLock { state in
            state.holders = state.holders.filter { $0.value != name }
            if isGone { state.devices[name] = nil }
        }
    }

    // MARK: Who reads which serial

    /// - Throws: `SerialTwice` where another stanza reads a device of this serial.
    func checkHolder(of serial: DeviceSerial, for name: String) throws {
        let holder = state.withLock { $0.holders[serial] }
        if let holder, holder != name { throw SerialTwice(serial: serial, name: name, holder: holder) }
    }

    /// From now on, as long as it is in the configuration, only `name` may read a device of this serial.
    func claim(_ serial: DeviceSerial, for name: String) throws {
        let holder = state.withLock { state in
            let holder = state.holders[serial] ?? name
            state.holders[serial] = holder
            return holder
        }
        if holder != name { throw SerialTwice(serial: serial, name: name, holder: holder) }
    }

    // MARK: Damage

    /// Tells `told` of the journal's damage, once, also of one that was noted before.
    func onDamage(_ told: @escaping @Sendable (String) -> Void) {
        let damage = state.withLock { state in
            state.damageTold = told
            return state.damage
        }
        if let damage { told(damage) }
    }

    /// Notes an error that says that the journal is damaged, and no other.
    func noteDamage(_ error: any Error) {
        guard let error = error as? EdgeStoreError, error.code == .damaged else { return }
        let told = state.withLock { state -> (@Sendable (String) -> Void)? in
            guard state.damage == nil else { return nil }
            state.damage = "\(error)"
            return state.damageTold
        }
        told?("\(error)")
    }

    func read(_ outcome: DeviceReader.Outcome, at now: Date) {
        let elapsed = elapsed()
        change(outcome.device) { device in
            device.status.serial = outcome.serial
            device.status.lastRead = UTC.text(now)
            device.status.count = outcome.count
            device.status.capacity = outcome.capacity
            device.status.clockOffset = outcome.clockOffset
            device.status.problem = nil
            device.trouble = nil
            device.readAt = now
            device.readElapsed = elapsed
            device.newPunches += outcome.newPunches
            device.daysLeft = outcome.daysLeft
            device.users = outcome.users
            device.fingers = outcome.fingers
        }
    }

    /// Punches that came by live events.
    func journaled(_ count: Int, of name: String) { change(name) { $0.newPunches += count } }

    func failed(_ name: String, _ error: any Error) {
        change(name) { device in
            device.status.problem = "\(error)"
            device.trouble = Trouble(
                code: ProblemLog.code(error), mayPass: (error as? DeviceError)?.isRetryable ?? false,
                failures: (device.trouble?.failures ?? 0) + 1)
        }
    }

    /// Somebody else has the device.
    func lent(_ name: String, to holder: String) {
        change(name) { device in
            device.status.problem = "lent to \(holder)"
            device.trouble = Trouble(code: Trouble.lent, mayPass: true, failures: 0)
        }
    }

    func commitBegins(_ entries: Int) { heartbeats.writeBegins(entries) }

    func committed(in duration: Duration) {
        heartbeats.writeEnds()
        state.withLock { state in
            state.commits.count += 1
            state.commits.total += duration
            state.commits.problem = nil
            state.commits.code = nil
        }
    }

    func commitFailed(_ error: any Error) {
        heartbeats.writeEnds()
        state.withLock { state in
            state.commits.problem = "\(error)"
            state.commits.code = ProblemLog.code(error)
        }
        noteDamage(error)
    }

    /// By name.
    package var devices: [NodeStatus.Device] { all.map(\.status) }

    var all: [Device] {
        state.withLock { $0.devices.values.sorted { $0.status.name < $1.status.name } }
    }

    var commits: Commits { state.withLock { $0.commits } }

    private func change(_ name: String, _ change: (inout Device) -> Void) {
        state.withLock { state in
            var device =
                state.devices[name] ?? Device(status: NodeStatus.Device(serial: "", name: name), interval: .seconds(60))
            change(&device)
            state.devices[name] = device
        }
    }
}

extension DeviceBoard.Trouble {
    static let lent = "lent"
}

/// Two stanzas lead to devices that tell one serial: read both, and their scans are one device's.
struct SerialTwice: Error, Equatable, CustomStringConvertible {
    let serial: DeviceSerial
    let name: String
    let holder: String

    var description: String {
        "the device tells serial \(serial), which [device.\(holder)] reads already: if both stanzas lead to one device, "
            + "remove [device.\(name)]; if there are two devices, one of them has a copied serial and is not read"
    }
}
