import Logging
import Synchronization
import ZKClient

/// Finds terminals on the bus and opens them; remembers which of them come and go.
package final class USBConnector: Sendable {
    private let bus: any USBBus
    private let clock: any Clock<Duration>
    private let elapsed: @Sendable () -> Duration
    private let losses = Mutex<[USBPlace: [Duration]]>([:])

    /// So many losses within so long are no accident: a terminal without its adapter leaves every 15 s.
    private static let mostLosses = 3
    private static let lossWindow = Duration.seconds(180)

    package init(bus: any USBBus, clock: any Clock<Duration> = ContinuousClock()) {
        self.bus = bus
        self.clock = clock
        elapsed = Self.stopwatch(clock)
    }

    private static func stopwatch<C: Clock>(_ clock: C) -> @Sendable () -> Duration where C.Duration == Duration {
        let start = clock.now
        return { start.duration(to: clock.now) }
    }

    /// Opens the terminal at `place`.
    ///
    /// - Throws: `TransportError`, `CancellationError`.
    package func connect(to place: USBPlace, settings: USBSettings, logger: Logger) async throws -> USBTransport {
        if let refusal = KnownUSBDevices.refusal(vendor: place.vendor, product: place.product) {
            throw TransportError(.unsupported, refusal)
        }
        let mail = USBMail()
        let line = USBLine(bus: bus, name: place.pair, settings: settings, clock: clock, mail: mail)
        let device = try pick(place, among: try await line.devices())
        do {
            let interface = try await line.open(device)
            try check(interface, of: device, logger)
            try Task.checkCancellation()
        } catch {
            await line.giveBack()
            throw lost(error, place)
        }
        return USBTransport(line: line, mail: mail, chunk: settings.longestChunk) { [self] error in
            lost(error, place) as? TransportError ?? error
        }
    }

    private func pick(_ place: USBPlace, among devices: [USBDevice]) throws(TransportError) -> USBDevice {
        let found = devices.filter { $0.isAt(place) }
        guard let device = found.first else {
            if isUnstable(place) { throw TransportError(.unstable, "it is gone again") }
            throw TransportError(.notPluggedIn, "\(place)" + KnownUSBDevices.hint(devices, besides: place.pair))
        }
        guard found.count == 1 else {
            let each = found.map(\.description).sorted().prefix(8).joined(separator: " or ")
            throw TransportError(.unsupported, "\(found.count) devices are \(place.pair): write which, as \(each)")
        }
        return device
    }

    private func check(_ interface: USBInterface, of device: USBDevice, _ logger: Logger) throws(TransportError) {
        guard interface.deviceClass == USBInterface.vendorClass, interface.bulkOut != nil, interface.bulkIn != nil
        else {
            throw TransportError(
                .unsupported,
                "\(device.pair) is of class \(interface.deviceClass), not a terminal's vendor class with bulk endpoints"
            )
        }
        if !KnownUSBDevices.terminals.contains(device.pair) || interface != .expected {
            // One model is known. What another does shows whether the rest of what is known holds for it.
            logger.notice("usb.unproven", metadata: ["device": "\(device)", "interface": "\(interface)"])
        }
    }

    /// Notes a terminal that went away; what to say of it.
    private func lost(_ error: any Error, _ place: USBPlace) -> any Error {
        guard let error = error as? TransportError, error.code == .closedByDevice else { return error }
        let now = elapsed()
        let count = losses.withLock { losses in
            // A configuration has a few places; an admin's typing a few more.
            if losses.count > 256 { losses = [:] }
            let recent = (losses[place] ?? []).filter { now - $0 < Self.lossWindow } + [now]
            losses[place] = Array(recent.suffix(Self.mostLosses))
            return recent.count
        }
        guard count >= Self.mostLosses else { return error }
        return TransportError(
            .unstable, "\(count) times within \(Self.lossWindow.components.seconds) s; \(error.detail)")
    }

    private func isUnstable(_ place: USBPlace) -> Bool {
        let now = elapsed()
        return losses.withLock { losses in
            (losses[place] ?? []).filter { now - $0 < Self.lossWindow }.count >= Self.mostLosses
        }
    }

    /// News of an arrival can overtake the device's own entry in the list, and its node gets its group about now.
    private static let arrivalPause = Duration.milliseconds(500)

    /// Each time a device was plugged in at `place`, a moment later.
    package func arrivals(at place: USBPlace) -> AsyncStream<Void> {
        let arrivals = bus.arrivals()
        let (stream, sink) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
        let watch = Task { [clock] in
            for await device in arrivals where device.isAt(place) {
                guard (try? await clock.sleep(for: Self.arrivalPause)) != nil else { break }
                sink.yield()
            }
            sink.finish()
        }
        sink.onTermination = { _ in watch.cancel() }
        return stream
    }
}
