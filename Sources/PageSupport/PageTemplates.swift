import Mustache

/// Templates in which every value is text: nothing a device, a person or a node says becomes markup.
///
/// Values are plain structs; Mustache reads their stored properties.
package struct PageTemplates: Sendable {
    private let library: MustacheLibrary

    /// - Parameter sources: Mustache text by name; a template includes another by its name. The line end at the end of
    ///   a file is not part of its template, so that a small one can stand inside a line.
    /// - Throws: `Problem` for a template that cannot be read, or that asks for unescaped output.
    package init(_ sources: [String: [UInt8]]) throws {
        MustacheContentTypes.register(EscapedByScalar(), named: Self.contentType)
        var library = MustacheLibrary()
        for (name, bytes) in sources {
            let text = String(decoding: bytes.last == UInt8(ascii: "\n") ? bytes.dropLast() : bytes[...], as: UTF8.self)
            guard !text.contains("{{{"), !text.contains("{{&"), !text.contains("CONTENT_TYPE") else {
                throw Problem(description: "template \(name) asks for output that is not escaped")
            }
            do {
                try library.register("{{% CONTENT_TYPE: \(Self.contentType) }}" + text, named: name)
            } catch {
                throw Problem(description: "template \(name) cannot be read: \(error)")
            }
        }
        self.library = library
    }

    /// - Returns: empty where there is no such template; a test renders each.
    package func render(_ view: Any, with name: String) -> String {
        library.render(view, withTemplate: name) ?? ""
    }

    package struct Problem: Error, CustomStringConvertible {
        package let description: String
    }

    private static let contentType = "HADIR"
}

/// Escapes scalar by scalar. The library's own HTML type looks at whole characters, and a quote with a combining mark
/// behind it is another character than a quote: it would end an attribute.
struct EscapedByScalar: MustacheContentType {
    func escapeText(_ text: String) -> String {
        var escaped = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            switch scalar {
            case "<": escaped.append(contentsOf: "&lt;".unicodeScalars)
            case ">": escaped.append(contentsOf: "&gt;".unicodeScalars)
            case "&": escaped.append(contentsOf: "&amp;".unicodeScalars)
            case "\"": escaped.append(contentsOf: "&quot;".unicodeScalars)
            case "'": escaped.append(contentsOf: "&#39;".unicodeScalars)
            default: escaped.append(scalar)
            }
        }
        return String(escaped)
    }
}
