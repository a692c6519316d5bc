import Foundation

/// What a strict reader sees in a page: every tag closed, every attribute quoted, every `&` and `<` in text escaped.
struct Markup {
    struct Element {
        let name: String
        var attributes: [(name: String, value: String)] = []

        func value(_ name: String) -> String? { attributes.first { $0.name == name }?.value }
    }

    struct Problem: Error, CustomStringConvertible {
        let description: String
    }

    private(set) var elements: [Element] = []
    /// Tags and attribute names without values or text: what a browser builds.
    private(set) var shape: [String] = []
    private(set) var text = ""
    private var open: [String] = []

    private static let void: Set = ["meta", "link", "input"]
    private static let selfClosed: Set = ["rect", "path", "circle"]

    init(_ html: String) throws {
        var rest = Array(html.unicodeScalars)[...]
        if String(String.UnicodeScalarView(rest.prefix(15))) == "<!doctype html>" { rest = rest.dropFirst(15) }
        while let scalar = rest.first {
            if scalar == "<" { try readTag(&rest) } else { text += try Self.readText(&rest, until: "<") }
        }
        guard open.isEmpty else { throw Problem(description: "not closed: \(open)") }
    }

    private mutating func readTag(_ rest: inout ArraySlice<Unicode.Scalar>) throws {
        rest.removeFirst()
        let isEnd = rest.first == "/"
        if isEnd { rest.removeFirst() }
        let name = Self.readName(&rest)
        guard !name.isEmpty else { throw Problem(description: "a < that begins no tag after: \(text.suffix(60))") }
        if isEnd {
            guard rest.popFirst() == ">", open.popLast() == name else {
                throw Problem(description: "</\(name)> closes something else")
            }
            shape.append("/" + name)
            return
        }
        var element = Element(name: name)
        while rest.first == " " {
            rest.removeFirst()
            let attribute = Self.readName(&rest)
            guard !attribute.isEmpty else { throw Problem(description: "an odd attribute in <\(name)>") }
            var value = ""
            if rest.first == "=" {
                rest.removeFirst()
                guard rest.popFirst() == "\"" else { throw Problem(description: "\(attribute) is not quoted") }
                value = try Self.readText(&rest, until: "\"")
                guard rest.popFirst() == "\"" else { throw Problem(description: "\(attribute) does not end") }
            }
            element.attributes.append((attribute, value))
        }
        let closesItself = rest.first == "/"
        if closesItself { rest.removeFirst() }
        guard rest.popFirst() == ">" else { throw Problem(description: "<\(name)> does not end") }
        guard closesItself == Self.selfClosed.contains(name) else {
            throw Problem(description: "<\(name)> closes itself: \(closesItself)")
        }
        if !closesItself, !Self.void.contains(name) { open.append(name) }
        elements.append(element)
        shape.append(([name] + element.attributes.map(\.name)).joined(separator: " "))
    }

    private static func readName(_ rest: inout ArraySlice<Unicode.Scalar>) -> String {
        var name = ""
        while let scalar = rest.first, scalar.isASCII,
            scalar.properties.isAlphabetic || "-0123456789".unicodeScalars.contains(scalar)
        {
            name.unicodeScalars.append(scalar)
            rest.removeFirst()
        }
        return name
    }

    private static let entities = ["&lt;": "<", "&gt;": ">", "&amp;": "&", "&quot;": "\"", "&#39;": "'"]

    private static func readText(_ rest: inout ArraySlice<Unicode.Scalar>, until end: Unicode.Scalar) throws -> String {
        var text = String.UnicodeScalarView()
        while let scalar = rest.first, scalar != end {
            guard scalar != "<" else { throw Problem(description: "a < in an attribute") }
            guard scalar == "&" else {
                text.append(scalar)
                rest.removeFirst()
                continue
            }
            guard let entity = entities.first(where: { rest.starts(with: $0.key.unicodeScalars) }) else {
                throw Problem(description: "a bare & in \(String(String.UnicodeScalarView(rest.prefix(8))))")
            }
            text.append(contentsOf: entity.value.unicodeScalars)
            rest.removeFirst(entity.key.unicodeScalars.count)
        }
        return String(text)
    }
}
