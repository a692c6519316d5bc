import Attendance
import CentralStore
import Foundation
import Logging

@testable import CentralServer

/// A centre without a process: what the network and what a carrier ask of it, and its disk, which may be put back.
actor CarriedCentre {
    nonisolated let ring = KeyRing(CentralKeys())
    private let folder: URL
    private var store: SQLiteCentralStore
    private var ingest: IngestService
    private var moment = Date(timeIntervalSince1970: 1_795_221_000)

    private var database: URL { folder.appending(path: "central.db") }
    private var copy: URL { folder.appending(path: "central.copy") }

    init(in folder: URL) throws {
        self.folder = folder
        let store = try SQLiteCentralStore(path: folder.appending(path: "central.db").path)
        self.store = store
        ingest = Self.ingest(store, ring, Date(timeIntervalSince1970: 1_795_221_000))
    }

    private static func ingest(_ store: SQLiteCentralStore, _ ring: KeyRing, _ moment: Date) -> IngestService {
        .quiet(store, ring) { moment }
    }

    private func pass() {
        moment.addTimeInterval(60)
        ingest = Self.ingest(store, ring, moment)
    }

    func code() async throws -> EnrolmentCode {
        let answer = await Administration(store: store, keys: ring, now: { [moment] in moment }).perform(
            .addNode(unit: "Kecamatan Contoh", url: "http://127.0.0.1:8080", tlsPin: nil), by: .centre)
        guard case .code(let text, _, _) = answer else { throw CentralError(.io, "\(answer)") }
        return try EnrolmentCode(parsing: text)
    }

    /// As over HTTP.
    func answer(_ path: String, _ body: [UInt8]) async throws -> (status: Int, body: [UInt8]) {
        pass()
        if path == "/v1/enroll" {
            let service = EnrolmentService(
                store: store, keys: ring, now: { [moment] in moment },
                logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
            let request = try JSONDecoder().decode(EnrolmentRequest.self, from: Data(body))
            return (200, try await service.enrol(request) ?? [])
        }
        return (200, try await ingest.take(body).signed)
    }

    /// As `hadir-central import` does with the bundles of a file: their answers and receipts.
    func bring(_ bytes: [UInt8]) async throws -> (answers: [Receipt.Answer], receipts: [UInt8]) {
        pass()
        let desk = Administration(store: store, keys: ring, now: { [moment] in moment }, ingest: ingest)
        var reader = BundleReader(bytes)
        var answers: [Receipt.Answer] = []
        var receipts: [UInt8] = []
        while let bundle = try reader.next() {
            let answer = try await desk.takeBundle(bundle.bytes, file: "test.hadir", by: .centre)
            answers.append(answer.answer)
            receipts += answer.receipt
        }
        return (answers, receipts)
    }

    /// A centre that knows the same nodes and has nothing of them.
    func twin(in folder: URL) async throws -> CarriedCentre {
        let twin = try CarriedCentre(in: folder)
        try await twin.learn(store.keptNodes(), at: moment)
        return twin
    }

    private func learn(_ nodes: [KeptNode], at moment: Date) async throws { try await store.restore(nodes, at: moment) }

    func highWater(_ epoch: String) async throws -> Int64 {
        try await store.journalHeads().first { $0.epoch == epoch }?.highWater ?? 0
    }

    /// Everything that must not depend on the way: each scan with its attributes, each journal's end.
    func rows() async throws -> [String] {
        let punches = try await store.punches(after: 0, limit: 1_000_000).map { row in
            "\(row.key) \(row.punch) \(row.utc.map { "\($0.timeIntervalSince1970)" } ?? "-")"
        }
        let heads = try await store.journalHeads().map { "\($0.epoch) \($0.highWater) \($0.endHash.hex)" }
        return (punches + heads).sorted()
    }

    /// Whether entries and punches are what they were.
    func isWhole() async throws -> Bool { try await store.verifyEntries(piece: 500).problems.isEmpty }

    func backUp() throws {
        try store.close()
        try? FileManager.default.removeItem(at: copy)
        try FileManager.default.copyItem(at: database, to: copy)
        try open()
    }

    /// The disk failed, and the last copy is put back.
    func restore() throws {
        guard FileManager.default.fileExists(atPath: copy.path) else { return }
        try store.close()
        for ending in ["", "-wal", "-shm"] {
            try? FileManager.default.removeItem(atPath: database.path + ending)
        }
        try FileManager.default.copyItem(at: copy, to: database)
        try open()
    }

    private func open() throws {
        store = try SQLiteCentralStore(path: database.path)
        ingest = Self.ingest(store, ring, moment)
    }

    func close() throws { try store.close() }
}
