import Foundation

/// A form with one file as a browser sends it: `multipart/form-data` (RFC 7578), and nothing else that MIME knows.
///
/// The first part must be the form token: it is checked before another byte is looked at.
package struct MultipartForm: Sendable {
    package struct File: Equatable, Sendable {
        /// As the sender calls it: for messages only, never a path.
        package let name: String
        package let bytes: [UInt8]
    }

    /// What a body is refused for, for tests and logs; the sender sees a page.
    package struct Malformed: Error, Equatable {
        package let why: String
    }

    package let fields: [String: String]
    /// `nil` where no file was chosen.
    package let file: File?

    static let mostFileBytes = 8 << 20
    /// A file, and what is around it.
    static let mostBytes = mostFileBytes + 128 * 1024
    package static let mostFields = 32
    package static let longestField = 4096
    static let mostHeaders = 8
    static let longestHeader = 1024

    /// Of a header such as `multipart/form-data; boundary=----WebKitFormBoundaryAbc`.
    ///
    /// - Throws: `Malformed`
    package static func boundary(_ contentType: String) throws(Malformed) -> [UInt8] {
        let (type, parameters) = try HeaderValue.parse(contentType)
        guard type == "multipart/form-data" else { throw Malformed(why: "another content type") }
        guard let boundary = parameters["boundary"], (1...70).contains(boundary.utf8.count),
            boundary.utf8.allSatisfy({ isBoundary($0) })
        else { throw Malformed(why: "no boundary") }
        return Array(boundary.utf8)
    }

    private static func isBoundary(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "A")...UInt8(ascii: "Z"):
            true
        default: "'()+_,-./:=?".utf8.contains(byte)
        }
    }

    /// - Parameter checkToken: hears the value of the field `token`, which is the first; nothing where another part is.
    /// - Throws: `Malformed`, and what `checkToken` throws.
    package init(_ body: [UInt8], boundary: [UInt8], checkToken: (String) throws -> Void) throws {
        var reader = PartReader(body, boundary: boundary)
        var fields: [String: String] = [:]
        var file: File?
        var names: Set<String> = []
        var isFirst = true
        while let part = try reader.next() {
            guard names.count < Self.mostFields, names.insert(part.name).inserted else {
                throw Malformed(why: "a field comes twice, or too many")
            }
            if let fileName = part.fileName {
                if isFirst { try Self.refuse(checkToken) }
                guard file == nil else { throw Malformed(why: "two files") }
                guard part.content.count <= Self.mostFileBytes else { throw Malformed(why: "the file is too large") }
                file = File(name: fileName, bytes: Array(part.content))
                continue
            }
            guard part.content.count <= Self.longestField,
                let text = String(validating: part.content, as: UTF8.self)
            else { throw Malformed(why: "a field is too long or not UTF-8") }
            if isFirst {
                if part.name != "token" { try Self.refuse(checkToken) }
                try checkToken(text)
                isFirst = false
            }
            fields[part.name] = text
        }
        if isFirst { try Self.refuse(checkToken) }
        self.fields = fields
        // Browsers send a part without name and bytes where nothing was chosen.
        self.file = file.flatMap { $0.name.isEmpty && $0.bytes.isEmpty ? nil : $0 }
    }
}

extension MultipartForm {
    /// A form without a token is refused as one with a wrong one is, whatever else is wrong with it.
    fileprivate static func refuse(_ checkToken: (String) throws -> Void) throws {
        try checkToken("")
        throw Malformed(why: "the token is not the first field")
    }
}

/// Goes through the parts of a body, from the first byte to the last: nothing stands before, between or behind them.
private struct PartReader {
    struct Part {
        let name: String
        /// `nil` for a field.
        let fileName: String?
        let content: ArraySlice<UInt8>
    }

    private var rest: ArraySlice<UInt8>
    private let delimiter: [UInt8]
    private var isBegun = false

    private static let lineEnd: [UInt8] = [0x0D, 0x0A]

    init(_ body: [UInt8], boundary: [UInt8]) {
        rest = body[...]
        delimiter = Self.lineEnd + Array("--".utf8) + boundary
    }

    /// - Returns: `nil` behind the last one.
    mutating func next() throws(MultipartForm.Malformed) -> Part? {
        if !isBegun {
            isBegun = true
            guard rest.starts(with: delimiter.dropFirst(2)) else {
                throw MultipartForm.Malformed(why: "the body does not begin with the boundary")
            }
            rest = rest.dropFirst(delimiter.count - 2)
        }
        if rest.starts(with: Array("--".utf8)) {
            let end = rest.dropFirst(2)
            guard end.isEmpty || end.elementsEqual(Self.lineEnd) else {
                throw MultipartForm.Malformed(why: "something stands behind the last part")
            }
            return nil
        }
        guard rest.starts(with: Self.lineEnd) else { throw MultipartForm.Malformed(why: "no end of a boundary line") }
        rest = rest.dropFirst(2)
        let headers = try headers()
        guard let end = contentEnd() else { throw MultipartForm.Malformed(why: "a part does not end") }
        let content = rest[rest.startIndex..<end]
        rest = rest[end...].dropFirst(delimiter.count)
        return try part(headers, content)
    }

    private mutating func headers() throws(MultipartForm.Malformed) -> [String: String] {
        var headers: [String: String] = [:]
        while true {
            let window = rest.prefix(MultipartForm.longestHeader + 1)
            guard let end = window.firstIndex(of: 0x0D), rest[end...].starts(with: Self.lineEnd) else {
                throw MultipartForm.Malformed(why: "a header is too long or does not end")
            }
            let line = rest[rest.startIndex..<end]
            rest = rest[end...].dropFirst(2)
            if line.isEmpty { return headers }
            guard headers.count < MultipartForm.mostHeaders, let colon = line.firstIndex(of: UInt8(ascii: ":")),
                let name = String(validating: line[..<colon], as: UTF8.self),
                let value = String(validating: line[colon...].dropFirst(), as: UTF8.self),
                headers.updateValue(value, forKey: name.lowercased()) == nil
            else { throw MultipartForm.Malformed(why: "a header that cannot be read, or too many") }
        }
    }

    private func contentEnd() -> Int? {
        var place = rest.startIndex
        while let begin = rest[place...].firstIndex(of: 0x0D) {
            if rest[begin...].starts(with: delimiter) { return begin }
            place = begin + 1
        }
        return nil
    }

    private func part(
        _ headers: [String: String], _ content: ArraySlice<UInt8>
    ) throws(MultipartForm.Malformed) -> Part {
        let (kind, parameters) = try HeaderValue.parse(headers["content-disposition"] ?? "")
        guard kind == "form-data", let name = parameters["name"], !name.isEmpty, parameters["filename*"] == nil else {
            throw MultipartForm.Malformed(why: "a part that is no field of a form")
        }
        let type = headers["content-type"]?.trimmingCharacters(in: .whitespaces).lowercased() ?? ""
        let encoding = headers["content-transfer-encoding"]?.trimmingCharacters(in: .whitespaces).lowercased()
        guard !type.hasPrefix("multipart/"), !type.hasPrefix("message/"),
            encoding.map({ ["binary", "8bit", "7bit"].contains($0) }) ?? true
        else { throw MultipartForm.Malformed(why: "a part with parts in it, or encoded") }
        return Part(name: name, fileName: parameters["filename"], content: content)
    }
}

/// `form-data; name="berkas"; filename="daftar.csv"`: a word, and parameters each of which comes once.
private enum HeaderValue {
    static func parse(
        _ text: String
    ) throws(MultipartForm.Malformed) -> (word: String, parameters: [String: String]) {
        guard text.utf8.count <= MultipartForm.longestHeader else {
            throw MultipartForm.Malformed(why: "a long header")
        }
        var rest = text.unicodeScalars[...]
        let word = take(&rest) { $0 != ";" }
        var parameters: [String: String] = [:]
        while rest.popFirst() != nil {
            skipSpace(&rest)
            let name = take(&rest) { $0 != "=" && $0 != ";" }.lowercased()
            guard rest.popFirst() == "=" else { throw MultipartForm.Malformed(why: "a parameter without a value") }
            let value = try value(&rest)
            skipSpace(&rest)
            guard parameters.updateValue(value, forKey: name) == nil, rest.isEmpty || rest.first == ";" else {
                throw MultipartForm.Malformed(why: "a parameter comes twice or does not end")
            }
        }
        return (word.lowercased(), parameters)
    }

    private static func value(
        _ rest: inout Substring.UnicodeScalarView
    ) throws(MultipartForm.Malformed) -> String {
        guard rest.first == "\"" else { return take(&rest) { $0 != ";" } }
        rest.removeFirst()
        var value = String.UnicodeScalarView()
        while let scalar = rest.popFirst() {
            if scalar == "\"" { return String(value) }
            // Browsers write a quote as %22; older ones escape it.
            if scalar == "\\", rest.first == "\"" {
                value.append("\"")
                rest.removeFirst()
            } else {
                value.append(scalar)
            }
        }
        throw MultipartForm.Malformed(why: "a quote that does not end")
    }

    private static func take(
        _ rest: inout Substring.UnicodeScalarView, while isPart: (Unicode.Scalar) -> Bool
    ) -> String {
        let part = rest.prefix(while: isPart)
        rest = rest[part.endIndex...]
        return String(part).trimmingCharacters(in: .whitespaces)
    }

    private static func skipSpace(_ rest: inout Substring.UnicodeScalarView) {
        while rest.first == " " || rest.first == "\t" { rest.removeFirst() }
    }
}
