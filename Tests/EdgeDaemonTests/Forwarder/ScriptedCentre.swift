import Attendance
import Crypto
import EdgeDaemon
import Foundation

/// A centre in memory that checks and stores batches as the contract says, and a line to it that fails as told.
actor ScriptedCentre: CentreLink {
    /// What happens to one post.
    enum Fault: Sendable {
        /// It never arrives.
        case lineDown(CentreLinkError.Code)
        /// It is stored, and the answer does not come back.
        case answerLost
        /// Something in between answers, and it never arrives.
        case inBetween(Int, String = "", retryAfter: Int? = nil)
        /// It is stored, and something else answers.
        case storedThen(Int, String)
        /// It is stored, and the receipt is cut short.
        case truncated
        /// The receipt of the batch before.
        case replayed
        /// The receipt is signed by somebody else.
        case otherKey
        /// A receipt of this centre that says something else; nothing is stored.
        case instead(@Sendable (inout Receipt) -> Void)
    }

    let key = Curve25519.Signing.PrivateKey()
    private let nodeKey: Curve25519.Signing.PublicKey
    /// By epoch, in order of seq.
    private(set) var entries: [String: [Entry]] = [:]
    /// Seqs that a node no longer had, as it told.
    private(set) var gaps: [ClosedRange<Int64>] = []
    /// What every receipt carries.
    private var orders: [Receipt.Order] = []
    private var nextKey: Curve25519.Signing.PublicKey?
    private var audit: AuditHead?
    private var signing: Curve25519.Signing.PrivateKey?
    private var serverTime = monday
    private var quarantined: [Receipt.Quarantined] = []
    private(set) var posted: [[UInt8]] = []
    private(set) var isClosed = false
    private var faults: [Fault] = []
    private var lastReceipt: [UInt8] = []
    /// Bodies larger than this are answered with 413 by something in between.
    private var mostBytes = Int.max
    nonisolated let posts: AsyncStream<Int>
    private let sink: AsyncStream<Int>.Continuation

    init(nodeKey: Curve25519.Signing.PublicKey) {
        self.nodeKey = nodeKey
        (posts, sink) = AsyncStream.makeStream()
    }

    func script(_ faults: Fault...) { self.faults += faults }

    /// From now on all goes well.
    func forgive() { faults = [] }

    /// The entry is kept and not counted.
    func quarantine(seq: Int64, _ reason: String) { quarantined.append(.init(seq: seq, reason: reason)) }

    func order(_ orders: Receipt.Order...) { self.orders = orders }

    /// Announces a key in every receipt from now on.
    func announce(_ key: Curve25519.Signing.PublicKey?) { nextKey = key }

    /// Where its audit log ends from now on; `nil` for a centre that has none.
    func tell(_ audit: AuditHead?, at moment: Date) {
        self.audit = audit
        serverTime = moment
    }

    /// Signs with another key from now on.
    func sign(with key: Curve25519.Signing.PrivateKey) { signing = key }

    func setTime(_ date: Date) { serverTime = date }

    func limit(to bytes: Int) { mostBytes = bytes }

    /// As after a restored backup: only the first `count` entries of each epoch are left.
    func restore(keeping count: Int) { entries = entries.mapValues { Array($0.prefix(count)) } }

    /// Puts another entry where the last one stands.
    func forge(_ epoch: Epoch) {
        guard let last = entries[epoch.text]?.popLast() else { return }
        entries[epoch.text]?.append(Entry(seq: last.seq, body: last.body, hash: .start(of: .random())))
    }

    func stored(_ epoch: Epoch) -> [Entry] { entries[epoch.text] ?? [] }

    var headers: [Batch.Header] { posted.compactMap { try? Batch(parsing: $0).header } }

    func close() { isClosed = true }

    func post(_ path: String, body: [UInt8], contentType: String) async throws -> CentreAnswer {
        try Task.checkCancellation()
        posted.append(body)
        defer { sink.yield(posted.count) }
        guard path == "/v1/batches", contentType == "text/plain; charset=utf-8" else {
            return CentreAnswer(status: 404, body: [])
        }
        guard body.count <= mostBytes else { return CentreAnswer(status: 413, body: Array("<html>413</html>".utf8)) }
        let fault = faults.isEmpty ? nil : faults.removeFirst()
        switch fault {
        case .lineDown(let code): throw CentreLinkError(code, "")
        case .inBetween(let status, let text, let retryAfter):
            return CentreAnswer(status: status, retryAfter: retryAfter, body: Array(text.utf8))
        default: break
        }
        return try answer(body, fault)
    }

    private func answer(_ body: [UInt8], _ fault: Fault?) throws -> CentreAnswer {
        let batch: Batch
        let received: [Entry]
        do {
            batch = try Batch(parsing: body)
            received = try batch.entries()
        } catch {
            return CentreAnswer(status: 400, body: Array("\(error)".utf8))
        }
        guard batch.isSigned(by: nodeKey) else { return CentreAnswer(status: 403, body: []) }
        if case .instead(let change) = fault {
            var receipt = receipt(batch, .ok)
            change(&receipt)
            return CentreAnswer(status: 200, body: try receipt.sign(with: key))
        }
        let outcome = store(batch, received)
        let text = try receipt(batch, outcome.answer, outcome.accepted).sign(with: signing ?? key)
        defer { lastReceipt = text }
        switch fault {
        case .answerLost: throw CentreLinkError(.lost, "")
        case .storedThen(let status, let text): return CentreAnswer(status: status, body: Array(text.utf8))
        case .truncated: return CentreAnswer(status: 200, body: Array(text.dropLast(20)))
        case .replayed: return CentreAnswer(status: 200, body: lastReceipt)
        case .otherKey:
            let forged = try receipt(batch, outcome.answer, outcome.accepted)
                .sign(with: Curve25519.Signing.PrivateKey())
            return CentreAnswer(status: 200, body: forged)
        default: return CentreAnswer(status: outcome.answer == .ok ? 200 : 409, body: text)
        }
    }

    private func store(_ batch: Batch, _ received: [Entry]) -> (answer: Receipt.Answer, accepted: Int) {
        let known = entries[batch.epoch.text] ?? []
        let highWater = known.last?.seq ?? 0
        let first = batch.header.first
        if first > highWater + 1 {
            guard first == batch.header.status?.oldest else { return (.gap, 0) }
            gaps.append(highWater + 1...first - 1)
        } else {
            guard hash(at: first - 1, known, batch.epoch) == batch.previousHash else { return (.fork, 0) }
            for entry in received where entry.seq <= highWater {
                guard hash(at: entry.seq, known, batch.epoch) == entry.hash else { return (.fork, 0) }
            }
        }
        let new = received.filter { $0.seq > highWater }
        entries[batch.epoch.text] = known + new
        return (.ok, new.count)
    }

    private func hash(at seq: Int64, _ known: [Entry], _ epoch: Epoch) -> ChainHash? {
        if seq == 0 { return .start(of: epoch) }
        // Without a gap, the place is the seq.
        let place = Int(seq) - 1
        if known.indices.contains(place), known[place].seq == seq { return known[place].hash }
        return known.last { $0.seq == seq }?.hash
    }

    private func receipt(_ batch: Batch, _ answer: Receipt.Answer, _ accepted: Int = 0) -> Receipt {
        let known = entries[batch.epoch.text] ?? []
        return Receipt(
            to: batch.header, answer: answer, highWater: known.last?.seq ?? 0,
            endHash: known.last?.hash ?? .start(of: batch.epoch), accepted: accepted,
            duplicate: batch.header.count - accepted,
            quarantined: quarantined.filter {
                batch.header.first...max(batch.header.first, batch.header.last) ~= $0.seq
            },
            serverTime: serverTime, orders: orders, nextKey: nextKey, audit: audit)
    }
}
