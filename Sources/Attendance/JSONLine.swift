/// Writes one JSON object on one line, keys in the order they are added.
///
/// An entry's stored bytes are what is hashed and sent, so they are written once, by this, and never
/// re-encoded. Not for reading: that is `JSONReading`.
package struct JSONLine {
    package private(set) var bytes: [UInt8] = [UInt8(ascii: "{")]

    package init(reserving capacity: Int = 256) {
        bytes.reserveCapacity(capacity)
    }

    /// Goes on behind `head`: an object that is not finished, without the comma.
    init(continuing head: [UInt8], reserving capacity: Int) {
        bytes.reserveCapacity(capacity)
        bytes.removeAll(keepingCapacity: true)
        bytes.append(contentsOf: head)
    }

    package mutating func add(_ key: StaticString, _ value: String) {
        name(key)
        Self.quote(value, into: &bytes)
    }

    package mutating func add(_ key: StaticString, _ value: some BinaryInteger) {
        name(key)
        bytes.append(contentsOf: String(value).utf8)
    }

    package mutating func add(_ key: StaticString, _ value: [String]) {
        name(key)
        bytes.append(UInt8(ascii: "["))
        for (position, item) in value.enumerated() {
            if position > 0 { bytes.append(UInt8(ascii: ",")) }
            Self.quote(item, into: &bytes)
        }
        bytes.append(UInt8(ascii: "]"))
    }

    /// Adds `bytes` as text in hex.
    package mutating func add(_ key: StaticString, hex raw: [UInt8]) {
        name(key)
        bytes.append(UInt8(ascii: "\""))
        Hex.append(raw, to: &bytes)
        bytes.append(UInt8(ascii: "\""))
    }

    /// Adds `json`, which must itself be one line of valid JSON.
    package mutating func add(_ key: StaticString, json: some Sequence<UInt8>) {
        name(key)
        bytes.append(contentsOf: json)
    }

    /// The finished object, without a line end.
    package consuming func finish() -> [UInt8] {
        bytes.append(UInt8(ascii: "}"))
        return bytes
    }

    /// Names are words of the contract: nothing in them needs an escape.
    private mutating func name(_ key: StaticString) {
        if bytes.count > 1 { bytes.append(UInt8(ascii: ",")) }
        bytes.append(UInt8(ascii: "\""))
        key.withUTF8Buffer { bytes.append(contentsOf: $0) }
        bytes.append(UInt8(ascii: "\""))
        bytes.append(UInt8(ascii: ":"))
    }

    private static func quote(_ text: String, into bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "\""))
        var text = text
        text.withUTF8 { text in
            // Nearly every text of an entry is plain, and there is one for every field of every scan.
            if text.allSatisfy(isPlain) {
                bytes.append(contentsOf: text)
            } else {
                for byte in text { escape(byte, into: &bytes) }
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        byte >= 0x20 && byte != 0x7F && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\")
    }

    private static func escape(_ byte: UInt8, into bytes: inout [UInt8]) {
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"):
            bytes.append(UInt8(ascii: "\\"))
            bytes.append(byte)
        case 0..<0x20, 0x7F:
            bytes.append(contentsOf: "\\u00".utf8)
            Hex.append(CollectionOfOne(byte), to: &bytes)
        default:
            bytes.append(byte)
        }
    }
}
