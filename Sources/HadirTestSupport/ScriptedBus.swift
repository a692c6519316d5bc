import Synchronization
import ZKClientUSB

/// A USB bus in memory: terminals and other things are plugged in and pulled out, and programs hold them.
package final class ScriptedBus: USBBus {
    /// What stands behind a device.
    package protocol Behind: AnyObject, Sendable {
        var interface: USBInterface { get }
        func controlOut(_ request: UInt8, _ value: UInt16) throws(USBFault)
        func bulkOut(_ endpoint: UInt8, _ bytes: [UInt8]) throws(USBFault) -> Int
        func bulkIn(_ endpoint: UInt8, _ count: Int) throws(USBFault) -> [UInt8]
    }

    private struct Plugged {
        let device: USBDevice
        let behind: any Behind
        /// So many more times it cannot be opened, for this reason.
        var refusals: (left: Int, code: USBFault.Code) = (0, .busy)
        var isClaimed = false
    }

    private struct State {
        var plugged: [Plugged] = []
        var next: UInt8 = 10
        var listeners: [AsyncStream<USBDevice>.Continuation] = []
        var opened: [USBDevice] = []
        var isOut = false
    }

    private let state = Mutex(State())

    package init() {}

    /// Every device that was opened, in order.
    package var opened: [USBDevice] { state.withLock { $0.opened } }
    package var claimed: Int { state.withLock { $0.plugged.count { $0.isClaimed } } }

    @discardableResult
    package func plug(
        _ behind: any Behind, _ vendor: UInt16 = 0x1B55, _ product: UInt16 = 0x0A01, bus: UInt8 = 1,
        port: String = "1"
    ) -> USBDevice {
        let (device, listeners) = state.withLock { state in
            state.next += 1
            let device = USBDevice(vendor: vendor, product: product, bus: bus, port: port, number: state.next)
            state.plugged.append(Plugged(device: device, behind: behind))
            return (device, state.listeners)
        }
        for listener in listeners { listener.yield(device) }
        return device
    }

    package func unplug(_ device: USBDevice) {
        state.withLock { $0.plugged.removeAll { $0.device == device } }
    }

    /// The next `count` tries to open `device` fail.
    package func refuse(_ device: USBDevice, _ count: Int, _ code: USBFault.Code) {
        state.withLock { state in
            for position in state.plugged.indices where state.plugged[position].device == device {
                state.plugged[position].refusals = (count, code)
            }
        }
    }

    /// This computer has no USB.
    package func breakDown() { state.withLock { $0.isOut = true } }

    package func list() throws(USBFault) -> [USBDevice] {
        let (isOut, devices) = state.withLock { ($0.isOut, $0.plugged.map(\.device)) }
        if isOut { throw USBFault(.noUSB) }
        return devices
    }

    package func open(_ device: USBDevice) throws(USBFault) -> any USBHandle {
        let result: Result<Handle, USBFault> = state.withLock { state in
            guard let position = state.plugged.firstIndex(where: { $0.device == device }) else {
                return .failure(USBFault(.gone))
            }
            if state.plugged[position].refusals.left > 0 {
                state.plugged[position].refusals.left -= 1
                return .failure(USBFault(state.plugged[position].refusals.code))
            }
            state.opened.append(device)
            return .success(Handle(bus: self, device: device, behind: state.plugged[position].behind))
        }
        return try result.get()
    }

    package func arrivals() -> AsyncStream<USBDevice> {
        let (stream, sink) = AsyncStream<USBDevice>.makeStream()
        state.withLock { $0.listeners.append(sink) }
        return stream
    }

    fileprivate func isThere(_ device: USBDevice) -> Bool {
        state.withLock { state in state.plugged.contains { $0.device == device } }
    }

    fileprivate func claim(_ device: USBDevice, _ isClaimed: Bool) -> Bool {
        state.withLock { state in
            guard let position = state.plugged.firstIndex(where: { $0.device == device }) else { return true }
            if isClaimed, state.plugged[position].isClaimed { return false }
            state.plugged[position].isClaimed = isClaimed
            return true
        }
    }

    private final class Handle: USBHandle {
        let interface: USBInterface
        private let bus: ScriptedBus
        private let device: USBDevice
        private let behind: any Behind
        private let isMine = Mutex(false)

        init(bus: ScriptedBus, device: USBDevice, behind: any Behind) {
            self.bus = bus
            self.device = device
            self.behind = behind
            interface = behind.interface
        }

        private func check() throws(USBFault) {
            guard bus.isThere(device) else { throw USBFault(.gone) }
            guard isMine.withLock({ $0 }) else { throw USBFault(.other, "not claimed") }
        }

        func claim() throws(USBFault) {
            guard bus.isThere(device) else { throw USBFault(.gone) }
            guard bus.claim(device, true) else { throw USBFault(.busy) }
            isMine.withLock { $0 = true }
        }

        func controlOut(request: UInt8, value: UInt16, timeout: Duration) throws(USBFault) {
            try check()
            try behind.controlOut(request, value)
        }

        func bulkOut(_ endpoint: UInt8, _ bytes: [UInt8], timeout: Duration) throws(USBFault) -> Int {
            try check()
            return try behind.bulkOut(endpoint, bytes)
        }

        func bulkIn(_ endpoint: UInt8, _ count: Int, timeout: Duration) throws(USBFault) -> [UInt8] {
            try check()
            return try behind.bulkIn(endpoint, count)
        }

        func release() {
            let wasMine = isMine.withLock { mine in
                defer { mine = false }
                return mine
            }
            if wasMine { _ = bus.claim(device, false) }
        }

        func close() { release() }
    }
}
