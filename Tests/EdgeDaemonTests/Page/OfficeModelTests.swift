import Attendance
import EdgeStore
import Foundation
import PageSupport
import Testing
import ZKClient

@testable import EdgeDaemon

/// The page of `status`, as text without markup.
func officeText(
    _ status: EdgeStatus, unit: String = "Dinas Contoh", help: String? = nil, scans: [Punch] = []
) throws -> String {
    let html = try officeHTML(status, unit: unit, help: help, scans: scans)
    return html.replacing(/<[^>]*>/, with: " ").replacing(/\s+/, with: " ")
}

func officeHTML(
    _ status: EdgeStatus, unit: String = "Dinas Contoh", help: String? = nil, scans: [Punch] = []
) throws -> String {
    let words = Indonesian(zone: try #require(Indonesian.zone(named: "WIB")))
    let view = OfficeView(
        OfficeModel(status, scans: scans, help: OfficeView.contact(help), words: words), unit: unit, help: help,
        version: "0.1.0",
        now: StagedTime.start.addingTimeInterval(5), words: words)
    return try PageTemplates(OfficePage.files).render(view, with: "office")
}

func journalStatus(pending: Int64 = 0, since: String? = nil, quarantined: Int = 0) throws -> JournalStatus {
    let json = """
        {"epoch": "e", "last_seq": 100, "acked_seq": \(100 - pending), "pending": \(pending),
         "oldest_pending": \(since.map { "\"\($0)\"" } ?? "null"), "quarantined": \(quarantined)}
        """
    return try JSONDecoder().decode(JournalStatus.self, from: Data(json.utf8))
}

/// Everything at the centre, every device read.
private func goodStatus(_ change: (inout EdgeStatus) throws -> Void = { _ in }) throws -> EdgeStatus {
    var status = sampleStatus()
    status.journal.status = try journalStatus()
    try change(&status)
    return status
}

@Suite("The clerk's page: green, red, and why")
struct OfficeModelTests {
    private func model(_ change: (inout EdgeStatus) throws -> Void = { _ in }) throws -> OfficeModel {
        OfficeModel(try goodStatus(change), scans: [])
    }

    @Test("Green where nothing waits, the centre has confirmed it and every device is read")
    func green() throws {
        #expect(try model().light == .green)
        let text = try officeText(try goodStatus())
        #expect(text.contains(" Semua absen sudah terkirim ") && text.contains("dikonfirmasi pusat 5 detik lalu"))
        #expect(text.contains("Tidak ada yang menunggu") && !text.contains("Hubungi"))
    }

    @Test("Yellow while it sends or has just begun, and nothing is late")
    func yellow() throws {
        let sending = try goodStatus {
            $0.journal.status = try journalStatus(pending: 1234, since: UTC.text(StagedTime.start))
        }
        #expect(OfficeModel(sending, scans: []).light == .yellow(.sending))
        #expect(
            try officeText(sending).contains(
                "1.234 data (absen dan kabar perangkat) menunggu dikirim, yang paling lama sejak 23 Nov 07.00 WIB (5 detik)"
            ))
        #expect(
            try model {
                $0.centre?.age = nil
                $0.uptime = .seconds(10)
            }.light == .yellow(.starting))
        #expect(
            try model {
                $0.uptime = .seconds(10)
                $0.devices[0].readElapsed = nil
                $0.devices[0].readAt = nil
            }.light == .yellow(.starting))
    }

    @Test(
        "Each cause at the centre's side has its sentence, what to do and whom to call",
        arguments: [
            ("centre_unreachable", "Pusat tidak dapat dihubungi."),
            ("centre_name_not_found", "Pusat tidak dapat dihubungi."),
            ("centre_timed_out", "Pusat tidak dapat dihubungi."), ("centre_lost", "Pusat tidak dapat dihubungi."),
            ("centre_proxy_refused", "Proxy jaringan menolak"), ("unclear_answer", "Jaringan ini meminta login"),
            ("centre_certificate_expired", "Jam komputer ini salah, atau sertifikat"),
            ("centre_certificate_not_yet_valid", "Jam komputer ini salah, atau sertifikat"),
            ("centre_certificate_untrusted", "Yang menjawab bukan pusat"),
            ("centre_certificate_other_name", "Yang menjawab bukan pusat"), ("centre_tls", "Yang menjawab bukan pusat"),
            ("centre_wrong_key", "Yang menjawab bukan pusat"), ("centre_bad_address", "Alamat pusat"),
            ("centre_answer_too_large", "Jawaban pusat"), ("centre_busy", "Pusat sedang sibuk"),
            ("revoked", "Pusat sudah mencabut izin"), ("node_key", "Kunci komputer ini"), ("fork", "catatan lain"),
            ("refused", "Pusat menolak kiriman"), ("no_progress", "Pusat menolak kiriman"),
            ("entry_too_large", "Pusat menolak kiriman"), ("journal_failed", "Catatan absen di komputer ini"),
        ])
    func centre(_ code: String, _ sentence: String) throws {
        let text = try officeText(
            try goodStatus {
                $0.centre?.code = code
                $0.centre?.age = .seconds(170)
                $0.journal.status = try journalStatus(pending: 12, since: UTC.text(StagedTime.start))
            }, help: "Pak Budi, 0812-0000-0000")
        #expect(text.contains(sentence), "\(text)")
        #expect(
            text.contains("Hubungi Pak Budi, 0812-0000-0000")
                && text.contains("12 data (absen dan kabar perangkat) menunggu dikirim"))
        #expect(!text.contains("Semua absen sudah terkirim"))
    }

    @Test("A centre that cannot be reached is news after two heartbeats, a node shut out at once")
    func patience() throws {
        func light(_ code: String?, _ age: Int) throws -> OfficeModel.Light {
            try model {
                $0.centre?.code = code
                $0.centre?.age = .seconds(age)
            }.light
        }
        #expect(try light("centre_unreachable", 120) == .green)
        #expect(try light("centre_unreachable", 121) == .red)
        #expect(try light("centre_busy", 120) == .green)
        #expect(try light("revoked", 1) == .red)
        #expect(try light("centre_wrong_key", 1) == .red)
        #expect(try light(nil, 180) == .green)
        #expect(try light(nil, 181) == .red, "no failure, and no receipt")
        #expect(try model { $0.centre = nil }.causes.map(\.code) == ["node_not_enrolled"])
        #expect(try model { $0.centre?.age = nil }.causes.map(\.code) == ["centre_silent"], "1000 s after the start")
    }

    @Test(
        "Each way a device cannot be read has its sentence", arguments: DeviceError.Code.allCases.map(\.rawValue))
    func deviceCodes(_ code: String) throws {
        let status = try goodStatus {
            $0.devices[0].trouble = .init(code: "device_\(code)", mayPass: false, failures: 1)
        }
        let model = OfficeModel(status, scans: [])
        #expect(model.light == .red && model.causes.count == 1)
        let words = DeviceTroubleWords(code: "device_\(code)")
        #expect(words != DeviceTroubleWords(code: "device_of_a_later_version"))
        #expect(try officeText(status).contains(" Perangkat lobby \(words.what) \(words.advice) "))
        #expect(try officeText(status).contains("! \(words.short) lobby"))
    }

    @Test("A silent device: its cable and its power; one failure that may pass is no news yet")
    func silentDevice() throws {
        let trouble = DeviceBoard.Trouble(code: "device_no_answer", mayPass: true, failures: 2)
        let text = try officeText(try goodStatus { $0.devices[0].trouble = trouble })
        #expect(text.contains("Perangkat lobby tidak menjawab. Periksa listrik dan kabel jaringan perangkat."))
        #expect(
            try model { $0.devices[0].trouble = .init(code: trouble.code, mayPass: true, failures: 1) }.light == .green)
        #expect(
            try model {
                $0.devices[0].trouble = .init(code: trouble.code, mayPass: true, failures: 1)
                $0.devices[0].readElapsed = .seconds(1000 - 181)
            }.light == .red)
        #expect(try model { $0.devices[0].readElapsed = .seconds(1000 - 181) }.causes.map(\.code) == ["stale"])
        let lent = try goodStatus { $0.devices[0].trouble = .init(code: "lent", mayPass: true, failures: 0) }
        #expect(try officeText(lent).contains("Sedang dipakai petugas"))
        #expect(OfficeModel(lent, scans: []).light == .yellow(.lent))
        #expect(try officeText(lent).contains(" Perangkat sedang dipakai petugas "))
        let long = try model {
            $0.devices[0].trouble = .init(code: "lent", mayPass: true, failures: 0)
            $0.devices[0].readElapsed = .seconds(1000 - 181)
        }
        #expect(long.light == .red && long.causes.map(\.code) == ["stale"])
    }

    @Test("Other causes: this computer, the journal, the device's log and clock, the configuration")
    func others() throws {
        func text(_ change: (inout EdgeStatus) -> Void) throws -> String { try officeText(try goodStatus(change)) }
        func journal(_ code: String) throws -> String {
            try text {
                $0.journal.problem = "x"
                $0.journal.code = code
            }
        }
        #expect(try text { $0.clockTrusted = false }.contains("Jam komputer ini salah."))
        #expect(try text { $0.configuration.problem = "x" }.contains("Pengaturan yang baru ditolak"))
        #expect(try text { $0.stuck = ["device lobby"] }.contains("Program absen di komputer ini macet."))
        #expect(try text { $0.devices = [] }.contains("Belum ada perangkat absen"))
        #expect(try journal("journal_full").contains("Penyimpanan komputer ini penuh."))
        #expect(try journal("journal_hangs").contains("Penyimpanan komputer ini tidak menjawab."))
        for code in ["journal_damaged", "journal_io", "journal_readOnly", "journal_schema", ""] {
            #expect(try journal(code).contains("tidak dapat dibaca atau ditulis."))
        }
        #expect(try text { $0.devices[0].status.count = 80 }.contains("Memori perangkat lobby hampir penuh."))
        #expect(try text { $0.devices[0].status.count = 100 }.contains("Memori perangkat lobby sudah penuh."))
        #expect(try text { $0.devices[0].status.clockOffset = 2820 }.contains("meleset 47 menit terlalu cepat."))
        #expect(try text { $0.devices[0].status.clockOffset = -301 }.contains("meleset 5 menit terlalu lambat."))
        #expect(try text { $0.devices[0].status.clockOffset = nil }.contains("bukan tanggal yang benar."))
        #expect(try text { $0.devices[0].status.clockOffset = 300 }.contains("Semua absen sudah terkirim"))
    }

    @Test(
        "A journal that takes nothing is the one cause: devices wait and are not blamed, their scans are safe",
        arguments: ["journal_full", "journal_hangs"])
    func journalFails(_ code: String) throws {
        let status = try goodStatus {
            $0.journal.status = nil
            $0.journal.problem = "x"
            $0.journal.code = code
            $0.centre?.code = "journal_failed"
            $0.devices[0].trouble = .init(code: "journal_full", mayPass: true, failures: 9)
        }
        #expect(OfficeModel(status, scans: []).causes.map(\.code) == [code])
        let text = try officeText(status)
        #expect(text.contains("Menunggu komputer ini lobby") && !text.contains("Perangkat lobby"))
        #expect(text.contains("Tidak diketahui; absen masih tersimpan di perangkat"))
        let late = try goodStatus {
            $0.journal.problem = "x"
            $0.devices[0].readElapsed = .seconds(0)
        }
        #expect(OfficeModel(late, scans: []).devices.map(\.state) == [.waiting])
        let device = try goodStatus { $0.devices[0].trouble = .init(code: code, mayPass: true, failures: 2) }
        #expect(OfficeModel(device, scans: []).causes.map(\.code) == [code], "only the device's reader has noticed")
    }

    @Test("Fifty devices: those with one trouble share a sentence, they stand first, all are listed")
    func fifty() throws {
        let names = (1...50).map { "d\($0 < 10 ? "0" : "")\($0)" }
        var status = sampleStatus(devices: names.map { ($0, 10) })
        status.journal.status = try journalStatus(quarantined: 3)
        for number in 40..<50 {
            status.devices[number].trouble = .init(code: "device_unreachable", mayPass: true, failures: 9)
        }
        let model = OfficeModel(status, scans: [])
        #expect(model.causes.map(\.what) == ["Perangkat d41, d42, d43, d44 dan 6 lainnya tidak menjawab."])
        #expect(model.devices.map(\.name) == Array(names[40...] + names[..<40]))
        let text = try officeText(status)
        #expect(text.contains("Perangkat (50)") && text.contains("3 catatan belum dihitung"))
        for name in names { #expect(text.contains(" \(name) 10 detik lalu")) }
    }

    @Test("Several causes: the first is the headline, the others follow with what to do")
    func several() throws {
        let text = try officeText(
            try goodStatus {
                $0.centre?.code = "centre_unreachable"
                $0.centre?.age = .seconds(999)
                $0.devices[0].status.clockOffset = 2820
            })
        let first = try #require(text.firstRange(of: "Pusat tidak dapat dihubungi."))
        let second = try #require(text.firstRange(of: "Jam perangkat lobby meleset"))
        #expect(first.lowerBound < second.lowerBound && text.contains("Hal lain yang juga perlu dibereskan"))
        #expect(text.contains("Hubungi Diskominfo"))
    }
}

@Suite("The clerk's page: what others wrote is data")
struct OfficeTextTests {
    static let hostile = [
        "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "\"\u{301} onload=x", "=cmd|'/c calc'!A1",
        "\u{202E}gpj.exe", "a\u{0}b\u{1B}[2Jc", "{{unit}}", "</title><b>",
    ]

    @Test("H11 Units, helpers, user ids and serials full of markup, control and bidi characters", arguments: hostile)
    func data(_ text: String) throws {
        let harmless = try officeHTML(sampleStatus(), unit: "u", help: "h", scans: [punch("1", "S1")])
        let html = try officeHTML(sampleStatus(), unit: text, help: text, scans: [punch(text, "S" + text)])
        func tags(_ html: String) -> [Substring] { html.matches(of: /<[^>]*>/).map(\.output) }
        #expect(tags(html) == tags(harmless), "no tag more or other")
        let kinds = html.unicodeScalars.filter { $0 != "\n" }.map(\.properties.generalCategory)
        #expect(!kinds.contains(.control) && !kinds.contains(.format))
    }

    private func punch(_ user: String, _ serial: String) throws -> Punch {
        Punch(
            // A serial with a NUL is none, wherever it comes from.
            serial: try #require(DeviceSerial(serial) ?? DeviceSerial("S")), userID: UserID(user),
            deviceTime: DeviceTime(rawField: [0xFF, 1]), occurrence: 0, verify: 1, state: 0, source: .poll, raw: [])
    }

    @Test("Scans: the device's own time, PIN and device; no zone is made of it, a time that is none is said to be none")
    func scans() throws {
        let time = try #require(DeviceTime(text: "2026-11-22T07:31:05"))
        let serial = try #require(DeviceSerial("S"))
        let good = Punch(
            serial: serial, userID: UserID("0042"), deviceTime: time, occurrence: 0, verify: 1, state: 0, source: .live,
            raw: [])
        let long = Punch(
            serial: serial, userID: UserID("7"), deviceTime: try #require(DeviceTime(text: "2000-01-02T00:00:09")),
            occurrence: 0, verify: 1, state: 0, source: .poll, raw: [])
        let text = try officeText(sampleStatus(), scans: [good, try punch("", "OTHER"), long])
        #expect(text.contains(" 2 Jan 2000 00.00.09 7 lobby"), "another year is told")
        #expect(text.contains(" 22 Nov 07.31.05 0042 lobby"), "a serial on the board has the device's name")
        #expect(text.contains("bukan tanggal: ff01 (kosong) OTHER"))
        #expect(try officeText(sampleStatus()).contains("Belum ada absen yang tercatat."))
    }

    @Test(
        "Only this computer's own names are answered: no web site's that leads here",
        arguments: [
            ("localhost", true), ("localhost:9470", true), ("127.0.0.1:9470", true), ("127.9.9.9", true),
            ("[::1]:9470", true), ("LOCALHOST", true), ("evil.example", false), ("evil.example:9470", false),
            ("127.0.0.1.evil.example", false), ("localhost.evil.example", false), ("evil.example#127.0.0.1", false),
            ("", false), (":9470", false), ("[::1", false), ("127.0.0.1:80:80", false),
            ("127.0.0.1@evil.example", false),
            ("192.168.1.7", false), ("[::1]evil", false),
        ])
    func hosts(_ header: String, _ isOurs: Bool) {
        #expect(OfficeHost.isOurs(header, .init(host: "127.0.0.1", port: 9470)) == isOurs)
        #expect(!OfficeHost.isOurs(nil, .init(host: "127.0.0.1", port: 9470)))
    }
}
