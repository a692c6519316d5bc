import CentralAttendance
import CentralServer
import CentralStore
import Foundation
import HadirTestSupport
import Testing

@Suite("Commands of schedules and rule sets")
struct HoursCommandTests {
    private func file(_ text: String, _ name: String, in directory: URL) throws -> String {
        let place = directory.appending(path: name)
        try Data(text.utf8).write(to: place)
        return place.path
    }

    @Test("a rule set whose examples come out otherwise is not kept, and the test says which")
    func rulesAreTriedFirst() async throws {
        try await withTemporaryDirectory { directory in
            let (state, _) = try CommandTests.initialise(directory)
            let text = try CentralCommands.sample(.rules, named: "set-a")
            let good = try file(text, "good.toml", in: directory)
            // TL1 ends one minute early.
            let shifted = text.replacing(
                "to = 31\nrate = \"0.5%\"", with: "to = 30\nrate = \"0.5%\"", maxReplacements: 1
            )
            .replacing("from = 31", with: "from = 30", maxReplacements: 1)
            #expect(shifted != text)
            let bad = try file(shifted, "bad.toml", in: directory)
            let test = try CentralCommands.test(rules: bad)
            #expect(test.differences == 1)
            #expect(test.examples.first { !$0.ok }?.name == "datang 08.00.59, 30 menit")
            #expect(HoursTable.text(test).contains("BEDA"))
            let refusal = await #expect(throws: CentralError.self) {
                try await CentralCommands.add(.rules, file: bad, in: state)
            }
            #expect(refusal?.exitCode == 78)
            #expect(try await CentralCommands.texts(.rules, in: state).isEmpty)

            #expect(try CentralCommands.test(rules: good).isRight)
            #expect(try await CentralCommands.add(.rules, file: good, in: state).name == "set-a")
            #expect(try await CentralCommands.texts(.rules, in: state).map(\.name) == ["set-a"])
            #expect(try await CentralCommands.text(.rules, named: "set-a", in: state) == text)
        }
    }

    @Test("a file with slips is refused with its lines, and one that is not there is wrong use")
    func slips() async throws {
        try await withTemporaryDirectory { directory in
            let path = try file("name = \"x\"\nstart = \"07:30\"\n", "x.toml", in: directory)
            let error = #expect(throws: CentralError.self) { try CentralCommands.check(.schedule, file: path) }
            #expect(error?.exitCode == 78)
            #expect(error?.description.contains("x.toml:2: unknown key \"start\"") ?? false)
            let missing = #expect(throws: CentralError.self) { try CentralCommands.check(.rules, file: "/nowhere/a") }
            #expect(missing?.exitCode == 64)
            let binary = directory.appending(path: "b.toml")
            try Data([0xFF, 0xFE, 0x00]).write(to: binary)
            #expect(throws: CentralError.self) { try CentralCommands.check(.rules, file: binary.path) }
        }
    }

    @Test("March 2026 of a group: its schedule, Ramadan over it, and the days of the calendar")
    func month() async throws {
        try await withTemporaryDirectory { directory in
            let (state, _) = try CommandTests.initialise(directory)
            for name in ["nasional-5-hari", "lampung-2026-ramadan-5-hari", "piket-3-sif"] {
                let path = try file(CentralCommands.sample(.schedule, named: name), "\(name).toml", in: directory)
                _ = try await CentralCommands.add(.schedule, file: path, in: state)
            }
            try await CentralCommands.setGroup(
                "kantor", schedule: "nasional-5-hari", from: "2026-01-01", to: nil, override: false,
                document: "Perbup 1", in: state)
            try await CentralCommands.setGroup(
                "kantor", schedule: "lampung-2026-ramadan-5-hari", from: "2026-02-19", to: "2026-03-20", override: true,
                document: "SE 10", in: state)
            // Domain, section 6: with these holidays March 2026 has 17 days of work.
            for (date, kind) in [
                ("2026-03-18", "cuti_bersama"), ("2026-03-19", "libur"), ("2026-03-20", "cuti_bersama"),
                ("2026-03-21", "libur"), ("2026-03-22", "libur"), ("2026-03-23", "cuti_bersama"),
                ("2026-03-24", "cuti_bersama"),
            ] {
                try await CentralCommands.addCalendarDay(
                    date, kind: kind, name: "Libur", citation: "SKB", groups: [], in: state)
            }
            let text = try await CentralCommands.month("2026-03", ofGroup: "kantor", in: state).text
            let lines = text.split(separator: "\n")
            #expect(lines.first { $0.hasPrefix("2026-03-02") }?.contains("08:00-15:00") ?? false)
            #expect(lines.first { $0.hasPrefix("2026-03-18") }?.contains("cuti_bersama: Libur") ?? false)
            #expect(lines.first { $0.hasPrefix("2026-03-25") }?.contains("07:30-16:00") ?? false)
            // 12 days of 6.5 hours and 5 of 7.5.
            #expect(lines.last == "17 days of work, 115 h 30 min")
            let year = try await CentralCommands.calendar(year: 2026, in: state)
            #expect(year.count == 7)
            #expect(try await CentralCommands.calendar(year: 2025, in: state).isEmpty)
            try await CentralCommands.removeCalendarDay("2026-03-24", kind: "cuti_bersama", in: state)
            let alone = try await CentralCommands.month("2026-03", ofSchedule: "nasional-5-hari", in: state).text
            #expect(alone.split(separator: "\n").last == "18 days of work, 135 h 0 min")
        }
    }

    @Test("groups are given only schedules that are there and in force; what was given can be ended and taken back")
    func groups() async throws {
        try await withTemporaryDirectory { directory in
            let (state, _) = try CommandTests.initialise(directory)
            let give = { (schedule: String, from: String) in
                try await CentralCommands.setGroup(
                    "kantor", schedule: schedule, from: from, to: nil, override: false, document: "SK 1", in: state)
            }
            let unknown = await #expect(throws: CentralError.self) { try await give("nasional-5-hari", "2026-01-01") }
            #expect(unknown?.description.contains("schedule add") ?? false)
            for name in ["nasional-5-hari", "lampung-2026-ramadan-5-hari"] {
                let path = try file(CentralCommands.sample(.schedule, named: name), "\(name).toml", in: directory)
                _ = try await CentralCommands.add(.schedule, file: path, in: state)
            }
            let late = await #expect(throws: CentralError.self) {
                try await give("lampung-2026-ramadan-5-hari", "2026-03-21")
            }
            #expect(late?.description.contains("on none of these days") ?? false)
            await #expect(throws: CentralError.self) { try await give("nasional-5-hari", "1 January") }
            try await give("nasional-5-hari", "2026-01-01")
            try await CentralCommands.endGroup(
                "kantor", schedule: "nasional-5-hari", from: "2026-01-01", last: "2026-06-30", document: "SK 2",
                in: state)
            #expect(try await CentralCommands.hours(in: state).groups.first?.span.to?.text == "2026-06-30")
            try await CentralCommands.endGroup(
                "kantor", schedule: "nasional-5-hari", from: "2026-01-01", last: nil, document: nil, in: state)
            #expect(try await CentralCommands.hours(in: state).groups.isEmpty)
            await #expect(throws: CentralError.self) {
                try await CentralCommands.endGroup(
                    "kantor", schedule: "nasional-5-hari", from: "2026-01-01", last: nil, document: nil, in: state)
            }
        }
    }

    @Test("a roster names shifts that some schedule has, and people that are there")
    func roster() async throws {
        try await withTemporaryDirectory { directory in
            let (state, _) = try CommandTests.initialise(directory)
            let none = await #expect(throws: CentralError.self) {
                try await CentralCommands.setRoster("1", date: "2026-03-02", shift: "malam", in: state)
            }
            #expect(none?.description.contains("no schedule kept here has shifts") ?? false)
            let path = try file(CentralCommands.sample(.schedule, named: "piket-3-sif"), "p.toml", in: directory)
            _ = try await CentralCommands.add(.schedule, file: path, in: state)
            let sore = await #expect(throws: CentralError.self) {
                try await CentralCommands.setRoster("1", date: "2026-03-02", shift: "sore", in: state)
            }
            #expect(sore?.description.contains("malam, pagi, siang") ?? false)
            let nobody = await #expect(throws: CentralError.self) {
                try await CentralCommands.setRoster("1", date: "2026-03-02", shift: "malam", in: state)
            }
            #expect(nobody?.description.contains("nothing was changed") ?? false)
            #expect(try await CentralCommands.roster(month: "2026-03", number: nil, in: state).isEmpty)
        }
    }
}
