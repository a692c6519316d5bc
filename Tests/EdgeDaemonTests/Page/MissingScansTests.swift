import Attendance
import EdgeStore
import Foundation
import Testing
import ZKSimulator

@testable import EdgeDaemon

@Suite("The clerk's page: scans that the centre may not have although nothing waits")
struct MissingScansTests {
    private func model(_ missing: MissingScans) throws -> (OfficeModel, text: String) {
        var status = sampleStatus()
        status.journal.status = try journalStatus()
        status.missing = missing.news
        return (OfficeModel(status, scans: []), try officeText(status, help: "Pak Budi"))
    }

    private func punch(_ user: String, _ source: Punch.Source = .live) throws -> Punch {
        Punch(
            serial: try #require(DeviceSerial("S")), userID: UserID(user),
            deviceTime: try #require(DeviceTime(text: "2026-11-22T07:31:05")), occurrence: 0, verify: 1, state: 0,
            source: source, raw: [])
    }

    private func held(_ users: [String], _ reason: String = "not_your_device") throws -> [HeldScan] {
        try users.map { HeldScan(punch: try punch($0), reason: reason) }
    }

    @Test("Scans in quarantine are red, each counted once, for a week after the last of them")
    func quarantine() throws {
        let time = StagedTime()
        let missing = MissingScans(elapsed: { time.now.offset })
        #expect(try model(missing).0.light == .green)
        missing.held(try held(["1", "2"]))
        missing.held([HeldScan(punch: try punch("2", .poll), reason: "not_your_device")] + (try held(["3"])))
        let (red, text) = try model(missing)
        #expect(red.light == .red && red.causes.map(\.code) == ["scans_held"])
        #expect(
            text.contains("Pusat menahan 3 absen dari perangkat lobby: perangkat ini terdaftar di kantor lain."),
            "\(text)")
        #expect(text.contains("Hubungi Pak Budi") && !text.contains("Semua absen sudah terkirim"))
        time.advance(by: MissingScans.shownFor - .seconds(1))
        missing.held(try held(["4"]))
        time.advance(by: MissingScans.shownFor - .seconds(1))
        #expect(try model(missing).text.contains("Pusat menahan 4 absen"))
        time.advance(by: .seconds(1))
        #expect(try model(missing).0.light == .green)
        missing.held(try held(["1"], "undecodable: a") + held(["2"], "undecodable: b"))
        #expect(
            try model(missing).text.contains("menahan 2 absen dari perangkat lobby: isinya tidak dapat dibaca pusat."))
    }

    @Test("More scans than are told apart are said to be more, and not counted wrong")
    func bounded() throws {
        let missing = MissingScans(elapsed: { .zero })
        missing.held(try held((0..<MissingScans.mostKeys).map { "\($0)" }))
        missing.held(try held(["0"]))
        #expect(missing.news.held.map(\.isMore) == [false])
        missing.held(try held(["x"]))
        #expect(try model(missing).text.contains("Pusat menahan lebih dari 10.000 absen"))
    }

    @Test(
        "A break of a device's log is red for a week, with when it was found", arguments: LogContinuity.Break.allCases)
    func breaks(_ why: LogContinuity.Break) throws {
        let time = StagedTime()
        let missing = MissingScans(elapsed: { time.now.offset })
        missing.lost(try #require(DeviceSerial("S")), why, at: StagedTime.start)
        let (red, text) = try model(missing)
        #expect(red.light == .red && red.causes.map(\.code) == [why.rawValue])
        #expect(
            text.contains("di memori perangkat lobby") && text.contains("diketahui pada 23 Nov 07.00 WIB"), "\(text)")
        time.advance(by: MissingScans.shownFor)
        #expect(try model(missing).0.light == .green)
    }

    @Test("Read from a device whose log was cleared; known after a restart from the journal, until the week is over")
    func restart() async throws {
        let office = try Office()
        let device = office.device()
        try await device.start()
        let board = DeviceBoard(elapsed: office.environment.stopwatch())
        let stanza = try device.stanza(live: false)
        _ = try await office.reader(stanza, board: board).readInNewSession()
        #expect(board.missing.news == .init())
        device.clearLog()
        try device.scan(userID: "1")
        _ = try await office.reader(stanza, board: board).readInNewSession()
        #expect(board.missing.news.lost.map(\.why) == [.cleared])
        let seqs = try office.store.tail(1000).compactMap { entry in
            if case .punch = try EntryBody.decode(entry.body).body { entry.seq } else { nil }
        }
        try office.store.acknowledge(
            upTo: office.store.head().lastSeq,
            quarantined: seqs.prefix(5).map { Receipt.Quarantined(seq: $0, reason: "not_your_device") },
            at: office.time.date)
        func after(_ seconds: TimeInterval) -> MissingScans.News {
            let again = MissingScans(elapsed: { .zero })
            again.fill(from: office.store, now: office.time.date.addingTimeInterval(seconds))
            return again.news
        }
        #expect(after(6 * 86_400).held.map(\.count) == [5] && after(6 * 86_400).lost == board.missing.news.lost)
        #expect(after(-9e8).held.map(\.count) == [5], "a wall clock that stands before it hides nothing")
        #expect(after(7 * 86_400) == .init())
        await device.stop()
    }

    @Test("The punches among what a receipt quarantines, with its reasons")
    func receipt() async throws {
        let office = try Office()
        let serial = try #require(DeviceSerial("S"))
        let reading = Reading(
            serial: serial, source: .live, extent: .some, startedAt: StagedTime.start,
            punches: [try punch("1"), try punch("2")])
        try office.store.append([.alarm(Alarm(code: "x", text: ""))], at: StagedTime.start)
        _ = try office.store.append(reading, at: StagedTime.start)
        let run = try office.store.run(after: 0, most: 100, mostBytes: 100_000)
        let batch = try Batch(
            node: "n1", epoch: run.epoch, after: run.after, previousHash: run.previousHash, entries: run.entries,
            status: nil, key: .init())
        let all = run.entries.map { Receipt.Quarantined(seq: $0.seq, reason: "r\($0.seq)") }
        let last = try #require(run.entries.last?.seq)
        #expect(HeldScan.all(in: batch, all).map(\.punch.userID.text) == ["1", "2"])
        #expect(HeldScan.all(in: batch, all).last?.reason == "r\(last)")
        #expect(HeldScan.all(in: batch, [.init(seq: last, reason: "r")]).map(\.punch.userID.text) == ["2"])
        #expect(HeldScan.all(in: batch, []).isEmpty)
    }

    @Test("The forwarder tells of held scans with the receipt that acknowledges them, and of no others")
    func forwarder() async throws {
        try await ForwarderRig.with { rig in
            let reading = Reading(
                serial: try #require(DeviceSerial("S")), source: .live, extent: .some, startedAt: StagedTime.start,
                punches: [try punch("1"), try punch("2")])
            let appended = try rig.store.append(reading, at: StagedTime.start)
            await rig.centre.quarantine(seq: appended.lastSeq, "not_your_device")
            await rig.centre.quarantine(seq: 1, "undecodable: no punch")
            #expect(try await rig.forwarder().drain() == nil)
            #expect(rig.held.value == (try held(["2"])))
        }
    }
}
