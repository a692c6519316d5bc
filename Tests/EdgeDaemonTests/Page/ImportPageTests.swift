import Attendance
import DeviceFormats
import EdgeStore
import Foundation
import PageSupport
import Testing
import ZKSimulator

@testable import EdgeDaemon

/// The clerk's page for a flash disk, over real HTTP, as a browser without scripts uses it.
@Suite("The clerk's page: a flash disk", .timeLimit(.minutes(2)))
struct ImportPageTests {
    private static let anyPort = EdgeConfiguration.ListenAddress(host: "127.0.0.1", port: 0)
    private static let boundary = "----WebKitFormBoundaryZ7"
    private static let log = """
                7\t2026-03-02 07:01:05\t1\t0\t1\t0\r
                9\t2026-03-03 07:01:05\t1\t0\t1\t0\r\n
        """

    private static func multipart(
        token: String, serial: String = "CJ9L170560001", name: String = "1_attlog.dat", _ text: String = log
    ) -> String {
        let fields = [("token", token), ("mesin", ""), ("seri", serial)].map {
            "--\(boundary)\r\nContent-Disposition: form-data; name=\"\($0.0)\"\r\n\r\n\($0.1)\r\n"
        }
        return fields.joined()
            + "--\(boundary)\r\nContent-Disposition: form-data; name=\"berkas\"; filename=\"\(name)\"\r\n"
            + "Content-Type: application/octet-stream\r\n\r\n\(text)\r\n--\(boundary)--\r\n"
    }

    private static func post(
        _ path: String, _ body: String, type: String, port: Int, host: String = "localhost", headers: String = ""
    ) async throws -> String {
        try await RawHTTP.send(
            "POST \(path) HTTP/1.1\r\nHost: \(host)\r\nConnection: close\r\nContent-Type: \(type)\r\n\(headers)"
                + "Content-Length: \(body.utf8.count)\r\n\r\n\(body)", port: port)
    }

    private static func upload(_ body: String, port: Int, headers: String = "") async throws -> String {
        try await post("/impor", body, type: "multipart/form-data; boundary=\(boundary)", port: port, headers: headers)
    }

    private static func value(_ name: String, in page: String) throws -> String {
        let start = try #require(page.range(of: "name=\"\(name)\" value=\""))
        return String(page[start.upperBound...].prefix { $0 != "\"" })
    }

    @Test("Choose, look, say yes: the scans are journaled as the local page's; again: nothing is new; no: nothing is")
    func imports() async throws {
        let office = try Office()
        try await office.runningDaemon([], statusListen: Self.anyPort) { running in
            let port = try await running.statusPort()
            let form = try await RawHTTP.get("/impor", port: port)
            #expect(form.hasPrefix("HTTP/1.1 200 OK\r\n") && form.contains("enctype=\"multipart/form-data\""))
            for (name, value) in PagePolicy.headers { #expect(form.contains("\r\n\(name): \(value)\r\n")) }
            #expect(try await RawHTTP.get("/", port: port).contains("href=\"/impor\""))
            let token = try Self.value("token", in: form)
            let look = try await Self.upload(Self.multipart(token: token), port: port)
            #expect(look.contains("2 Maret 2026 sampai 3 Maret 2026") && look.contains("Masukkan 2 absen ini?"))
            #expect(look.contains("belum pernah terbaca di sini"))
            #expect(try running.punches() == 0, "nothing before a yes")
            let sha = try Self.value("sha256", in: look)
            func answer(_ word: String) async throws -> String {
                try await Self.post(
                    "/impor/masukkan",
                    "token=\(token)&sha256=\(sha)&nama=1_attlog.dat&mesin=CJ9L170560001&jawab=\(word)",
                    type: "application/x-www-form-urlencoded", port: port)
            }
            #expect(try await answer("batal").contains("Tidak ada yang dimasukkan"))
            #expect(try await answer("masukkan").contains("Pilih berkasnya sekali lagi"), "it was given up")
            #expect(try running.punches() == 0)
            _ = try await Self.upload(Self.multipart(token: token), port: port)
            #expect(try await answer("masukkan").contains("2 absen dari flash disk dimasukkan"))
            #expect(try running.punches() == 2)
            let again = try await Self.upload(Self.multipart(token: token), port: port)
            #expect(again.contains("Tidak ada absen baru") && !again.contains("value=\"masukkan\""))
            #expect(try await answer("masukkan").contains("sudah ada sebelumnya"))
            let files = try running.entries().compactMap { if case .punch(let punch) = $0 { punch.file } else { nil } }
            #expect(
                files == [FileOrigin(sha256: sha, by: "halaman lokal"), FileOrigin(sha256: sha, by: "halaman lokal")])
        }
    }

    @Test("Another site's form, a form without the token, another host's name: refused, and nothing is stored")
    func foreign() async throws {
        let office = try Office()
        try await office.runningDaemon([], statusListen: Self.anyPort) { running in
            let port = try await running.statusPort()
            let token = try Self.value("token", in: try await RawHTTP.get("/impor", port: port))
            let form = Self.multipart(token: token)
            for headers in [
                "Sec-Fetch-Site: cross-site\r\n", "Sec-Fetch-Site: same-site\r\n", "Sec-Fetch-Site: none\r\n",
                "Origin: https://evil.example\r\n", "Origin: http://localhost:81\r\n",
            ] {
                #expect(try await Self.upload(form, port: port, headers: headers).contains(" 403 "), "\(headers)")
            }
            let wrong = [String(token.dropLast()) + "g", "", token + "0"]
            for token in wrong {
                #expect(try await Self.upload(Self.multipart(token: token), port: port).contains(" 403 "))
                let yes = "token=\(token)&sha256=\(String(repeating: "a", count: 64))&nama=x&mesin=y"
                let type = "application/x-www-form-urlencoded"
                #expect(try await Self.post("/impor/masukkan", yes, type: type, port: port).contains(" 403 "))
            }
            let type = "multipart/form-data; boundary=\(Self.boundary)"
            let renamed = try await Self.post("/impor", form, type: type, port: port, host: "evil.example")
            #expect(renamed.contains(" 421 ") && !renamed.contains(token))
            #expect(!FileManager.default.fileExists(atPath: running.state.imports))
            // As browsers send it from the page itself, whose policy tells no referrer.
            for headers in ["Sec-Fetch-Site: same-origin\r\nOrigin: null\r\n", "Origin: http://localhost\r\n", ""] {
                #expect(try await Self.upload(form, port: port, headers: headers).contains(" 200 OK"), "\(headers)")
            }
        }
    }

    @Test("Refusals say what the file is and what to do; hostile names and lines are shown harmless")
    func refusals() async throws {
        let office = try Office()
        let page = office.importPage()
        let type = "multipart/form-data; boundary=\(Self.boundary)"
        func answer(_ text: String, name: String = "1_attlog.dat", serial: String = "CJ9L170560001") async
            -> ImportPage.Answer
        {
            await page.upload(
                Array(Self.multipart(token: page.token, serial: serial, name: name, text).utf8), contentType: type)
        }
        #expect(await answer(Self.log, name: "template.fp10").html.contains("UU 27/2022"))
        #expect(await answer("No\tTMNo\tEnNo\n").html.contains("merek lain"))
        let again = await answer("No\tTMNo\tEnNo\n").html
        #expect(again.contains("bagian kepegawaian"), "the next step is told")
        #expect(try Self.value("seri", in: again) == "CJ9L170560001", "only the file is chosen again")
        let view = ImportView(
            .refused(""), unit: "", devices: ["gudang", "lobby"], token: "", help: "", chosen: .init(device: "lobby"))
        #expect(view.devices.map(\.isChosen) == [false, true])
        let quoted = await answer("No\tTMNo\tEnNo\n", serial: "\"><script>").html
        #expect(!quoted.contains("<script>"))
        #expect(await answer(Self.log, serial: "").html.contains("Belum jelas dari mesin absen mana"))
        #expect(await answer(Self.log, serial: "kantor").html.contains("tidak dikenal di sini"))
        #expect(await answer(Self.log, name: "NYU7244800354_attlog.dat").html.contains("mesin absen lain"))
        #expect(await answer("", name: "").html.contains("Belum ada berkas"))
        let hostile = await answer(
            "\u{1B}[2J'\"><script>7\t2026-03-02 07:01:05\t1\t0\t1\t0\n" + Self.log, name: "x<script>\u{202E}_attlog.dat"
        )
        #expect(hostile.status == 200 && !hostile.html.contains("<script>") && !hostile.html.contains("\u{1B}"))
        for refusal in StickRefusal.Code.allCases {
            let sentence = ImportWords.sentence(refusal)
            #expect(sentence.hasSuffix(".") && sentence.count > 30, "\(refusal)")
        }
    }

    @Test("Bodies beyond the bound, bodies where none belongs, and halves of forms are refused")
    func bounds() async throws {
        let office = try Office()
        try await office.runningDaemon([], statusListen: Self.anyPort) { running in
            let port = try await running.statusPort()
            let token = try Self.value("token", in: try await RawHTTP.get("/impor", port: port))
            #expect(try await Self.post("/", "x", type: "text/plain", port: port).contains(" 413 "))
            let large = "token=\(token)&" + String(repeating: "a", count: 9000)
            let urlencoded = "application/x-www-form-urlencoded"
            #expect(try await Self.post("/impor/masukkan", large, type: urlencoded, port: port).contains(" 413 "))
            let half = String(Self.multipart(token: token).dropLast(30))
            #expect(try await Self.upload(half, port: port).contains(" 400 "))
            // 400,000 lines: the largest that is taken, and one beyond.
            let many = String(repeating: "        7\t2026-03-02 07:01:05\t1\t0\t1\t0\n", count: 30_000)
            #expect(try await Self.upload(Self.multipart(token: token, many), port: port).contains("30.000"))
            let beyond = String(repeating: "x", count: ImportPage.mostBytes + 100_000)
            let answer = try await Self.upload(beyond, port: port)
            #expect(answer.isEmpty || answer.contains(" 413 "))
            #expect(try await RawHTTP.get("/livez", port: port).contains(" 200 OK"))
        }
    }

    @Test("Any bytes as a form are a form or none, never a trap", arguments: [7, UInt64.random(in: 1...UInt64.max)])
    func fuzz(seed: UInt64) {
        print("multipart fuzz: seed \(seed)")
        var state = seed | 1
        func random(_ most: Int) -> Int {
            state ^= state >> 12
            state ^= state << 25
            state ^= state >> 27
            return Int((state &* 2_685_821_657_736_338_717) >> 33) % most
        }
        let type = "multipart/form-data; boundary=\(Self.boundary)"
        let whole = Array(Self.multipart(token: "t").utf8)
        #expect(MultipartForm(whole, contentType: type)?.text("seri") == "CJ9L170560001")
        #expect(MultipartForm(whole, contentType: type)?["berkas"]?.bytes == Array(Self.log.utf8))
        for _ in 0..<3000 {
            var body = whole
            for _ in 0..<(1 + random(5)) where !body.isEmpty {
                let place = random(body.count)
                switch random(4) {
                case 0: body[place] = UInt8(random(256))
                case 1: body.removeSubrange(place..<min(body.count, place + 1 + random(40)))
                case 2: body.insert(contentsOf: body[place..<min(body.count, place + random(80))], at: place)
                default: body.removeLast(random(body.count))
                }
            }
            if let form = MultipartForm(body, contentType: type) {
                #expect(form.parts.count <= MultipartForm.mostParts)
                #expect(form.parts.reduce(0) { $0 + $1.bytes.count } <= body.count)
            }
            _ = SmallForm(body, contentType: "application/x-www-form-urlencoded")
        }
        for type in ["", "multipart/form-data", "multipart/form-data; boundary=", "text/plain; boundary=x"] {
            #expect(MultipartForm(whole, contentType: type) == nil)
        }
    }
}
