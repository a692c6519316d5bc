import Attendance
import Crypto
import Foundation

/// A code as the centre keeps it: not the secret, only the key made from it.
package struct NewEnrolmentCode: Equatable, Sendable {
    package let id: String
    package let unit: String
    package let key: EnrolmentKey
    package let createdAt: Date
    package let expiresAt: Date
    /// Of the signing key that the code names; `nil` where there has been only one.
    package let centreFingerprint: [UInt8]?

    package init(
        id: String, unit: String, key: EnrolmentKey, createdAt: Date, expiresAt: Date, centreFingerprint: [UInt8]? = nil
    ) {
        self.id = id
        self.unit = unit
        self.key = key
        self.createdAt = createdAt
        self.expiresAt = expiresAt
        self.centreFingerprint = centreFingerprint
    }
}

package struct EnrolledNode: Equatable, Sendable {
    package let node: String
    package let unit: String
    /// As of its code: the key that must sign the answer.
    package let centreFingerprint: [UInt8]?

    package init(node: String, unit: String, centreFingerprint: [UInt8]? = nil) {
        self.node = node
        self.unit = unit
        self.centreFingerprint = centreFingerprint
    }
}

package struct NodeIdentity: Sendable {
    package let node: String
    package let unit: String
    package let publicKey: Curve25519.Signing.PublicKey
    package let revokedFrom: Date?

    package init(node: String, unit: String, publicKey: Curve25519.Signing.PublicKey, revokedFrom: Date?) {
        self.node = node
        self.unit = unit
        self.publicKey = publicKey
        self.revokedFrom = revokedFrom
    }
}

/// A run of entries of one epoch, `first` on; empty for a heartbeat.
package struct EntryRun: Sendable {
    package let node: String
    package let epoch: Epoch
    package let first: Int64
    package let previousHash: ChainHash
    package let entries: [Entry]
    package let status: NodeStatus?
    /// Name of the batch that brought it: the same one twice is no second sign of life. `nil` where none did.
    package let batch: String?
    /// Brought by a person: a sign of life only where it has something new.
    package let isCarried: Bool

    package init(
        node: String, epoch: Epoch, first: Int64, previousHash: ChainHash, entries: [Entry], status: NodeStatus?,
        batch: String? = nil, isCarried: Bool = false
    ) {
        self.node = node
        self.epoch = epoch
        self.first = first
        self.previousHash = previousHash
        self.entries = entries
        self.status = status
        self.batch = batch
        self.isCarried = isCarried
    }

    /// What a batch carries.
    ///
    /// - Throws: `BatchError.brokenChain`.
    package init(_ batch: Batch, isCarried: Bool = false) throws(BatchError) {
        self.init(
            node: batch.header.node, epoch: batch.epoch, first: batch.header.first,
            previousHash: batch.previousHash, entries: try batch.entries(), status: batch.header.status,
            batch: batch.header.batch, isCarried: isCarried)
    }
}

package struct AppendOutcome: Equatable, Sendable {
    package enum Answer: Equatable, Sendable { case ok, gap, fork, revoked, unknownNode }

    package let answer: Answer
    /// Of this epoch after the operation, and the hash there.
    package let highWater: Int64
    package let endHash: ChainHash
    /// Entries stored now (those in quarantine included) and entries that were there already.
    package let accepted: Int
    package let duplicate: Int
    /// Every entry of the run that is in quarantine, also from an earlier try.
    package let quarantined: [Receipt.Quarantined]
    /// Entries before this run that the node no longer has: noted now as a gap.
    package let missing: Int64

    package init(
        _ answer: Answer, highWater: Int64, endHash: ChainHash, accepted: Int = 0, duplicate: Int = 0,
        quarantined: [Receipt.Quarantined] = [], missing: Int64 = 0
    ) {
        self.answer = answer
        self.highWater = highWater
        self.endHash = endHash
        self.accepted = accepted
        self.duplicate = duplicate
        self.quarantined = quarantined
        self.missing = missing
    }
}

/// Positions of an epoch that the centre does not have, because its node no longer had them.
package struct GapSummary: Equatable, Sendable {
    package let node: String
    package let epoch: String
    package let first: Int64
    package let last: Int64
    package let notedAt: Date

    package init(node: String, epoch: String, first: Int64, last: Int64, notedAt: Date) {
        self.node = node
        self.epoch = epoch
        self.first = first
        self.last = last
        self.notedAt = notedAt
    }
}

/// Where an entry stands.
package struct EntryPlace: Hashable, Sendable {
    package let node: String
    package let epoch: String
    package let seq: Int64

    package init(node: String, epoch: String, seq: Int64) {
        self.node = node
        self.epoch = epoch
        self.seq = seq
    }
}

package struct QuarantinedEntry: Equatable, Sendable {
    package let place: EntryPlace
    package let reason: String
    package let body: [UInt8]
    package let receivedAt: Date
}

/// A punch with the attributes of its best source.
package struct StoredPunch: Equatable, Sendable {
    package let id: Int64
    /// Who brought it first, and when.
    package let node: String
    package let unit: String
    package let receivedAt: Date
    package let key: PunchKey
    package let punch: Punch
    /// From `deviceTime` and the device's dated zone; `nil` where either cannot give it.
    package let utc: Date?
}

package struct DeviceSummary: Equatable, Sendable {
    package let serial: String
    package let unit: String
    package let claimedAt: Date
    /// Of the newest `device` entry; empty before the first.
    package var name = ""
    package var model = ""
    package var platform = ""
    package var firmware = ""
    package var capacity: Int?
    package var timezone: String?
    /// Of the newest batch's status.
    package var status: NodeStatus.Device?
    package var statusAt: Date?
    /// Up to when some node claims its record to be complete, holes aside.
    package var coveredTo: Date?

    package init(serial: String, unit: String, claimedAt: Date) {
        self.serial = serial
        self.unit = unit
        self.claimedAt = claimedAt
    }
}

package struct NodeSummary: Equatable, Sendable {
    package let node: String
    package let unit: String
    package let enrolledAt: Date
    package let revokedFrom: Date?
    package let contactAt: Date?
    package let status: NodeStatus?
    /// The node's newest epoch and the last seq held of it; 0 for none.
    package let epoch: String?
    package let highWater: Int64
    /// Entries of all its epochs that stand in gaps.
    package let missing: Int64
    /// Hashes it sent that differ from what stands there: a copied disk, or history written anew.
    package let forks: Int
    /// The moment of its revocation has come, whatever the clock says now.
    package let isRevocationMet: Bool

    package init(
        node: String, unit: String, enrolledAt: Date, revokedFrom: Date?, contactAt: Date? = nil,
        status: NodeStatus? = nil, epoch: String? = nil, highWater: Int64 = 0, missing: Int64 = 0, forks: Int = 0,
        isRevocationMet: Bool = false
    ) {
        self.node = node
        self.unit = unit
        self.enrolledAt = enrolledAt
        self.revokedFrom = revokedFrom
        self.contactAt = contactAt
        self.status = status
        self.epoch = epoch
        self.highWater = highWater
        self.missing = missing
        self.forks = forks
        self.isRevocationMet = isRevocationMet
    }
}

/// The last entry held of an epoch: its hash names all entries before it, so two readings with equal heads had the same.
package struct JournalHead: Hashable, Sendable {
    package let node: String
    /// Id of the node's unit.
    package let unit: Int64
    package let epoch: String
    package let highWater: Int64
    package let endHash: ChainHash

    package init(node: String, unit: Int64, epoch: String, highWater: Int64, endHash: ChainHash) {
        self.node = node
        self.unit = unit
        self.epoch = epoch
        self.highWater = highWater
        self.endHash = endHash
    }
}

/// A hash that a node sent for a position where another one stands.
package struct ForkSummary: Equatable, Sendable {
    package let place: EntryPlace
    package let hash: ChainHash
    package let notedAt: Date

    package init(place: EntryPlace, hash: ChainHash, notedAt: Date) {
        self.place = place
        self.hash = hash
        self.notedAt = notedAt
    }
}

package struct CentralTotals: Equatable, Sendable {
    package var entries: Int
    package var punches: Int
    package var observations: Int
    package var quarantined: Int
    package var devices: Int
    package var nodes: Int

    package init(entries: Int, punches: Int, observations: Int, quarantined: Int, devices: Int, nodes: Int) {
        self.entries = entries
        self.punches = punches
        self.observations = observations
        self.quarantined = quarantined
        self.devices = devices
        self.nodes = nodes
    }
}

extension Date {
    /// Whole milliseconds since 1970, as stored; a moment beyond all calendars stops at the last one.
    var milliseconds: Int64 {
        // Not down: a date of 1970 is kept as seconds before 2001 and comes back a hair earlier.
        Int64(exactly: (timeIntervalSince1970 * 1000).rounded()) ?? (timeIntervalSince1970 < 0 ? .min : .max)
    }

    init(milliseconds: Int64) {
        self.init(timeIntervalSince1970: Double(milliseconds) / 1000)
    }
}
