import Attendance
import AttendanceRules
import CentralAttendance
import CentralStore
import Crypto
import Foundation
import Hummingbird
import HummingbirdTesting
import Testing

@testable import CentralServer

/// An office with a device in unit 1, hours, and Ani's PIN: on Monday 2 March she came at 07.29 and left at 16.05.
extension PageCentre {
    static let pin = "1207"
    static let serial = "CJ9L170560001"
    static let clerk = Actor(name: "siti", role: "operator")

    static func office(_ work: @Sendable @escaping (PageCentre, any TestClientProtocol) async throws -> Void)
        async throws
    {
        try await run(day: 3) { centre, client in
            try await centre.settle()
            try await work(centre, client)
        }
    }

    private func settle() async throws {
        let start = Government.date("2025-01-01")
        let schedule = try #require(Examples.schedules.first { $0.name == "nasional-5-hari" })
        let rules = try #require(Examples.rules.first { $0.name == "set-a" })
        try await store.change(
            hours: [
                .text(.schedule, name: schedule.name, text: schedule.text, span: DateSpan(from: start)),
                .text(.rules, name: rules.name, text: rules.text, span: DateSpan(from: start)),
                .group(
                    GroupSchedule(group: "kantor", schedule: schedule.name, span: DateSpan(from: start)), document: "1"),
            ], by: Self.clerk, at: monday)
        var edge = try await enrolledEdge()
        let serial = try #require(DeviceSerial(Self.serial))
        edge.write(
            try device(), try punch(UserID(Self.pin), "2026-03-02T07:29:00"),
            try punch(UserID("9"), "2026-03-02T07:40:00"), try punch(UserID(Self.pin), "2026-03-02T16:05:00"),
            .coverage(
                Coverage(
                    serial: serial, from: monday.addingTimeInterval(-7 * 86_400),
                    to: moment.addingTimeInterval(-60), source: .poll)))
        _ = try await store.append(EntryRun(try edge.batch()), receivedAt: moment)
        try await store.change(
            people: [
                .service(serial: Self.serial, span: DateSpan(from: start), document: "BA 1"),
                .link(
                    .device(Self.serial), UserID(Self.pin), number: PageGovernment.ani, span: DateSpan(from: start),
                    document: "ST 1"),
                // Budi of Bagian Umum goes to Kecamatan Seberang.
                .placement(
                    number: PageGovernment.people[1].number, unit: PageGovernment.units[2], post: "Camat",
                    superior: nil, group: "kantor", from: Government.date("2026-03-02")),
            ], revision: nil, by: Self.clerk, at: monday)
    }

    private func enrolledEdge() async throws -> Edge {
        let answer = await administration.perform(
            .addNode(unit: PageGovernment.units[0], url: "http://127.0.0.1", tlsPin: nil))
        guard case .code(let text, _, _) = answer else { throw FixtureError(what: "\(answer)") }
        let key = Curve25519.Signing.PrivateKey()
        let code = try EnrolmentCode(parsing: text)
        let node = try await store.enrol(
            EnrolmentRequest(code: code, nodeKey: key.publicKey), nodeName: RandomText.hex(bytes: 8),
            centreFingerprint: code.centreFingerprint, at: moment)
        return Edge(node: try #require(node).node, key: key)
    }

    func visitor(
        _ client: any TestClientProtocol, _ role: AccountRole, unit: Int64? = nil, employee: Int64? = nil
    ) async throws -> PageVisitor {
        try await PageVisitor(
            client, store, "tamu-\(role.rawValue)-\(unit ?? 0)-\(employee ?? 0)", role, unit: unit, employee: employee,
            at: moment)
    }

    func attested() async throws -> [Attestation] {
        var query = AttestationQuery()
        query.kinds = [.correction]
        query.withWithdrawn = true
        return try await store.attestations(query)
    }
}

@Suite("Pages about people", .timeLimit(.minutes(5)))
struct PersonPagesTests {
    private static let day = "/pegawai/1/hari/2026-03-02"
    private static let correction = [
        "kind": "departure", "time": "16:30", "document": "SK 7/2026", "reason": "rapat di pendopo",
    ]

    @Test("an employee sees the own month, day and scans, with each step, and nobody else's")
    func own() async throws {
        try await PageCentre.office { centre, client in
            let ani = try await centre.visitor(client, .employee, employee: 1)
            let trace = try await ani.get("/saya/jejak?date=2026-03-02")
            #expect(trace.status == .ok)
            #expect(trace.text.contains("Absen masuk pukul 07.29 sudah sampai dan dihitung. Absen pulang pukul 16.05"))
            for word in ["07.29.00", "16.05.00", "lobby, PIN 1207", "Komputer absen", "Pusat", "Dihitung sebagai scan"]
            {
                #expect(trace.text.contains(word), "\(word)")
            }
            #expect(!trace.text.contains("07.40"))
            let today = try await ani.get("/saya/jejak")
            #expect(today.text.contains("Hari ini, Selasa, 3 Maret 2026"))
            #expect(today.text.contains("Absen masuk tidak ada di pusat: perangkat lobby lengkap sampai pukul 06.59"))
            let day = try await ani.get("/saya/2026-03-02")
            #expect(day.status == .ok && day.text.contains("Mengapa begini") && day.text.contains("16.05"))
            #expect(!day.text.contains("Koreksi tanggal ini"))
            #expect(try await ani.get("/saya").text.contains("Maret 2026"))
            for path in [
                "/pegawai", "/jejak", "/pegawai/1", "/pegawai/2", Self.day, "/pegawai/2/jejak", "/pegawai/2/cuti",
            ] {
                #expect(try await ani.get(path).status == .forbidden, "\(path)")
            }
            #expect(try await ani.post(Self.day + "/koreksi", Self.correction).status == .forbidden)
        }
    }

    @Test("whoever is nobody in the records has no own pages, and a date that is none is no page")
    func nobody() async throws {
        try await PageCentre.office { centre, client in
            let clerk = try await centre.visitor(client, .clerk, unit: 1)
            #expect(try await clerk.get("/saya").status == .forbidden)
            #expect(try await clerk.get("/pegawai/1/hari/2026-02-30").status == .notFound)
            #expect(try await clerk.get("/pegawai/1?month=2026-13").status == .badRequest)
            #expect(try await clerk.get("/pegawai/99999").status == .notFound)
        }
    }

    @Test("a clerk of another unit finds nobody: not by a page, not by a search, and changes nothing")
    func otherUnit() async throws {
        try await PageCentre.office { centre, client in
            let other = try await centre.visitor(client, .clerk, unit: 3)
            for path in ["/pegawai/1", Self.day, "/pegawai/1/jejak", "/pegawai/1/cuti", "/pegawai?unit=1"] {
                let answer = try await other.get(path)
                #expect(answer.status == .notFound && !answer.text.contains("Ani "), "\(path)")
            }
            for path in ["/koreksi", "/batal"] {
                let answer = try await other.post(Self.day + path, Self.correction.merging(["id": "1"]) { $1 })
                #expect(answer.status == .notFound)
            }
            #expect(try await other.post("/pegawai/1/cuti", ["kind": "izin"]).status == .notFound)
            for query in ["Ani", PageGovernment.ani, PageCentre.pin, ""] {
                let found = try await other.get("/pegawai?q=\(query)")
                #expect(found.status == .ok && !found.text.contains("Ani Invented"), "\(query)")
            }
            #expect(try await centre.attested().isEmpty)
        }
    }

    @Test("of one who moved the days in the scope are seen, and neither the place nor the post of the others")
    func moved() async throws {
        try await PageCentre.office { centre, client in
            let before = try await centre.visitor(client, .head, unit: 1)
            #expect(try await before.get("/pegawai/2/hari/2026-03-01").status == .ok)
            for path in ["/pegawai/2/hari/2026-03-02", "/pegawai/2/jejak", "/pegawai/2/jejak?date=2026-03-02"] {
                #expect(try await before.get(path).status == .notFound, "\(path)")
            }
            let month = try await before.get("/pegawai/2?month=2026-03")
            #expect(month.status == .ok && !month.text.contains("Camat") && !month.text.contains("Seberang"))
            #expect(month.text.contains("/pegawai/2/hari/2026-03-01"))
            #expect(!month.text.contains("/pegawai/2/hari/2026-03-02"))
            let after = try await centre.visitor(client, .head, unit: 3)
            #expect(try await after.get("/pegawai/2/hari/2026-03-02").status == .ok)
            #expect(try await after.get("/pegawai/2/hari/2026-03-01").status == .notFound)
        }
    }

    @Test("people are found by a part of the name, by NIP and by PIN")
    func search() async throws {
        try await PageCentre.office { centre, client in
            let personnel = try await centre.visitor(client, .personnel)
            for query in ["ani", "vented%20an", "19860926", PageCentre.pin] {
                let found = try await personnel.get("/pegawai?q=\(query)").text
                #expect(found.contains("Ani Invented") && !found.contains("Budi Invented"), "\(query)")
            }
            #expect(try await personnel.get("/pegawai").text.contains("4 orang"))
            let none = try await personnel.get("/pegawai?q=%3Cscript%3E")
            #expect(none.text.contains("Tidak ada pegawai yang cocok") && !none.text.contains("<script>"))
        }
    }

    @Test("a correction is shown before it is stored, stored as it was shown, and withdrawn")
    func correct() async throws {
        try await PageCentre.office { centre, client in
            let clerk = try await centre.visitor(client, .clerk, unit: 1)
            let path = Self.day + "/koreksi"
            // Nobody saves what nobody saw.
            var fields = Self.correction.merging(["aksi": "simpan"]) { $1 }
            let preview = try await clerk.post(path, fields)
            #expect(preview.status == .ok && preview.text.contains("Pratinjau"))
            #expect(preview.text.contains("pulang 16.05") && preview.text.contains("pulang 16.30"))
            #expect(try await centre.attested().isEmpty)
            fields["periksa"] = String(
                try #require(preview.text.firstMatch(of: /name="periksa" value="([0-9a-f]{32})"/)).1)
            let other = try await clerk.post(path, fields.merging(["time": "16:31"]) { $1 })
            #expect(other.status == .ok)
            #expect(try await centre.attested().isEmpty)
            #expect(try await clerk.post(path, fields).headers[.location] == Self.day)
            let stored = try #require(try await centre.attested().first)
            #expect(
                stored.content
                    == .correction(employee: 1, Government.date("2026-03-02"), .departure(minute: 990)))
            #expect(stored.reason == "rapat di pendopo" && stored.by.role == "clerk")

            // A reason is for those who may read reasons, and for the person.
            #expect(!(try await clerk.get(Self.day).text.contains("rapat di pendopo")))
            #expect(try await clerk.get(Self.day).text.contains("SK 7/2026"))
            let personnel = try await centre.visitor(client, .personnel)
            #expect(try await personnel.get(Self.day).text.contains("rapat di pendopo"))
            let ani = try await centre.visitor(client, .employee, employee: 1)
            #expect(try await ani.get("/saya/2026-03-02").text.contains("rapat di pendopo"))

            let gone = ["id": "\(stored.id)", "reason": "keliru"]
            #expect(try await clerk.post("/pegawai/2/hari/2026-03-01/batal", gone).status == .notFound)
            #expect(try await centre.attested().first?.withdrawn == nil)
            #expect(try await clerk.post(Self.day + "/batal", gone).headers[.location] == Self.day)
            #expect(try await centre.attested().first?.withdrawn?.reason == "keliru")
        }
    }

    @Test(
        "what cannot be true of the day is refused at its field, in Indonesian",
        arguments: [
            (["kind": "departure", "time": "07:00"], "jam pulang harus antara"),
            (["kind": "departure", "time": "7"], "Tulis jam seperti 07:30."), (["kind": "x"], "Pilih jenis koreksi."),
            (["kind": "not_theirs", "key": "00"], "Pilih absen yang bukan"),
            (["document": " "], "Tulis nomor suratnya"),
            (["reason": "a\u{202E}b"], "Tulis alasannya"), (["kind": "arrival", "time": "17:00"], "harus"),
        ] as [([String: String], String)])
    func refused(change: [String: String], says: String) async throws {
        try await PageCentre.office { centre, client in
            let clerk = try await centre.visitor(client, .clerk, unit: 1)
            let answer = try await clerk.post(Self.day + "/koreksi", Self.correction.merging(change) { $1 })
            #expect(answer.status == .unprocessableContent)
            #expect(
                answer.text.firstMatch(of: /class="problem-word"[^>]*>([^<]*)</).map { $0.1.contains(says) } == true)
            #expect(try await centre.attested().isEmpty)
        }
    }

    @Test("nobody states anything about the own days")
    func notOneself() async throws {
        try await PageCentre.office { centre, client in
            let ani = try await centre.visitor(client, .clerk, unit: 1, employee: 1)
            #expect(try await ani.get(Self.day).text.contains("dikoreksi oleh petugas lain"))
            let path = Self.day + "/koreksi"
            #expect(try await ani.post(path, Self.correction).status == .unprocessableContent)
            #expect(try await ani.post("/pegawai/1/cuti", ["kind": "izin"]).status == .unprocessableContent)
            #expect(try await ani.post(Self.day + "/batal", ["id": "1", "reason": "x"]).status == .forbidden)
            #expect(try await centre.attested().isEmpty)
        }
    }

    @Test("leave is shown day by day before it is stored, and overlapping leave is refused in words")
    func leave() async throws {
        try await PageCentre.office { centre, client in
            let clerk = try await centre.visitor(client, .clerk, unit: 1)
            var fields = [
                "kind": "cuti_tahunan", "from": "2026-03-05", "to": "2026-03-06", "document": "SC 9",
                "reason": "keluarga",
                "aksi": "simpan",
            ]
            let preview = try await clerk.post("/pegawai/1/cuti", fields)
            #expect(preview.text.contains("5 Maret 2026") && preview.text.contains("Cuti tahunan"))
            fields["periksa"] = String(
                try #require(preview.text.firstMatch(of: /name="periksa" value="([0-9a-f]{32})"/)).1)
            #expect(try await clerk.post("/pegawai/1/cuti", fields).headers[.location] == "/pegawai/1/cuti")
            #expect(try await clerk.get("/pegawai/1/cuti").text.contains("SC 9"))
            var again = fields.merging(["document": "SC 10", "to": "2026-03-05"]) { $1 }
            let second = try await clerk.post("/pegawai/1/cuti", again)
            again["periksa"] = String(
                try #require(second.text.firstMatch(of: /name="periksa" value="([0-9a-f]{32})"/)).1)
            let refused = try await clerk.post("/pegawai/1/cuti", again)
            #expect(refused.status == .unprocessableContent && refused.text.contains("Sudah ada cuti"))
            let wrong = try await clerk.post("/pegawai/1/cuti", fields.merging(["to": "2026-03-04"]) { $1 })
            #expect(wrong.status == .unprocessableContent && wrong.text.contains("Tanggal akhir harus"))
        }
    }

    @Test("names, documents and reasons are text on every page")
    func hostile() async throws {
        try await PageCentre.office { centre, client in
            let evil = "<script>alert(1)</script>\"'{{{x}}}"
            try await centre.store.change(
                people: [
                    .employee(number: PageGovernment.ani, kind: .pns, name: evil, from: Government.date("2020-01-01"))
                ], revision: nil, by: PageCentre.clerk, at: monday)
            _ = try await centre.store.add(
                [
                    NewAttestation(
                        content: .correction(employee: 1, Government.date("2026-03-02"), .excuseLate), document: evil,
                        reason: evil)
                ], by: PageCentre.clerk, at: monday)
            let personnel = try await centre.visitor(client, .personnel)
            for path in ["/pegawai", "/pegawai/1?month=2026-03", Self.day, "/pegawai/1/jejak", "/pegawai/1/cuti"] {
                let page = try await personnel.get(path)
                #expect(page.status == .ok && !page.text.contains("<script>alert"), "\(path)")
                #expect(page.text.contains("&lt;script&gt;alert(1)"), "\(path)")
            }
        }
    }

    @Test("a look at another is noted, one at oneself is not")
    func noted() async throws {
        try await PageCentre.office { centre, client in
            let ani = try await centre.visitor(client, .head, unit: 1, employee: 1)
            for path in ["/pegawai/1", "/saya", "/saya/jejak"] { #expect(try await ani.get(path).status == .ok) }
            func views() async throws -> [String] {
                try await centre.store.auditNotes(AuditQuery()).filter { $0.what == AuditWord.viewPerson.rawValue }
                    .map(\.object)
            }
            #expect(try await views() == [])
            _ = try await ani.get("/pegawai/2?month=2026-03")
            #expect(try await views() == ["employee:2"])
        }
    }
}
