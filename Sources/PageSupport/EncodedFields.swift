import Foundation

/// The fields of a form sent as `application/x-www-form-urlencoded`.
package struct EncodedFields: Sendable {
    private let values: [String: String]

    package static let none = EncodedFields(values: [:])

    package init(values: [String: String]) { self.values = values }

    /// `nil` where an escape is broken or a field comes twice. The caller bounds the text.
    package init?(_ text: String) {
        var values: [String: String] = [:]
        for pair in text.split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = Self.unescaped(parts.first ?? ""), values[name] == nil,
                let value = Self.unescaped(parts.count == 2 ? parts[1] : "")
            else { return nil }
            values[name] = value
        }
        self.init(values: values)
    }

    package var names: [String] { Array(values.keys) }

    /// Empty where there is no such field.
    package subscript(name: String) -> String { values[name] ?? "" }

    private static func unescaped(_ text: Substring) -> String? {
        text.replacing("+", with: " ").removingPercentEncoding
    }
}
