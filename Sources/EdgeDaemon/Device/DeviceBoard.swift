import Attendance
import Synchronization

/// What is known of each device right now: for the centre, the control socket and the logs.
package final class DeviceBoard: Sendable {
    private let states = Mutex<[String: NodeStatus.Device]>([:])

    package init() {}

    package func update(_ name: String, _ change: (inout NodeStatus.Device) -> Void) {
        states.withLock { states in
            var state = states[name] ?? NodeStatus.Device(serial: "", name: name)
            change(&state)
            states[name] = state
        }
    }

    package func forget(_ name: String) {
        states.withLock { $0[name] = nil }
    }

    /// By name.
    package var devices: [NodeStatus.Device] {
        states.withLock { $0.values.sorted { $0.name < $1.name } }
    }
}
