import Attendance
import AttendanceRules
import Foundation
import Testing

@testable import CentralAttendance

@Suite("Where a scan is, and what is missing")
struct TraceTests {
    static let date: CivilDate = "2026-03-05"
    static let offset = 25_200
    static let serial = "CJ9L170560001"
    /// 10.00 of the day.
    static let now = at(600)

    static func at(_ minute: Int) -> Moment { Moment(date, minute: minute, offset: offset) }

    static func clock(_ minute: Int) -> Date { Date(timeIntervalSince1970: Double(at(minute).seconds)) }

    /// Arrivals 05.00–12.00, asked at 10.00.
    static let span = at(300)..<at(600)

    static func device(
        complete: [Range<Moment>] = [at(-600)..<at(600)], gaps: [DeviceRecord.Gap] = [], users: [String] = ["1207"],
        readAt: Date? = clock(599), problem: String? = nil, clockOffset: Int? = 3,
        office: TracedDevice.Office? = .init(contactAt: clock(599)), quarantined: [String] = []
    ) -> TracedDevice {
        TracedDevice(
            serial: serial, name: "Lobi", unit: "Dinas Contoh", userIDs: users, readAt: readAt, problem: problem,
            clockOffset: clockOffset, office: office,
            record: DeviceRecord(serial: serial, complete: complete, gaps: gaps), quarantined: quarantined)
    }

    struct Case: Sendable, CustomTestStringConvertible {
        let name: String
        let device: TracedDevice
        let first: TraceFinding
        /// Of the sentence.
        let says: String

        var testDescription: String { name }
    }

    static let early = at(-600)..<at(450)

    static let cases: [Case] = [
        Case(
            name: "nothing wrong", device: device(), first: .complete(until: at(600)),
            says: "perangkat Lobi lengkap sampai pukul 10.00 dan tidak mencatat absen dengan PIN 1207."),
        Case(
            name: "the newest minutes are on their way", device: device(complete: [at(-600)..<at(590)]),
            first: .complete(until: at(590)), says: "lengkap sampai pukul 09.50"),
        Case(name: "no link", device: device(users: []), first: .notLinked, says: "belum ditautkan"),
        Case(
            name: "two people have the PIN",
            device: device(complete: [], gaps: [.init(span: at(-600)..<at(700), why: DeviceRecord.Gap.disputed)]),
            first: .disputed, says: "PIN 1207 di perangkat Lobi ditautkan ke dua pegawai"),
        Case(
            name: "the zone is not known",
            device: device(complete: [], gaps: [.init(span: at(-600)..<at(700), why: DeviceRecord.Gap.zoneUnknown)]),
            first: .zoneUnknown, says: "zona waktu"),
        Case(
            name: "the office is offline with what waits",
            device: device(
                complete: [early], office: .init(contactAt: clock(455), backlog: 12), quarantined: []),
            first: .officeSilent(since: clock(455), waiting: 12),
            says: "terputus sejak pukul 07.35, dengan 12 catatan yang belum terkirim"),
        Case(
            name: "the office is offline and sent all it had",
            device: device(complete: [early], office: .init(contactAt: clock(455))),
            first: .officeSilent(since: clock(455), waiting: 0), says: "terputus sejak pukul 07.35."),
        Case(
            name: "the office is shut out",
            device: device(complete: [early], office: .init(contactAt: clock(599), isRevoked: true)),
            first: .officeRevoked, says: "dicabut"),
        Case(
            name: "no computer of the unit was ever heard", device: device(complete: [], office: nil),
            first: .neverHeard, says: "belum pernah dilaporkan"),
        Case(
            name: "a computer enrolled that sent nothing yet",
            device: device(complete: [], office: .init(contactAt: nil)), first: .neverHeard,
            says: "belum pernah dilaporkan"),
        Case(
            name: "the device was not read since",
            device: device(complete: [early], readAt: clock(450), problem: "connect: the device does not answer"),
            first: .unread(since: clock(450), problem: "connect: the device does not answer"),
            says: "belum terbaca sejak pukul 07.30"),
        Case(
            name: "the device was never read", device: device(complete: [], readAt: nil),
            first: .unread(since: nil, problem: nil), says: "belum pernah terbaca"),
        Case(
            name: "connected, and still sending what came before",
            device: device(complete: [early], office: .init(contactAt: clock(599), backlog: 300, backlogAge: 7000)),
            first: .officeWaiting(count: 300, seconds: 7000), says: "masih mengirim 300 catatan"),
        Case(
            name: "nobody told anything of a time", device: device(complete: [early, at(500)..<at(600)]),
            first: .gap(at(450)..<at(500), why: nil), says: "(mesin belum melapor)"),
        Case(
            name: "the log was cleared",
            device: device(
                complete: [early, at(500)..<at(600)], gaps: [.init(span: at(450)..<at(500), why: "log_cleared")]),
            first: .gap(at(450)..<at(500), why: "log_cleared"),
            says: "tidak lengkap dari pukul 07.30 sampai pukul 08.20 (catatan di mesin dihapus)"),
        Case(
            name: "the clock was off",
            device: device(
                complete: [at(500)..<at(600)], gaps: [.init(span: at(-600)..<at(500), why: "clock_off")],
                clockOffset: 420),
            first: .gap(at(300)..<at(500), why: "clock_off"), says: "jam mesin meleset"),
        Case(
            name: "a scan is in quarantine", device: device(quarantined: ["not_your_device"]),
            first: .quarantined(count: 1, reason: "not_your_device"), says: "1 absen dari perangkat Lobi ditahan"),
        Case(
            name: "complete, and the clock is off now", device: device(clockOffset: -95),
            first: .clockOff(seconds: -95),
            says: "jam perangkat Lobi terlambat 95 detik"),
    ]

    @Test("of a device the first thing told is what keeps the scan away", arguments: cases)
    func table(one: Case) {
        let found = TraceFinding.findings(of: one.device, in: Self.span, now: Self.now)
        #expect(found.first == one.first, "\(found)")
        let words = TraceWords(date: Self.date, offset: Self.offset, devices: [one.device], now: Self.now)
        #expect(words.text(one.first, on: Self.serial).contains(one.says), "\(words.text(one.first, on: Self.serial))")
        #expect(!words.advice(one.first).isEmpty)
    }

    @Test("every finding has a case in the table")
    func everyFinding() {
        let told = Set(Self.cases.map { $0.first.rank })
        #expect(told == Set(0...11))
    }

    // MARK: A day

    static let hours = DayHours(start: 450, end: 960, breakMinutes: 60, arrival: 300...720, departure: 721...1200)

    static func key(_ second: Int = 0) -> PunchKey? {
        guard let serial = DeviceSerial(serial), let time = DeviceTime(text: "2026-03-05T07:29:0\(second)") else {
            return nil
        }
        return PunchKey(serial: serial, userID: UserID("1207"), deviceTime: time, occurrence: 0)
    }

    static func account(
        plan: DayPlan = .work(hours, schedule: "contoh", shift: nil), scans: [Scan] = [],
        device: TracedDevice = device(),
        leave: [ApprovedLeave] = []
    ) -> DayAccount {
        let evidence = WorkdayEvidence(
            date: date, offset: offset, plan: plan, scans: scans, records: [device.record], leave: leave)
        let judge = WorkdayJudge(rules: [])
        return DayAccount(
            evidence: evidence, explanation: judge.explain(evidence), workday: judge.judge(evidence), judge: judge)
    }

    static func answer(
        _ account: DayAccount?, scans: [TracedScan] = [], devices: [TracedDevice] = [device()], now: Moment = now
    ) -> TraceWords.Answer {
        let judgement = TraceJudgement(
            TraceEvidence(date: date, now: now, account: account, devices: devices, scans: scans))
        return TraceWords(date: date, offset: offset, devices: devices, now: now).answer(judgement)
    }

    @Test("a scan that counts is said to count, and the other side is awaited or missing")
    func counted() throws {
        let scan = Scan(key: try #require(Self.key()), at: Self.at(449), serial: Self.serial)
        let traced = TracedScan(key: scan.key, at: scan.at, serial: Self.serial, fate: .used(.arrival))
        let morning = Self.answer(Self.account(scans: [scan]), scans: [traced])
        #expect(morning.tone == .ok)
        #expect(
            morning.text
                == "Absen masuk pukul 07.29 sudah sampai dan dihitung. Absen pulang baru ditunggu mulai pukul 12.01.")
        let device = Self.device(
            complete: [Self.at(-600)..<Self.at(1300)], readAt: Self.clock(1299),
            office: .init(contactAt: Self.clock(1299)))
        let evening = Self.answer(
            Self.account(scans: [scan], device: device), scans: [traced], devices: [device], now: Self.at(1300))
        #expect(evening.tone == .bad)
        #expect(
            evening.text.hasPrefix("Absen pulang tidak ada di pusat: perangkat Lobi lengkap sampai pukul 20.01 dan"))
        #expect(evening.text.hasSuffix("Absen masuk pukul 07.29 sudah sampai dan dihitung."))
    }

    @Test(
        "a scan that came and does not count is said, with the reason and what to do",
        arguments: [
            (TracedScan.Fate.used(.unconfirmed), "berkas"), (.used(.wrongClock), "jam mesin"),
            (.used(.future), "lebih lambat"), (.used(.outsideWindows), "di luar jam"),
            (.used(.notTheirs), "bukan scan pegawai ini"), (.disputed, "dua pegawai"),
            (.notLinked, "belum ditautkan"), (.undated, "tidak dapat diberi tanggal"), (.waiting, "segera dihitung"),
        ])
    func uncounted(fate: TracedScan.Fate, says: String) throws {
        let at = fate == .undated ? nil : fate == .used(.outsideWindows) ? Self.at(280) : Self.at(449)
        let scan = TracedScan(key: try #require(Self.key()), at: at, serial: Self.serial, fate: fate)
        let answer = Self.answer(Self.account(), scans: [scan])
        #expect(answer.tone == .warn && answer.text.hasPrefix("Absen") && answer.text.contains(says), "\(answer.text)")
        #expect(answer.text.contains("tidak dihitung sebagai masuk") && !answer.advice.isEmpty)
    }

    @Test("free days, leave, no hours and nobody's days are said first")
    func notAsked() {
        #expect(Self.answer(nil).text.contains("tidak lagi bekerja"))
        #expect(Self.answer(Self.account(plan: .none)).text.contains("Belum ada jadwal"))
        #expect(Self.answer(Self.account(plan: .rest(.weekly, schedule: "contoh", hours: nil))).text.contains("libur"))
        let leave = ApprovedLeave(id: 1, kind: .sakit, span: DateSpan(from: Self.date, to: Self.date), document: "S")
        #expect(Self.answer(Self.account(leave: [leave])).text.hasPrefix("Sakit tercatat"))
        #expect(Self.answer(Self.account(), devices: []).text.contains("belum ada mesin absen"))
    }

    @Test("of several devices the one that keeps something back is told, not the one that is complete")
    func several() {
        var other = Self.device(complete: [Self.early], office: .init(contactAt: Self.clock(455), backlog: 3))
        other.serial = "CJ9L170560009"
        other.name = "Gudang"
        let answer = Self.answer(Self.account(device: other), devices: [Self.device(), other])
        #expect(answer.text.contains("perangkat Gudang terputus") && answer.tone == .warn)
        let whole = TraceJudgement(
            TraceEvidence(
                date: Self.date, now: Self.now, account: Self.account(), devices: [Self.device(), other], scans: []))
        #expect(whole.devices.map(\.serial) == ["CJ9L170560009", Self.serial])
    }

    @Test("a scan that came after the month was closed says so")
    func closing() throws {
        let scan = TracedScan(
            key: try #require(Self.key()), at: Self.at(449), serial: Self.serial, fate: .used(.arrival),
            isAfterClosing: true)
        let words = TraceWords(date: Self.date, offset: Self.offset, devices: [], now: Self.now)
        #expect(words.fate(scan).contains("tiba setelah bulan ditutup"))
    }

    @Test("a preview judges the day with the correction, and the day itself stays")
    func preview() throws {
        let before = Self.account(device: Self.device(complete: [Self.at(-600)..<Self.at(2000)]))
        let after = try #require(
            before.with { $0.corrections.append(Correction(id: 1, kind: .present, document: "S")) })
        #expect(before.workday.status == .tanpaKeterangan && after.workday.status == .hadir)
    }
}
