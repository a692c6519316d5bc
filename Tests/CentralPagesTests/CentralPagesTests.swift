import CentralPages
import Foundation
import PageSupport
import Testing

@Suite("The centre's pages")
struct CentralPagesTests {
    private func text(_ name: PageName, _ overview: Overview = Sample.overview) throws -> String {
        let html = try CentralPages().page(name, overview, Sample.coverage, Sample.frame)
        return try Markup(html).text
    }

    @Test("What was typed at the login is shown again as text")
    func login() throws {
        let html = try CentralPages().login(LoginForm(government: "Kab. <b>", formToken: "t", account: "\"><script>"))
        #expect(html.contains("Kab. &lt;b&gt;") && html.contains("value=\"&quot;&gt;&lt;script&gt;\""))
        #expect(!html.contains("role=\"alert\""))
        let failed = try CentralPages().login(
            LoginForm(government: "Kab.", formToken: "t", message: "Kata sandi salah.", next: "/kantor"))
        #expect(
            failed.contains("role=\"alert\">Kata sandi salah.") && failed.contains("name=\"next\" value=\"/kantor\""))
    }

    @Test("The summary tells the day, the numbers and the scans")
    func summary() throws {
        let text = try text(.summary)
        for words in [
            "Minggu, 22 November 2026", "Biasanya hari Minggu", "1.284", "biasanya 423 sampai pukul 07.00", "8",
            "dari 13",
            "2 terputus · 3 belum pernah", "1.428", "di 3 kantor · tertua 4 hari", "27 data dikarantina", "07.31.03",
            "sidik jari", "Masuk", "wajah", "< 1 detik", "belum dipasang",
        ] { #expect(text.contains(words), "\(words)") }
    }

    @Test("Offices with trouble stand first on the summary, and by name on their own page")
    func order() throws {
        let cut = try #require(try text(.summary).firstRange(of: "Kecamatan Bayang"))
        #expect(cut.lowerBound < (try #require(try text(.summary).firstRange(of: "jurnal bercabang"))).lowerBound)
        let offices = try text(.offices)
        let names = Sample.offices.sorted().compactMap { offices.firstRange(of: $0)?.lowerBound }
        #expect(names.count == Sample.offices.count)
        #expect(offices.contains("UPTD Pasar Painan") && offices.contains("belum pernah"))
    }

    @Test("Devices tell their clock, their log and what to do, in Indonesian")
    func devices() throws {
        let text = try text(.devices)
        for words in [
            "47 menit lebih cepat", "2 menit lebih lambat", "tepat", "Perangkat tidak terjangkau",
            "Kunci komunikasi (comm key) ditolak", "penuh", "99.120", "dari 100.000", "CJ9L170560010",
            "the address cannot be reached",
        ] { #expect(text.contains(words), "\(words)") }
    }

    @Test("A problem of an unknown kind is shown as the node says it")
    func unknownProblem() throws {
        var overview = Sample.overview
        overview.devices[0].problem = "the moon is in the way"
        #expect(try text(.devices, overview).contains("the moon is in the way"))
    }

    @Test("Coverage has a strip for each device, its share, and its holes with the reason")
    func coverage() throws {
        let html = try CentralPages().page(.coverage, Sample.overview, Sample.coverage, Sample.frame)
        let markup = try Markup(html)
        let strips = markup.elements.filter { $0.value("class") == "strip" }
        #expect(strips.count == Sample.overview.devices.count)
        #expect(strips.contains { $0.value("aria-label") == "lengkap 100%, tanpa lubang" })
        #expect(markup.text.contains("perangkat di luar jangkauan") && markup.text.contains("92%"))
        let widths = markup.elements.filter { $0.name == "rect" }.compactMap { Double($0.value("width") ?? "") }
        #expect(widths.allSatisfy { $0 >= 0 && $0 <= 1000 })
    }

    @Test("Alarms: what lasts first, with what to do; quarantine: why, and what came")
    func alarms() throws {
        let alarms = try text(.alarms)
        let active = try #require(alarms.firstRange(of: "Memori perangkat hampir penuh"))
        #expect(active.lowerBound < (try #require(alarms.firstRange(of: "Sudah selesai"))).lowerBound)
        #expect(alarms.contains("Setel") || alarms.contains("setel jamnya"))
        let quarantine = try text(.quarantine)
        #expect(quarantine.contains("Perangkat ini tercatat milik kantor lain") && quarantine.contains("18.442"))
        #expect(quarantine.contains("\"serial\":\"CJ9L170560044\"") && quarantine.contains("2 terbaru dari 27"))
    }

    @Test("Where there is nothing yet, a page says what to do next")
    func empty() throws {
        let pages = try CentralPages()
        for (name, command) in [
            (PageName.summary, "hadir-central node add"), (.offices, "hadir node enroll"),
            (.devices, "hadir device enroll"), (.alarms, "Tidak ada peringatan"),
            (.quarantine, "Tidak ada data yang dikarantina"),
        ] {
            let html = pages.page(name, Sample.empty, nil, Sample.quietFrame)
            #expect(try Markup(html).text.contains(command), "\(name)")
        }
    }

    @Test("Numbers out of any range neither trap nor break a page")
    func extremes() throws {
        let pages = try CentralPages()
        for number in [Int.min, -1, 0, Int.max] {
            let wide = Int64(number)
            var overview = Overview(
                moment: Date(timeIntervalSince1970: Double(wide)), scansToday: number,
                hoursToday: Array(repeating: number, count: 30), hoursUsual: [.nan, .infinity, -.infinity, 1e300],
                scansEver: wide)
            overview.nodes = [
                NodeLine(
                    name: "n", unit: "u", contact: .connected, lastContact: .distantFuture, backlog: wide,
                    backlogAge: .nan, diskFree: wide, missing: wide, forks: number),
                NodeLine(name: "m", unit: "u", contact: .connected, backlog: .max, backlogAge: .infinity),
            ]
            overview.devices = [
                DeviceLine(
                    serial: "s", unit: "u", name: "d", lastRead: .distantPast, count: number, capacity: number,
                    clockOffset: number, coveredTo: .distantPast)
            ]
            overview.scans = [
                ScanLine(
                    id: wide, unit: "u", device: "d", userID: "", deviceTime: "0000-99-99T99:99:99",
                    utc: .distantPast, receivedAt: .distantFuture, verify: number, state: number, source: "")
            ]
            overview.quarantine = QuarantineSummary(
                count: number, newest: [.init(at: .distantPast, unit: "", node: "", seq: wide, reason: "", body: "")])
            let span = Date.distantPast..<Date.distantFuture
            let coverage = CoverageModel(
                span: span,
                devices: [.init(serial: "s", unit: "u", name: "", covered: [span], holes: [.init(span: span, why: "")])]
            )
            var frame = Sample.frame
            frame.moment = overview.moment
            frame.activeAlarms = number
            frame.quarantined = number
            for name in PageName.allCases {
                #expect(throws: Never.self) { try Markup(pages.page(name, overview, coverage, frame)) }
            }
        }
    }

    /// docs/names.md, "Alarms": what a person reads there must stand on the page too.
    @Test(
        "Every code of an alarm has words of its own",
        arguments: [
            "device_no_answer", "journal_full", "log_cleared", "log_rolled_over", "log_not_reconciled",
            "log_nearly_full", "log_full", "clock_unknown", "clock_off", "clock_set", "clock_not_set", "config_refused",
            "device_crashes_us", "serial_twice", "node_key", "status_not_served", "entry_too_long", "journal_failed",
            "centre_unreachable", "centre_busy", "unclear_answer", "entry_too_large", "no_progress", "fork", "revoked",
            "refused", "journal_damaged",
        ])
    func alarmWords(code: String) throws {
        var overview = Sample.empty
        overview.alarms = [
            AlarmLine(at: Sample.moment, unit: "u", node: "n", device: nil, code: code, text: "t", isOver: false)
        ]
        #expect(!(try text(.alarms, overview)).contains("Peringatan lain"))
    }

    @Test("Ways and directions of a scan: known numbers have words, others stay numbers")
    func scanWords() throws {
        var overview = Sample.empty
        overview.scans = [0, 1, 2, 15, 25, 143, 129].enumerated().map { index, verify in
            ScanLine(
                id: Int64(index), unit: "u", device: "d", userID: "1", deviceTime: "2026-11-21T16:31:05", utc: nil,
                receivedAt: Sample.moment, verify: verify, state: index, source: "poll")
        }
        let text = try text(.summary, overview)
        for words in [
            "sandi", "sidik jari", "kartu", "wajah", "telapak tangan", "cara 143", "Lembur pulang", "21 Nov 2026",
        ] {
            #expect(text.contains(words), "\(words)")
        }
    }
}
