import Attendance
import AttendanceRules
import CentralStore
import Foundation
import Testing

@testable import CentralAttendance

@Suite("Closed months and statements of persons")
struct ComputationClosingTests {
    private func wholeMonth(_ town: Town, upTo end: String) async throws {
        let scans = try (1...31).flatMap { day in
            let date = "2026-03-\(day < 10 ? "0" : "")\(day)"
            return [try scan("\(date)T07:00:00"), try scan("\(date)T16:30:00")]
        }
        try await town.send(scans + [try covered("2026-02-26T00:00:01", end)])
    }

    @Test("A month with an unknown day cannot close; closed, what changes later is an adjustment beside the copy")
    func closing() async throws {
        try await Town.run { town in
            let month = CivilMonth(text: "2026-03") ?? CivilMonth(number: 0)
            let employee = try await town.employee("1")
            let unit = try await town.unit()
            func close() async throws -> [StoredWorkday] {
                try await town.store.close(
                    month: month, unit: unit, employees: [employee], by: Town.clerk,
                    at: Date(utc: "2026-04-01T00:00:00"))
            }
            try await wholeMonth(town, upTo: "2026-03-30T17:00:00")
            try await town.follow(through: "2026-03-30")
            // The 31st has no workday yet.
            await #expect(throws: CloseRefusal.notOver) { _ = try await close() }
            // A person without a schedule stands in the way, too.
            try await town.employ("2", user: "8", group: "tidak ada")
            try await town.follow(through: "2026-04-01")
            let second = try await town.employee("2")
            let refused = try await town.store.close(
                month: month, unit: unit, employees: [employee, second], by: Town.clerk,
                at: Date(utc: "2026-04-01T00:00:00"))
            #expect(refused.count == 31 && refused.allSatisfy { $0.workday.status == .tanpaJadwal })
            #expect(try await town.store.closings().isEmpty)
            #expect(try await close().isEmpty)
            #expect(try await town.store.closings().map(\.month) == [month])
            #expect(try await close().isEmpty)
            let own = try await town.store.adjustments(in: month.dates).filter { $0.employee == employee }
            #expect(own.isEmpty)
            let closed = try await town.store.closedWorkdays(of: nil, dates: month.dates)
            #expect(closed == (try await town.store.workdays(of: [employee], dates: month.dates)))
            // Decided late, after closing.
            try await town.hours(
                .calendar(
                    CalendarDay(date: "2026-03-20", name: "Cuti bersama", kind: .cutiBersama, citation: "Keppres")))
            try await town.follow(through: "2026-04-01")
            let adjustments = try await town.store.adjustments(in: month.dates).filter { $0.employee == employee }
            #expect(adjustments.map(\.closed.date) == ["2026-03-20"])
            #expect(adjustments.first?.closed.status == .hadir && adjustments.first?.now.status == .cutiBersama)
            #expect(try await town.store.closedWorkdays(of: nil, dates: month.dates) == closed)
        }
    }

    @Test("A month closes only when it is over, wholly computed and nothing waits; a refusal says which")
    func refusals() async throws {
        try await Town.run { town in
            let month = CivilMonth(text: "2026-03") ?? CivilMonth(number: 0)
            let employee = try await town.employee("1")
            let unit = try await town.unit()
            func close(_ unit: Int64, _ text: String = "2026-03") async throws -> [StoredWorkday] {
                try await town.store.close(
                    month: CivilMonth(text: text) ?? month, unit: unit, employees: [employee], by: Town.clerk,
                    at: Date(utc: "2026-04-01T00:00:00"))
            }
            await #expect(throws: CloseRefusal.notComputed("2026-03-01")) { _ = try await close(unit) }
            try await wholeMonth(town, upTo: "2026-04-02T17:00:00")
            try await town.follow(through: "2026-03-30")
            await #expect(throws: CloseRefusal.notOver) { _ = try await close(unit) }
            try await town.follow(through: "2026-04-01")
            // February has workdays from the 26th on only.
            await #expect(throws: CloseRefusal.notComputed("2026-02-01")) { _ = try await close(unit, "2026-02") }
            // A scan that nobody has looked at.
            try await town.send([try scan("2026-03-31T18:00:00")])
            await #expect(throws: CloseRefusal.waiting) { _ = try await close(unit) }
            try await town.follow(through: "2026-04-01")
            // A change that touches the month waits; one of a later month does not matter.
            try await town.store.queue(
                [RecomputeItem(id: 0, scope: .employee(employee), span: DateSpan(from: "2026-03-09"), why: .recompute)],
                by: Town.clerk, at: Date(utc: "2026-04-01T00:00:00"))
            await #expect(throws: CloseRefusal.waiting) { _ = try await close(unit) }
            try await town.follow(through: "2026-04-01")
            // A unit without anybody has nothing to close.
            try await town.people(.unit(name: "Kosong", code: nil, kind: .opd, parent: nil, timezone: nil))
            let empty = try await town.unit("Kosong")
            try await town.follow(through: "2026-04-01")
            await #expect(throws: CloseRefusal.notComputed("2026-03-01")) { _ = try await close(empty) }
            // Somebody who is placed there, but has no workday.
            _ = try await town.store.save(
                [], gone: [EmployeeDays(employee: employee, dates: "2026-03-09"..."2026-03-09")], why: [.recompute],
                done: nil, days: nil, at: Date(utc: "2026-04-01T00:00:00"))
            await #expect(throws: CloseRefusal.notComputed("2026-03-01")) { _ = try await close(unit) }
            _ = try await town.recomputation.run(through: "2026-04-01")
            #expect(try await town.store.closings().isEmpty)
            #expect(try await close(unit).isEmpty)
            #expect(try await town.store.closings().map(\.month) == [month])
        }
    }

    @Test("A schedule's text that leaves out days with workdays is refused; a later one of rules leaves the past alone")
    func laterTexts() async throws {
        try await Town.run { town in
            try await wholeMonth(town, upTo: "2026-04-02T17:00:00")
            try await town.follow(through: "2026-04-01")
            await #expect(throws: ChangeRefusal.self) {
                try await town.hours(
                    .text(.schedule, name: "biasa", text: "biasa baru", span: DateSpan(from: "2026-03-16")))
            }
            // Nobody's, so far.
            try await town.hours(
                .text(.schedule, name: "lain", text: "lain", span: DateSpan(from: "2026-01-01")),
                .text(.schedule, name: "lain", text: "lain 2", span: DateSpan(from: "2026-03-16")))
            try await town.hours(
                .text(.rules, name: "contoh", text: "contoh baru", span: DateSpan(from: "2026-03-16")))
            let hours = try await town.store.hours()
            #expect(hours.texts.filter { $0.kind == .rules }.map(\.text) == ["contoh baru", "contoh"])
        }
    }

    @Test("Rules given anew that say the same of a closed day are no adjustment; its deduction stays by their text")
    func sameOutcome() async throws {
        try await Town.run { town in
            let month = CivilMonth(text: "2026-03") ?? CivilMonth(number: 0)
            let employee = try await town.employee("1")
            try await wholeMonth(town, upTo: "2026-04-02T17:00:00")
            try await town.follow(through: "2026-04-01")
            #expect(
                try await town.store.close(
                    month: month, unit: town.unit(), employees: [employee], by: Town.clerk,
                    at: Date(utc: "2026-04-01T00:00:00")
                ).isEmpty)
            let old = try await town.store.workdays(of: [employee], dates: month.dates)
            let renewed = old.map { stored in
                var day = stored.workday
                if let rules = day.rules { day.rules = RuleSetVersion(name: rules.name, digest: "000000000002") }
                return StoredWorkday(employee: stored.employee, unit: stored.unit, workday: day)
            }
            #expect(renewed != old)
            _ = try await town.store.save(
                renewed, gone: [], why: [.rules], done: nil, days: nil, at: Date(utc: "2026-04-02T00:00:00"))
            #expect(try await town.store.workdays(of: [employee], dates: month.dates) == renewed)
            #expect(try await town.store.adjustments(in: month.dates).isEmpty)
            // A deduction by a text that is not there is unknown, never that of another text of the name.
            var recap = Recap()
            var late = try #require(renewed.first { $0.workday.rules != nil })
            var day = late.workday
            day.deduction = 500
            late = StoredWorkday(employee: late.employee, unit: late.unit, workday: day)
            recap.add(late)
            #expect(recap.deduction(of: employee, by: [TownHours.rules]) == nil)
        }
    }

    @Test("Scans that only a file tells of wait; accepted by a person they count, and taken back they wait again")
    func stick() async throws {
        try await Town.run { town in
            let sha = String(repeating: "ab", count: 32)
            let file = FileOrigin(sha256: sha, by: "Sari")
            try await town.send([
                try scan("2026-03-02T07:00:00", source: .stick, file: file),
                try scan("2026-03-02T16:30:00", source: .stick, file: file),
                try covered("2026-02-26T00:00:01", "2026-03-01T17:00:00"),
            ])
            try await town.follow(through: "2026-03-02")
            let before = try #require(try await town.day("2026-03-02"))
            #expect(before.status == .belumSinkron && before.flags.contains(.unconfirmedScans))
            let ids = try await town.store.add(
                [NewAttestation(content: .file(sha256: sha), document: "BA-1", reason: "disalin dari mesin")],
                by: Town.clerk, at: Date(utc: "2026-03-05T00:00:00"))
            try await town.follow(through: "2026-03-02")
            #expect(try await town.status("2026-03-02") == .hadir)
            let change = try #require(try await town.store.changes(of: town.employee("1"), on: "2026-03-02").last)
            #expect(change.why == [.file])
            _ = try await town.store.withdraw(
                attestation: try #require(ids.first), reason: "keliru", by: Town.clerk,
                at: Date(utc: "2026-03-06T00:00:00"))
            try await town.follow(through: "2026-03-02")
            #expect(try await town.status("2026-03-02") == .belumSinkron)
        }
    }

    @Test("A scan that only a file told of counts as soon as the device shows it")
    func confirmed() async throws {
        try await Town.run { town in
            let file = FileOrigin(sha256: String(repeating: "ab", count: 32), by: "Sari")
            try await town.send([
                try scan("2026-03-02T07:00:00", source: .stick, file: file), try scan("2026-03-02T16:30:00"),
            ])
            try await town.follow(through: "2026-03-02")
            #expect(try await town.status("2026-03-02") == .belumSinkron)
            try await town.send([try scan("2026-03-02T07:00:00")])
            try await town.follow(through: "2026-03-02")
            #expect(try await town.status("2026-03-02") == .hadir)
        }
    }

    @Test("A person's word that a record is complete decides days, but never over a hole about the clock")
    func attestedCoverage() async throws {
        try await Town.run { town in
            try await town.send([
                try covered(
                    "2026-03-02T17:00:00", "2026-03-03T17:00:00",
                    holes: [("2026-03-02T17:00:00", "2026-03-03T17:00:00", "clock_off")])
            ])
            try await town.follow(through: "2026-03-03")
            #expect(try await town.status("2026-03-02") == .belumSinkron)
            _ = try await town.store.add(
                [
                    NewAttestation(
                        content: .coverage(
                            serial: Town.serial, from: Date(utc: "2026-03-01T17:00:00"),
                            to: Date(utc: "2026-03-03T17:00:00")), document: "BA-2", reason: "dibaca di mesin")
                ], by: Town.clerk, at: Date(utc: "2026-03-05T00:00:00"))
            try await town.follow(through: "2026-03-03")
            #expect(try await town.status("2026-03-02") == .tanpaKeterangan)
            #expect(try await town.status("2026-03-03") == .belumSinkron)
        }
    }

    @Test("A signed sheet fills an unknown day, marked as manual, and leave wins over absence")
    func sheetAndLeave() async throws {
        try await Town.run { town in
            let employee = try await town.employee("1")
            let unit = try await town.unit()
            try await town.follow(through: "2026-03-03")
            _ = try await town.store.add(
                [
                    NewAttestation(
                        content: .sheet(
                            unit: unit, "2026-03-02",
                            [Attestation.SheetEntry(employee: employee, arrival: 440, departure: 970)]),
                        document: "DH-1", reason: "mesin rusak"),
                    NewAttestation(
                        content: .leave(
                            employee: employee, .cutiTahunan, DateSpan(from: "2026-03-03", to: "2026-03-03")),
                        document: "SC-1", reason: "cuti"),
                ], by: Town.clerk, at: Date(utc: "2026-03-05T00:00:00"))
            try await town.follow(through: "2026-03-03")
            let sheet = try #require(try await town.day("2026-03-02"))
            #expect(sheet.status == .hadir && sheet.flags.contains(.manual))
            #expect(try await town.status("2026-03-03") == .cutiTahunan)
            let change = try #require(try await town.store.changes(of: employee, on: "2026-03-02").last)
            #expect(change.why.contains(.sheet))
        }
    }
}
