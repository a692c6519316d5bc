import AttendanceRules
import CentralAttendance
import CentralStore
import Foundation
import Testing

@testable import CentralServer

@Suite("What persons attest is checked against the day")
struct AttestationCheckTests {
    private static let date = Government.date("2026-03-02")

    /// Hours 07:30 to 16:00, arrival known at 07:29.
    private func refusal(_ kind: Correction.Kind, on date: CivilDate = date) -> String? {
        let account = StagedAttendance().account(of: 1, on: date)
        do throws(AttestationCheck.Refusal) {
            try AttestationCheck.correction(kind, on: date, account, now: monday)
        } catch { return error.text }
        return nil
    }

    @Test(
        "a time that the day cannot have is refused",
        arguments: [
            .arrival(minute: 1500), .arrival(minute: 60), .arrival(minute: 960), .arrival(minute: 1100),
            .departure(minute: 1500), .departure(minute: 440), .departure(minute: 450), .departure(minute: 0),
        ] as [Correction.Kind])
    func impossible(kind: Correction.Kind) { #expect(refusal(kind) != nil) }

    @Test(
        "what can be is taken",
        arguments: [
            .arrival(minute: 430), .arrival(minute: 700), .departure(minute: 960), .departure(minute: 700),
            .excuseLate, .excuseEarly, .present,
        ] as [Correction.Kind])
    func possible(kind: Correction.Kind) { #expect(refusal(kind) == nil) }

    @Test("a day that has not begun is attested by nobody, and one who is not employed neither")
    func future() {
        let tomorrow = Self.date.adding(days: 1)
        #expect(refusal(.present, on: tomorrow) != nil && refusal(.arrival(minute: 450), on: tomorrow) != nil)
        #expect(throws: AttestationCheck.Refusal.self) {
            try AttestationCheck.correction(.present, on: Self.date, nil, now: monday)
        }
    }

    @Test("of somebody with another unit's placement on the date a sheet has no line")
    func sheet() throws {
        let tree = UnitTree(Government.people.units)
        let budi = try #require(Government.people.employees.first { $0.id == 2 })
        let entry = Attestation.SheetEntry(employee: 2, arrival: 450, departure: 960)
        func wrong(_ entry: Attestation.SheetEntry, _ unit: Int64, _ date: String) -> Bool {
            AttestationCheck.line(entry, of: budi, unit: unit, on: Government.date(date), tree) != nil
        }
        // Bagian Umum (2) is below Dinas Contoh (1); he moves to Kecamatan (3) on 16 March.
        #expect(!wrong(entry, 1, "2026-03-15") && !wrong(entry, 2, "2026-03-15") && wrong(entry, 3, "2026-03-15"))
        #expect(wrong(entry, 1, "2026-03-16") && !wrong(entry, 3, "2026-03-16"))
        #expect(wrong(Attestation.SheetEntry(employee: 2, arrival: 960, departure: 450), 3, "2026-03-16"))
    }

    @Test("over the API too: no arrival at 25:00, no sheet of tomorrow or of another unit's people")
    func overTheAPI() async throws {
        let staged = StagedAttendance()
        try await Centre.run(staged: staged) { centre, client in
            let token = try await centre.token(.personnel, unit: nil)
            let words = #""document":"S","reason":"r""#
            let ani = #""number":"\#(Government.ani)""#
            for (route, body) in [
                ("corrections", #"{\#(ani),"date":"2026-03-02","kind":"arrival","time":"25:00",\#(words)}"#),
                ("corrections", #"{\#(ani),"date":"2026-03-02","kind":"departure","time":"07:00",\#(words)}"#),
                (
                    "sheets",
                    #"{"unit":"Dinas Contoh","date":"2026-03-03",\#(words),"lines":[{\#(ani),"arrival":"07:30"}]}"#
                ),
                (
                    "sheets",
                    #"{"unit":"Bagian Umum","date":"2026-03-02",\#(words),"lines":[{\#(ani),"arrival":"07:30"}]}"#
                ),
            ] {
                let response = try await client.post("/api/v1/\(route)", body, token: token)
                #expect(response.status == .badRequest, "\(body): \(response.status)")
            }
            #expect(staged.state.withLock { $0.attestations.isEmpty })
        }
    }

    @Test("coverage is told in the time of the clocks there, or in UTC")
    func localTime() throws {
        let zone = try CentralCommands.timezone("WITA")
        let local = try CentralCommands.moment("2026-11-18 07:00", "from", zone)
        #expect(local == (try CentralCommands.moment("2026-11-17T23:00:00Z", "from", zone)))
        #expect(throws: CentralError.self) { try CentralCommands.moment("2026-11-18", "from", zone) }
    }

    @Test("days are listed in the time of the clocks there, and closed ones are marked")
    func listed() throws {
        let came = Moment(Self.date, minute: 7 * 60 + 29, offset: 9 * 3600)
        let day = Workday(
            date: Self.date, status: .hadir, arrival: Workday.Side(state: .known, at: came), flags: .notLinked)
        let row = CentralCommands.row(day, try CentralCommands.timezone("WIT"), [Self.date])
        #expect(row[2] == "07.29")
        #expect(row.last == "ditutup, PIN belum ditautkan")
        #expect(UnitTree(Government.people.units).zone(of: 2, government: .gmt).identifier == "Asia/Jakarta")
    }
}
