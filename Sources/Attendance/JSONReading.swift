import Foundation

/// Reads one line of JSON, as strictly as docs/contract.md says it is written.
///
/// Foundation also takes UTF-16, UTF-32, a byte order mark, fields it does not look at that are not UTF-8, and of
/// a name that stands there twice the first; another program reads such bytes otherwise, or not at all.
package enum JSONReading {
    /// `nil` where `line` is not UTF-8, has a control character or a name twice, or is not the JSON of a `Value`.
    package static func decode<Value: Decodable>(_ type: Value.Type, from line: [UInt8]) -> Value? {
        guard line.first == UInt8(ascii: "{"), line.allSatisfy({ $0 >= 0x20 }),
            String(validating: line, as: UTF8.self) != nil
        else { return nil }
        guard let value = try? JSONDecoder().decode(type, from: Data(line)), hasEachNameOnce(line) else { return nil }
        return value
    }

    /// - Parameter line: valid JSON.
    private static func hasEachNameOnce(_ line: [UInt8]) -> Bool {
        /// Of the objects and arrays around: names so far; `isObject` false for an array.
        var around: [(isObject: Bool, names: Set<[UInt8]>)] = []
        var isName = false
        var position = 0
        while position < line.count {
            switch line[position] {
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                isName = line[position] == UInt8(ascii: "{")
                around.append((isName, []))
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                _ = around.popLast()
                isName = false
            case UInt8(ascii: ","): isName = around.last?.isObject ?? false
            case UInt8(ascii: "\""):
                let text = text(in: line, at: position)
                if isName, let innermost = around.indices.last {
                    guard around[innermost].names.insert(unescaped(text)).inserted else { return false }
                }
                isName = false
                position = text.endIndex - 1
            default: break
            }
            position += 1
        }
        return true
    }

    /// The text that begins at `start`, its quotes included.
    private static func text(in line: [UInt8], at start: Int) -> ArraySlice<UInt8> {
        var end = start + 1
        while end < line.count, line[end] != UInt8(ascii: "\"") {
            end += line[end] == UInt8(ascii: "\\") ? 2 : 1
        }
        return line[start..<min(end + 1, line.count)]
    }

    /// One name has several spellings: `a` and `\u0061`.
    private static func unescaped(_ text: ArraySlice<UInt8>) -> [UInt8] {
        guard text.contains(UInt8(ascii: "\\")) else { return Array(text) }
        guard let plain = try? JSONDecoder().decode(String.self, from: Data(text)) else { return Array(text) }
        return [UInt8(ascii: "\"")] + Array(plain.utf8) + [UInt8(ascii: "\"")]
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
