import Foundation
import Testing

@testable import CentralServer

/// Bodies of forms with files, good and hostile.
@Suite("Forms with a file")
struct MultipartFormTests {
    private static let type = "multipart/form-data; boundary=xyz"

    private static func field(_ name: String, _ value: String) -> String {
        "--xyz\r\nContent-Disposition: form-data; name=\"\(name)\"\r\n\r\n\(value)\r\n"
    }

    private static func file(_ name: String, _ content: String, field: String = "berkas") -> String {
        "--xyz\r\nContent-Disposition: form-data; name=\"\(field)\"; filename=\"\(name)\"\r\n"
            + "Content-Type: application/octet-stream\r\n\r\n\(content)\r\n"
    }

    private static func read(_ body: String, type: String = type) throws -> MultipartForm {
        try MultipartForm(Array(body.utf8), boundary: MultipartForm.boundary(type)) { _ in }
    }

    @Test("Fields and one file come out as they were sent, line ends and half boundaries in them")
    func whole() throws {
        let content = "a\r\n--xy\r\n\r\n--xyzzy is not it\u{0}\r"
        // The boundary within the content would be a fault of the sender: only where a line begins with it.
        let harmless = content.replacing("\r\n--xyzzy", with: "\r\n--xyq")
        let form = try Self.read(
            Self.field("token", "t") + Self.field("jenis", "pegawai é") + Self.file("a\\\"b%22.csv", harmless)
                + "--xyz--\r\n")
        #expect(form.fields == ["token": "t", "jenis": "pegawai é"])
        #expect(form.file == .init(name: "a\"b%22.csv", bytes: Array(harmless.utf8)))
    }

    @Test("The boundary may be quoted; a file that was not chosen is none; the last line end may be missing")
    func leniences() throws {
        let body = Self.field("token", "t") + Self.file("", "") + "--xyz--"
        let form = try Self.read(body, type: "Multipart/Form-Data; charset=utf-8; boundary=\"xyz\"")
        #expect(form.file == nil)
        #expect(form.fields["token"] == "t")
    }

    @Test(
        "A header without a boundary, or with one that cannot be, is refused",
        arguments: [
            "multipart/form-data", "multipart/form-data; boundary=", "multipart/mixed; boundary=xyz", "",
            "multipart/form-data; boundary=\"x", "multipart/form-data; boundary=x\r\ny",
            "multipart/form-data; boundary=a; boundary=b", "multipart/form-data; boundary=a b",
            "multipart/form-data; boundary=" + String(repeating: "x", count: 71),
            "multipart/form-data; boundary=" + String(repeating: "x", count: 100_000),
            "application/x-www-form-urlencoded",
        ])
    func noBoundary(_ type: String) {
        #expect(throws: MultipartForm.Malformed.self) { try MultipartForm.boundary(type) }
    }

    static let hostile: [(String, String)] = [
        ("nothing", ""), ("only the end", "--xyz--"), ("another boundary", "--abc\r\n"),
        ("something before", "hello\r\n" + field("token", "t") + "--xyz--\r\n"),
        ("something behind", field("token", "t") + "--xyz--\r\nmore"),
        ("no end", field("token", "t")), ("cut in the middle", String(field("token", "t").dropLast(4))),
        ("cut in a header", "--xyz\r\nContent-Dispo"),
        ("line feeds alone", field("token", "t").replacing("\r\n", with: "\n") + "--xyz--"),
        ("an endless header", "--xyz\r\nX-A: " + String(repeating: "a", count: 100_000)),
        (
            "endless headers",
            "--xyz\r\n" + (0..<5000).map { "X-\($0): a\r\n" }.joined() + "\r\nt\r\n--xyz--"
        ),
        ("a header twice", "--xyz\r\nContent-Type: a\r\nContent-Type: b\r\n\r\nt\r\n--xyz--"),
        ("two files", field("token", "t") + file("a", "1", field: "a") + file("b", "2", field: "b") + "--xyz--"),
        ("a field twice", field("token", "t") + field("a", "1") + field("a", "2") + "--xyz--"),
        ("a token twice", field("token", "t") + field("token", "u") + "--xyz--"),
        ("the token behind", field("a", "1") + field("token", "t") + "--xyz--"),
        ("a file as token", file("a", "t", field: "token") + "--xyz--"),
        ("a file before the token", file("a", "1") + field("token", "t") + "--xyz--"),
        (
            "parts in a part",
            field("token", "t")
                + "--xyz\r\nContent-Disposition: form-data; name=\"a\"\r\nContent-Type: multipart/mixed; boundary=q\r\n"
                + "\r\n--q\r\n\r\n--q--\r\n--xyz--"
        ),
        (
            "encoded",
            field("token", "t")
                + "--xyz\r\nContent-Disposition: form-data; name=\"a\"\r\nContent-Transfer-Encoding: base64\r\n\r\nQQ==\r\n--xyz--"
        ),
        ("no name", "--xyz\r\nContent-Disposition: form-data\r\n\r\nt\r\n--xyz--"),
        ("not form-data", "--xyz\r\nContent-Disposition: attachment; name=\"token\"\r\n\r\nt\r\n--xyz--"),
        (
            "a name of another kind",
            "--xyz\r\nContent-Disposition: form-data; name=\"token\"; filename*=UTF-8''a\r\n\r\nt\r\n--xyz--"
        ),
        ("too many fields", field("token", "t") + (0..<40).map { field("f\($0)", "1") }.joined() + "--xyz--"),
        ("a long field", field("token", "t") + field("a", String(repeating: "a", count: 5000)) + "--xyz--"),
        ("a quote that does not end", "--xyz\r\nContent-Disposition: form-data; name=\"token\r\n\r\nt\r\n--xyz--"),
    ]

    @Test("Bodies that are no form of ours are refused, whole", arguments: hostile)
    func refused(_ what: String, _ body: String) {
        #expect(throws: MultipartForm.Malformed.self, "\(what)") { try Self.read(body) }
    }

    @Test("A field that is not UTF-8 is refused")
    func notText() throws {
        var body = Array("--xyz\r\nContent-Disposition: form-data; name=\"token\"\r\n\r\n".utf8)
        body += [0xFF, 0xFE] + Array("\r\n--xyz--".utf8)
        #expect(throws: MultipartForm.Malformed.self) {
            try MultipartForm(body, boundary: Array("xyz".utf8)) { _ in }
        }
    }

    @Test("A wrong token ends it before anything behind the token is read")
    func tokenFirst() throws {
        struct Wrong: Error {}
        // What follows could not be read at all: it is never come to.
        let body = Self.field("token", "wrong") + "--xyz\r\n\u{1}\u{2}"
        #expect(throws: Wrong.self) {
            try MultipartForm(Array(body.utf8), boundary: Array("xyz".utf8)) { token in
                #expect(token == "wrong")
                throw Wrong()
            }
        }
    }

    @Test("A body cut anywhere, or with any byte turned, is a form or refused: it never ends the process")
    func everyCut() throws {
        let body = Array((Self.field("token", "t") + Self.file("a.csv", "NIP,Nama\r\n1,2") + "--xyz--\r\n").utf8)
        for end in 0..<body.count {
            _ = try? MultipartForm(Array(body.prefix(end)), boundary: Array("xyz".utf8)) { _ in }
            for turned: UInt8 in [0, 0x0D, 0x22, 0x2D, 0x3B, 0xFF] {
                var other = body
                other[end] = turned
                _ = try? MultipartForm(other, boundary: Array("xyz".utf8)) { _ in }
            }
        }
        #expect(throws: MultipartForm.Malformed.self) {
            try MultipartForm(Array(body.dropLast(5)), boundary: Array("xyz".utf8)) { _ in }
        }
    }
}
