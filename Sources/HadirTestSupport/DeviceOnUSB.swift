import Foundation
import Synchronization
import ZKClient
import ZKClientUSB
import ZKSimulator
import ZKWire

/// A simulated device on a cable in memory: plugged in, pulled out, and touchy as a real one. No wait takes real time.
package final class DeviceOnUSB: Sendable {
    /// Of the transport; what is above it may have another.
    package let clock: LeapingClock
    package let bus: ScriptedBus
    package let connector: USBConnector
    package let terminal: ScriptedTerminal
    private let held: Held
    private let now: @Sendable () -> Date

    package static let address = DeviceAddress(USBPlace(vendor: 0x1B55, product: 0x0A01))

    /// What the terminal's answers and its going away need.
    private final class Held: Sendable {
        let device: Mutex<SimulatedDevice>
        let plugged = Mutex<USBDevice?>(nil)

        init(_ device: SimulatedDevice) { self.device = Mutex(device) }
    }

    /// - Parameter bus: where another is plugged in already.
    package init(
        records: Int = 100, users: Int = 6, serial: String = "SIM0000000001", faults: String = "",
        on bus: ScriptedBus = ScriptedBus(), clock: LeapingClock = LeapingClock(),
        now: @escaping @Sendable () -> Date
    ) throws {
        let configuration = SimulatorConfiguration(
            profile: .usb, serial: serial, users: users, records: records, seed: 7, faults: try Fault.list(faults))
        let held = Held(SimulatedDevice(configuration, at: now()))
        self.bus = bus
        self.clock = clock
        self.held = held
        self.now = now
        connector = USBConnector(bus: bus, clock: clock)
        terminal = ScriptedTerminal(
            transferSize: 512, elapsed: { clock.elapsed },
            onVanish: {
                if let device = held.plugged.withLock({ $0 }) { bus.unplug(device) }
            },
            answers: { frame in
                held.device.withLock { $0.receive(frame, from: Peer(.udp, 1), at: now()).frames.map(\.frame) }
            })
    }

    /// Off and on again, too: a device that leaves the bus forgets its session.
    @discardableResult
    package func plug(port: String = "1") -> USBDevice {
        terminal.restart()
        _ = held.device.withLock { $0.reboot(at: now()) }
        let device = bus.plug(terminal, port: port)
        held.plugged.withLock { $0 = device }
        return device
    }

    package func unplug() {
        if let device = held.plugged.withLock({ $0 }) { bus.unplug(device) }
    }

    package func change<Value>(_ body: (inout sending SimulatedDevice) throws -> sending Value) rethrows -> Value {
        try held.device.withLock { try body(&$0) }
    }

    package func scan(userID: String) throws {
        _ = try held.device.withLock { try $0.scan(userID: Array(userID.utf8), at: now()) }
    }

    package var scans: [Scan] { held.device.withLock { $0.scans() } }
    package var logBytes: [UInt8] { held.device.withLock { $0.log.bytes } }
    package var statistics: SimulatorStatistics { held.device.withLock { $0.report(at: now()) } }
}
