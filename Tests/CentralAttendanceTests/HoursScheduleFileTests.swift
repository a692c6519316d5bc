import AttendanceRules
import CentralAttendance
import ServiceSupport
import Testing

@Suite struct HoursScheduleFileTests {
    static let head = """
        name = "kantor"
        title = "Kantor"
        citation = "Perbup 1/2026"
        effective_from = 2026-01-01

        """
    static let day = """
        [day.monday]
        start = "07:30"
        end = "16:00"
        break_minutes = 60
        arrival = "06:00-11:59"
        departure = "12:00-23:59"
        """

    @Test func everyKeyIsRead() throws {
        let text = """
            name = "kantor-1" # comment
            title = 'Kantor "satu"'
            citation = "Perbup 1/2026 \\u00A7 3"
            effective_from = "2026-01-01"
            effective_to = 2026-12-31
            keeps_holidays = false
            keeps_collective_leave = false
            [day.Senin-kamis]
            start = "07.30"
            end = "16:00"
            break = "12:00-12:45"
            tolerance = 15
            flexible = 30
            arrival = "06:00 - 11:59"
            departure = "13:30-+1 02:00"
            checks = [
                "siang 12:45-13:15", # behind the break
            ]
            [day.saturday]
            start = "07:30"
            end = "12:00"
            break_minutes = 0
            arrival = "06:00-09:59"
            departure = "10:00-23:59"

            """
        for text in [text, text.replacing("\n", with: "\r\n")] {
            let schedule = try ScheduleFile.parse(text, path: "a")
            #expect(schedule.name == "kantor-1")
            #expect(schedule.title == "Kantor \"satu\"")
            #expect(schedule.citation == "Perbup 1/2026 \u{A7} 3")
            #expect(schedule.span.from.text == "2026-01-01")
            #expect(schedule.span.to?.text == "2026-12-31")
            #expect(!schedule.keepsHolidays)
            #expect(!schedule.keepsCollectiveLeave)
            #expect(schedule.week.count == 5)
            #expect(
                schedule.week[.thursday]
                    == DayHours(
                        start: 450, end: 960, breakMinutes: 45, tolerance: 15, flexible: 30, arrival: 360...719,
                        departure: 810...1560, checks: [ScanCheck(name: "siang", minutes: 765...795)]))
        }
    }

    @Test func whatIsLeftOutHasItsDefault() throws {
        let schedule = try ScheduleFile.parse(Self.head + Self.day, path: "a")
        #expect(schedule.keepsHolidays)
        #expect(schedule.keepsCollectiveLeave)
        #expect(schedule.span.to == nil)
        let hours = try #require(schedule.week[.monday])
        #expect(hours.tolerance == 0)
        #expect(hours.flexible == 0)
        #expect(hours.checks.isEmpty)
    }

    struct Slip: Sendable, CustomTestStringConvertible {
        let before: String
        let after: String
        let line: Int
        let message: String
        var testDescription: String { "\(before) -> \(after)" }

        init(_ before: String, _ after: String, _ line: Int, _ message: String) {
            self.before = before
            self.after = after
            self.line = line
            self.message = message
        }
    }

    @Test(arguments: [
        Slip("name = \"kantor\"", "name = \"Kantor Kita\"", 1, "\"name\" must be 1 to 64 small letters"),
        Slip("name = \"kantor\"", "# none", 0, "key \"name\" is missing"),
        Slip("citation = \"Perbup 1/2026\"", "", 0, "key \"citation\" is missing"),
        Slip("citation = \"Perbup 1/2026\"", "citation = \"  \"", 3, "\"citation\" must be a text"),
        Slip("title = \"Kantor\"", "tittle = \"Kantor\"", 2, "did you mean \"title\"?"),
        Slip("title = \"Kantor\"", "title = Kantor Kita", 2, "there is something behind the end"),
        Slip("title = \"Kantor\"", "title = \"Kantor", 2, "closing quote is missing"),
        Slip("title = \"Kantor\"", "title = \"\"\"Kantor\"\"\"", 2, "stands on one line"),
        Slip("title = \"Kantor\"", "title = \"Kan\\ctor\"", 2, "stands before"),
        Slip("title = \"Kantor\"", "title", 2, "after \"title\" comes ="),
        Slip("title = \"Kantor\"", "title =", 2, "here a value is missing"),
        Slip("title = \"Kantor\"", "\"title\" = \"a\"", 2, "a key is 1 to 64 letters"),
        Slip("title = \"Kantor\"", "title = \"a\"\ntitle = \"b\"", 3, "\"title\" stands in line 2, too"),
        Slip("effective_from = 2026-01-01", "effective_from = 2026-02-30", 4, "must be a date"),
        Slip("effective_from = 2026-01-01", "effective_from = 2026-02-01\neffective_to = 2026-01-31", 5, "is before"),
        Slip("[day.monday]", "keeps_holidays = 1\n[day.monday]", 5, "must be true or false"),
        Slip("[day.monday]", "[day.mondays]", 5, "names no days"),
        Slip("[day.monday]", "[day.friday-monday]", 5, "names no days"),
        Slip("[day.monday]", "[days.monday]", 5, "is no section of a schedule"),
        Slip("[day.monday]", "[[day.monday]]", 5, "is no section of a schedule"),
        Slip("[day.monday]", "[day.monday", 5, "the section's name ends with ]"),
        Slip("[day.monday]", "[shift.libur]", 5, "is a free day of the roster"),
        Slip("[day.monday]", "[shift.Malam]", 5, "a shift's name is"),
        Slip("start = \"07:30\"", "start = \"7:30\"", 6, "\"start\" must be a time"),
        Slip("start = \"07:30\"", "start = \"24:00\"", 6, "\"start\" must be a time"),
        Slip("start = \"07:30\"", "start = \"+2 07:30\"", 6, "\"start\" must be a time"),
        Slip("start = \"07:30\"", "start = 730", 6, "\"start\" must be a time"),
        Slip("start = \"07:30\"", "", 5, "key \"start\" is missing in [day.monday]"),
        Slip("end = \"16:00\"", "end = \"07:00\"", 7, "for the day after write \"+1 07:00\""),
        Slip("end = \"16:00\"", "end = \"+1 08:00\"", 7, "are more than 24 hours"),
        Slip("break_minutes = 60", "break_minutes = 510", 8, "must be a whole number from 0 to 480"),
        Slip("end = \"16:00\"\nbreak_minutes = 60", "end = \"08:30\"\nbreak_minutes = 60", 8, "as long as the day"),
        Slip("break_minutes = 60", "", 5, "key \"break_minutes\" is missing"),
        Slip("break_minutes = 60", "break_minutes = 60\nbreak = \"12:00-13:00\"", 8, "write one of both"),
        Slip("break_minutes = 60", "break = \"06:00-07:00\"", 8, "does not lie between"),
        Slip("break_minutes = 60", "break_minutes = 60\ntolerance = 241", 9, "from 0 to 240"),
        Slip("break_minutes = 60", "break_minutes = 60\ntolerance = -1", 9, "from 0 to 240"),
        Slip("arrival = \"06:00-11:59\"", "arrival = \"07:31-11:59\"", 9, "must contain \"start\" 07:30"),
        Slip(
            "arrival = \"06:00-11:59\"", "flexible = 90\narrival = \"06:00-08:59\"", 10, "all of tolerance and flexible"
        ),
        Slip("arrival = \"06:00-11:59\"", "arrival = \"06:00-12:00\"", 10, "a scan can be only one of both"),
        Slip("arrival = \"06:00-11:59\"", "arrival = \"11:59-06:00\"", 9, "the first not after the second"),
        Slip("departure = \"12:00-23:59\"", "departure = \"12:00-15:59\"", 10, "must contain \"end\" 16:00"),
        Slip("departure = \"12:00-23:59\"", "departure = \"12:00-+1 18:00\"", 10, "more than 36 hours"),
        Slip("arrival = \"06:00-11:59\"", "arrival = \"06:00-11:59\"\nchecks = \"a\"", 10, "must be a list"),
        Slip("arrival = \"06:00-11:59\"", "arrival = \"06:00-11:59\"\nchecks = [\"siang\"]", 10, "is no check"),
        Slip("arrival = \"06:00-11:59\"", "arrival = \"06:00-11:59\"\nchecks = [1]", 10, "no text in quotes"),
        Slip(
            "arrival = \"06:00-11:59\"", "arrival = \"06:00-11:59\"\nchecks = [\"a 05:00-05:10\"]", 10, "does not lie"),
        Slip(
            "arrival = \"06:00-11:59\"", "arrival = \"06:00-11:59\"\nchecks = [\"a 12:00-13:00\",\n\"b 13:00-14:00\"]",
            11, "the name or the time of one before"),
    ])
    func aSlipIsToldWithItsLine(slip: Slip) {
        let text = (Self.head + Self.day).replacing(slip.before, with: slip.after)
        #expect(text != Self.head + Self.day)
        let error = #expect(throws: ConfigurationFileError.self) { try ScheduleFile.parse(text, path: "kantor.toml") }
        let found = error?.findings.contains { $0.line == slip.line && $0.message.contains(slip.message) } ?? false
        #expect(found, "line \(slip.line), \(slip.message): \(error?.description ?? "")")
        #expect(error?.findings.allSatisfy { $0.file == "kantor.toml" } ?? false)
    }

    @Test func aDayThatHasHoursTwiceIsTold() {
        let text = Self.head + Self.day + "\n" + Self.day.replacing("[day.monday]", with: "[day.senin-selasa]")
        #expect(
            throws: ConfigurationFileError([
                .init(file: "a", line: 11, message: "monday has hours in line 5 already")
            ])
        ) { try ScheduleFile.parse(text, path: "a") }
    }

    @Test func daysAndShiftsTogetherAreTold() {
        let text = Self.head + Self.day + "\n" + Self.day.replacing("[day.monday]", with: "[shift.pagi]")
        #expect(throws: ConfigurationFileError.self) { try ScheduleFile.parse(text, path: "a") }
    }

    @Test func noHoursAtAllAreTold() throws {
        let error = #expect(throws: ConfigurationFileError.self) { try ScheduleFile.parse(Self.head, path: "a") }
        #expect(error?.findings.map(\.line) == [0])
    }

    @Test func allFindingsComeAtOnceInTheOrderOfTheText() throws {
        let text = (Self.head + Self.day).replacing("\"06:00-11:59\"", with: "x").replacing("2026-01-01", with: "2026")
        let error = #expect(throws: ConfigurationFileError.self) { try ScheduleFile.parse(text, path: "a") }
        #expect(error?.findings.map(\.line) == [4, 9])
    }

    @Test func aTextThatIsTooLongIsNotRead() {
        let text = Self.head + Self.day + "\n#" + String(repeating: "x", count: 256 * 1024)
        let error = #expect(throws: ConfigurationFileError.self) { try ScheduleFile.parse(text, path: "a") }
        #expect(error?.description.contains("larger than 262144 bytes") ?? false)
    }

    @Test func timesAreReadExactly() {
        #expect(HoursTime.minute("07:30") == 450)
        #expect(HoursTime.minute("+1 07:00") == 1860)
        #expect(HoursTime.minute("23.59") == 1439)
        #expect(HoursTime.seconds("07:30:59") == 27_059)
        for text in ["", "7:30", "07:60", "24:00", "07:30:00", "+107:00", "-1 07:00", "07;30", "٠٧:٣٠", "07:30 WIB"] {
            #expect(HoursTime.minute(text) == nil, "\(text)")
        }
        #expect(HoursTime.seconds("07:30:60") == nil)
        for minute in 0..<2880 { #expect(HoursTime.minute(HoursTime.text(minute: minute)) == minute) }
    }
}
