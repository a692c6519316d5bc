import Clibusb
import Foundation
import Synchronization

/// Hears of devices that are plugged in, on a thread and in a context of its own: no open device's events are among
/// them.
final class LibUSBPlugs: Sendable {
    private let state = Mutex(State())

    private struct State {
        var isRunning = false
        var next = 0
        var listeners: [Int: AsyncStream<USBDevice>.Continuation] = [:]
    }

    /// Between two looks whether there is anything to do; news wake it at once.
    private static let patience = timeval(tv_sec: 60, tv_usec: 0)

    func arrivals() -> AsyncStream<USBDevice> {
        let (stream, sink) = AsyncStream<USBDevice>.makeStream(bufferingPolicy: .bufferingNewest(16))
        let (number, isFirst) = state.withLock { state in
            state.next += 1
            state.listeners[state.next] = sink
            defer { state.isRunning = true }
            return (state.next, !state.isRunning)
        }
        sink.onTermination = { [weak self] _ in self?.state.withLock { _ = $0.listeners.removeValue(forKey: number) } }
        if isFirst { start() }
        return stream
    }

    fileprivate func arrived(_ device: USBDevice) {
        for listener in state.withLock({ Array($0.listeners.values) }) { listener.yield(device) }
    }

    private func start() {
        guard libusb_has_capability(LIBUSB_CAP_HAS_HOTPLUG.rawValue) != 0, let context = try? LibUSB.Context() else {
            return end()
        }
        var registration: libusb_hotplug_callback_handle = 0
        let anything = Int32(LIBUSB_HOTPLUG_MATCH_ANY)
        let result = libusb_hotplug_register_callback(
            context.pointer, Int32(LIBUSB_HOTPLUG_EVENT_DEVICE_ARRIVED.rawValue), 0, anything, anything, anything,
            { _, device, _, plugs in
                // Called by libusb in the thread below, which keeps the object.
                guard let device, let plugs, let found = LibUSB.describe(device) else { return 0 }
                Unmanaged<LibUSBPlugs>.fromOpaque(plugs).takeUnretainedValue().arrived(found)
                return 0
            }, Unmanaged.passUnretained(self).toOpaque(), &registration)
        guard result == 0 else { return end() }
        // For the life of the program: a daemon that has once read a USB device will again.
        let thread = Thread { [self] in
            var patience = Self.patience
            while libusb_handle_events_timeout_completed(context.pointer, &patience, nil) >= 0 {}
            end()
        }
        thread.name = "usb plugs"
        thread.start()
    }

    /// The system does not tell, or tells no more: waits are then as long as without.
    private func end() {
        let listeners = state.withLock { state in
            state.isRunning = false
            defer { state.listeners = [:] }
            return Array(state.listeners.values)
        }
        for listener in listeners { listener.finish() }
    }
}
