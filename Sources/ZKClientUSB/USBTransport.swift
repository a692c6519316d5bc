import ZKClient
import ZKWire

/// Frames over the vendor-class USB of a terminal: one packet a frame, without envelope (zk-usb, section 3).
package final class USBTransport: Transport {
    package let isDatagram = false
    package let longestChunk: Int
    package let traits = TransportTraits.usb
    private let mail: USBMail
    private let pump: Task<Void, Never>

    /// How long `close` waits for a device whose driver hangs; its thread is then left to itself.
    private static let closeLimit = Duration.seconds(5)

    package var inbound: AsyncThrowingStream<Frame, any Error> { mail.inbound }
    package var counters: TransportCounters { mail.counters }

    init(line: USBLine, mail: USBMail, chunk: Int, ended: @escaping @Sendable (TransportError) -> TransportError) {
        self.mail = mail
        longestChunk = chunk
        pump = Task { await line.run(ended) }
    }

    /// One that was never closed leaves no device claimed.
    deinit {
        mail.finish()
        pump.cancel()
    }

    package func send(_ frame: Frame) async throws { try mail.send(frame) }

    package func received(_ frame: Frame) { mail.released(frame) }

    /// Returns when the device was given back, so that it can be opened again.
    package func close() async {
        mail.finish()
        pump.cancel()
        let end = mail.end()
        // Not cut short by the caller's cancellation: the next one wants to open the device.
        await Task {
            await withTaskGroup(of: Void.self) { group in
                group.addTask { for await _ in end {} }
                group.addTask { try? await ContinuousClock().sleep(for: Self.closeLimit) }
                await group.next()
                group.cancelAll()
            }
        }.value
    }
}
