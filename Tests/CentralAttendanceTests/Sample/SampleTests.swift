import Attendance
import AttendanceRules
import CentralAttendance
import CentralStore
import Foundation
import Testing

/// The invented government of `demo-data`, without a centre.
@Suite("Sample")
struct SampleTests {
    private static func options(
        employees: Int = 150, units: Int = 12, months: Int = 1, seed: UInt64 = 1, until: String = "2026-10-31"
    ) throws -> SampleOptions {
        let last = try #require(CivilDate(text: until))
        return try #require(
            SampleOptions(employees: employees, units: units, months: months, seed: seed, until: last))
    }

    /// Every line of every journal, office after office.
    private static func journals(_ options: SampleOptions) throws -> [[SampleJournal.Made]] {
        let government = SampleGovernment(options)
        return try government.places.map { place in
            var journal = try SampleJournal(government, place: place)
            return [journal.begin()] + options.periods.map { journal.make($0) }
        }
    }

    @Test("The same seed gives the same people and the same journals, byte for byte; another seed gives others")
    func sameSeed() throws {
        let first = try Self.journals(Self.options())
        let again = try Self.journals(Self.options())
        let other = try Self.journals(Self.options(seed: 2))
        func lines(_ made: [[SampleJournal.Made]]) -> [[UInt8]] {
            made.flatMap { $0 }.flatMap { $0.entries.map(\.body) }
        }
        #expect(lines(first) == lines(again))
        #expect(first.flatMap { $0 }.flatMap(\.statements) == again.flatMap { $0 }.flatMap(\.statements))
        #expect(lines(first) != lines(other))
        let people = try SampleGovernment(Self.options())
        #expect(try people.employeeChanges == SampleGovernment(Self.options()).employeeChanges)
        #expect(try people.employeeChanges != SampleGovernment(Self.options(seed: 2)).employeeChanges)
    }

    /// Written down once: a change of the generator changes every demo and every measurement, and must be meant.
    @Test("The numbers of a seed are those of SplitMix64")
    func generator() {
        var random = SampleRandom(seed: 0, .name)
        let numbers = (0..<1000).map { _ in random.below(10) }
        #expect(Set(numbers) == Set(0..<10))
        for digit in 0..<10 { #expect((60...140).contains(numbers.filter { $0 == digit }.count)) }
        var same = SampleRandom(seed: 0, .name)
        #expect((0..<1000).map { _ in same.below(10) } == numbers)
        var other = SampleRandom(seed: 0, .birth)
        #expect((0..<1000).map { _ in other.below(10) } != numbers)
        #expect(SampleRandom.allBelow(0))
    }

    @Test("Numbers of ASN have the form of a NIP or an NI PPPK, belong to one person each, and name real dates")
    func numbers() throws {
        let government = SampleGovernment(try Self.options(employees: 3000, units: 40))
        #expect(government.employees.count == 3000)
        #expect(Set(government.employees.map(\.number)).count == 3000)
        for person in government.employees {
            guard person.kind != .nonASN else {
                #expect(person.number.hasPrefix("THL-"))
                continue
            }
            let digits = Array(person.number.utf8).map { Int($0) - 48 }
            #expect(digits.count == 18 && digits.allSatisfy { (0...9).contains($0) }, "\(person.number)")
            guard digits.count == 18 else { continue }
            func number(_ range: Range<Int>) -> Int { digits[range].reduce(0) { $0 * 10 + $1 } }
            #expect(CivilDate(year: number(0..<4), month: number(4..<6), day: number(6..<8)) != nil)
            #expect(number(8..<12) - number(0..<4) >= 20, "nobody begins as a child: \(person.number)")
            let isPPPK = person.kind == .pppk || person.kind == .pppkParuhWaktu
            #expect(isPPPK ? number(12..<14) >= 13 : (1...12).contains(number(12..<14)))
            #expect(digits[14] == (person.isWoman ? 2 : 1))
            #expect(number(15..<18) >= 1)
        }
        for kind in EmployeeKind.allCases { #expect(government.employees.contains { $0.kind == kind }, "\(kind)") }
    }

    @Test("Every kind of outage, sticks, leave, corrections and sheets come up; people are where they should be")
    func everythingComesUp() throws {
        let options = try Self.options(employees: 1200, units: 30, months: 2)
        let made = try Self.journals(options).flatMap { $0 }
        var outages: [SampleOutage.Kind: Int] = [:]
        for one in made { outages.merge(one.outages, uniquingKeysWith: +) }
        for kind in SampleOutage.Kind.allCases { #expect(outages[kind, default: 0] > 0, "\(kind)") }
        #expect(made.contains { $0.carried > 0 })
        #expect(made.contains { $0.lost > 0 })
        let statements = made.flatMap(\.statements)
        #expect(statements.contains { if case .leave = $0.content { true } else { false } })
        #expect(statements.contains { if case .correction = $0.content { true } else { false } })
        #expect(statements.contains { if case .sheet(_, _, let lines) = $0.content { !lines.isEmpty } else { false } })
        #expect(statements.contains { if case .file = $0.content { true } else { false } })
        let government = SampleGovernment(options)
        for group in SampleGroup.allCases { #expect(government.employees.contains { $0.group == group }, "\(group)") }
        #expect(government.employees.contains { $0.stints.count == 2 }, "somebody moves")
        #expect(government.employees.contains { $0.span.to != nil }, "somebody leaves")
        #expect(government.headChanges.contains { if case .head(_, _, .plt, _, _) = $0 { true } else { false } })
        #expect(government.headChanges.contains { if case .head(_, _, .plh, _, _) = $0 { true } else { false } })
    }

    @Test("No user id of a unit's devices is two people's at a time, and every placement has a schedule")
    func links() throws {
        let government = SampleGovernment(try Self.options(employees: 2000, units: 40, months: 12))
        var seen: Set<[Int]> = []
        for person in government.employees {
            for stint in person.stints { #expect(seen.insert([stint.place, stint.pin]).inserted) }
        }
        let groups = government.hoursChanges.compactMap { change -> GroupSchedule? in
            if case .group(let group, _) = change { group } else { nil }
        }
        let texts = government.hoursChanges.compactMap { change -> String? in
            if case .text(.schedule, let name, _, _) = change { name } else { nil }
        }
        for group in SampleGroup.allCases {
            #expect(groups.contains { $0.group == group.rawValue && !$0.isOverride })
        }
        for group in groups { #expect(texts.contains(group.schedule), "\(group.schedule)") }
        #expect(groups.contains { $0.isOverride }, "Ramadan 2026 is in these twelve months")
    }

    @Test("The texts of hours are read as what ships, also in a story that begins before they are in force")
    func texts() throws {
        for (until, months) in [("2026-10-31", 1), ("2026-10-31", 84)] {
            let government = SampleGovernment(try Self.options(months: months, until: until))
            for case .text(let kind, let name, let text, let span) in government.hoursChanges {
                #expect(span.from <= government.options.dates.lowerBound || name == "set-a", "\(name)")
                switch kind {
                case .schedule:
                    let schedule = try ScheduleFile.parse(text, path: name)
                    #expect(schedule.name == name)
                    #expect(schedule.span.contains(government.options.dates.upperBound))
                    #expect(schedule.span.contains(government.options.dates.lowerBound))
                case .rules: #expect(try RuleSetFile.parse(text, path: name).rules.version.name == name)
                }
            }
        }
    }

    @Test("The end of a period does not matter: a month is a month from the day behind the last")
    func dates() throws {
        #expect(try Self.options().dates.lowerBound.text == "2026-10-01")
        #expect(try Self.options(months: 12).dates.lowerBound.text == "2025-11-01")
        #expect(try Self.options(until: "2026-03-30").dates.lowerBound.text == "2026-02-28")
        #expect(try Self.options(until: "2026-11-21").dates.lowerBound.text == "2026-10-22")
        let options = try Self.options(months: 3)
        let days = options.periods.flatMap { Array($0) }
        #expect(days == Array(options.dates), "each day once, in order")
        #expect(SampleOptions(employees: 0, units: 1, months: 1, seed: 1, until: options.dates.upperBound) == nil)
        #expect(SampleOptions(employees: 1, units: 401, months: 1, seed: 1, until: options.dates.upperBound) == nil)
    }
}

extension SampleRandom {
    /// Whether nothing but 0 comes of a count.
    fileprivate static func allBelow(_ count: Int) -> Bool {
        var random = SampleRandom(seed: 3, .day)
        return (0..<100).allSatisfy { _ in random.below(count) == 0 }
    }
}
