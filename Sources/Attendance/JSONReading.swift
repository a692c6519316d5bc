import Foundation

/// Reads one line of JSON, as strictly as docs/contract.md says it is written.
///
/// Foundation also takes UTF-16, UTF-32, a byte order mark, and fields it does not look at that are not
/// UTF-8; another program reads such bytes otherwise, or not at all.
package enum JSONReading {
    /// `nil` where `line` is not UTF-8, has a control character, or is not the JSON of a `Value`.
    package static func decode<Value: Decodable>(_ type: Value.Type, from line: [UInt8]) -> Value? {
        guard line.first == UInt8(ascii: "{"), line.allSatisfy({ $0 >= 0x20 }),
            String(validating: line, as: UTF8.self) != nil
        else { return nil }
        return try? JSONDecoder().decode(type, from: Data(line))
    }
}

/// Base64 in its one canonical spelling.
package enum Base64 {
    /// `nil` for a stray character, a missing or surplus `=`, or bits set that stand for no byte: Foundation
    /// takes the last, so that one signature could be spelled in several ways.
    package static func decode(_ text: some StringProtocol) -> [UInt8]? {
        guard let data = Data(base64Encoded: String(text)), data.base64EncodedString().utf8.elementsEqual(text.utf8)
        else {
            return nil
        }
        return Array(data)
    }
}

/// Base64 with `-` and `_` in place of `+` and `/`, without `=`; canonical like `Base64`.
package enum Base64URL {
    package static func encode(_ bytes: some Sequence<UInt8>) -> String {
        Data(bytes).base64EncodedString()
            .replacingOccurrences(of: "+", with: "-").replacingOccurrences(of: "/", with: "_")
            .replacingOccurrences(of: "=", with: "")
    }

    package static func decode(_ text: String) -> [UInt8]? {
        let plain = text.replacingOccurrences(of: "-", with: "+").replacingOccurrences(of: "_", with: "/")
        let padding = String(repeating: "=", count: (4 - plain.utf8.count % 4) % 4)
        guard let data = Data(base64Encoded: plain + padding), encode(data).utf8.elementsEqual(text.utf8) else {
            return nil
        }
        return Array(data)
    }
}
