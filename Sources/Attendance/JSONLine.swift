/// Writes one JSON object on one line, keys in the order they are added.
///
/// An entry's stored bytes are what is hashed and sent, so they are written once, by this, and never
/// re-encoded. Not for reading: that is `JSONReading`.
package struct JSONLine {
    package private(set) var bytes: [UInt8] = [UInt8(ascii: "{")]

    package init(reserving capacity: Int = 256) {
        bytes.reserveCapacity(capacity)
    }

    package mutating func add(_ key: String, _ value: String) {
        name(key)
        Self.quote(value, into: &bytes)
    }

    package mutating func add(_ key: String, _ value: some BinaryInteger) {
        name(key)
        bytes.append(contentsOf: String(value).utf8)
    }

    package mutating func add(_ key: String, _ value: [String]) {
        name(key)
        bytes.append(UInt8(ascii: "["))
        for (position, item) in value.enumerated() {
            if position > 0 { bytes.append(UInt8(ascii: ",")) }
            Self.quote(item, into: &bytes)
        }
        bytes.append(UInt8(ascii: "]"))
    }

    /// Adds `json`, which must itself be one line of valid JSON.
    package mutating func add(_ key: String, json: some Sequence<UInt8>) {
        name(key)
        bytes.append(contentsOf: json)
    }

    /// The finished object, without a line end.
    package consuming func finish() -> [UInt8] {
        bytes.append(UInt8(ascii: "}"))
        return bytes
    }

    private mutating func name(_ key: String) {
        if bytes.count > 1 { bytes.append(UInt8(ascii: ",")) }
        Self.quote(key, into: &bytes)
        bytes.append(UInt8(ascii: ":"))
    }

    private static func quote(_ text: String, into bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "\""))
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                bytes.append(UInt8(ascii: "\\"))
                bytes.append(byte)
            case 0..<0x20, 0x7F:
                bytes.append(contentsOf: "\\u00".utf8)
                bytes.append(contentsOf: Hex.encode(CollectionOfOne(byte)).utf8)
            default:
                bytes.append(byte)
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }
}
