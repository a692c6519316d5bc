import AttendanceRules
import CentralAttendance
import ServiceSupport
import Testing

@Suite struct HoursShippedTests {
    @Test(arguments: Examples.schedules.map(\.name))
    func everyScheduleThatComesWithTheProgramIsReadUnderItsOwnName(name: String) throws {
        let text = try #require(Examples.schedules.first { $0.name == name }?.text)
        let schedule = try ScheduleFile.parse(text, path: name)
        #expect(schedule.name == name)
        #expect(schedule.week.isEmpty != schedule.shifts.isEmpty)
        #expect(!schedule.citation.isEmpty)
        #expect(text.contains("#"), "says what is known and what is assumed")
    }

    /// Domain, sections 1.1 and 1.2: 37 h 30 min, in Ramadan 32 h 30 min, breaks excluded.
    @Test(arguments: [
        ("nasional-5-hari", 2250), ("nasional-ramadan", 1950), ("lampung-2026-ramadan-5-hari", 1950),
        ("lampung-2026-ramadan-6-hari", 1950), ("tanggamus-2017", 2250), ("ppu-2018-5-hari", 2250),
        ("ppu-2018-6-hari", 2250), ("tulang-bawang-barat-2022", 2250), ("enam-hari", 2250),
        ("fleksibel-pmk-221", 2250),
    ])
    func theWeekHasTheHoursTheLawAsksFor(name: String, minutes: Int) throws {
        let schedule = try #require(Examples.schedule(named: name))
        #expect(schedule.week.values.map(\.obligation).reduce(0, +) == minutes)
    }

    @Test func hoursThatASourceNamesAreThoseOfTheText() throws {
        let tanggamus = try #require(Examples.schedule(named: "tanggamus-2017"))
        #expect(tanggamus.week[.monday]?.arrival.upperBound == 9 * 60)
        #expect(tanggamus.week[.thursday]?.departure.lowerBound == 15 * 60 + 30)
        #expect(tanggamus.week[.friday]?.departure.lowerBound == 15 * 60)
        let lampung = try #require(Examples.schedule(named: "lampung-2026-ramadan-6-hari"))
        #expect(lampung.span.from.text == "2026-02-19")
        #expect(lampung.span.to?.text == "2026-03-20")
        #expect(lampung.week[.friday]?.breakMinutes == 60)
        #expect(lampung.week[.saturday]?.end == 14 * 60)
        #expect(lampung.week[.sunday] == nil)
        let duty = try #require(Examples.schedule(named: "piket-3-sif"))
        #expect(duty.shifts["malam"]?.start == 21 * 60)
        #expect(duty.shifts["malam"]?.end == 31 * 60)
        #expect(!duty.keepsHolidays)
        #expect(Examples.schedule(named: "fleksibel-pmk-221")?.week[.monday]?.flexible == 90)
    }

    @Test func anUnknownScheduleIsNone() { #expect(Examples.schedule(named: "nasional") == nil) }

    @Test(arguments: Examples.rules.map(\.name))
    func everyRuleSetThatComesWithTheProgramIsReadUnderItsOwnName(name: String) throws {
        let text = try #require(Examples.rules.first { $0.name == name }?.text)
        let file = try RuleSetFile.parse(text, path: name)
        #expect(file.rules.version.name == name)
        #expect(file.rules.version.digest.count == 12)
        #expect(file.examples.count >= 20)
        #expect(file.rules.thresholdKinds == [.pns, .cpns])
        #expect(file.rules.kinds == Set(EmployeeKind.allCases))
    }

    @Test(arguments: Examples.rules.map(\.name))
    func everyExampleOfEveryRuleSetComesOutAsItsTextSays(name: String) throws {
        let text = try #require(Examples.rules.first { $0.name == name }?.text)
        for run in try RuleSetFile.parse(text, path: name).run() {
            #expect(run.isRight, "\(name), \(run.example.name): \(run.got.text), not \(run.example.expected.text)")
        }
    }

    /// Domain, section 3.2, in thousandths of a per cent.
    @Test(arguments: [
        ("set-a", [500, 1000, 1250, 1500], [500, 1000, 1250, 1500], 3000),
        ("set-b", [500, 1000, 1500, 2000], [500, 1000, 1500, 2000], 4000),
        ("set-c", [1000, 1250, 2500], [500, 1000, 1250, 2500], 5000),
    ])
    func ratesAreThoseOfTheTable(name: String, late: [Int], early: [Int], absence: Int) throws {
        let text = try #require(Examples.rules.first { $0.name == name }?.text)
        let rules = try RuleSetFile.parse(text, path: name).rules
        #expect(rules.late.map(\.rate) == late)
        #expect(rules.early.map(\.rate) == early)
        #expect(rules.absenceRate == absence)
        #expect(rules.late.map(\.from) == Array([1, 31, 61, 91].prefix(late.count)))
        #expect(rules.late.last?.to == nil)
        #expect(rules.minutesPerDay == 450)
    }

    /// Domain, section 2.1.
    @Test func thresholdsAreThoseOfPP94() throws {
        let text = try #require(Examples.rules.first { $0.name == "set-a" }?.text)
        let thresholds = try RuleSetFile.parse(text, path: "set-a").rules.thresholds
        #expect(thresholds.filter { !$0.isConsecutive }.map(\.days) == [3, 4, 7, 11, 14, 17, 21, 25, 28])
        #expect(thresholds.filter(\.isConsecutive).map(\.days) == [10])
        #expect(thresholds.map(\.level).filter { $0 == "berat" }.count == 4)
    }
}
