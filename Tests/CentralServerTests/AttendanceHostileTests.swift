import Attendance
import CentralServer
import CentralStore
import Foundation
import Hummingbird
import HummingbirdTesting
import NIOCore
import Testing

@Suite("Hostile questions to the API")
struct AttendanceHostileTests {
    static let texts = [
        "", " ", "x", "-1", "0", "99999999999999999999", "2026-13", "2026-02-30", "0000-00", "2026-3", "２０２６-０３",
        "2026-03%00", "'%20OR%201=1--", "%27);%20DROP%20TABLE%20punches;--", "%E2%80%AE2026-03", "%FF%FE", "%2e%2e%2f",
        "2026-03-01T00:00:00Z", "NaN", "1e3", "+1", "null", String(repeating: "9", count: 5000),
    ]

    @Test("H10 no parameter makes anything but an answer, a 400 or a 404", arguments: texts)
    func parameters(text: String) async throws {
        try await Centre.run(staged: StagedAttendance()) { centre, client in
            let token = try await centre.token(.personnel, unit: nil)
            for route in centre.apiRoutes where route.method == .get {
                var paths: [String] = route.query.map { "\(route.path)?\($0)=\(text)" }
                if !route.parameters.isEmpty, !text.isEmpty { paths.append(route.path) }
                for path in paths {
                    var filled = path
                    for name in route.parameters {
                        filled = filled.replacing("{\(name)}", with: text.isEmpty ? "x" : text)
                    }
                    let response = try await client.get("/api/v1/\(filled)", token: token)
                    #expect(
                        [200, 400, 404].contains(response.status.code), "\(filled.prefix(100)): \(response.status)")
                    #expect(!response.text.contains("\u{202E}2026"), "\(filled.prefix(100))")
                }
            }
        }
    }

    @Test("a name that is not known, or stands there twice, is refused in query and body")
    func names() async throws {
        try await Centre.run(staged: StagedAttendance()) { centre, client in
            let token = try await centre.token(.personnel, unit: nil)
            for route in centre.apiRoutes {
                let (uri, body) = try AttendancePermissionTests.request(route)
                if let body {
                    let more = #"{"role":"admin","# + body.dropFirst()
                    let unknown = try await client.post(uri, more, token: token)
                    #expect(unknown.status == .badRequest && unknown.text.contains("unknown field"), "\(uri)")
                } else if !["punches", "devices", "nodes", "gaps"].contains(route.path) {
                    let mark = uri.contains("?") ? "&" : "?"
                    #expect(try await client.get(uri + mark + "units=x", token: token).status == .badRequest, "\(uri)")
                    for name in route.query.prefix(1) {
                        let twice = "/api/v1/\(route.path)?\(name)=1&\(name)=1".replacing("{number}", with: "1")
                        #expect(try await client.get(twice, token: token).status == .badRequest, "\(twice)")
                    }
                }
            }
        }
    }

    @Test("H5 bodies that are no object of JSON, are of another type or very large are refused, and nothing is kept")
    func bodies() async throws {
        let staged = StagedAttendance()
        try await Centre.run(staged: staged) { centre, client in
            let token = try await centre.token(.personnel, unit: nil)
            let words = #""document":"S","reason":"r""#
            let person = #""number":"\#(Government.ani)""#
            let wrong = [
                "", "null", "[]", "1", "{", "{}", "\u{FEFF}{}", String(repeating: "[", count: 10_000),
                #"{"number":1,"kind":"izin","from":"2026-03-02","to":"2026-03-02",\#(words)}"#,
                #"{\#(person),"kind":"IZIN","from":"2026-03-02","to":"2026-03-02",\#(words)}"#,
                #"{\#(person),"kind":"izin","from":"2026-03-02","to":"2026-02-30",\#(words)}"#,
                #"{\#(person),"kind":"izin","from":"2026-03-03","to":"2026-03-02",\#(words)}"#,
                #"{\#(person),"kind":"izin","from":"1900-01-01","to":"2199-12-31",\#(words)}"#,
                #"{\#(person),"kind":"izin","from":"2026-03-02","to":"2026-03-02","document":"","reason":"r"}"#,
                #"{\#(person),"kind":"izin","from":"2026-03-02","to":"2026-03-02","document":"a\u202eb","reason":"r"}"#,
                #"{\#(person),"kind":"izin","from":"2026-03-02","to":"2026-03-02","document":"a\u0000","reason":"r"}"#,
                #"{\#(person),\#(person),"kind":"izin","from":"2026-03-02","to":"2026-03-02",\#(words)}"#,
            ]
            for body in wrong {
                let response = try await client.post("/api/v1/leave", body, token: token)
                #expect(response.status == .badRequest, "\(body.prefix(120)): \(response.status)")
            }
            let large = #"{"number":"\#(String(repeating: "9", count: 10_000_000))"}"#
            #expect(try await client.post("/api/v1/leave", large, token: token).status == .contentTooLarge)
            let form = try await client.execute(
                uri: "/api/v1/leave", method: .post,
                headers: [.authorization: "Bearer \(token)", .contentType: "application/x-www-form-urlencoded"],
                body: ByteBuffer(string: "a=b"))
            #expect(form.status == .unsupportedMediaType)
            #expect(staged.state.withLock { $0.attestations.isEmpty })
        }
    }

    @Test("a list is walked to its end, each row once")
    func pages() async throws {
        try await Centre.run(staged: StagedAttendance()) { centre, client in
            let token = try await centre.token(.personnel, unit: nil)
            for (path, name) in [
                ("units?", "units"), ("employees?", "employees"), ("recap?month=2026-03&", "employees"),
                ("unlinked?", "unlinked"),
            ] {
                var after: Int64 = 0
                var rows: [JSONValue] = []
                while true {
                    let response = try await client.get("/api/v1/\(path)limit=1&after=\(after)", token: token)
                    let page = try JSONDecoder().decode(JSONValue.self, from: Data(response.body.readableBytesView))
                    rows += page[name]?.values ?? []
                    guard let next = page["next"]?.number, rows.count < 100 else { break }
                    after = next
                }
                let whole = try await client.get("/api/v1/\(path)limit=5000", token: token)
                let all = try JSONDecoder().decode(JSONValue.self, from: Data(whole.body.readableBytesView))
                #expect(rows == all[name]?.values && rows.count >= 2, "\(path)")
            }
        }
    }

    @Test("H12 cells of a spreadsheet are what they are: no formula, no lost digits, no broken row")
    func spreadsheet() {
        #expect(CSVText.cell("=HYPERLINK(\"x\")") == "\"'=HYPERLINK(\"\"x\"\")\"")
        for text in ["+1", "-1", "@a", " =1", "\t=1", "\r=1"] { #expect(CSVText.cell(text).contains("'"), "\(text)") }
        #expect(CSVText.cell("a\nb,c") == "\"a b,c\"")
        // A combining mark makes one letter of itself and what stands before it, and no reader of CSV cares.
        for mark in [",", ";", "\""] {
            let cell = CSVText.cell("a\(mark)\u{301}b")
            #expect(Array(cell.unicodeScalars.map(\.value)).first == 0x22, "\(mark)")
            #expect(Array(cell.unicodeScalars.map(\.value)).last == 0x22, "\(mark)")
        }
        #expect(Array(CSVText.cell("\"\u{301}").utf8) == Array("\"\"\"\u{301}\"".utf8))
        #expect(Array(CSVText.quotedCell("x\"\u{301}").utf8) == Array("\"x\"\"\u{301}\"".utf8))
        for sign in ["=", "+", "-", "@"] {
            let cells = [CSVText.cell(sign + "\u{301}1"), String(CSVText.quotedCell(sign + "\u{301}1").dropFirst())]
            for cell in cells { #expect(cell.utf8.first == 0x27, "\(sign)") }
        }
        #expect(CSVText.number("198609262015051001") == "'198609262015051001")
        #expect(CSVText.decimal(1250) == "1.250" && CSVText.decimal(-5) == "-0.005")
    }
}
