import Foundation
import PageSupport

/// A form with a file as a browser sends it (RFC 7578), within bounds. Pure.
package struct MultipartForm: Equatable, Sendable {
    package struct Part: Equatable, Sendable {
        package let name: String
        /// `nil` where the field is no file.
        package let fileName: String?
        package let bytes: [UInt8]
    }

    package let parts: [Part]

    package static let mostParts = 8
    static let mostHeaderBytes = 2048

    /// - Parameter contentType: of the request, with its boundary.
    /// - Returns: `nil` for anything that is not such a form, whole to its last boundary.
    package init?(_ body: [UInt8], contentType: String?) {
        guard let boundary = contentType.flatMap(Self.boundary) else { return nil }
        let data = Data(body)
        let mark = Data("--\(boundary)".utf8)
        guard data.starts(with: mark) else { return nil }
        var position = mark.count
        var parts: [Part] = []
        let next = Data("\r\n".utf8) + mark
        while true {
            let rest = data[position...].prefix(2)
            if rest.elementsEqual("--".utf8) { break }
            guard rest.elementsEqual("\r\n".utf8), parts.count < Self.mostParts else { return nil }
            let head = position + 2
            let headEnd = data.range(
                of: Data("\r\n\r\n".utf8), in: head..<min(data.count, head + Self.mostHeaderBytes))
            guard let headEnd, let end = data.range(of: next, in: (headEnd.upperBound)..<data.count),
                let part = Self.part(data[head..<headEnd.lowerBound], data[headEnd.upperBound..<end.lowerBound])
            else { return nil }
            guard !parts.contains(where: { $0.name == part.name }) else { return nil }
            parts.append(part)
            position = end.upperBound
        }
        self.parts = parts
    }

    subscript(name: String) -> Part? { parts.first { $0.name == name } }

    /// The text of a field that is no file.
    func text(_ name: String) -> String {
        self[name].flatMap { String(validating: $0.bytes.prefix(1024), as: UTF8.self) } ?? ""
    }

    private static func boundary(_ contentType: String) -> String? {
        let fields = contentType.split(separator: ";").map { $0.trimmingCharacters(in: .whitespaces) }
        guard fields.first?.lowercased() == "multipart/form-data",
            let field = fields.first(where: { $0.lowercased().hasPrefix("boundary=") })
        else { return nil }
        let boundary = field.dropFirst("boundary=".count).trimmingCharacters(in: ["\""])
        let isPlain = boundary.utf8.allSatisfy { (0x21..<0x7F).contains($0) && $0 != UInt8(ascii: "\"") }
        return (1...70).contains(boundary.utf8.count) && isPlain ? boundary : nil
    }

    private static func part(_ head: Data, _ bytes: Data) -> Part? {
        let lines = String(decoding: head, as: UTF8.self).components(separatedBy: "\r\n")
        guard let line = lines.first(where: { $0.lowercased().hasPrefix("content-disposition:") }),
            let name = value("name", in: line)
        else { return nil }
        return Part(name: name, fileName: value("filename", in: line), bytes: Array(bytes))
    }

    /// `; name="…"`; browsers write a quote within as `%22`.
    private static func value(_ name: String, in line: String) -> String? {
        guard let start = line.range(of: "; \(name)=\"") else { return nil }
        let rest = line[start.upperBound...]
        guard let end = rest.firstIndex(of: "\"") else { return nil }
        return String(rest[..<end].prefix(255))
    }
}

/// Fields of a small form: `application/x-www-form-urlencoded`.
struct SmallForm: Sendable {
    private let values: EncodedFields

    static let mostBytes = 8 * 1024

    /// - Returns: `nil` where it is none, an escape is broken, or a field comes twice.
    init?(_ body: [UInt8], contentType: String?) {
        let type = contentType?.split(separator: ";").first?.trimmingCharacters(in: .whitespaces).lowercased()
        guard type == "application/x-www-form-urlencoded", body.count <= Self.mostBytes,
            let text = String(validating: body, as: UTF8.self), let values = EncodedFields(text)
        else { return nil }
        self.values = values
    }

    subscript(name: String) -> String { values[name] }
}
