import AttendanceRules
import CentralAttendance
import CentralServer
import CentralStore
import Foundation
import Testing

@Suite("Thresholds of people who moved or changed their kind")
struct ThresholdScopeTests {
    private static func date(_ text: String) -> CivilDate { Government.date(text) }

    /// Wayan in Dinas until 9 February, 20 days in Kecamatan, then in Dinas again; absent 5 days each in Dinas.
    private func days(_ first: Int64, _ second: Int64, missing: DayStatus = .tanpaKeterangan) -> [StoredWorkday] {
        let start = Self.date("2026-02-05")
        return (0..<30).map { offset in
            let isThere = (5..<25).contains(offset)
            return StoredWorkday(
                employee: 9, unit: isThere ? second : first,
                workday: Workday(date: start.adding(days: offset), status: isThere ? .hadir : missing))
        }
    }

    private func source(
        _ employments: [Employment], _ days: [StoredWorkday], scope unit: Int64?
    ) async throws -> RecapSource {
        let (start, moved, back) = (Self.date("2026-02-05"), Self.date("2026-02-10"), Self.date("2026-03-02"))
        var people = Government.people
        func placement(_ unit: Int64, _ from: CivilDate, _ to: CivilDate?) -> Placement {
            Placement(unit: unit, post: "Staf", superior: nil, group: "kantor", span: DateSpan(from: from, to: to))
        }
        people = People(
            revision: 1, units: people.units, heads: [],
            employees: [
                Employee(
                    id: 9, name: "Wayan Invented", employments: employments,
                    placements: [
                        placement(1, start, moved.adding(days: -1)), placement(3, moved, back.adding(days: -1)),
                        placement(1, back, nil),
                    ])
            ], links: [], devices: [])
        let staged = StagedAttendance(people, days: days)
        let text = try CentralCommands.sample(.rules, named: "set-a")
        staged.state.withLock {
            $0.texts = [
                HoursText(
                    id: 1, kind: .rules, name: "set-a", text: text, digest: String(repeating: "a", count: 64),
                    addedAt: monday, by: Actor(name: "siti", role: "operator"))
            ]
        }
        let tree = UnitTree(people.units)
        return RecapSource(staged, people, tree: tree, scope: unit.map { UnitScope(unit: $0, in: tree) } ?? .government)
    }

    private static let pns = [
        Employment(number: "198609262015051009", kind: .pns, span: DateSpan(from: date("2020-01-01")))
    ]

    @Test("days present in another unit end a row of absence, whoever asks", arguments: [1, 3, nil] as [Int64?])
    func moverHasNoRow(unit: Int64?) async throws {
        let source = try await source(Self.pns, days(1, 3), scope: unit)
        let person = try #require(try await source.thresholds(of: 2026).people.first)
        #expect(!person.indications.contains { $0.threshold.isConsecutive })
        // All ten absences count, also for a unit in which there was none of them.
        #expect(person.indications.map(\.threshold.days) == [3, 4, 7])
        #expect(person.sums.allDays == (unit == 1 ? 10 : unit == 3 ? 20 : 30))
    }

    @Test("one who was never in the scope is in no list of it")
    func foreign() async throws {
        let source = try await source(Self.pns, days(1, 3), scope: 2)
        #expect(try await source.thresholds(of: 2026).people.isEmpty)
    }

    @Test("days of an employment without thresholds do not count for those of a PNS")
    func otherKind() async throws {
        let last = Self.date("2026-03-01")
        let employments = [
            Employment(number: "THL-9", kind: .nonASN, span: DateSpan(from: Self.date("2020-01-01"), to: last)),
            Employment(number: "198609262015051009", kind: .pns, span: DateSpan(from: last.adding(days: 1))),
        ]
        let source = try await source(employments, days(1, 3), scope: nil)
        let person = try #require(try await source.thresholds(of: 2026).people.first)
        #expect(person.indications.map(\.threshold.days) == [3, 4])
        #expect(person.indications.allSatisfy { $0.absences.allSatisfy { $0 > last } })
    }
}
