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
            "2 terputus · 3 belum pernah terhubung", "1.428",
            "tidak diketahui di 2 kantor yang terputus · yang diketahui: di 3 kantor · tertua 4 hari",
            "2 bermasalah · 1 jamnya meleset", "27 data dikarantina", "07.31.03",
            "sidik jari", "Masuk", "wajah", "< 1 detik", "belum dipasang",
        ] { #expect(text.contains(words), "\(words)") }
    }

    @Test("A scan that only a file told of says so, and no other does")
    func unconfirmed() throws {
        var overview = Sample.overview
        overview.scans = overview.scans.filter { $0.source != "stick" }
        let without = try text(.summary, overview)
        #expect(!overview.scans.isEmpty && !without.contains("belum dikonfirmasi"))
        overview.scans = Sample.overview.scans.filter(\.isUnconfirmed)
        let with = try text(.summary, overview)
        #expect(with.components(separatedBy: "belum dikonfirmasi (dari flash disk)").count == 2)
    }

    @Test("Where an office is cut off or none is there, no tile says that all is well")
    func silence() throws {
        var overview = Sample.empty
        #expect(try tile("tile-idle", overview) == 4)
        #expect(try text(.summary, overview).contains("belum ada kantor"))
        overview.nodes = [NodeLine(name: "n", unit: "u", contact: .disconnected, backlog: 0)]
        overview.units = ["u"]
        let cut = try text(.summary, overview)
        #expect(cut.contains("–tidak diketahui di 1 kantor yang terputus") && !cut.contains("semua sudah sampai"))
        #expect(try tile("tile-ok", overview) == 0)
        overview.nodes.append(NodeLine(name: "m", unit: "u", contact: .connected, backlog: 0))
        #expect(try text(.summary, overview).contains("· dari kantor lain semua sudah sampai"))
        overview.nodes = [NodeLine(name: "m", unit: "u", contact: .connected, backlog: 0)]
        #expect(try text(.summary, overview).contains("semua sudah sampai di pusat"))
        #expect(try tile("tile-ok", overview) == 3)
    }

    /// How many tiles have a tone.
    private func tile(_ tone: String, _ overview: Overview) throws -> Int {
        let html = try CentralPages().page(.summary, overview, nil, Sample.quietFrame)
        return try Markup(html).elements.count { $0.value("class") == "tile \(tone)" }
    }

    @Test("Where no alarm came, the page leads to what no alarm tells")
    func elsewhere() throws {
        var overview = Sample.overview
        overview.alarms = []
        let html = try CentralPages().page(.alarms, overview, nil, Sample.quietFrame)
        #expect(
            try Markup(html).text.contains("2 kantor terputus: lihat Kantor2 perangkat bermasalah: lihat Perangkat"))
        #expect(try Markup(html).elements.allSatisfy { $0.name != "use" || $0.value("href") != "#i-ok" })
        #expect(try text(.alarms, Sample.empty).contains("Tidak ada peringatan dari kantor."))
    }

    @Test("Offices and devices with trouble stand first, and a node's name only where a unit has two")
    func order() throws {
        let cut = try #require(try text(.summary).firstRange(of: "Kecamatan Bayang"))
        #expect(cut.lowerBound < (try #require(try text(.summary).firstRange(of: "jurnal bercabang"))).lowerBound)
        var overview = Sample.overview
        let offices = try text(.offices)
        let shown = Sample.offices.compactMap { unit in offices.firstRange(of: unit).map { ($0.lowerBound, unit) } }
        #expect(shown.count == Sample.offices.count)
        #expect(shown.sorted { $0.0 < $1.0 }.prefix(2).map(\.1) == ["Kecamatan Bayang", "Kecamatan Lengayang"])
        #expect(offices.contains("UPTD Pasar Painan") && offices.contains("3 belum pernah terhubung"))
        #expect(!offices.contains("node-1"))
        overview.nodes.append(NodeLine(name: "gudang", unit: Sample.offices[0], contact: .connected))
        let several = try text(.offices, overview)
        #expect(several.contains("gudang") && several.contains("node-1") && !several.contains("node-2"))
        let devices = try text(.devices)
        #expect(devices.contains("1 jamnya meleset"))
        let astray = try #require(devices.firstRange(of: "Dinas Perhubungan"))
        #expect(astray.lowerBound < (try #require(devices.firstRange(of: "Dinas Kesehatan"))).lowerBound)
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
        #expect(strips.contains { $0.value("aria-label") == "Dinas Kesehatan, pintu depan: lengkap 100%" })
        #expect(markup.text.contains("perangkat di luar jangkauan") && markup.text.contains("92%"))
        let widths = markup.elements.filter { $0.name == "rect" }.compactMap { Double($0.value("width") ?? "") }
        #expect(widths.allSatisfy { $0 >= 0 && $0 <= 1000 })
    }

    @Test("A device that came within the span says since when, and has no share on its first day")
    func newDevice() throws {
        func page(_ age: TimeInterval, covered: TimeInterval) throws -> String {
            let device = CoverageModel.Device(
                serial: "s", unit: "u", name: "d", since: Sample.ago(age),
                covered: [Sample.ago(covered)..<Sample.moment], holes: [])
            let coverage = CoverageModel(span: Sample.ago(14 * 86400)..<Sample.moment, devices: [device])
            return try CentralPages().page(.coverage, Sample.overview, coverage, Sample.frame)
        }
        #expect(try page(1800, covered: 600).contains("share-new\">baru</p>"))
        let first = try page(7200, covered: 3600)
        #expect(first.contains("share-new\">baru mulai</p>") && first.contains("\"u, d: baru mulai\""))
        #expect(first.contains("sejak 22 Nov"))
        #expect(try page(2 * 86400, covered: 1.9 * 86400).contains("share-warn\">95%</p>"))
        #expect(try page(2 * 86400, covered: 86400).contains("share-bad\">50%</p>"))
        #expect(!(try page(20 * 86400, covered: 14 * 86400)).contains("sejak "))
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
            "log_nearly_full", "log_almost_full", "log_full", "log_touched", "clock_touched", "admin_added",
            "clock_unknown", "clock_off", "clock_set", "clock_not_set", "config_refused",
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
