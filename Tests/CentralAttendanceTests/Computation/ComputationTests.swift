import Attendance
import AttendanceRules
import CentralStore
import Foundation
import Testing

@testable import CentralAttendance

/// Fair days, from entries as nodes send them to workdays. 2 March 2026 is a Monday; Jakarta is 7 hours ahead of UTC.
@Suite("Workdays follow what the store learns")
struct ComputationTests {
    @Test("A device that is down 08.00-11.00 and comes back with its log calls nobody absent, before or after")
    func downInTheMorning() async throws {
        try await Town.run { town in
            try await town.employ("2", user: "8")
            try await town.send([try covered("2026-02-26T00:00:01", "2026-03-02T01:00:00")])
            try await town.follow(through: "2026-03-02")
            #expect(try await town.status("2026-03-02") == .belumSinkron)
            // The log has the scan of 08.20, while nobody could ask for it.
            try await town.send([
                try scan("2026-03-02T08:20:00"), try scan("2026-03-02T07:10:00", user: "8"),
                try scan("2026-03-02T16:05:00"), try scan("2026-03-02T16:01:00", user: "8"),
                try covered("2026-03-02T01:00:00", "2026-03-02T17:00:00"),
            ])
            try await town.follow(through: "2026-03-02")
            #expect(try await town.status("2026-03-02") == .terlambat)
            #expect(try await town.day("2026-03-02")?.arrival.minutes == 50)
            #expect(try await town.status("2026-03-02", of: "2") == .hadir)
            let changes = try await town.store.changes(of: town.employee("1"), on: "2026-03-02")
            #expect(changes.map(\.after.status) == [.terlambat])
            #expect(changes.first?.before?.status == .belumSinkron)
            #expect(changes.first?.why == [.scan, .coverage])
        }
    }

    @Test("A device that is off the whole day, with an empty log, leaves the day unknown; covered, it is an absence")
    func offAllDay() async throws {
        try await Town.run { town in
            try await town.send([
                try covered(
                    "2026-02-26T00:00:01", "2026-03-03T17:00:00",
                    holes: [("2026-03-01T17:00:00", "2026-03-02T17:00:00", "powered_off")])
            ])
            try await town.follow(through: "2026-03-03")
            #expect(try await town.status("2026-03-02") == .belumSinkron)
            #expect(try await town.status("2026-03-03") == .tanpaKeterangan)
        }
    }

    @Test("A day turns by itself into what it was when coverage comes, and the trace says so")
    func coverageArrives() async throws {
        try await Town.run { town in
            try await town.follow(through: "2026-03-02")
            #expect(try await town.status("2026-03-02") == .belumSinkron)
            try await town.send([try covered("2026-02-26T00:00:01", "2026-03-02T17:00:00")])
            let step = try await town.follow(through: "2026-03-02")
            #expect(try await town.status("2026-03-02") == .tanpaKeterangan)
            #expect(step.changed > 0)
            let change = try #require(
                try await town.store.changes(of: town.employee("1"), on: "2026-03-02").last)
            #expect(change.before?.status == .belumSinkron && change.after.status == .tanpaKeterangan)
            #expect(change.why == [.coverage])
        }
    }

    @Test("A clock that a power cut set back to 2000 loses no scan: shown on its day, and counted nowhere")
    func powerReset() async throws {
        try await Town.run { town in
            // 07.00 in Jakarta on 2 March, while the device shows 2000-01-01 00:10.
            let offset = Int(Date(utc: "1999-12-31T17:10:00").timeIntervalSince(Date(utc: "2026-03-02T00:00:00")))
            let reading = ClockReading(
                serial: try Town.serial(Town.serial), deviceTime: try #require(DeviceTime(text: "2000-01-01T04:10:00")),
                offset: offset, monotonic: 1, bootID: "b")
            try await town.send([
                try covered(
                    "2026-02-26T00:00:01", "2026-03-02T04:00:00",
                    holes: [("2026-03-01T23:00:00", "2026-03-02T04:00:00", "clock_off")])
            ])
            try await town.send([.clock(reading)], at: Date(utc: "2026-03-02T04:00:00"))
            try await town.send([
                try scan("2000-01-01T00:10:00"), try scan("2026-03-02T16:10:00"),
                try covered("2026-03-02T04:00:00", "2026-03-02T17:00:00"),
            ])
            try await town.follow(through: "2026-03-02")
            let day = try #require(try await town.day("2026-03-02"))
            #expect(day.status == .belumSinkron)
            #expect(day.arrival.state == .undecided && day.departure.state == .known)
            #expect(day.flags.contains(.wrongClockScans))
            let account = try #require(
                try await town.recomputation.account(of: town.employee("1"), on: "2026-03-02"))
            #expect(account.evidence.scans.map(\.trust) == [.wrongClock, .counts])
            #expect(account.evidence.scans.first?.at.seconds == 1_772_409_600)
            #expect(account.workday == day)
            #expect(try await town.store.totals().punches == 2)
        }
    }

    @Test("A clock at 2099 covers nothing, and a scan of the future counts for nobody")
    func clockAhead() async throws {
        try await Town.run { town in
            try await town.send(
                [
                    try covered("2026-02-26T00:00:01", "2099-03-02T17:00:00"), try scan("2026-03-06T07:00:00"),
                    try scan("2099-01-01T07:00:00"),
                ], at: Date(utc: "2026-03-03T00:00:00"))
            try await town.follow(through: "2026-03-06")
            #expect(try await town.status("2026-03-02") == .belumSinkron)
            let friday = try #require(try await town.day("2026-03-06"))
            #expect(friday.status == .belumSinkron && friday.arrival.state == .undecided)
        }
    }

    @Test("Cuti bersama decided late takes an absence away, and the trace says why")
    func lateCollectiveLeave() async throws {
        try await Town.run { town in
            try await town.send([try covered("2026-02-26T00:00:01", "2026-03-31T17:00:00")])
            try await town.follow(through: "2026-03-31")
            #expect(try await town.status("2026-03-20") == .tanpaKeterangan)
            try await town.hours(
                .calendar(
                    CalendarDay(date: "2026-03-20", name: "Cuti bersama", kind: .cutiBersama, citation: "Keppres")))
            try await town.follow(through: "2026-03-31")
            #expect(try await town.status("2026-03-20") == .cutiBersama)
            let change = try #require(try await town.store.changes(of: town.employee("1"), on: "2026-03-20").last)
            #expect(change.why == [.calendar] && change.before?.status == .tanpaKeterangan)
            #expect(try await town.status("2026-03-19") == .tanpaKeterangan)
        }
    }

    @Test("A user id that is given to somebody else leaves the past with whom it was")
    func reusedUserID() async throws {
        try await Town.run { town in
            try await town.employ("2", user: nil)
            let scans = try ["02", "03", "09", "10"].flatMap { day in
                [try scan("2026-03-\(day)T07:00:00"), try scan("2026-03-\(day)T16:30:00")]
            }
            try await town.send(scans + [try covered("2026-02-26T00:00:01", "2026-03-10T17:00:00")])
            try await town.follow(through: "2026-03-10")
            #expect(try await town.status("2026-03-09") == .hadir)
            let link = try #require(try await town.store.people().links.first)
            try await town.people(.endLink(id: link.id, last: "2026-03-08"))
            try await town.link("7", to: "2", from: "2026-03-09")
            try await town.follow(through: "2026-03-10")
            #expect(try await town.status("2026-03-02") == .hadir)
            #expect(try await town.status("2026-03-02", of: "2") != .hadir)
            #expect(try await town.status("2026-03-09", of: "2") == .hadir)
            #expect(try await town.status("2026-03-09") == .belumSinkron)
        }
    }

    @Test("Scans of an unknown user id count for the past as soon as it is linked")
    func linkedLater() async throws {
        try await Town.run { town in
            try await town.employ("2", user: nil)
            try await town.send([
                try scan("2026-03-02T07:00:00", user: "99"), try scan("2026-03-02T16:30:00", user: "99"),
                try covered("2026-02-26T00:00:01", "2026-03-02T17:00:00"),
            ])
            try await town.follow(through: "2026-03-02")
            let before = try #require(try await town.day("2026-03-02", of: "2"))
            #expect(before.status == .belumSinkron && before.flags.contains(.notLinked))
            try await town.link("99", to: "2", from: "2026-02-26")
            try await town.follow(through: "2026-03-02")
            #expect(try await town.status("2026-03-02", of: "2") == .hadir)
        }
    }

    @Test("A WITA device in a WIB government: its times are those on its wall")
    func anotherZone() async throws {
        try await Town.run { town in
            try await town.office("Kantor Timur", node: "node-2", serial: "WITA01", zone: "Asia/Makassar")
            try await town.people(
                .unit(name: "Kantor Timur", code: nil, kind: .opd, parent: nil, timezone: "Asia/Makassar"))
            try await town.employ("2", user: "7", unit: "Kantor Timur", serial: "WITA01")
            try await town.send(
                [
                    try scan("2026-03-02T07:25:00", serial: "WITA01"),
                    try scan("2026-03-02T16:00:00", serial: "WITA01"),
                    try covered("2026-02-26T00:00:01", "2026-03-02T17:00:00", serial: "WITA01"),
                ], node: "node-2")
            try await town.follow(through: "2026-03-02")
            let day = try #require(try await town.day("2026-03-02", of: "2"))
            #expect(day.status == .hadir)
            #expect(day.arrival.at?.seconds == Int64(Date(utc: "2026-03-01T23:25:00").timeIntervalSince1970))
        }
    }

    @Test("31 December is a day like any other, and 1 January is another year")
    func endOfYear() async throws {
        try await Town.run { town in
            let moment = Date(utc: "2027-02-01T00:00:00")
            try await town.send(
                [
                    try scan("2026-12-31T07:00:00"), try scan("2026-12-31T16:00:00"), try scan("2027-01-01T07:40:00"),
                    try scan("2027-01-01T16:00:00"), try covered("2026-02-26T00:00:01", "2027-01-02T17:00:00"),
                ], at: moment)
            try await town.follow(through: "2027-01-02")
            #expect(try await town.status("2026-12-31") == .hadir)
            #expect(try await town.status("2027-01-01") == .terlambat)
            #expect(try await town.status("2027-01-02") == .libur)
        }
    }

    @Test("A night shift that ends after a transfer, and after its link, is whole")
    func nightShiftOverTransfer() async throws {
        try await Town.run { town in
            try await town.office("Kantor Baru", node: "node-2", serial: "NEW01")
            try await town.employ("3", user: nil, group: "jaga")
            try await town.link("9", to: "3", from: "2026-02-26", to: "2026-03-02")
            try await town.hours(
                .roster(number: "3", date: "2026-03-02", shift: "M"),
                .roster(number: "3", date: "2026-03-03", shift: nil))
            try await town.people(
                .placement(
                    number: "3", unit: "Kantor Baru", post: "staf", superior: nil, group: "kantor", from: "2026-03-03"))
            try await town.send([
                try scan("2026-03-02T21:50:00", user: "9"), try scan("2026-03-03T06:05:00", user: "9"),
                try covered("2026-02-26T00:00:01", "2026-03-04T17:00:00"),
            ])
            try await town.follow(through: "2026-03-03")
            let day = try #require(try await town.day("2026-03-02", of: "3"))
            #expect(day.status == .hadir)
            #expect(day.departure.at?.seconds == Int64(Date(utc: "2026-03-02T23:05:00").timeIntervalSince1970))
        }
    }

    @Test("A new scan computes its own days of its own person, and no others")
    func onlyItsOwn() async throws {
        try await Town.run { town in
            for number in 2...40 { try await town.employ("\(number)", user: "\(100 + number)") }
            try await town.send([try covered("2026-02-26T00:00:01", "2026-03-31T17:00:00")])
            try await town.follow(through: "2026-03-31")
            try await town.send([try scan("2026-03-10T07:00:00")])
            let step = try await town.follow(through: "2026-03-31")
            #expect(step.judged == 3 && step.changed == 1)
            #expect(try await town.follow(through: "2026-03-31").judged == 0)
        }
    }

    @Test("Nothing is computed twice, and what a dying process left undone is done by the next")
    func kill() async throws {
        try await Town.run { town in
            try await town.send([
                try scan("2026-03-02T07:00:00"), try covered("2026-02-26T00:00:01", "2026-03-02T17:00:00"),
            ])
            try await town.follow(through: "2026-03-02")
            try await town.send([try scan("2026-03-02T16:30:00")])
            let before = try await town.store.pendingWork(limit: 10)
            #expect(before.items.map(\.why) == [.scan])
            // Read and not saved: it is still there for another process.
            let another = Recomputation(
                store: town.store, timezone: try #require(TimeZone(identifier: "Asia/Jakarta")),
                reading: TownHours.reading, now: { Date(timeIntervalSince1970: 0) })
            _ = try await another.step(through: "2026-03-02")
            #expect(try await town.status("2026-03-02") == .hadir)
            #expect(try await town.store.pendingWork(limit: 10).isEmpty)
        }
    }

    @Test("An hours text that cannot be read stops nobody else: its people have no schedule, and it is told")
    func brokenText() async throws {
        try await Town.run { town in
            try await town.employ("2", user: "8", group: "lain")
            try await town.hours(
                .text(.schedule, name: "rusak", text: "?", span: DateSpan(from: "2026-01-01")),
                .group(
                    GroupSchedule(group: "lain", schedule: "rusak", span: DateSpan(from: "2026-01-01")), document: "1"))
            try await town.send([
                try scan("2026-03-02T07:00:00"), try scan("2026-03-02T16:30:00"),
                try covered("2026-02-26T00:00:01", "2026-03-02T17:00:00"),
            ])
            let step = try await town.follow(through: "2026-03-02")
            #expect(step.problems.count == 1)
            #expect(try await town.status("2026-03-02") == .hadir)
            #expect(try await town.status("2026-03-02", of: "2") == .tanpaJadwal)
        }
    }

    @Test("A day that is no longer one of employment has no workday, and the trace keeps what it was")
    func noLongerEmployed() async throws {
        try await Town.run { town in
            try await town.send([try covered("2026-02-26T00:00:01", "2026-03-06T17:00:00")])
            try await town.follow(through: "2026-03-06")
            #expect(try await town.status("2026-03-05") == .tanpaKeterangan)
            try await town.people(.leaves(number: "1", last: "2026-03-03"))
            try await town.follow(through: "2026-03-06")
            #expect(try await town.status("2026-03-03") == .tanpaKeterangan)
            #expect(try await town.day("2026-03-05") == nil)
            let change = try #require(try await town.store.changes(of: town.employee("1"), on: "2026-03-05").last)
            #expect(change.before?.status == .tanpaKeterangan && change.why == [.people])
        }
    }
}
