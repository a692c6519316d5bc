import Attendance
import Crypto
import EdgeStore
import Foundation

/// Makes files of sealed bundles from the journal, oldest entries first; the journal is only read.
///
/// One file is held at a time, however many entries wait.
package struct BundleExport {
    package struct File: Sendable {
        /// Of the unit, the node, the epoch and the range: the same range again has the same name.
        package let name: String
        package let first: Int64
        package let last: Int64
        package let bundles: Int
        package let bytes: [UInt8]
    }

    package struct Failure: Error, Equatable, CustomStringConvertible {
        package let description: String
    }

    /// Fits through the centre's form for uploads, onto any flash disk, and into memory.
    package static let mostFileBytes = 7 << 20
    package static let smallestFileBytes = SealedBundle.mostBytes

    private let store: EdgeStore
    private let identity: NodeIdentity
    private let sealingKey: Curve25519.KeyAgreement.PublicKey
    private let devices: [NodeStatus.Device]
    private let mostFileBytes: Int
    /// Where the journal stood when the export began.
    package let head: EdgeStore.Head
    /// Behind which entry the next file begins.
    package private(set) var after: Int64

    /// - Parameters:
    ///   - devices: what the centre is shown of devices.
    ///   - first: where to begin; `nil` begins behind what the centre acknowledged.
    /// - Throws: `EdgeStoreError`, `Failure`.
    package init(
        _ store: EdgeStore, _ identity: NodeIdentity, devices: [NodeStatus.Device] = [], from first: Int64? = nil,
        mostFileBytes: Int = mostFileBytes
    ) throws {
        guard let key = try? Curve25519.KeyAgreement.PublicKey(rawRepresentation: identity.centreSealingKey) else {
            throw Failure(description: "the centre's sealing key in node.json is none: enroll this node again")
        }
        self.store = store
        self.identity = identity
        sealingKey = key
        self.devices = devices
        self.mostFileBytes = max(mostFileBytes, Self.smallestFileBytes)
        head = try store.head()
        if let first {
            guard first > head.prunedSeq, first <= head.lastSeq else {
                throw Failure(
                    description: "entry \(first) is not here: this journal has \(head.prunedSeq + 1) to \(head.lastSeq)"
                )
            }
        }
        after = first.map { $0 - 1 } ?? head.ackedSeq
    }

    /// Entries that still go into files.
    package var remaining: Int64 { max(0, head.lastSeq - after) }

    /// - Returns: `nil` where everything there was at the beginning is in files.
    /// - Throws: `EdgeStoreError`: an entry was damaged, what was before it is in files; `Failure` where the journal was
    ///   begun anew meanwhile.
    package mutating func next() throws -> File? {
        let start = after
        var bytes: [UInt8] = []
        var bundles = 0
        while after < head.lastSeq, bytes.isEmpty || bytes.count + SealedBundle.mostBytes <= mostFileBytes {
            guard let batch = try nextBatch() else { break }
            bytes += try SealedBundle(sealing: batch, to: sealingKey).bytes
            bundles += 1
            after = batch.header.last
        }
        guard bundles > 0 else { return nil }
        return File(
            name: fileName(start + 1, after), first: start + 1, last: after, bundles: bundles, bytes: bytes)
    }

    private func nextBatch() throws -> Batch? {
        var status = NodeStatus(
            version: HadirVersion.text, backlog: head.lastSeq - max(after, head.ackedSeq), devices: devices,
            oldest: head.prunedSeq + 1, centreKey: identity.newestCentreKey)
        status.audit = try store.lastWitness()?.head
        let bounded = try status.bounded()
        let room = Batch.mostBytes - bounded.bytes - identity.node.utf8.count - Self.headerBytes
        let most = Int(min(head.lastSeq - after, Int64(Batch.mostEntries)))
        let run = try store.run(after: after, most: most, mostBytes: room)
        guard run.epoch == head.epoch else {
            throw Failure(description: "the journal was begun anew meanwhile: export once more")
        }
        guard let last = run.entries.last else { return nil }
        let name = CarriedName(head: head, first: after + 1, last: last.seq)
        return try Batch(
            node: identity.node, epoch: run.epoch, after: run.after, previousHash: run.previousHash,
            entries: run.entries, status: bounded.status, key: identity.key,
            name: name.text(node: identity.node, epoch: run.epoch, key: identity.key))
    }

    /// As in the forwarder: more than a header line without node and status, and the signature line, can have.
    private static let headerBytes = 1024

    private func fileName(_ first: Int64, _ last: Int64) -> String {
        let range = "\(Self.digits(first))-\(Self.digits(last))"
        return "hadir_\(Self.plain(identity.unit))_\(Self.plain(identity.node))_\(head.epoch.text.prefix(8))_\(range)"
            + ".\(Self.fileExtension)"
    }

    package static let fileExtension = "hadir"

    /// Sorted by name, files are in order.
    private static func digits(_ number: Int64) -> String {
        let text = "\(number)"
        return String(repeating: "0", count: max(0, 9 - text.count)) + text
    }

    /// What every file system takes, FAT included.
    static func plain(_ text: String) -> String {
        var plain = ""
        for byte in text.lowercased().utf8 {
            let isPlain = (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte)
            if isPlain { plain.append(Character(Unicode.Scalar(byte))) } else if plain.last != "-" { plain.append("-") }
            if plain.count >= 32 { break }
        }
        let cut = plain.trimmingCharacters(in: ["-"])
        return cut.isEmpty ? "x" : cut
    }
}
