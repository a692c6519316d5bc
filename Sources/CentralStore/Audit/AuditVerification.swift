import Attendance
import Foundation

/// What a look at the whole audit log found.
package struct AuditVerdict: Equatable, Sendable {
    /// A witness that does not fit the log.
    package struct Mismatch: Equatable, Sendable {
        package let source: String
        package let witness: AuditHead
        /// Whether the log ends before it; otherwise it says something else there.
        package let isBeyondEnd: Bool
    }

    /// Up to where it was looked at.
    package let head: AuditHead
    /// The first note whose hash is not what its content and the one before make, or that is missing.
    package let firstBad: Int64?
    /// By seq.
    package let mismatches: [Mismatch]
    /// Witnesses asked, and the seqs of those that fit.
    package let witnesses: Int
    /// The last note that a fitting witness knows: up to there nothing was changed since it was told.
    package let vouchedUpTo: Int64

    package var isWhole: Bool { firstBad == nil && mismatches.isEmpty }

    /// The first note that may be another than it was; `nil` where all is well.
    ///
    /// Where the chain itself holds, the change lies behind the last witness below the first that does not fit.
    package var firstDoubtful: Int64? {
        let byWitness = mismatches.first.map { first in
            min(first.isBeyondEnd ? head.seq + 1 : first.witness.seq, max(vouchedBelow(first), 0) + 1)
        }
        return [firstBad, byWitness].compactMap { $0 }.min()
    }

    private let fitting: [Int64]

    private func vouchedBelow(_ mismatch: Mismatch) -> Int64 { fitting.last { $0 < mismatch.witness.seq } ?? 0 }

    init(head: AuditHead, firstBad: Int64?, mismatches: [Mismatch], fitting: [Int64]) {
        self.head = head
        self.firstBad = firstBad
        self.mismatches = mismatches.sorted { $0.witness.seq < $1.witness.seq }
        self.fitting = fitting.sorted()
        witnesses = mismatches.count + fitting.count
        vouchedUpTo = fitting.max() ?? 0
    }
}

/// Somebody outside of the store who was told where the log ended.
package struct AuditWitness: Equatable, Sendable {
    /// The node, or where else the head comes from.
    package let source: String
    package let head: AuditHead

    package init(source: String, head: AuditHead) {
        self.source = source
        self.head = head
    }
}

/// Looks at the whole chain, in pieces: nobody who writes waits for it.
package struct AuditVerification: Sendable {
    private let store: any CentralStore
    private let piece: Int

    /// - Parameter piece: notes of one reading.
    package init(_ store: any CentralStore, piece: Int = 2000) {
        self.store = store
        self.piece = max(1, piece)
    }

    /// What nodes gave back with their last batch.
    package static func echoes(_ nodes: [NodeSummary]) -> [AuditWitness] {
        nodes.compactMap { node in node.status?.audit.map { AuditWitness(source: "node \(node.node)", head: $0) } }
    }

    /// - Parameter witnesses: besides those that the nodes gave back.
    package func run(_ given: [AuditWitness] = []) async throws -> AuditVerdict {
        // Asked first: a head told meanwhile is behind the notes that are read after it.
        let open = try await store.auditDoubts(limit: 10_000).filter { !$0.isAccepted }
        let witnesses =
            given + Self.echoes(try await store.nodes())
            + open.map { AuditWitness(source: "node \($0.node), earlier", head: $0.witness) }
        let (head, firstBad) = try await chain()
        var mismatches: [AuditVerdict.Mismatch] = []
        var fitting: [Int64] = []
        for witness in witnesses {
            let stored = try await store.auditHash(at: witness.head.seq)
            if stored == witness.head.hash {
                fitting.append(witness.head.seq)
            } else {
                mismatches.append(
                    AuditVerdict.Mismatch(
                        source: witness.source, witness: witness.head, isBeyondEnd: witness.head.seq > head.seq))
            }
        }
        return AuditVerdict(head: head, firstBad: firstBad, mismatches: mismatches, fitting: fitting)
    }

    private func chain() async throws -> (AuditHead, firstBad: Int64?) {
        var head = AuditHead.empty
        var firstBad: Int64?
        while true {
            try Task.checkCancellation()
            let notes = try await store.auditNotes(after: head.seq, limit: piece)
            for note in notes {
                if firstBad == nil {
                    if note.seq != head.seq + 1 {
                        firstBad = head.seq + 1
                    } else if note.expectedHash(after: head.hash) != note.hash {
                        firstBad = note.seq
                    }
                }
                head = AuditHead(seq: note.seq, hash: note.hash)
            }
            if notes.count < piece { return (head, firstBad) }
            await Task.yield()
        }
    }
}
