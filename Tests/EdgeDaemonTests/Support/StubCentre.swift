import Attendance
import Crypto
import EdgeStore
import Foundation
import Synchronization

@testable import EdgeDaemon

/// A centre in the same process: signs receipts for what it is sent, or does not.
final class StubCentre: CentreLink {
    enum Mode: Sendable {
        case answering
        /// Takes the request and never answers.
        case hanging
        case unreachable
        /// A login page in between.
        case page
    }

    private struct State {
        var mode = Mode.answering
        var bodies: [EntryBody] = []
        var requests = 0
        var closed = false
    }

    let key = Curve25519.Signing.PrivateKey()
    private let state = Mutex(State())
    private let changes: Changes

    init(changes: Changes) { self.changes = changes }

    func set(_ mode: Mode) { state.withLock { $0.mode = mode } }

    var requests: Int { state.withLock { $0.requests } }
    var isClosed: Bool { state.withLock { $0.closed } }
    var punches: Int {
        state.withLock { state in state.bodies.count { if case .punch = $0 { true } else { false } } }
    }

    func post(_ path: String, body: [UInt8], contentType: String) async throws -> CentreAnswer {
        let mode = state.withLock { state in
            state.requests += 1
            return state.mode
        }
        defer { changes.notify() }
        changes.notify()
        switch mode {
        case .unreachable: throw CentreLinkError(.unreachable, "")
        case .page: return CentreAnswer(status: 200, body: Array("<html>sign in</html>".utf8))
        case .hanging:
            // A stream nobody feeds ends with the task.
            let (never, sink) = AsyncStream<Void>.makeStream()
            for await _ in never {}
            withExtendedLifetime(sink) {}
            try Task.checkCancellation()
            throw CentreLinkError(.timedOut, "")
        case .answering:
            let batch = try Batch(parsing: body)
            let bodies = try batch.entries().map { try EntryBody.decode($0.body).body }
            state.withLock { $0.bodies += bodies }
            let receipt = Receipt(
                to: batch.header, answer: .ok, highWater: batch.header.last,
                endHash: ChainHash(hex: batch.header.end_hash) ?? .start(of: batch.epoch), accepted: bodies.count,
                serverTime: StagedTime.start)
            return CentreAnswer(status: 200, body: try receipt.sign(with: key))
        }
    }

    func close() async { state.withLock { $0.closed = true } }

    /// Makes `directory` that of a node enrolled here.
    func enroll(_ directory: StateDirectory) throws {
        let identity = [
            "node": "n1", "unit": "Dinas Contoh", "url": "http://127.0.0.1:1",
            "centre_signing_key": key.publicKey.rawRepresentation.base64EncodedString(),
            "centre_sealing_key": Data(repeating: 7, count: 32).base64EncodedString(),
        ]
        try AtomicFile.write(Array(JSONEncoder().encode(identity)), to: directory.nodeIdentity, mode: 0o640)
        let node = Curve25519.Signing.PrivateKey().rawRepresentation.base64EncodedString()
        try AtomicFile.write(Array(node.utf8), to: directory.nodeKey, mode: 0o600)
    }
}
