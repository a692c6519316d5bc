import Attendance
import CentralStore
import Crypto
import DeviceFormats
import EdgeStore
import Foundation
import Testing
import ZKWire

/// The same scans by live event, poll, SOAP, push and flash disk are one row each at the centre, with the attributes of
/// the best source, for any order of arrival, any split into readings and any edge that read them.
@Suite("One row, any order", .timeLimit(.minutes(10)))
struct EverySourceTests {
    private static let rounds = 200
    private static let devices = 10

    @Test(
        "Live event, poll in every layout, push line, SOAP row and attlog.dat line of one scan are one row, any order",
        arguments: [1, 20_261_122, UInt64.random(in: 1...UInt64.max)])
    func oneRow(seed: UInt64) async throws {
        let rounds = seed == 1 ? Self.rounds : Self.rounds / 4
        print("every source property: seeds \(seed) ... \(seed) + 7919 * \(rounds - 1)")
        // Ten devices at once share the files, each with a seed of its own.
        for first in stride(from: 0, to: rounds, by: Self.devices) {
            var readings: [Reading] = []
            var wanted: [String] = []
            for round in first..<first + Self.devices {
                var random = SeededGenerator(seed: seed &+ UInt64(round) &* 7919)
                let scans = try ScanSet(serial: "CJ9L17056\(1000 + round)", &random)
                let layout = AttendanceLayout.allCases[round % AttendanceLayout.allCases.count]
                // Any of the sources may be missing: each must be the best one in turn.
                var tellings = try scans.tellings(layout).filter { _ in Int.random(in: 0..<3, using: &random) > 0 }
                if tellings.isEmpty { tellings = try scans.tellings(layout).suffix(1) }
                readings += Telling.readings(tellings, of: scans.serial, &random)
                // What must come out: every scan once, with the attributes of the best source that told it.
                wanted += ScanSet.wanted(tellings)
            }
            var random = SeededGenerator(seed: seed &+ UInt64(first))
            let rows = try await rows(readings.shuffled(using: &random), &random)
            let difference = Set(rows).symmetricDifference(wanted).sorted()
            #expect(
                difference.isEmpty && rows.count == wanted.count,
                "seed \(seed), rounds from \(first): \(difference.first ?? "")")
        }
    }

    @Test(
        "Each source alone gives the keys, verify methods and states of every other one",
        arguments: AttendanceLayout.allCases)
    func alone(layout: AttendanceLayout) throws {
        for seed in 1...20 as ClosedRange<UInt64> {
            var random = SeededGenerator(seed: seed)
            let scans = try ScanSet(serial: "CJ9L170560001", &random)
            let told = try scans.tellings(layout).filter { $0.source != .live }.map { telling in
                telling.punches.map { "\($0.key.hex) \($0.verify) \($0.state) \($0.flags)" }
            }
            #expect(told.count == 4 && Set(told).count == 1 && Set(told[0]).count == scans.scans.count)
            let codes = try scans.tellings(layout).filter { $0.source > .poll && $0.source != .live }
                .map { $0.punches.map(\.workCode) }
            #expect(Set(codes).count == 1 && codes[0] == scans.scans.map { $0.workCode == 0 ? nil : "\($0.workCode)" })
        }
    }

    /// What the centre has after the tellings came in random pieces and order over two edges, each cut into batches.
    private func rows(_ readings: [Reading], _ random: inout SeededGenerator) async throws -> [String] {
        let folder = FileManager.default.temporaryDirectory.appending(path: "hadir-\(RandomText.hex(bytes: 8))")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let centre = try SQLiteCentralStore(path: folder.appending(path: "central.db").path)
        let names = try await [centre.enrolled("node-1"), centre.enrolled("node-2")]
        let edges = try names.map { try EdgeStore(path: folder.appending(path: "\($0).db").path, now: monday) }
        for reading in readings {
            guard let edge = edges.randomElement(using: &random) else { continue }
            try edge.append(reading, at: monday)
            // And sometimes once more: a device that sends again, a file imported twice.
            if Int.random(in: 0..<4, using: &random) == 0 {
                let again = try edge.append(reading, at: monday)
                #expect(again.newPunches == 0 && again.confirmed == 0, "what is told again is not journaled again")
            }
        }
        try await send(edges, names, centre, &random)
        let punches = try await centre.punches(after: 0, limit: 10_000)
        #expect(try await centre.punchCount() == Int64(punches.count { !$0.punch.source.isUnconfirmed }))
        try centre.close()
        return punches.map { ScanSet.row($0.punch) }
    }

    /// Both edges' journals in runs of any length, some of them twice, in any turn.
    private func send(
        _ edges: [EdgeStore], _ names: [String], _ centre: SQLiteCentralStore, _ random: inout SeededGenerator
    ) async throws {
        var sent = edges.map { _ in Int64(0) }
        let key = Curve25519.Signing.PrivateKey()
        while let place = try edges.indices.filter({ try sent[$0] < edges[$0].head().lastSeq })
            .randomElement(using: &random)
        {
            let from = sent[place] > 0 && Bool.random(using: &random) ? sent[place] - 1 : sent[place]
            let run = try edges[place].run(
                after: from, most: Int.random(in: 2...400, using: &random), mostBytes: 900_000)
            let batch = try Batch(
                node: names[place], epoch: run.epoch, after: run.after, previousHash: run.previousHash,
                entries: run.entries, status: nil, key: key)
            let outcome = try await centre.append(EntryRun(Batch(parsing: batch.text)), receivedAt: monday)
            #expect(outcome.answer == .ok && outcome.quarantined.isEmpty)
            sent[place] = from + Int64(run.entries.count)
        }
    }
}

/// 2026-03-02 00:00 UTC, a Monday.
private let monday = Date(timeIntervalSince1970: 1_772_409_600)

/// All scans as one source tells them.
private struct Telling {
    let source: Punch.Source
    let punches: [Punch]
    /// A source that tells everything in one go counts occurrences within it, so it is never cut within a slot.
    let isOneByOne: Bool

    /// The tellings, cut into readings and shuffled. Some are told only in part: another one tells the rest.
    static func readings(
        _ tellings: [Telling], of serial: DeviceSerial, _ random: inout SeededGenerator
    ) -> [Reading] {
        var readings: [Reading] = []
        for telling in tellings {
            let slots = Dictionary(grouping: telling.punches, by: \.slot).values.map { $0 }
            var pieces: [[Punch]] = []
            for slot in slots.sorted(by: { "\($0[0].slot)" < "\($1[0].slot)" }).shuffled(using: &random) {
                if telling.isOneByOne || pieces.isEmpty || Int.random(in: 0..<4, using: &random) == 0 {
                    pieces.append(slot)
                } else {
                    pieces[pieces.count - 1] += slot
                }
            }
            readings += pieces.map { piece in
                Reading(
                    serial: serial, source: telling.source, extent: .some, startedAt: monday, punches: piece)
            }
        }
        return readings
    }
}

/// What people did at one device, and how each source would write it down, as bytes.
private struct ScanSet {
    struct Scan {
        let user: String
        let time: PackedTime.Parts
        let verify: Int
        let state: Int
        let workCode: Int
        var isToldLive = true
        var isToldOnline = true
    }

    let serial: DeviceSerial
    private(set) var scans: [Scan] = []

    init(serial: String, _ random: inout SeededGenerator) throws {
        self.serial = try #require(DeviceSerial(serial))
        let users = ["7", "12", "1984", "65535", "0"]
        var clock = Int.random(in: 0..<3000, using: &random)
        for _ in 0..<Int.random(in: 5...25, using: &random) {
            // 0: the same second again, of the same person sometimes.
            clock += Int.random(in: 0...2, using: &random)
            // February 30: a date no calendar has, which every source can write.
            let day = Int.random(in: 0..<12, using: &random) == 0 ? 30 : 27
            scans.append(
                Scan(
                    user: users.randomElement(using: &random) ?? "7",
                    time: .init(
                        year: 2026, month: 2, day: day, hour: 7, minute: clock / 60 % 60, second: clock % 60),
                    verify: Int.random(in: 0...15, using: &random), state: Int.random(in: 0...5, using: &random),
                    workCode: Int.random(in: 0...3, using: &random),
                    isToldLive: Int.random(in: 0..<3, using: &random) > 0))
        }
    }

    // MARK: As each source writes it

    func tellings(_ layout: AttendanceLayout) throws -> [Telling] {
        [
            Telling(source: .live, punches: try live(), isOneByOne: true),
            Telling(source: .poll, punches: try poll(layout), isOneByOne: false),
            Telling(source: .soap, punches: text(try soap(), .soap), isOneByOne: false),
            Telling(source: .push, punches: text(push(), .push), isOneByOne: false),
            Telling(source: .stick, punches: try stick(), isOneByOne: false),
        ]
    }

    /// The device's own records of `layout`, read back from their bytes.
    private func poll(_ layout: AttendanceLayout) throws -> [Punch] {
        let bytes = try scans.flatMap { scan in
            let time = try #require(PackedTime(scan.time))
            let who: AttendanceRecord.Who =
                layout.namesIndex ? .index(UInt16(scan.user) ?? 0) : .text(Array(scan.user.utf8))
            return AttendanceRecord(
                who: who, verify: UInt8(scan.verify), time: time, state: UInt8(scan.state),
                workCode: UInt32(scan.workCode)
            ).bytes(layout)
        }
        let users = Set(scans.map(\.user)).map { UserRecord(index: UInt16($0) ?? 0, userID: Array($0.utf8)) }
        var normaliser = PunchNormaliser(serial: serial, source: .poll, users: users)
        return normaliser.punches(from: try AttendanceRecord.all(in: bytes, layout: layout))
    }

    /// The frames' payloads of those that were told live; the rest came while nobody listened.
    private func live() throws -> [Punch] {
        let normaliser = PunchNormaliser(serial: serial, source: .live)
        return try scans.filter(\.isToldLive).flatMap { scan in
            let bytes = AttendanceEvent(
                who: .text(Array(scan.user.utf8)), verify: UInt8(scan.verify), state: UInt8(scan.state),
                time: try #require(EventTime(scan.time))
            ).bytes
            return AttendanceEvent.all(in: bytes).compactMap { normaliser.punch(from: $0) }
        }
    }

    /// A body of table ATTLOG, parsed as the listener does: user id, time, status, verify, work code.
    private func push() -> [TextScan] {
        let body = scans.map { scan in
            "\(scan.user)\t\(scan.time.text)\t\(scan.state)\t\(scan.verify)\t\(scan.workCode)\t0\t0\n"
        }
        let log = PushAttLog(Array(body.joined().utf8))
        #expect(log.scans.count == scans.count && log.unreadable.isEmpty)
        return log.scans
    }

    /// The web service's whole reply, taken as it comes.
    private func soap() throws -> [TextScan] {
        let rows = scans.map { scan in
            "<Row><PIN>\(scan.user)</PIN><DateTime>\(scan.time.text)</DateTime><Verified>\(scan.verify)</Verified>"
                + "<Status>\(scan.state)</Status><WorkCode>\(scan.workCode)</WorkCode></Row>\r\n"
        }
        let text =
            "HTTP/1.0 200 OK\r\nContent-Type: text/xml\r\nConnection: close\r\n\r\n\r\n<GetAttLogResponse>\r\n"
            + rows.joined() + "</GetAttLogResponse>"
        var reply = SOAPReply(to: .attendance)
        var taken: [TextScan] = []
        for piece in stride(from: 0, to: text.utf8.count, by: 1000) {
            try reply.take(Array(text.utf8.dropFirst(piece).prefix(1000))) { taken.append($0.scan) }
        }
        try reply.finish()
        #expect(taken.count == scans.count)
        return taken
    }

    /// `1_attlog.dat`, written by the device and parsed as any other file.
    private func stick() throws -> [Punch] {
        let lines = scans.map { scan in
            String(repeating: " ", count: 9 - scan.user.count)
                + "\(scan.user)\t\(scan.time.text)\t1\t\(scan.state)\t\(scan.verify)\t\(scan.workCode)\r\n"
        }
        let bytes = Array(lines.joined().utf8)
        let log = try StickFile.attendance(bytes, name: "1_attlog.dat")
        #expect(log.records.count == scans.count && log.unreadableCount == 0)
        return text(log.scans, .stick, FileOrigin(sha256: String(repeating: "5e", count: 32), by: "budi"))
    }

    private func text(_ scans: [TextScan], _ source: Punch.Source, _ file: FileOrigin? = nil) -> [Punch] {
        PunchNormaliser.punches(from: scans, serial: serial, source: source, file: file)
    }

    // MARK: What must come out

    static func wanted(_ tellings: [Telling]) -> [String] {
        var best: [PunchKey: Punch] = [:]
        for punch in tellings.flatMap(\.punches) {
            if let known = best[punch.key], known.source <= punch.source { continue }
            best[punch.key] = punch
        }
        return best.values.map { row($0) }
    }

    static func row(_ punch: Punch) -> String {
        Mirror(reflecting: punch).children.map { "\($0.label ?? "")=\($0.value)" }.joined(separator: " ")
    }
}

extension SQLiteCentralStore {
    fileprivate func enrolled(_ name: String) async throws -> String {
        let fingerprint = [UInt8](repeating: 7, count: 32)
        let code = EnrolmentCode(
            url: "http://127.0.0.1", id: RandomText.hex(bytes: 8), secret: [UInt8](repeating: 3, count: 16),
            centreFingerprint: fingerprint, tlsPin: nil)
        try await addEnrolmentCode(
            NewEnrolmentCode(
                id: code.id, unit: "Dinas Contoh", key: EnrolmentKey(secret: code.secret, codeID: code.id),
                createdAt: monday, expiresAt: monday.addingTimeInterval(86_400)))
        let request = EnrolmentRequest(code: code, nodeKey: Curve25519.Signing.PrivateKey().publicKey)
        return try #require(
            try await enrol(request, nodeName: name, centreFingerprint: fingerprint, at: monday)
        ).node
    }
}
