import ZKClient

/// What is known of VID:PID pairs (zk-usb, section 2). The vendor's number alone says nothing: it covers finger scanners
/// that belong to other software.
package enum KnownUSBDevices {
    /// Pairs that were seen to speak the protocol.
    package static let terminals: Set<String> = ["1b55:0a01"]

    private static let others: [String: String] = [
        "1b55:b400": "a terminal that shows itself as a serial port, whose protocol there nobody knows",
        "1b55:0120": "a finger scanner (Live20R, SLK20R), not a terminal",
        "1b55:0124": "a finger scanner (ZK9500), not a terminal",
        "1b55:0840": "a finger scanner (ZK4500), not a terminal",
        "1b55:0c45": "a QR reader, not a terminal",
    ]

    private static let bridges: [UInt16: String] = [
        0x10C4: "CP210x", 0x1A86: "CH340", 0x067B: "PL2303", 0x0403: "FTDI",
    ]

    private static let terminalVendor: UInt16 = 0x1B55

    /// Why such a device is never opened, whatever an address says; `nil` where it may be.
    package static func refusal(vendor: UInt16, product: UInt16) -> String? {
        let pair = USBPlace(vendor: vendor, product: product).pair
        if let other = others[pair] { return "\(pair) is \(other)" }
        if let bridge = bridges[vendor] {
            return "\(pair) is a serial line on USB (\(bridge)), which hadir does not speak"
        }
        return nil
    }

    /// What to say of the other devices where the wanted one is absent: those of the vendor, and serial lines.
    package static func hint(_ devices: [USBDevice], besides pair: String) -> String {
        let words = Set(
            devices.filter { $0.pair != pair }.compactMap { device -> String? in
                if let refusal = refusal(vendor: device.vendor, product: device.product) { return refusal }
                return device.vendor == terminalVendor ? "\(device.pair) is of the same maker" : nil
            })
        return words.isEmpty ? "" : "; plugged in: " + words.sorted().prefix(4).joined(separator: ", ")
    }
}
