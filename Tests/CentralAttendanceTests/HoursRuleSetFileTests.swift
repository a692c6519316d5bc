import AttendanceRules
import CentralAttendance
import ServiceSupport
import Testing

@Suite struct HoursRuleSetFileTests {
    typealias Slip = HoursScheduleFileTests.Slip

    @Test(
        "what steers a terminal or turns text around is in no title",
        arguments: [
            "\u{85}", "\u{9B}", "\u{202E}", "\u{2066}", "\u{200B}", "\u{2028}", "\u{2029}", "\u{E000}",
        ])
    func marks(mark: String) {
        let text = Self.text.replacing("\"Kantor\"", with: "\"Kan\(mark)tor\"")
        #expect(throws: ConfigurationFileError.self) { try RuleSetFile.parse(text, path: "x") }
    }

    static let text = """
        name = "kantor"
        title = "Kantor"
        citation = "Perbup 1/2026"
        effective_from = 2026-01-01
        kinds = ["pns", "cpns"]
        seconds = "floor"
        late_from = "start"
        missing_arrival = "TL2"
        missing_departure = "1,5 %"
        missing_check = "none"
        absence_rate = 3
        base = "discipline"
        discipline_part = "40%"
        cap = false
        minutes_per_day = 510
        counts_minutes = false
        same_act_seconds = 30
        threshold_kinds = ["pns"]
        rounding = "down"
        [[late]]
        code = "TL1"
        from = 1
        to = 31
        rate = "0,5%"
        [[late]]
        code = "TL2"
        from = 31
        rate = 1.125
        [[early]]
        code = "PSW1"
        from = 1
        rate = "2%"
        [leave]
        cuti_melahirkan = "1.5%"
        [[threshold]]
        days = 3
        level = "ringan"
        text = "teguran lisan"
        article = "pasal 9"
        [[example]]
        name = "satu"
        schedule = "nasional-5-hari"
        date = 2026-04-06
        scans = ["07:31:00", "16:00"]
        expect = { status = "terlambat", late = 1, late_band = "TL1", deduction = "0.5%" }
        """

    @Test func everyKeyIsRead() throws {
        let file = try RuleSetFile.parse(Self.text, path: "a")
        let rules = file.rules
        #expect(rules.version.name == "kantor")
        #expect(rules.kinds == [.pns, .cpns])
        #expect(rules.missingArrival == .band("TL2"))
        #expect(rules.missingDeparture == .rate(1500))
        #expect(rules.missingCheck == .nothing)
        #expect(rules.absenceRate == 3000)
        #expect(rules.base == .part(40_000, isCapped: false))
        #expect(rules.minutesPerDay == 510)
        #expect(!rules.countsMinutes)
        #expect(rules.sameActSeconds == 30)
        #expect(rules.thresholdKinds == [.pns])
        #expect(rules.rounding == .down)
        #expect(
            rules.late == [
                .init(code: "TL1", from: 1, to: 31, rate: 500), .init(code: "TL2", from: 31, to: nil, rate: 1125),
            ])
        #expect(rules.leaveRates == [.cutiMelahirkan: 1500])
        #expect(rules.thresholds.map(\.days) == [3])
        let example = try #require(file.examples.first)
        #expect(example.line == 40)
        #expect(example.expected == .init(status: .terlambat, late: 1, lateBand: "TL1", deduction: 500))
        #expect(file.run().map(\.isRight) == [true])
    }

    @Test func theVersionIsTheTexts() throws {
        let one = try RuleSetFile.parse(Self.text, path: "a").rules.version
        let other = try RuleSetFile.parse(Self.text + "\n# a word more", path: "a").rules.version
        #expect(one.digest != other.digest)
        #expect(one == (try RuleSetFile.parse(Self.text, path: "elsewhere").rules.version))
    }

    @Test(arguments: [
        Slip("kinds = [\"pns\", \"cpns\"]", "", 0, "key \"kinds\" is missing"),
        Slip("kinds = [\"pns\", \"cpns\"]", "kinds = []", 5, "would bind nobody"),
        Slip("\"cpns\"]", "\"cpnss\"]", 5, "did you mean \"cpns\"?"),
        Slip("seconds = \"floor\"", "seconds = \"round\"", 6, "must be one of \"floor\", \"ceiling\""),
        Slip(
            "missing_arrival = \"TL2\"", "missing_arrival = \"TL3\"", 8, "there is no such band; did you mean \"TL1\"?"),
        Slip("missing_departure = \"1,5 %\"", "", 0, "key \"missing_departure\" is missing"),
        Slip("absence_rate = 3", "absence_rate = 3.1255", 11, "at most three decimals"),
        Slip("absence_rate = 3", "absence_rate = 100.001", 11, "from 0 to 100"),
        Slip("absence_rate = 3", "absence_rate = -1", 11, "from 0 to 100"),
        Slip("absence_rate = 3", "absence_rate = 3e1", 11, "a rate such as"),
        Slip("base = \"discipline\"", "base = \"half\"", 12, "\"base\" must be \"full\" or \"discipline\""),
        Slip("base = \"discipline\"", "base = \"full\"", 13, "is for base = \"discipline\" only"),
        Slip("discipline_part = \"40%\"", "", 0, "key \"discipline_part\" is missing"),
        Slip("discipline_part = \"40%\"", "discipline_part = 0", 13, "nothing would ever be deducted"),
        Slip("minutes_per_day = 510", "minutes_per_day = 0", 15, "from 1 to 1440"),
        Slip("to = 31", "to = 32", 27, "overlaps with \"TL1\", which goes on to minute 31"),
        Slip("to = 31", "to = 30", 27, "minutes 30 to 30 are in no band"),
        Slip("to = 31", "to = 1", 23, "is not after \"from\""),
        Slip("to = 31", "", 27, "has no \"to\", so nothing comes after it"),
        Slip("rate = 1.125", "to = 91\nrate = 1.125", 28, "nothing is said of minute 91 and later"),
        Slip("code = \"TL2\"", "code = \"TL1\"", 26, "has a band \"TL1\" already"),
        Slip("code = \"TL2\"", "code = \"1.5%\"", 26, "1 to 16 letters"),
        Slip("rate = 1.125", "", 25, "key \"rate\" is missing in [[late]]"),
        Slip("cuti_melahirkan = \"1.5%\"", "cuti_bersalin = \"1.5%\"", 34, "unknown key \"cuti_bersalin\""),
        Slip("[leave]", "[leaves]", 33, "is no section of a rule set"),
        Slip("[[threshold]]", "[threshold]", 35, "is no section of a rule set"),
        Slip("days = 3", "days = 0", 36, "from 1 to 366"),
        Slip(
            "[[example]]",
            "[[threshold]]\ndays = 3\nlevel = \"a\"\ntext = \"b\"\narticle = \"c\"\n[[example]]", 41,
            "has 3 days already"),
        Slip(
            "schedule = \"nasional-5-hari\"", "schedule = \"nasional-5-hri\"", 42, "did you mean \"nasional-5-hari\"?"),
        Slip(
            "schedule = \"nasional-5-hari\"", "schedule = \"piket-3-sif\"", 42, "\"shift\" must be one of malam, pagi"),
        Slip("schedule = \"nasional-5-hari\"", "schedule = \"nasional-5-hari\"\nshift = \"pagi\"", 43, "has no shifts"),
        Slip(
            "schedule = \"nasional-5-hari\"", "hours = { start = \"07:30\" }", 42, "key \"end\" is missing in \"hours\""
        ),
        Slip("date = 2026-04-06", "date = 2025-04-06", 43, "the rules are not in force on 2025-04-06"),
        Slip("date = 2026-04-06", "date = 2026-04-06\nkind = \"pppk\"", 44, "is not among the \"kinds\""),
        Slip("date = 2026-04-06", "date = 2026-04-06\nleave = \"cuti\"", 44, "\"leave\" must be one of"),
        Slip("date = 2026-04-06", "date = 2026-04-06\nholiday = \"minggu\"", 44, "\"holiday\" must be one of"),
        Slip("date = 2026-04-06", "date = 2026-04-06\ncoverage = \"half\"", 44, "\"coverage\" must be"),
        Slip("date = 2026-04-06", "date = 2026-04-06\ncoverage = [\"09:00-06:00\"]", 44, "spans apart"),
        Slip("\"16:00\"]", "\"16:00:61\"]", 44, "\"scans\" has \"16:00:61\""),
        Slip("late_band = \"TL1\"", "late_band = \"TL9\"", 45, "there is no such band"),
        Slip("status = \"terlambat\"", "status = \"late\"", 45, "\"status\" must be one of"),
        Slip("late = 1,", "lat = 1,", 45, "unknown key \"lat\""),
        Slip(", deduction = \"0.5%\"", "", 45, "key \"deduction\" is missing in \"expect\""),
        Slip("expect = {", "expected = {", 40, "key \"expect\" is missing"),
        Slip("deduction = \"0.5%\" }", "deduction = \"0.5%\"", 45, "the table does not end on its line"),
    ])
    func aSlipIsToldWithItsLine(slip: Slip) {
        // Lines are those of the slip's own text; the first [[late]] begins in line 20.
        let text = Self.text.replacing(slip.before, with: slip.after, maxReplacements: 1)
        #expect(text != Self.text)
        let error = #expect(throws: ConfigurationFileError.self) { try RuleSetFile.parse(text, path: "a.toml") }
        let found = error?.findings.contains { $0.message.contains(slip.message) } ?? false
        #expect(found, "\(slip.message): \(error?.description ?? "")")
        #expect(error?.findings.first { $0.message.contains(slip.message) }?.line == slip.line)
    }

    @Test func twoExamplesOfOneNameAreTold() {
        let example = Self.text.split(separator: "[[example]]").last ?? ""
        let error = #expect(throws: ConfigurationFileError.self) {
            try RuleSetFile.parse(Self.text + "\n[[example]]" + example, path: "a")
        }
        #expect(error?.description.contains("the example in line 40 has this name, too") ?? false)
    }

    @Test func anExampleMayHaveItsOwnHoursAndSections() throws {
        let text =
            Self.text + """

                [[example]]
                name = "sif malam"
                schedule = "piket-3-sif"
                shift = "malam"
                date = 2026-04-06
                scans = ["21:05", "+1 06:50:00"]
                [example.expect]
                status = "terlambat"
                late = 5
                late_band = "TL1"
                early = 10
                early_band = "PSW1"
                deduction = "2.5%"
                [[example]]
                name = "jam sendiri"
                hours = { start = "09:00", end = "12:00", break_minutes = 0, arrival = "08:00-10:00", departure = "10:01-20:00" }
                date = 2026-04-05
                scans = ["09:00:59", "12:00"]
                expect = { status = "hadir", deduction = 0 }
                [[example]]
                name = "catatan sampai siang saja"
                schedule = "nasional-5-hari"
                date = 2026-04-06
                scans = ["07:40", "15:00"]
                coverage = ["06:00-13:00"]
                expect = { status = "belum_sinkron", late = 10, late_band = "TL1", deduction = 0 }
                """
        let file = try RuleSetFile.parse(text, path: "a")
        for run in file.run() { #expect(run.isRight, "\(run.example.name): \(run.got.text)") }
        #expect(file.examples.count == 4)
    }

    @Test func ratesAreReadDigitByDigit() {
        #expect(Rate.thousandths("0.5%") == 500)
        #expect(Rate.thousandths("0,5%") == 500)
        #expect(Rate.thousandths("1,25 %") == 1250)
        #expect(Rate.thousandths("0.001") == 1)
        #expect(Rate.thousandths("100%") == 100_000)
        for text in [
            "", "%", ".5%", "5.%", "0.0001%", "100.001%", "-1", "+1", "1e2", "0x10", "1.2.3", "1 000", "½%", "NaN",
            "1%%", "99999999999999999999",
        ] { #expect(Rate.thousandths(text) == nil, "\(text)") }
        // Every rate there is comes back from its text.
        for rate in 0...100_000 where Rate.thousandths(Rate.text(rate)) != rate {
            Issue.record("\(rate) is written \(Rate.text(rate))")
        }
    }

    /// Hostile texts: whatever stands there, the answer is a rule set or findings.
    @Test func noMutatedTextTraps() throws {
        var random = Mutator(seed: 20_261_122)
        let texts = Examples.schedules.map(\.text) + [Self.text] + Examples.rules.map(\.text)
        var read = 0
        for _ in 0..<3000 {
            let text = random.mutated(texts[random.below(texts.count)].prefix(6000))
            let isSchedule = (try? ScheduleFile.parse(text, path: "m")) != nil
            if let file = try? RuleSetFile.parse(text, path: "m") {
                _ = file.run()
                read += 1
            }
            if isSchedule { read += 1 }
        }
        #expect(read > 100, "the mutations of seed \(random.seed) left nothing to read")
    }
}

/// Seeded, so that a text that traps is found again.
struct Mutator {
    let seed: UInt64
    private var state: UInt64

    init(seed: UInt64) {
        self.seed = seed
        state = seed
        print("HoursRuleSetFileTests: seed \(seed)")
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    mutating func below(_ limit: Int) -> Int { Int(next() % UInt64(max(1, limit))) }

    private static let words: [String] = [
        "[", "]", "[[", "]]", "{", "}", "=", "\"", "'", ",", "#", "\n", "\r\n", "\\", "\\u0000", "\\uD800", "\u{0}",
        "-", "+1 ",
        "99999999999999999999", "0", "-1", "[[example]]", "[example.hours]", "[example.expect]", "[[late]]", "[leave]",
        "[day.monday]", "[shift.malam]", "true", "\"2026-02-30\"", "🙂", ".", "to = 1", "[[[[[[[[", "{a={a={a={",
    ]

    mutating func mutated(_ text: Substring) -> String {
        var bytes = Array(text.utf8)
        for _ in 0...below(4) {
            let place = below(bytes.count + 1)
            switch below(4) {
            case 0: bytes.insert(contentsOf: Self.words[below(Self.words.count)].utf8, at: place)
            case 1: bytes.removeSubrange(place..<min(bytes.count, place + below(12)))
            case 2 where place < bytes.count: bytes[place] = UInt8(below(128))
            default:
                let end = min(bytes.count, place + below(80))
                bytes.insert(contentsOf: Array(bytes[place..<end]), at: below(bytes.count + 1))
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
