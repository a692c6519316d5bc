import Attendance

/// What the name of a file on a flash disk tells (usb-disk-files, section 1): FAT and people change its case and put
/// ` (1)` behind it.
package struct StickName: Equatable, Sendable {
    package enum Kind: Equatable, Sendable {
        case attendance, users
        /// Fingers, faces, palms, photos: recognised so that they are not copied.
        case biometric
        /// Short messages and who gets them.
        case messages
        /// Of another maker's devices, by the form of the name.
        case otherMaker
        /// Says nothing; the content decides.
        case unknown
    }

    package let kind: Kind
    /// `NYU7244800354_attlog.dat` names its device; `1_attlog.dat` names none: nearly every device has number 1.
    package let serial: DeviceSerial?
    package let deviceNumber: Int?

    /// - Parameter name: of the file, with or without the folders before it.
    package init(_ name: String) {
        let file = name.split { $0 == "/" || $0 == "\\" }.last.map(String.init) ?? ""
        let lower = file.lowercased()
        kind = Self.kind(lower)
        guard kind == .attendance, let mark = lower.range(of: "_attlog"),
            let prefix = file[..<mark.lowerBound].split(separator: "_").last.map(String.init)
        else {
            serial = nil
            deviceNumber = nil
            return
        }
        if prefix.count <= Self.mostNumberDigits, let number = Int(prefix), number >= 0 {
            deviceNumber = number
            serial = nil
        } else {
            deviceNumber = nil
            serial = Self.isSerialLike(prefix) ? DeviceSerial(prefix) : nil
        }
    }

    /// Whether the file says that it is of another device than `serial`. A tag behind a shared serial is ours, not the
    /// device's, and no file has it.
    package func contradicts(_ serial: DeviceSerial) -> Bool {
        guard let own = self.serial else { return false }
        let plain = serial.text.prefix { $0 != "+" }
        return own.text.lowercased() != plain.lowercased()
    }

    /// Letters and digits, some of them digits, as long as makers print them: not a name somebody chose.
    package static func isSerialLike(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        let digits = bytes.count { (0x30...0x39).contains($0) }
        let letters = bytes.count { (0x41...0x5A).contains($0 & 0xDF) }
        return (8...32).contains(bytes.count) && digits >= 4 && digits + letters == bytes.count
    }

    /// Device numbers are 1 to 254 on most devices; a serial of digits alone is longer.
    private static let mostNumberDigits = 5

    private static func kind(_ lower: String) -> Kind {
        let stem = lower.prefix { $0 != "." }
        let isDat = lower.hasSuffix(".dat")
        if lower.contains(".fp10") || lower.contains(".fp9") || stem.contains("template") { return .biometric }
        if stem.contains("face") || stem.contains("palm") || stem.contains("biodata") || lower.hasSuffix(".jpg") {
            return .biometric
        }
        if stem.contains("attlog"), isDat { return .attendance }
        if isDat, stem.hasPrefix("user") || stem.hasSuffix("_user") { return .users }
        if isDat, stem.hasPrefix("sms") || stem.hasPrefix("udata") { return .messages }
        if stem.hasPrefix("glg_") || stem.hasPrefix("agl_") || lower.hasSuffix(".kq") { return .otherMaker }
        return .unknown
    }
}
