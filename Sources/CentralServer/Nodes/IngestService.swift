import Attendance
import CentralStore
import FailPoints
import Foundation
import Logging
import PageSupport

/// Takes a batch, stores it, and answers with a signed receipt.
package struct IngestService: Sendable {
    private let store: any CentralStore
    private let ring: KeyRing
    private let now: @Sendable () -> Date
    private let logger: Logger
    private let admission: SenderAdmission
    private let bell: ChangeBell

    /// Longest name of a batch or node that is echoed in a receipt, in bytes.
    static let longestName = 64

    init(
        store: any CentralStore, keys ring: KeyRing, batchesOfOneNode: Int, bell: ChangeBell,
        now: @escaping @Sendable () -> Date, logger: Logger
    ) {
        self.store = store
        self.ring = ring
        self.now = now
        self.logger = logger
        self.bell = bell
        admission = SenderAdmission(most: batchesOfOneNode)
    }

    /// For a command that works where no server runs: what it does it says itself.
    static func quiet(
        _ store: any CentralStore, _ keys: KeyRing, _ now: @escaping @Sendable () -> Date
    ) -> IngestService {
        IngestService(
            store: store, keys: keys, batchesOfOneNode: 1, bell: ChangeBell(), now: now,
            logger: Logger(label: "hadir-central") { _ in SwiftLogNoOpLogHandler() })
    }

    /// - Parameter isCarried: a person brought it (docs/contract.md, section 8).
    /// - Returns: what is answered, and as which bytes it goes out.
    /// - Throws: `Admission.Busy` while this node's other batches are being stored; `BatchError.malformed` for text that names no batch to answer; errors of the store.
    package func take(
        _ text: [UInt8], isCarried: Bool = false
    ) async throws -> (receipt: Receipt, signed: [UInt8]) {
        let batch = try Batch(parsing: text)
        guard batch.header.batch.utf8.count <= Self.longestName, batch.header.node.utf8.count <= Self.longestName else {
            throw BatchError.malformed("batch or node is over \(Self.longestName) bytes")
        }
        let keys = ring.keys
        let node = try await store.identity(ofNode: batch.header.node)
        let isSigned = node.map { batch.isSigned(by: $0.publicKey) || Sabotage.isOn("unsigned_batch_taken") } ?? false
        // Only a node that has shown its key is answered under the key it asks for.
        let (key, next) = keys.signer(trusted: isSigned ? batch.header.status?.centreKey : nil)
        var receipt =
            isSigned
            ? try await admission.run(batch.header.node) { try await answer(to: batch, isCarried) }
            : bad(batch, node == nil ? "unknown_node" : "bad_signature")
        if isSigned {
            await compare(batch.header)
            receipt.audit = await head()
        }
        receipt.next_key = next?.rawRepresentation.base64EncodedString()
        note(receipt)
        let signed = try receipt.sign(with: key)
        FailPoint.reach("centre.ingest.signed")
        return (receipt, signed)
    }

    /// - Parameter batch: its signature has been checked.
    private func answer(to batch: Batch, _ isCarried: Bool) async throws -> Receipt {
        let run: EntryRun
        do {
            run = try EntryRun(batch, isCarried: isCarried)
        } catch {
            return bad(batch, "broken_chain")
        }
        let moment = now()
        if Sabotage.isOn("receipt_before_commit"), let last = run.entries.last {
            Task { [store] in _ = try await store.append(run, receivedAt: moment) }
            return Receipt(to: batch.header, answer: .ok, highWater: last.seq, endHash: last.hash, serverTime: moment)
        }
        FailPoint.reach("centre.ingest.before_commit")
        let outcome = try await store.append(run, receivedAt: moment)
        FailPoint.reach("centre.ingest.committed")
        bell.ring()
        if outcome.missing > 0 {
            logger.error(
                "entries are missing: the node no longer has them",
                metadata: [
                    "node": "\(batch.header.node)", "epoch": "\(batch.header.epoch)", "entries": "\(outcome.missing)",
                    "before": "\(batch.header.first)",
                ])
        }
        let answer: Receipt.Answer =
            switch outcome.answer {
            case .ok: .ok
            case .gap: .gap
            case .fork: .fork
            case .revoked: .revoked
            case .unknownNode: .bad
            }
        return Receipt(
            to: batch.header, answer: answer, reason: answer == .bad ? "unknown_node" : nil,
            highWater: outcome.highWater, endHash: outcome.endHash, accepted: outcome.accepted,
            duplicate: outcome.duplicate, quarantined: outcome.quarantined, serverTime: moment,
            orders: answer == .ok ? await orders(for: batch.header.node, at: moment) : [])
    }

    /// What is stored must be acknowledged, whatever becomes of orders: they come with a later receipt.
    private func orders(for node: String, at moment: Date) async -> [Receipt.Order] {
        do {
            return try await store.openOrders(ofNode: node, at: moment)
        } catch {
            logger.error("orders cannot be read", metadata: ["node": "\(node)", "error": "\(error)"])
            return []
        }
    }

    /// The edge keeps it: who changes the log later would have to change it in every office as well.
    private func head() async -> AuditHead? {
        do {
            return try await store.auditHead()
        } catch {
            logger.error("the head of the audit log cannot be read", metadata: ["error": "\(error)"])
            return nil
        }
    }

    /// What the node was told of the audit log must be there still. Its scans are taken either way.
    private func compare(_ header: Batch.Header) async {
        guard let told = header.status?.audit else { return }
        do {
            guard let doubt = try await store.compare(witness: told, ofNode: header.node, at: now()) else { return }
            logger.critical(
                "a node knows another audit log; `hadir-central audit verify` says more",
                metadata: [
                    "node": "\(PageText.shown(doubt.node))", "told": "\(told.text)", "own_seq": "\(doubt.ownSeq)",
                ])
        } catch {
            logger.error("a node's witness cannot be compared", metadata: ["error": "\(error)"])
        }
    }

    /// Says nothing of what is stored: whoever sent this has not shown that it may know.
    private func bad(_ batch: Batch, _ reason: String) -> Receipt {
        Receipt(
            to: batch.header, answer: .bad, reason: reason, highWater: 0, endHash: ChainHash.start(of: batch.epoch),
            serverTime: now())
    }

    private func note(_ receipt: Receipt) {
        let metadata: Logger.Metadata = [
            "node": "\(PageText.shown(receipt.node))", "epoch": "\(receipt.epoch)",
            "high_water": "\(receipt.high_water)",
            "accepted": "\(receipt.accepted)", "duplicate": "\(receipt.duplicate)",
            "quarantined": "\(receipt.quarantined.count)",
        ]
        switch receipt.answer {
        case .ok where receipt.quarantined.isEmpty: logger.debug("batch stored", metadata: metadata)
        case .ok: logger.warning("batch stored, entries in quarantine", metadata: metadata)
        case .gap: logger.info("batch after a gap", metadata: metadata)
        case .fork: logger.error("batch refused: the node's chain has forked", metadata: metadata)
        case .revoked: logger.warning("batch refused: the node is revoked", metadata: metadata)
        case .bad: logger.warning("batch refused: \(receipt.reason ?? "bad")", metadata: metadata)
        }
    }
}
