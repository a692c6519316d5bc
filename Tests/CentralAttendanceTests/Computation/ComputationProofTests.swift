import Attendance
import AttendanceRules
import CentralStore
import Foundation
import Testing

@testable import CentralAttendance

/// A record speaks against a person only where every scan of theirs would have been seen, dated, and known as theirs.
@Suite("What could not have been seen as somebody's scan calls nobody absent")
struct ComputationProofTests {
    private static func reasons(_ town: Town, _ date: CivilDate, of number: String = "1") async throws -> Set<String> {
        let account = try #require(try await town.recomputation.account(of: town.employee(number), on: date))
        return Set(account.evidence.records.flatMap { $0.gaps.compactMap(\.why) })
    }

    @Test("Moved to another office with a link on the old device only: unknown, and it says on which device")
    func linkElsewhere() async throws {
        try await Town.run { town in
            try await town.office("Kantor Baru", node: "node-2", serial: "NEW01")
            try await town.employ("2", user: "8", unit: "Kantor Baru", serial: Town.serial)
            try await town.employ("3", user: "9", unit: "Kantor Baru", serial: "NEW01")
            try await town.send([try covered("2026-02-26T00:00:01", "2026-03-04T17:00:00")])
            try await town.send(
                [try covered("2026-02-26T00:00:01", "2026-03-04T17:00:00", serial: "NEW01")], node: "node-2")
            try await town.follow(through: "2026-03-04")
            let day = try #require(try await town.day("2026-03-03", of: "2"))
            #expect(day.status == .belumSinkron && day.flags.contains(.notLinked) && day.deduction == 0)
            #expect(try await Self.reasons(town, "2026-03-03", of: "2") == ["not_linked"])
            // Who is linked where they work is absent, as before.
            #expect(try await town.status("2026-03-03", of: "3") == .tanpaKeterangan)
            try await town.link("8", to: "2", serial: "NEW01", from: "2026-03-03")
            try await town.follow(through: "2026-03-04")
            #expect(try await town.status("2026-03-02", of: "2") == .belumSinkron)
            #expect(try await town.status("2026-03-03", of: "2") == .tanpaKeterangan)
        }
    }

    @Test("A link on one of two devices of an office: the other one may have the scan")
    func oneOfTwoDevices() async throws {
        try await Town.run { town in
            let second = DeviceFacts(
                serial: try Town.serial("SECOND01"), name: "belakang", timezone: "Asia/Jakarta", model: "",
                platform: "", firmware: "", capacity: nil)
            try await town.send([
                .device(second), try covered("2026-02-26T00:00:01", "2026-03-03T17:00:00", serial: "SECOND01"),
                try covered("2026-02-26T00:00:01", "2026-03-03T17:00:00"),
                try scan("2026-03-03T07:00:00"), try scan("2026-03-03T16:30:00"),
            ])
            try await town.follow(through: "2026-03-03")
            #expect(try await town.status("2026-03-02") == .belumSinkron)
            let whole = try #require(try await town.day("2026-03-03"))
            #expect(whole.status == .hadir && !whole.flags.contains(.notLinked))
        }
    }
}
