import Clibusb
import ZKClient

/// Opens the link `address` names, whichever it is: TCP and UDP by sockets, USB by libusb.
///
/// - Throws: `DeviceError`.
package func connectDevice(
    to address: DeviceAddress, configuration: DeviceSession.Configuration
) async throws -> any Transport {
    try await ZKClient.connect(to: address, configuration: configuration)
}
