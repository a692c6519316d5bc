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

    @Test(
        "A device whose zone nobody knows: its scans have no date, and so nobody is absent", arguments: [false, true])
    func unknownZone(isNamed: Bool) async throws {
        try await Town.run { town in
            try await town.enrol("Kantor Zona", node: "node-2")
            let facts = DeviceFacts(
                serial: try Town.serial("NOZONE"), name: "lobi", timezone: "Asia/Nowhere", model: "", platform: "",
                firmware: "", capacity: nil)
            try await town.send(
                (isNamed ? [.device(facts)] : [])
                    + [
                        try scan("2026-03-02T07:00:00", serial: "NOZONE"),
                        try scan("2026-03-02T16:30:00", serial: "NOZONE"),
                        try covered("2026-02-26T00:00:01", "2026-03-04T17:00:00", serial: "NOZONE"),
                    ], node: "node-2")
            try await town.employ("2", user: "7", unit: "Kantor Zona", serial: "NOZONE")
            try await town.follow(through: "2026-03-03")
            #expect(try await town.status("2026-03-02", of: "2") == .belumSinkron)
            #expect(try await town.status("2026-03-03", of: "2") == .belumSinkron)
            #expect(try await Self.reasons(town, "2026-03-02", of: "2") == ["zone_unknown"])
        }
    }

    @Test("A user id that two claim on a device speaks against neither, on the days both do")
    func disputed() throws {
        let serial = Town.serial
        let date: CivilDate = "2026-03-02"
        let always = DateSpan(from: "2026-01-01")
        let people = [Int64(1), 2, 3].map { id in
            Employee(
                id: id, name: "Pegawai \(id)", employments: [Employment(number: "\(id)", kind: .pns, span: always)],
                placements: [Placement(unit: 1, post: "staf", superior: nil, group: "kantor", span: always)])
        }
        let links = [
            IdentityLink(
                id: 1, scope: .device(serial), userID: UserID("7"), employee: 1,
                span: DateSpan(from: "2026-01-01", to: date)),
            IdentityLink(
                id: 2, scope: .unit(1), userID: UserID("7"), employee: 2, span: DateSpan(from: date, to: "2026-03-09")),
            IdentityLink(id: 3, scope: .device(serial), userID: UserID("8"), employee: 3, span: always),
        ]
        let directory = Directory(
            People(
                revision: 1, units: [OrgUnit(id: 1, name: "Dinas", code: nil, kind: .opd, parent: nil, timezone: nil)],
                heads: [], employees: people, links: links,
                devices: [ServedDevice(serial: serial, unit: 1, timezone: "Asia/Jakarta", service: always)]),
            timezone: try #require(TimeZone(identifier: "Asia/Jakarta")))
        var material = WorkdayMaterial()
        material.records[serial] = DeviceRecord(
            serial: serial, complete: [Moment(date, minute: -4320, offset: 0)..<Moment(date, minute: 20_000, offset: 0)]
        )
        let days: ClosedRange<CivilDate> = date..."2026-03-06"
        var maker = EvidenceMaker(
            directory, HoursBook(Hours(texts: [], groups: [], calendar: []), reading: TownHours.reading), dates: days,
            material)
        func reasons(_ person: Int, _ date: CivilDate) throws -> Set<String> {
            let made = maker.evidence(of: people[person - 1], on: date)
            let evidence = try #require(made)
            let noon = Moment(date, minute: 720, offset: evidence.offset)
            for record in evidence.records {
                #expect(record.complete.contains { $0.contains(noon) } == record.gaps.isEmpty)
            }
            return Set(evidence.records.flatMap { $0.gaps.compactMap(\.why) })
        }
        #expect(try reasons(1, date) == ["disputed"] && reasons(2, date) == ["disputed"])
        #expect(try reasons(3, date).isEmpty)
        #expect(try reasons(2, "2026-03-05").isEmpty)
        #expect(try reasons(1, "2026-03-05") == ["not_linked"])
    }

    private static func clock(_ offset: Int) throws -> EntryBody {
        .clock(
            ClockReading(
                serial: try Town.serial(Town.serial), deviceTime: try #require(DeviceTime(text: "2026-03-02T00:00:00")),
                offset: offset, monotonic: 1, bootID: "b"))
    }

    @Test("A fast clock set right: times it showed before and shows again decide nothing")
    func fastClock() async throws {
        try await Town.run { town in
            // Five hours ahead from 11.00 to 12.00, so that scans of then show 16.00 to 17.00.
            try await town.send(
                [try Self.clock(18_000), try Self.clock(0)], at: Date(utc: "2026-03-02T05:00:00"))
            try await town.send([
                try scan("2026-03-02T07:00:00"), try scan("2026-03-02T16:30:00"),
                try covered(
                    "2026-02-26T00:00:01", "2026-03-02T17:00:00",
                    holes: [("2026-03-02T04:00:00", "2026-03-02T05:00:00", "clock_off")]),
            ])
            try await town.follow(through: "2026-03-02")
            let day = try #require(try await town.day("2026-03-02"))
            #expect(day.status == .belumSinkron && day.departure.state == .undecided && day.deduction == 0)
            #expect(day.arrival.state == .known)
        }
    }

    @Test(
        "A clock that was read right before a hole moves no scan by what it showed the day before", arguments: [0, 1])
    func earlierReading(order: Int) async throws {
        try await Town.run { town in
            let lessons: [() async throws -> Void] = [
                {
                    try await town.send([try Self.clock(18_000)], at: Date(utc: "2026-03-01T10:00:00"))
                    try await town.send([try Self.clock(0)], at: Date(utc: "2026-03-01T11:00:00"))
                },
                {
                    try await town.send([
                        try scan("2026-03-02T07:00:00"), try scan("2026-03-02T16:30:00"),
                        try covered(
                            "2026-02-26T00:00:01", "2026-03-02T17:00:00",
                            holes: [("2026-03-02T04:00:00", "2026-03-02T05:00:00", "clock_unknown")]),
                    ])
                },
            ]
            for lesson in order == 0 ? lessons : lessons.reversed() {
                try await lesson()
                try await town.follow(through: "2026-03-02")
            }
            #expect(try await town.status("2026-03-02") == .hadir)
        }
    }

    @Test("A clock of the edge that was set back is no clock of the device: scans of that time count")
    func edgeClock() async throws {
        try await Town.run { town in
            try await town.send([
                try scan("2026-03-02T07:00:00"), try scan("2026-03-02T16:30:00"),
                try covered(
                    "2026-02-26T00:00:01", "2026-03-02T17:00:00",
                    holes: [("2026-03-01T22:00:00", "2026-03-02T12:00:00", "edge_clock_set_back")]),
            ])
            try await town.follow(through: "2026-03-02")
            #expect(try await town.status("2026-03-02") == .hadir)
        }
    }

    @Test("A new computer that could not see what the old one read takes nothing from it", arguments: [false, true])
    func replacedComputer(isFirst: Bool) async throws {
        try await Town.run { town in
            if isFirst { try await town.send([try covered("2026-02-26T00:00:01", "2026-03-04T17:00:00")]) }
            try await town.enrol("Dinas Contoh", node: "node-9")
            try await town.send(
                [
                    try covered(
                        "2026-03-01T00:00:00", "2026-03-06T17:00:00",
                        holes: [("2026-03-01T00:00:00", "2026-03-04T17:00:00", "log_not_reconciled")])
                ], node: "node-9")
            if !isFirst { try await town.send([try covered("2026-02-26T00:00:01", "2026-03-04T17:00:00")]) }
            try await town.follow(through: "2026-03-05")
            #expect(try await town.status("2026-03-03") == .tanpaKeterangan)
            #expect(try await town.status("2026-03-05") == .tanpaKeterangan)
        }
    }
}
