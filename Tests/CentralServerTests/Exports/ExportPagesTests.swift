import Attendance
import AttendanceRules
import CentralAttendance
import CentralStore
import Foundation
import Hummingbird
import HummingbirdTesting
import Logging
import ServiceLifecycleTestKit
import TableFiles
import Testing

@testable import CentralServer

/// A centre on a loopback socket with a place for files, and days of March 2026 for the people of `PageGovernment`.
struct ExportRig: Sendable {
    let store: SQLiteCentralStore
    let clock = TestClock()
    let folder: String
    private let application: CentralApplication

    private init(_ directory: URL, _ limits: ExportLimits) throws {
        let path = directory.appending(path: "central.db").path
        store = try SQLiteCentralStore(path: path)
        folder = directory.appending(path: "exports").path
        let ring = KeyRing(CentralKeys())
        application = try CentralApplication(
            listen: ListenAddress(host: "127.0.0.1", port: 0), store: store, keys: ring,
            exports: ExportPlace(folder: folder, database: path, limits: limits), derive: CountedHash().derive,
            now: clock.now, logger: silent)
    }

    static func run(
        limits: ExportLimits = ExportRig.limits, left: [String] = [],
        _ work: @Sendable @escaping (ExportRig, any TestClientProtocol) async throws -> Void
    ) async throws {
        try await withTemporaryDirectory { directory in
            let rig = try ExportRig(directory, limits)
            try FileManager.default.createDirectory(atPath: rig.folder, withIntermediateDirectories: true)
            for name in left {
                _ = FileManager.default.createFile(atPath: rig.folder + "/" + name, contents: Data([1]))
            }
            let heads = [
                (
                    number: PageGovernment.people[2].number, UnitHead.Capacity.plt,
                    DateSpan(from: Government.date("2026-03-01"), to: Government.date("2026-03-02"))
                )
            ]
            try await PageGovernment.fill(rig.store, heads: heads)
            _ = try await rig.store.save(
                days, gone: [], why: [.recompute], done: nil,
                days: Government.date("2026-03-01")...Government.date("2026-03-31"), at: monday)
            try await rig.application.application().test(.live) { client in try await work(rig, client) }
            try rig.store.close()
        }
    }

    /// A disk of a test machine may be nearly full.
    static let limits: ExportLimits = {
        var limits = ExportLimits()
        limits.freeBytes = 1
        limits.longestRest = .zero
        return limits
    }()

    private static let days: [StoredWorkday] = (1...4).flatMap { employee in
        (0..<31).map { offset in
            StoredWorkday(
                employee: Int64(employee), unit: employee < 3 ? Int64(employee) : 3,
                workday: Workday(date: Government.date("2026-03-01").adding(days: offset), status: .hadir))
        }
    }

    var files: [String] { (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [] }
}

extension PageVisitor {
    static let form = ["jenis": "rekap", "dari": "2026-03", "sampai": "2026-03", "bentuk": "csv", "unit": ""]

    func ask(_ change: [String: String] = [:]) async throws -> TestResponse {
        try await post("/unduhan", Self.form.merging(change) { $1 })
    }

    /// Asks again and again: each answer is made while the file is.
    func file(_ number: Int = 0) async throws -> String {
        for _ in 0..<2000 {
            let ids = try await get("/unduhan").text.matches(of: /href="\/unduhan\/berkas\/([0-9a-f]{32})"/)
                .map { String($0.1) }
            if ids.count > number { return ids[number] }
        }
        throw FixtureError(what: try await get("/unduhan").text)
    }

    /// Made here, or somewhere else before.
    func running(_ store: any CentralStore) async throws -> String {
        let page = try await get("/unduhan").text
        guard let match = page.firstMatch(of: /action="\/unduhan\/hapus\/([0-9a-f]{32})"/) else {
            throw FixtureError(what: page)
        }
        return String(match.1)
    }
}

@Suite("Files that people ask for", .timeLimit(.minutes(2)))
struct ExportPagesTests {
    @Test("a file is asked for, made, and downloaded, under a safe name, and nobody else on the machine may read it")
    func whole() async throws {
        try await ExportRig.run(left: ["old.xlsx", "half"]) { rig, client in
            #expect(rig.files.isEmpty)
            let visitor = try await PageVisitor(client, rig.store, "bkpsdm", .personnel, at: monday)
            #expect(try await visitor.ask(["bentuk": "xlsx", "unit": "1"]).headers[.location] == "/unduhan")
            let id = try await visitor.file()
            let answer = try await visitor.get("/unduhan/berkas/\(id)")
            #expect(answer.status == .ok)
            #expect(answer.headers[.contentDisposition] == "attachment; filename=\"rekap_2026-03_unit-1.xlsx\"")
            #expect(answer.headers[.cacheControl]?.contains("no-store") == true)
            let table = try TableFile(bytes: Array(answer.body.readableBytesView))
            #expect(table.rows.contains { $0.cells.first == PageGovernment.ani })
            #expect(table.rows.contains { $0.cells.contains("Budi Invented") })
            #expect(!table.rows.contains { $0.cells.contains("Citra Invented") })
            #expect(rig.files == ["\(id).xlsx"])
            let mode = try FileManager.default.attributesOfItem(atPath: "\(rig.folder)/\(id).xlsx")
            #expect(mode[.posixPermissions] as? Int == 0o600)
            let folder = try FileManager.default.attributesOfItem(atPath: rig.folder)
            #expect(folder[.posixPermissions] as? Int == 0o700)
        }
    }

    @Test("no account has another's file: not to see, not to download, not to take away")
    func others() async throws {
        try await ExportRig.run { rig, client in
            let one = try await PageVisitor(client, rig.store, "satu", .personnel, at: monday)
            let two = try await PageVisitor(client, rig.store, "dua", .personnel, at: monday)
            _ = try await one.ask()
            let id = try await one.file()
            #expect(try await !two.get("/unduhan").text.contains(id))
            #expect(try await two.get("/unduhan/berkas/\(id)").status == .notFound)
            _ = try await two.post("/unduhan/hapus/\(id)")
            #expect(try await one.get("/unduhan/berkas/\(id)").status == .ok)
            _ = try await one.post("/unduhan/hapus/\(id)")
            #expect(try await one.get("/unduhan/berkas/\(id)").status == .notFound)
            #expect(rig.files.isEmpty)
        }
    }

    @Test("a head has the own unit's people in a file, no other unit to ask for, and no file once the unit is lost")
    func heads() async throws {
        try await ExportRig.run { rig, client in
            // Citra of unit 3 leads unit 1 to the end of this day.
            let head = try await PageVisitor(client, rig.store, "citra", .employee, employee: 3, at: monday)
            #expect(try await head.ask(["unit": "3"]).status == .notFound)
            for kind in ExportKind.allCases {
                let form = ["jenis": kind.rawValue, "bentuk": "csv"]
                #expect(try await head.ask(form).status == .seeOther, "\(kind)")
                let id = try await head.file()
                let text = try await head.get("/unduhan/berkas/\(id)").text
                #expect(kind == .units || kind == .violations || kind == .unsynced || text.contains("Ani Invented"))
                for foreign in ["Dedi Invented", "Kecamatan Seberang", PageGovernment.people[3].number] {
                    #expect(!text.contains(foreign), "\(kind) \(foreign)")
                }
                _ = try await head.post("/unduhan/hapus/\(id)")
            }
            _ = try await head.ask()
            let id = try await head.file()
            #expect(try await head.get("/unduhan/berkas/\(id)").status == .ok)
            #expect(try await head.get("/unduhan/daftar-hadir/1/2026-03").status == .ok)
            #expect(try await head.get("/unduhan/daftar-hadir/3/2026-03").status == .notFound)
            rig.clock.pass(17 * 3600)
            try await rig.store.noteUse(ofSession: head.token.hash, at: rig.clock.now())
            // An executive of the other unit, so that the page itself is still theirs.
            _ = try await rig.store.addAccount(
                NewAccount(name: "lain", role: .head, unit: 3, password: PageGovernment.password, createdAt: monday))
            let after = try await head.get("/unduhan/berkas/\(id)").status
            #expect(after == .forbidden || after == .notFound)
        }
    }

    @Test("an account whose role moved to another unit does not find the old unit's file")
    func moved() async throws {
        try await ExportRig.run { rig, client in
            let service = ExportService(
                place: ExportPlace(folder: rig.folder + "2", database: nil, limits: ExportRig.limits),
                writer: rig.writer, now: rig.clock.now, logger: silent)
            try await service.running { service in
                let tree = UnitTree(try await rig.store.people().units)
                let (one, all) = (UnitScope(unit: 1, in: tree), UnitScope.government)
                let job = try await service.make(.recap, scope: one)
                #expect(await service.job(job, of: "a", in: one) != nil)
                #expect(await service.job(job, of: "a", in: all) != nil)
                #expect(await service.job(job, of: "a", in: UnitScope(unit: 2, in: tree)) == nil)
                #expect(await service.job(job, of: "a", in: UnitScope(unit: 3, in: tree)) == nil)
                #expect(await service.job(job, of: "b", in: all) == nil)
                let whole = try await service.make(.recap, scope: all)
                #expect(await service.job(whole, of: "a", in: one) == nil)
            }
        }
    }

    @Test("one who asks for too much is told, in words, and a wrong form changes nothing")
    func limits() async throws {
        var limits = ExportRig.limits
        limits.filesOfOneAccount = 1
        try await ExportRig.run(limits: limits) { rig, client in
            let visitor = try await PageVisitor(client, rig.store, "satu", .personnel, at: monday)
            for wrong in [
                ["jenis": "semua"], ["dari": "maret"], ["bentuk": "pdf"], ["sampai": "2026-02"],
                ["jenis": "daftar-hadir", "sampai": "2026-04"], ["sampai": "2046-03"],
            ] {
                let answer = try await visitor.ask(wrong)
                #expect(answer.status == .unprocessableContent, "\(wrong)")
                #expect(!answer.alert.isEmpty, "\(wrong)")
            }
            #expect(try await visitor.ask(["unit": "99"]).status == .notFound)
            #expect(rig.files.isEmpty)
            _ = try await visitor.ask()
            let id = try await visitor.file()
            #expect(try await visitor.ask().alert.contains("Sudah ada 1 berkas"))
            // After a day it is gone, and there is room.
            rig.clock.pass(24 * 3600 + 1)
            let later = try await PageVisitor(client, rig.store, "dua", .personnel, at: rig.clock.now())
            _ = try await later.ask()
            _ = try await later.file()
            #expect(!rig.files.contains { $0.hasPrefix(id) })
        }
    }

    @Test("a file that grows beyond its bounds ends with a sentence and no file; a full disk takes none")
    func bounds() async throws {
        var small = ExportRig.limits
        small.bytesOfFile = 1
        try await ExportRig.run(limits: small) { rig, client in
            let visitor = try await PageVisitor(client, rig.store, "satu", .personnel, at: monday)
            _ = try await visitor.ask(["bentuk": "xlsx"])
            var page = ""
            for _ in 0..<2000 where !page.contains("terlalu besar") { page = try await visitor.get("/unduhan").text }
            #expect(page.contains("terlalu besar"))
            #expect(rig.files.isEmpty)
        }
        var full = ExportRig.limits
        full.freeBytes = .max
        try await ExportRig.run(limits: full) { rig, client in
            let visitor = try await PageVisitor(client, rig.store, "satu", .personnel, at: monday)
            #expect(try await visitor.ask().alert.contains("penuh"))
        }
    }

    @Test("what is cancelled while it is made stops, leaves nothing, and the next one is made")
    func cancel() async throws {
        try await ExportRig.run { rig, _ in
            let staged = StagedAttendance()
            let writer = ExportWriter(
                store: rig.store, attendance: AttendanceParts(staged) { _, _ in nil }, settings: PagesSettings(),
                database: nil, now: rig.clock.now)
            let folder = rig.folder + "3"
            let service = ExportService(
                place: ExportPlace(folder: folder, database: nil, limits: ExportRig.limits), writer: writer,
                now: rig.clock.now, logger: silent)
            try await service.running { service in
                // The first reading of days waits until somebody has cancelled.
                let (cancelled, told) = AsyncStream.makeStream(of: Void.self)
                let (reading, begun) = AsyncStream.makeStream(of: Void.self)
                staged.state.withLock { state in
                    state.whileReading = [
                        {
                            begun.yield()
                            for await _ in cancelled { return }
                        }
                    ]
                }
                let actor = Actor(name: "a", role: "personnel")
                let first = try await service.ask(
                    ExportRequest(kind: .recap, first: march, last: march, format: .xlsx), unit: nil,
                    scope: .government, account: "a", by: actor)
                for await _ in reading { break }
                #expect(FileManager.default.fileExists(atPath: "\(folder)/\(first.id).xlsx"))
                await service.end(first.id, of: "b")
                #expect(await service.job(first.id, of: "a", in: .government)?.state == .running)
                await service.end(first.id, of: "a")
                told.yield()
                _ = try await service.make(.recap, scope: .government)
                #expect(await service.job(first.id, of: "a", in: .government)?.state == .cancelled)
                let left = try FileManager.default.contentsOfDirectory(atPath: folder)
                #expect(left.count == 1 && !left.contains { $0.hasPrefix(first.id) })
            }
        }
    }

    @Test("one account has a few at a time in line, and not all of the line")
    func line() async throws {
        try await ExportRig.run { rig, _ in
            var limits = ExportRig.limits
            limits.open = 5
            let staged = StagedAttendance()
            let (never, _) = AsyncStream.makeStream(of: Void.self)
            staged.state.withLock {
                $0.whileReading = [
                    {
                        for await _ in never {}
                        throw CancellationError()
                    }
                ]
            }
            let writer = ExportWriter(
                store: rig.store, attendance: AttendanceParts(staged) { _, _ in nil }, settings: PagesSettings(),
                database: nil, now: rig.clock.now)
            let service = ExportService(
                place: ExportPlace(folder: rig.folder + "4", database: nil, limits: limits), writer: writer,
                now: rig.clock.now, logger: silent)
            try await service.running { service in
                let request = ExportRequest(kind: .recap, first: march, last: march, format: .csv)
                func ask(_ account: String) async throws {
                    _ = try await service.ask(
                        request, unit: nil, scope: .government, account: account, by: Actor(name: account, role: "head")
                    )
                }
                for _ in 0..<3 { try await ask("a") }
                await #expect(throws: ExportRefusal.tooManyOpen(most: 3)) { try await ask("a") }
                for _ in 0..<2 { try await ask("b") }
                await #expect(throws: ExportRefusal.full) { try await ask("c") }
            }
        }
    }

    @Test("the sheet for paper has every date, the signature block, and nothing that a name smuggled in")
    func paper() async throws {
        try await ExportRig.run { rig, client in
            let evil = "<script>alert(1)</script>"
            try await rig.store.change(
                people: [
                    .employee(number: PageGovernment.ani, kind: .pns, name: evil, from: Government.date("2020-01-01"))
                ],
                revision: nil, by: Actor(name: "siti", role: "operator"), at: monday)
            let visitor = try await PageVisitor(client, rig.store, "satu", .executive, at: monday)
            let page = try await visitor.get("/unduhan/daftar-hadir/1/2026-03")
            #expect(page.status == .ok)
            #expect(!page.text.contains(evil) && page.text.contains("&lt;script&gt;"))
            #expect(page.text.contains("Mengetahui,") && page.text.contains("Plt. Kepala Dinas Contoh"))
            #expect(page.text.contains(">31</th>") && page.text.contains("Sidik jurnal"))
            #expect(page.text.contains("Bagian Umum") && !page.text.contains("Dedi"))
            for path in ["99/2026-03", "1/2026-13", "1/maret", "x/2026-03"] {
                #expect(try await visitor.get("/unduhan/daftar-hadir/\(path)").status == .notFound, "\(path)")
            }
        }
    }

    @Test("without a place for files the page says so, and nothing is kept")
    func off() async throws {
        try await PageCentre.run { centre, client in
            let visitor = try await PageVisitor(client, centre.store, "satu", .personnel, at: monday)
            #expect(try await visitor.get("/unduhan").status == .ok)
            #expect(try await visitor.ask().alert.contains("belum diaktifkan"))
        }
    }
}

private let march = CivilMonth(number: 2026 * 12 + 2)

extension ExportRig {
    var writer: ExportWriter {
        ExportWriter(
            store: store, attendance: AttendanceParts(store, timezone: .gmt, now: clock.now),
            settings: PagesSettings(), database: nil, now: clock.now)
    }
}

extension ExportService {
    /// Runs it beside `work`, and ends it in good order.
    nonisolated func running(_ work: @Sendable @escaping (ExportService) async throws -> Void) async throws {
        try await testGracefulShutdown { trigger in
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await self.run() }
                while await !self.isOn { await Task.yield() }
                try await work(self)
                trigger.triggerGracefulShutdown()
                try await group.waitForAll()
            }
        }
    }

    /// Asks for March, and waits until it is there.
    nonisolated func make(_ kind: ExportKind, scope: UnitScope) async throws -> String {
        let job = try await ask(
            ExportRequest(kind: kind, first: march, last: march, format: .csv), unit: nil, scope: scope, account: "a",
            by: Actor(name: "a", role: "head"))
        for await _ in await listen(of: "a") {
            guard let now = await self.job(job.id, of: "a", in: .government), !now.isOpen else { continue }
            guard now.isDone else { throw FixtureError(what: "\(now.state)") }
            break
        }
        return job.id
    }
}
