import Crypto
import FailPoints
import Foundation

/// The centre's signed answer to one batch. Only this, to this very batch, changes state at the edge.
///
/// Source: docs/contract.md, section 5.
package struct Receipt: Codable, Equatable, Sendable {
    package enum Answer: String, Codable, Sendable {
        /// Everything up to `high_water` is stored.
        case ok
        /// Entries from `high_water` + 1 on are needed first.
        case gap
        /// The centre has another hash at a position of this batch.
        case fork
        /// The node may no longer speak.
        case revoked
        /// The batch cannot be accepted; `reason` says why.
        case bad
    }

    package struct Quarantined: Codable, Equatable, Sendable {
        package var seq: Int64
        package var reason: String

        package init(seq: Int64, reason: String) {
            self.seq = seq
            self.reason = reason
        }
    }

    /// Something the centre asks of the edge; executed once, its result journaled.
    package struct Order: Codable, Equatable, Sendable {
        package var id: String
        package var kind: String
        package var args: [String: String]
        /// By `server_time`.
        package var expires: String

        package init(id: String, kind: String, args: [String: String], expires: String) {
            self.id = id
            self.kind = kind
            self.args = args
            self.expires = expires
        }
    }

    package var v = 1
    package var batch: String
    package var node: String
    package var epoch: String
    package var answer: Answer
    package var reason: String?
    /// The last seq of this epoch that the centre has, all before it included; 0 for none.
    package var high_water: Int64
    /// The hash at `high_water`.
    package var end_hash: String
    package var accepted: Int
    package var duplicate: Int
    package var quarantined: [Quarantined]
    package var server_time: String
    package var orders: [Order]
    /// Base64 of the signing key that will take over: trusted from now on beside the one that signed this.
    package var next_key: String?
    /// Where the centre's audit log ends: the edge keeps it, and gives it back. Absent from a centre that has none.
    package var audit: AuditHead?

    package static let tag = "hadir-receipt-1"
    package static let mostBytes = 1024 * 1024

    package init(
        to header: Batch.Header, answer: Answer, reason: String? = nil, highWater: Int64, endHash: ChainHash,
        accepted: Int = 0, duplicate: Int = 0, quarantined: [Quarantined] = [], serverTime: Date, orders: [Order] = [],
        nextKey: Curve25519.Signing.PublicKey? = nil, audit: AuditHead? = nil
    ) {
        batch = header.batch
        node = header.node
        epoch = header.epoch
        self.answer = answer
        self.reason = reason
        high_water = highWater
        end_hash = endHash.hex
        self.accepted = accepted
        self.duplicate = duplicate
        self.quarantined = quarantined
        server_time = UTC.text(serverTime)
        self.orders = orders
        next_key = nextKey?.rawRepresentation.base64EncodedString()
        self.audit = audit
    }

    /// The announced signing key; `nil` where none is, or what stands there is none.
    package var nextKey: Curve25519.Signing.PublicKey? {
        next_key.flatMap { Base64.decode($0) }.flatMap { try? Curve25519.Signing.PublicKey(rawRepresentation: $0) }
    }

    /// The signed text: one JSON line, one signature line.
    package func sign(with key: Curve25519.Signing.PrivateKey) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return try SignedText.message(line: Array(encoder.encode(self)), tag: Self.tag, key: key)
    }

    /// Reads an answer and checks that the centre signed it and that it answers this very batch.
    package init(
        parsing text: [UInt8], centreKey: Curve25519.Signing.PublicKey, to header: Batch.Header
    ) throws(ReceiptError) {
        let receipt = try Receipt(parsing: text, centreKey: centreKey)
        let isOurs = receipt.batch == header.batch && receipt.node == header.node && receipt.epoch == header.epoch
        guard isOurs || Sabotage.isOn("receipt_replayed") else {
            throw .otherBatch
        }
        self = receipt
    }

    /// Reads an answer and checks that the centre signed it. Which batch it answers is the caller's to check.
    package init(parsing text: [UInt8], centreKey: Curve25519.Signing.PublicKey) throws(ReceiptError) {
        guard text.count <= Self.mostBytes, let (line, signature) = SignedText.lines(of: text) else {
            throw .notAReceipt
        }
        let isSigned = SignedText.isValid(signature: signature, tag: Self.tag, line: line, key: centreKey)
        guard isSigned || Sabotage.isOn("receipt_of_any_key") else {
            throw .notSigned
        }
        guard let receipt = JSONReading.decode(Receipt.self, from: line), receipt.v == 1, receipt.high_water >= 0,
            ChainHash(hex: receipt.end_hash) != nil, receipt.accepted >= 0, receipt.duplicate >= 0,
            UTC.date(receipt.server_time) != nil, receipt.next_key == nil || receipt.nextKey != nil,
            receipt.quarantined.allSatisfy({ $0.seq >= 1 }), receipt.orders.allSatisfy({ UTC.date($0.expires) != nil })
        else { throw .notAReceipt }
        self = receipt
    }
}

/// What the centre may ask of an edge, where the edge's configuration allows it (docs/contract.md, section 5).
///
/// No order deletes, clears, unlocks or carries a secret, and none can be added without a new version of hadir.
package enum OrderKind: String, Sendable, CaseIterable {
    /// Entries of the current epoch again, from the seq `from` on.
    case resend
    /// Sets the clock of the device `serial`.
    case timeSet = "time_set"
    /// Reads the user list of the device `serial`.
    case users
}

package enum ReceiptError: Error, Equatable, CustomStringConvertible {
    case notAReceipt
    case notSigned
    case otherBatch

    package var description: String {
        switch self {
        case .notAReceipt: "the answer is not a receipt"
        case .notSigned: "the answer is not signed by the centre this node is enrolled at"
        case .otherBatch: "the answer belongs to another batch"
        }
    }
}
