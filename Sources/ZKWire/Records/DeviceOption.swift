/// `key=value` and NUL: what options are read and written as (zk-protocol, section 7).
package struct DeviceOption: Hashable, Sendable {
    package var key: String
    package var value: String

    package init(key: String, value: String) {
        self.key = key
        self.value = value
    }

    /// Cut at the first NUL or the end, split at the first `=`; `nil` where there is none.
    package init?(_ data: [UInt8]) {
        let text = data.prefix { $0 != 0 }
        guard let mark = text.firstIndex(of: UInt8(ascii: "=")) else { return nil }
        key = String(decoding: text[..<mark], as: UTF8.self)
        value = String(decoding: text[(mark + 1)...], as: UTF8.self)
    }

    package var bytes: [UInt8] { Array("\(key)=\(value)".utf8) + [0] }

    /// The data of a read: the key and NUL.
    package static func request(_ key: String) -> [UInt8] { Array(key.utf8) + [0] }

    package static let serialNumber = "~SerialNumber"
    package static let deviceName = "~DeviceName"
    package static let platform = "~Platform"
    package static let pinWidth = "~PIN2Width"
    package static let mac = "MAC"
    package static let fingerVersion = "~ZKFPVersion"
    package static let faceVersion = "ZKFaceVersion"
    package static let os = "~OS"
    package static let sdkBuild = "SDKBuild"
}
