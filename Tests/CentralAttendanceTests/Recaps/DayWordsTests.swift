import Attendance
import AttendanceRules
import CentralAttendance
import Testing

@Suite("Why a day is what it is, in Indonesian")
struct DayWordsTests {
    private static let date = CivilDate(text: "2026-03-02") ?? .first
    private static let words = DayWords(date: date, offset: 25_200)
    private static func at(_ minute: Int) -> Moment { Moment(date, minute: minute, offset: 25_200) }
    private static let hours = DayHours(
        start: 450, end: 960, breakMinutes: 60, tolerance: 5, arrival: 360...720, departure: 721...1500)

    private static func scan() throws -> Scan {
        let serial = try #require(DeviceSerial("CJ9L170560001"))
        let time = try #require(DeviceTime(text: "2026-03-02T07:29:00"))
        return Scan(
            key: PunchKey(serial: serial, userID: UserID("7"), deviceTime: time, occurrence: 0), at: at(449),
            serial: serial.text)
    }

    /// One of each, so that a word that is missing is seen.
    private static func lines() throws -> [Explanation] {
        let scan = try scan()
        let day = CalendarDay(date: date, name: "Nyepi", kind: .libur, citation: "SKB")
        let gap = DeviceRecord.Gap(span: at(480)..<at(660), why: "clock_off")
        let corrections: [Correction.Kind] = [
            .arrival(minute: 450), .departure(minute: 1500), .excuseLate, .excuseEarly, .present, .notTheirs(key: "k"),
        ]
        let parts: [Explanation.Part] = [
            .late(band: "TL1"), .early(band: "PSW1"), .missingArrival, .missingDeparture, .missingCheck(name: "siang"),
            .absence, .leave(.cutiBesar),
        ]
        let sides = Workday.Side.State.allCases.map {
            Explanation.side(.arrival, Workday.Side(state: $0, at: at(460), minutes: 10, band: "TL1"))
        }
        return [
            .work(hours, schedule: "contoh", shift: "pagi"), .rest(.weekly, schedule: "contoh"),
            .rest(.roster, schedule: "contoh"), .rest(.calendar(day), schedule: "contoh"), .notEmployed, .noSchedule,
            .windows(arrival: at(360)..<at(721), departure: at(721)..<at(1501)), .cutByDayBefore(at(-30)),
            .cutByDayAfter(at(1500)), .rules(RuleSetVersion(name: "a", digest: "b")), .noRules,
            .sameAct(first: scan, last: scan),
            .leave(ApprovedLeave(id: 1, kind: .sakit, span: DateSpan(date...date), document: "S 1")),
            .sheet(SheetLine(sheet: 1, arrival: 450, departure: nil, document: "DH 1")), .endMoved(minutes: 30),
            .notLinked, .noDevice, .complete(.arrival, at(360)..<at(450)),
            .incomplete(.departure, serial: "X", at(480)..<at(700), gaps: [gap]),
            .incomplete(.departure, serial: "X", at(480)..<at(700), gaps: []), .check(name: "siang", .missing),
        ] + sides + Explanation.Use.allCases.map { .scan(scan, $0) }
            + corrections.map { .correction(Correction(id: 1, kind: $0, document: "K 1")) }
            + parts.map { .rate($0, thousandths: 1250) }
            + DayStatus.allCases.map { .result($0, deduction: 3000) }
    }

    @Test("every code has a sentence of its own, without a code in it")
    func everyCode() throws {
        let lines = try Self.lines()
        let codes: Set = [
            "work", "rest", "not_employed", "no_schedule", "windows", "cut_by_day_before", "cut_by_day_after", "rules",
            "no_rules", "scan", "same_act", "leave", "correction", "sheet", "end_moved", "not_linked", "no_device",
            "complete", "incomplete", "side", "check", "rate", "result",
        ]
        #expect(Set(lines.map(\.code)) == codes)
        let texts = lines.map(Self.words.text)
        for text in texts {
            #expect(text.hasSuffix(".") && text.first?.isUppercase == true && !text.contains("_"), "\(text)")
        }
        // `terlambat` and the like are the same words in leave and result; nothing else is said twice.
        #expect(Set(texts).count == texts.count)
    }

    @Test("sentences are these")
    func sentences() throws {
        let scan = try Self.scan()
        func text(_ line: Explanation) -> String { Self.words.text(line) }
        #expect(
            text(.work(Self.hours, schedule: "contoh", shift: nil))
                == "Hari kerja 07.30–16.00, toleransi 5 menit (jadwal contoh).")
        #expect(text(.scan(scan, .arrival)) == "Scan 07.29 di mesin CJ9L170560001: dihitung sebagai scan masuk.")
        #expect(
            text(.scan(scan, .unconfirmed)).contains("belum dihitung, hanya diketahui dari berkas yang belum disetujui")
        )
        #expect(text(.cutByDayAfter(Self.at(1500))) == "Mulai 01.00 esok hari milik hari kerja berikutnya.")
        #expect(text(.rate(.late(band: "TL3"), thousandths: 1250)) == "Potongan 1,25% untuk terlambat (TL3).")
        #expect(text(.result(.belumSinkron, deduction: 0)) == "Hasil: belum sinkron, potongan 0%.")
        let gap = DeviceRecord.Gap(span: Self.at(480)..<Self.at(660), why: nil)
        #expect(
            text(.incomplete(.arrival, serial: "X", Self.at(480)..<Self.at(700), gaps: [gap]))
                == "Belum dapat dipastikan untuk masuk: catatan mesin X belum lengkap 08.00–11.40: "
                + "08.00–11.00 (mesin belum melapor).")
    }
}

@Suite("A signed sheet as a file")
struct SheetFileTests {
    @Test("lines are read with commas or semicolons, quotes, apostrophes and either mark between hours and minutes")
    func reads() throws {
        for text in [
            "nip,masuk,pulang\n'198609262015051001,07:30,16:00\n\"1 2\",,25:10\n",
            "\u{FEFF}NIP;Masuk;Pulang\r\n198609262015051001;07.30;16.00\r\n\r\n12; ;25.10",
        ] {
            let lines = try SheetFile(text).lines
            #expect(lines.map(\.number) == ["198609262015051001", "12"])
            #expect(lines.map(\.arrival) == [450, nil] && lines.map(\.departure) == [960, 1510])
        }
    }

    @Test("what is wrong is told by line, and nothing is taken")
    func refuses() {
        func findings(_ text: String) -> [String] {
            do throws(SheetFile.Finding) { _ = try SheetFile(text) } catch { return error.texts }
            return []
        }
        #expect(findings("") == ["baris 1: judul kolom harus nip,masuk,pulang"])
        #expect(findings("nip,masuk,pulang\n") == ["tidak ada satu baris pun"])
        let wrong = findings("nip,masuk,pulang\n1,7:30,\n2,,\n3,07:30\n,07:30,\n5,24:00,48:00\n6,07:30,\n6,07:30,")
        #expect(wrong.map { $0.prefix(7) } == ["baris 2", "baris 3", "baris 4", "baris 5", "baris 6", "baris 8"])
        let long = "nip,masuk,pulang\n" + (1...2001).map { "\($0),07:30,\n" }.joined()
        #expect(findings(long) == ["lebih dari 2000 baris"])
    }
}
