import Attendance
import Crypto
import EdgeStore
import Foundation

/// Receipts that come back by hand: late, in any order, twice or never.
///
/// One is believed as on the wire: signed by a key of the centre that is trusted here, for a batch of this node and this
/// epoch. Whether it is news is told by what the batch's name says of the journal when it was made, and by no clock
/// (decision 0050).
package enum CarriedReceipts {
    /// What one receipt did.
    package struct Outcome: Codable, Equatable, Sendable {
        package enum Result: String, Codable, Sendable {
            /// The centre has more than we knew.
            case acknowledged
            /// It says what was known.
            case known
            /// Something newer was learned since its batch was exported.
            case older
            /// The centre lacks entries that were acknowledged: they are sent, or exported, again.
            case rewound
            /// The centre lacks entries of other bundles.
            case missing
            /// A new epoch was begun.
            case forked
            case revoked
            case refused
        }

        package var result: Result
        /// Of the batch.
        package var first: Int64
        package var last: Int64
        /// Acknowledged from now on.
        package var acked: Int64
        /// The first entry the centre needs, of `missing` and `rewound`; why it refuses, of `refused`.
        package var needed: Int64?
        package var reason: String?
        /// Entries of the batch that the centre keeps in quarantine.
        package var quarantined: Int

        package var isGood: Bool {
            switch result {
            case .acknowledged, .known, .older: true
            case .rewound, .missing, .forked, .revoked, .refused: false
            }
        }
    }

    /// Why nothing was changed.
    package enum Refusal: Error, Equatable, CustomStringConvertible {
        case notAReceipt
        case notSigned
        case otherNode(String)
        case otherEpoch
        case otherBatch

        package var description: String {
            switch self {
            case .notAReceipt: "not a receipt of the centre, or not a whole one: copy the file again"
            case .notSigned: "not signed by this node's centre: it is of another centre, or forged or altered"
            case .otherNode(let node): "a receipt for another node, \(node): take it to that office"
            case .otherEpoch:
                "a receipt for an earlier epoch of this journal: it says nothing of this one; export again"
            case .otherBatch: "a receipt for a batch that was not exported here"
            }
        }
    }

    package static let mostFileBytes = 16 << 20

    /// The receipts in a file: two lines each.
    ///
    /// - Throws: `Refusal.notAReceipt` for anything else.
    package static func split(_ bytes: [UInt8]) throws(Refusal) -> [[UInt8]] {
        guard bytes.last == SignedText.newline else { throw .notAReceipt }
        let lines = bytes.dropLast().split(separator: SignedText.newline, omittingEmptySubsequences: false)
        guard lines.count.isMultiple(of: 2), lines.count <= 20_000 else { throw .notAReceipt }
        return stride(from: 0, to: lines.count, by: 2).map { place in
            Array(lines[place]) + [SignedText.newline] + Array(lines[place + 1]) + [SignedText.newline]
        }
    }

    /// Believes a receipt or does not.
    package static func read(
        _ text: [UInt8], _ identity: NodeIdentity, epoch: Epoch
    ) throws(Refusal) -> (receipt: Receipt, name: CarriedName) {
        let receipt = try signed(text, identity)
        guard receipt.node == identity.node else { throw .otherNode(String(receipt.node.prefix(64))) }
        guard
            let name = CarriedName(
                receipt.batch, node: identity.node, epoch: receipt.epoch, key: identity.key)
        else { throw .otherBatch }
        guard receipt.epoch == epoch.text else { throw .otherEpoch }
        return (receipt, name)
    }

    private static func signed(_ text: [UInt8], _ identity: NodeIdentity) throws(Refusal) -> Receipt {
        for key in identity.centreKeys {
            do {
                return try Receipt(parsing: text, centreKey: key)
            } catch .notSigned {
                continue
            } catch {
                throw .notAReceipt
            }
        }
        throw .notSigned
    }

    /// Does to the journal what the receipt says. The caller is the one who writes it.
    ///
    /// - Throws: `EdgeStoreError`.
    package static func apply(
        _ receipt: Receipt, _ name: CarriedName, to store: EdgeStore, at now: Date
    ) throws -> Outcome {
        let head = try store.head()
        var outcome = Outcome(
            result: .known, first: name.first, last: name.last, acked: head.ackedSeq,
            quarantined: receipt.quarantined.count)
        switch receipt.answer {
        case .ok:
            guard try isOurs(receipt, store) else { return try forked(outcome, store, now) }
            // Entries were asked for again since: what it says the centre has, it may have lost.
            guard name.rewinds == head.rewinds else { return outcome.with(.older) }
            let isResending = name.last < min(head.resendUntil, receipt.high_water)
            guard !isResending || name.first - 1 <= head.ackedSeq else { return outcome.with(.older) }
            let upTo = isResending ? name.last : receipt.high_water
            let moment = UTC.date(receipt.server_time) ?? now
            try store.acknowledge(upTo: upTo, quarantined: receipt.quarantined, at: moment)
            outcome.acked = max(upTo, head.ackedSeq)
            return outcome.with(upTo > head.ackedSeq ? .acknowledged : .known)
        case .gap:
            guard try isOurs(receipt, store) else { return try forked(outcome, store, now) }
            guard name.rewinds == head.rewinds, name.ackedSeq == head.ackedSeq else { return outcome.with(.older) }
            outcome.needed = receipt.high_water + 1
            guard receipt.high_water < head.ackedSeq else { return outcome.with(.missing) }
            outcome.acked = try store.rewind(to: receipt.high_water, at: now)
            outcome.needed = outcome.acked + 1
            return outcome.with(.rewound)
        case .fork: return try forked(outcome, store, now)
        case .revoked: return outcome.with(.revoked)
        case .bad:
            outcome.reason = receipt.reason
            return outcome.with(.refused)
        }
    }

    /// As in the forwarder.
    private static func isOurs(_ receipt: Receipt, _ store: EdgeStore) throws -> Bool {
        switch try store.place(receipt.high_water) {
        case .known(let hash): hash.hex == receipt.end_hash
        case .pruned: true
        case .beyond: false
        }
    }

    private static func forked(_ outcome: Outcome, _ store: EdgeStore, _ now: Date) throws -> Outcome {
        try store.beginEpoch(.fork, at: now)
        var outcome = outcome
        outcome.acked = 0
        return outcome.with(.forked)
    }
}

extension CarriedReceipts.Outcome {
    fileprivate func with(_ result: Result) -> Self {
        var outcome = self
        outcome.result = result
        return outcome
    }
}
