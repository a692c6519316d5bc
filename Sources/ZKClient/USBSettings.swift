/// The constants of the USB protocol: zk-usb, section 3. They have one witness, so each can be changed.
package struct USBSettings: Hashable, Sendable {
    /// Asking for a reply sooner stops a terminal's USB side until its power is cut; no configuration gets below it.
    package static let shortestSettle = Duration.milliseconds(200)

    /// How long after a packet was sent the terminal is left alone. Never below `shortestSettle`.
    package var settle = shortestSettle {
        didSet { settle = max(settle, Self.shortestSettle) }
    }
    /// Between two questions whether a reply is there.
    package var pause = Duration.milliseconds(50)
    /// How long a reply is asked for before the link is given up.
    package var answerLimit = Duration.seconds(9)
    /// Bytes of one `readBuffer`. With 16 KiB a well-filled terminal left the bus.
    package var longestChunk = 1024
    /// Vendor requests that announce a packet to, and one from, the terminal.
    package var announceOut: UInt8 = 0xF3
    package var announceIn: UInt8 = 0xF4
    /// Longest wait of one blocking transfer; closing waits no longer.
    package var slice = Duration.milliseconds(500)
    /// So many slices in a row without a byte, and the terminal has stopped.
    package var mostQuiet = 4
    /// Desktop helpers open new devices for a moment: tries, and the wait between them.
    package var busyTries = 15
    package var busyPause = Duration.milliseconds(200)
    /// How often frames are asked for that nobody asked the terminal for; `nil`: never. No terminal has been seen to
    /// tell anything by itself over USB.
    package var idlePoll: Duration?

    package static let chunks = 256...16_384

    package init() {}
}
