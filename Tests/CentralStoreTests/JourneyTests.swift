import Attendance
import AttendanceRules
import CentralStore
import Foundation
import Testing

@Suite("How scans came")
struct JourneyTests {
    private static func user(_ id: String, _ serial: String = "CJ9L170560001") throws -> JourneyQuery.User {
        JourneyQuery.User(serial: try #require(DeviceSerial(serial)), userID: UserID(id))
    }

    @Test(
        "only the scans of these user ids on these devices in these dates come, and those with a key besides",
        arguments: StoreKind.allCases)
    func chosen(kind: StoreKind) async throws {
        try await kind.withStore { store in
            try await store.enrolNode("n1", unit: "Dinas Contoh")
            var journal = Journal(node: "n1")
            let odd = try punch("7", "2000-01-01T07:30:00")
            journal.write(try device(), try device("CJ9L170560002"))
            journal.write(
                .punch(try punch("7", "2026-03-01T23:59:59")), .punch(try punch("7", "2026-03-02T07:30:00")),
                .punch(try punch("70", "2026-03-02T07:30:00")), .punch(try punch("8", "2026-03-02T07:31:00")),
                .punch(try punch("7", "2026-03-02T16:00:00", serial: "CJ9L170560002")),
                .punch(try punch("7", "2026-03-03T00:00:00")), .punch(odd))
            _ = try await store.append(journal.run(), receivedAt: monday)
            let date = try day("2026-03-02")
            var query = JourneyQuery(users: [try Self.user("7")], dates: date...date)
            func times() async throws -> [String] {
                try await store.journeys(query).map {
                    $0.punch.punch.userID.text + " " + $0.punch.punch.deviceTime.text
                }
            }
            #expect(try await times() == ["7 2026-03-02T07:30:00"])
            query.users.insert(try Self.user("7", "CJ9L170560002"))
            query.keys = [odd.key]
            #expect(
                try await times() == ["7 2000-01-01T07:30:00", "7 2026-03-02T07:30:00", "7 2026-03-02T16:00:00"])
            query.dates = try day("2026-03-01")...day("2026-03-03")
            query.keys = []
            #expect(try await times().count == 4)
            query.limit = 2
            #expect(try await times().count == 2)
            query.users = [try Self.user("9"), try Self.user("7", "UNKNOWN")]
            #expect(try await times() == [])
        }
    }

    @Test(
        "each stop has its place, when it was written there, and when it came; the first is the one that brought it",
        arguments: StoreKind.allCases)
    func stops(kind: StoreKind) async throws {
        try await kind.withStore { store in
            try await store.enrolNode("n1", unit: "Dinas Contoh")
            try await store.enrolNode("n2", unit: "Dinas Contoh")
            var first = Journal(node: "n1")
            first.write(try device())
            first.write(.punch(try punch()), at: monday.addingTimeInterval(5))
            var second = Journal(node: "n2")
            second.write(.punch(try punch(source: .live)), at: monday.addingTimeInterval(2))
            _ = try await store.append(first.run(), receivedAt: monday.addingTimeInterval(60))
            _ = try await store.append(second.run(), receivedAt: monday.addingTimeInterval(90))
            let date = try day("2026-03-02")
            let journeys = try await store.journeys(
                JourneyQuery(users: [try Self.user("7")], dates: date...date))
            let journey = try #require(journeys.first)
            #expect(journeys.count == 1 && journey.punch.receivedAt == monday.addingTimeInterval(60))
            #expect(
                journey.stops == [
                    .init(
                        place: EntryPlace(node: "n1", epoch: first.epoch.text, seq: 2),
                        journaledAt: monday.addingTimeInterval(5), receivedAt: monday.addingTimeInterval(60)),
                    .init(
                        place: EntryPlace(node: "n2", epoch: second.epoch.text, seq: 1),
                        journaledAt: monday.addingTimeInterval(2), receivedAt: monday.addingTimeInterval(90)),
                ])
        }
    }
}
