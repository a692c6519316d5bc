import Logging
import ZKWire

/// Connects, runs `body` with an open session, and always closes it again.
///
/// - Parameter connect: opens the link; by default one of TCP and UDP.
/// - Throws: `DeviceError`, `CancellationError`, and what `body` throws.
package func withDeviceSession<Result: Sendable>(
    to address: DeviceAddress, configuration: DeviceSession.Configuration = .init(), mustEnable: Bool = false,
    clock: any Clock<Duration> = ContinuousClock(), logger: Logger,
    over connect: @Sendable (DeviceAddress, DeviceSession.Configuration) async throws -> any Transport = {
        try await ZKClient.connect(to: $0, configuration: $1)
    },
    _ body: @Sendable (DeviceSession) async throws -> Result
) async throws -> Result {
    let transport = try await connect(address, configuration)
    let session = DeviceSession(transport: transport, configuration: configuration, clock: clock, logger: logger)
    do {
        try await session.open(mustEnable: mustEnable)
        let result = try await body(session)
        await session.close()
        return result
    } catch {
        await session.close()
        throw error
    }
}

/// Opens the link `address` names, where it is TCP or UDP.
package func connect(to address: DeviceAddress, configuration: DeviceSession.Configuration) async throws
    -> any Transport
{
    do {
        switch address.link {
        case .usb, .soap, .push:
            throw DeviceError(.unreachable, "connect to \(address)", "no session is held over \(address.link.rawValue)")
        case .tcp:
            return try await TCPTransport.connect(
                host: address.host, port: address.port, timeout: configuration.connectTimeout,
                segment: configuration.segment)
        case .udp:
            return try await UDPTransport.connect(
                host: address.host, port: address.port, timeout: configuration.connectTimeout)
        }
    } catch let error as TransportError {
        throw DeviceError.from(error, "connect to \(address)")
    }
}
