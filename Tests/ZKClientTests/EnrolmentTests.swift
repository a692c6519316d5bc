import Synchronization
import Testing
import ZKClient
import ZKSimulator
import ZKWire

@Suite("Remote enrolment")
struct EnrolmentTests {
    /// Enrolls finger 6 of the second user; at each step the next of `touches` happens.
    private func enrol(
        _ device: SimulatorServer, over link: DeviceAddress.Link? = nil, _ touches: [Touch],
        patience: Duration = .seconds(20)
    ) async throws -> (result: EnrolmentResult, steps: [EnrolmentStep]) {
        let steps = Steps(touches)
        let result = try await session(with: device, over: link) { session in
            let list = try await session.userList()
            return try await session.enrol(
                list.users[1], finger: 6, layout: list.layout ?? .u72, patience: patience
            ) { step in
                if let touch = steps.add(step) { device.touch(touch) }
            }
        }
        return (result, steps.all)
    }

    private final class Steps: Sendable {
        private let state: Mutex<(touches: [Touch], steps: [EnrolmentStep])>

        init(_ touches: [Touch]) { state = Mutex((touches, [])) }

        var all: [EnrolmentStep] { state.withLock { $0.steps } }

        /// The next touch: people act on what they are told, not on the finger lying there.
        func add(_ step: EnrolmentStep) -> Touch? {
            state.withLock { state in
                state.steps.append(step)
                guard step != .touched, !state.touches.isEmpty else { return nil }
                return state.touches.removeFirst()
            }
        }
    }

    @Test("Three good touches: the finger is on the device, and the device is as before", arguments: DeviceProfile.all)
    func threeTouches(profile: DeviceProfile) async throws {
        try await withDevice(profile, users: 4) { device in
            let index = device.users[1].index
            let (result, steps) = try await enrol(device, [.good, .bad, .good, .good])
            guard profile.canEnrol else {
                #expect(result == .unsupported("UNKNOWN_65535") || result == .unsupported("CMD_ACK_UNKNOWN"))
                #expect(device.fingers.isEmpty)
                return
            }
            guard case .confirmed(let bytes) = result else { return #expect(Bool(false), "\(result)") }
            #expect(bytes >= 400 && device.fingers == [index: [6]])
            #expect(steps.filter { $0 != .touched } == [.ready, .good(1), .bad, .good(2), .good(3)])
            #expect(!device.isDisabled && !device.isEnrolling && device.statistics.listeners == 0)
            let again = try await enrol(device, []).result
            #expect(again == .taken)
        }
    }

    @Test(
        "What goes wrong has its word, leaves no finger, and the device is as before",
        arguments: [
            ([Touch.bad, .bad, .bad], EnrolmentResult.failed(code: 4)), ([.duplicate], .duplicate),
            ([.good, .timeout], .timedOut),
        ])
    func failures(touches: [Touch], expected: EnrolmentResult) async throws {
        try await withDevice(users: 4) { device in
            let result = try await enrol(device, touches).result
            #expect(result == expected)
            #expect(device.fingers.isEmpty && !device.isEnrolling && !device.isDisabled)
        }
    }

    @Test("Nobody comes: it ends after the patience, and the device stops asking")
    func patience() async throws {
        try await withDevice(users: 4) { device in
            let result = try await enrol(device, [], patience: .milliseconds(50)).result
            #expect(result == .timedOut)
            #expect(!device.isEnrolling && device.fingers.isEmpty)
        }
    }

    @Test("A device that restarts in the middle is an error, not a wait")
    func reboot() async throws {
        try await withDevice(users: 4) { device in
            let failure = await code {
                try await session(with: device) { session in
                    let list = try await session.userList()
                    return try await session.enrol(list.users[0], finger: 1, layout: .u72) { step in
                        if step == .ready { device.reboot() }
                    }
                }
            }
            #expect(failure == .linkLost)
        }
    }
}
