import Attendance
import Foundation
import Synchronization

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
    }

    /// Commits to the journal since this process began.
    struct Commits: Sendable, Equatable {
        var count = 0
        var total = Duration.zero
        /// Why the last one failed; `nil` where it did not.
        var problem: String?
    }

    private struct State {
        var devices: [String: Device] = [:]
        var commits = Commits()
    }

    /// Since the board was made; what it notes of time besides the wall clock's is in this.
    let elapsed: @Sendable () -> Duration
    private let state = Mutex(State())

    package init(elapsed: @escaping @Sendable () -> Duration) { self.elapsed = elapsed }

    /// A device that is to be read from now on.
    func expect(_ name: String, serial: DeviceSerial?, every interval: Duration) {
        state.withLock { state in
            guard state.devices[name] == nil else { return }
            state.devices[name] = Device(
                status: NodeStatus.Device(serial: serial?.text ?? "", name: name), interval: interval)
        }
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
            device.readAt = now
            device.readElapsed = elapsed
            device.newPunches += outcome.newPunches
        }
    }

    /// Punches that came by live events.
    func journaled(_ count: Int, of name: String) { change(name) { $0.newPunches += count } }

    func failed(_ name: String, _ problem: String) { change(name) { $0.status.problem = problem } }

    func committed(in duration: Duration) {
        state.withLock { state in
            state.commits.count += 1
            state.commits.total += duration
            state.commits.problem = nil
        }
    }

    func commitFailed(_ problem: String) { state.withLock { $0.commits.problem = problem } }

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
