import Foundation

/// A JSON value of a wire description.
package enum WireValue: Encodable, Hashable, Sendable, ExpressibleByDictionaryLiteral {
    case null
    case bool(Bool)
    case number(Int)
    case text(String)
    case list([WireValue])
    case object([String: WireValue])

    package init(_ value: some BinaryInteger) { self = Int(exactly: value).map { .number($0) } ?? .text("\(value)") }

    /// The bytes of a text field; bytes that are not UTF-8 show as U+FFFD.
    package init(_ bytes: [UInt8]) { self = .text(String(decoding: bytes, as: UTF8.self)) }

    package init(dictionaryLiteral elements: (String, WireValue)...) {
        self = .object(Dictionary(elements) { first, _ in first })
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .null: try container.encodeNil()
        case .bool(let value): try container.encode(value)
        case .number(let value): try container.encode(value)
        case .text(let value): try container.encode(value)
        case .list(let values): try container.encode(values)
        case .object(let values): try container.encode(values)
        }
    }

    /// JSON with sorted keys.
    package func json(pretty: Bool = true) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting =
            pretty
            ? [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
            : [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(self), as: UTF8.self)
    }
}
