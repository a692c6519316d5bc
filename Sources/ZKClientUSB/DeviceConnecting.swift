import Logging
import ZKClient

extension USBConnector {
    /// This computer's own USB.
    package static let shared = USBConnector(bus: LibUSB.shared)
}

/// Opens the link `address` names, whichever it is: TCP and UDP by sockets, USB by libusb.
///
/// - Throws: `DeviceError`, `CancellationError`.
package func connectDevice(
    to address: DeviceAddress, configuration: DeviceSession.Configuration, logger: Logger,
    usb: USBConnector? = nil
) async throws -> any Transport {
    guard let place = address.usb else { return try await ZKClient.connect(to: address, configuration: configuration) }
    var settings = configuration.usb
    // Ours comes first and says more than that nobody answered.
    settings.answerLimit = max(.seconds(1), configuration.replyTimeout - .milliseconds(500))
    do {
        return try await (usb ?? .shared).connect(to: place, settings: settings, logger: logger)
    } catch let error as TransportError {
        throw DeviceError.from(error, "connect to \(address)")
    }
}

/// Each time a device is plugged in where `address` means one on USB; ends at once where it does not.
package func deviceArrivals(at address: DeviceAddress) -> AsyncStream<Void> {
    guard let place = address.usb else { return AsyncStream { $0.finish() } }
    return USBConnector.shared.arrivals(at: place)
}
