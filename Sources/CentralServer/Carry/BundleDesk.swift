import Attendance
import CentralStore
import Crypto
import Foundation

/// Why nothing of a bundle is taken.
enum BundleRefusal: Error, Equatable, CustomStringConvertible {
    case bundle(BundleError)
    case unknownNode(String)
    case badSignature(String)
    case brokenChain

    var description: String {
        switch self {
        case .bundle(.otherCentre(let key)):
            "it is sealed to another centre (key \(key.prefix(16))…): take it there, or enroll its node here and export again"
        case .bundle(.truncated): "the file ends in the middle: copy it again, or export it again"
        case .bundle(.altered): "it was altered on its way and does not open: copy it again, or export it again"
        case .bundle(let error): "\(error)"
        case .unknownNode(let node):
            "node \(node.prefix(64)) is not known here: `hadir-central node list` shows those that are"
        case .badSignature(let node): "it is not signed by node \(node.prefix(64)): somebody else made it"
        case .brokenChain: "its entries do not follow one another: export it again"
        }
    }
}

/// What taking a bundle would do, as far as can be told before.
package struct BundleLook: Codable, Equatable, Sendable {
    package enum State: String, Codable, Sendable {
        case ready
        /// Entries before it are missing, here and among what was looked at before it.
        case gap
        /// Its node may no longer speak.
        case revoked
    }

    package var node: String
    package var unit: String
    package var epoch: String
    package var first: Int64
    package var last: Int64
    /// Entries the centre has not, and has.
    package var new: Int64
    package var known: Int64
    package var state: State
    /// With `gap`: the first entry that is missing.
    package var needed: Int64?
}

/// What taking a bundle did.
package struct BundleAnswer: Codable, Equatable, Sendable {
    package var node: String
    package var unit: String
    package var epoch: String
    package var first: Int64
    package var last: Int64
    package var answer: Receipt.Answer
    package var reason: String?
    package var accepted: Int
    package var duplicate: Int
    package var quarantined: Int
    /// With `gap`: the first entry that is missing.
    package var needed: Int64?
    /// Signed, as on the wire.
    package var receipt: Data
}

/// Opens bundles, and gives what is in them to the same ingest as the network does.
struct BundleDesk: Sendable {
    let store: any CentralStore
    let ring: KeyRing

    /// The batch in it, which its node has signed.
    func open(_ bundle: SealedBundle) async throws -> (batch: Batch, node: NodeIdentity) {
        let batch: Batch
        do {
            batch = try bundle.open(with: ring.keys.sealing)
        } catch {
            throw BundleRefusal.bundle(error)
        }
        guard let node = try await store.identity(ofNode: batch.header.node) else {
            throw BundleRefusal.unknownNode(batch.header.node)
        }
        guard batch.isSigned(by: node.publicKey) else { throw BundleRefusal.badSignature(node.node) }
        do {
            _ = try batch.entries()
        } catch {
            throw BundleRefusal.brokenChain
        }
        return (batch, node)
    }

    /// Looks at bundles one after the other, as if those before were taken.
    struct Preview {
        private let desk: BundleDesk
        private let moment: Date
        /// By node and epoch: all up to here is, or would be, here.
        private var highWater: [String: Int64]

        init(_ desk: BundleDesk, at moment: Date) async throws {
            self.desk = desk
            self.moment = moment
            highWater = Dictionary(
                try await desk.store.journalHeads().map { ("\($0.node) \($0.epoch)", $0.highWater) },
                uniquingKeysWith: { _, last in last })
        }

        mutating func look(_ bundle: SealedBundle) async throws -> BundleLook {
            let (batch, node) = try await desk.open(bundle)
            let header = batch.header
            let place = "\(header.node) \(header.epoch)"
            let have = highWater[place] ?? 0
            let new = max(0, header.last - max(have, header.first - 1))
            var look = BundleLook(
                node: header.node, unit: node.unit, epoch: header.epoch, first: header.first, last: header.last,
                new: new, known: Int64(header.count) - new, state: .ready)
            if let from = node.revokedFrom, from <= moment {
                look.state = .revoked
            } else if header.first - 1 > have, header.first != header.status?.oldest {
                look.state = .gap
                look.needed = have + 1
            } else {
                highWater[place] = max(have, header.last)
            }
            return look
        }
    }

    func take(_ bundle: SealedBundle, by ingest: IngestService) async throws -> BundleAnswer {
        let (batch, node) = try await open(bundle)
        let (receipt, signed) = try await ingest.take(batch.text, isCarried: true)
        return BundleAnswer(
            node: node.node, unit: node.unit, epoch: batch.header.epoch, first: batch.header.first,
            last: batch.header.last, answer: receipt.answer, reason: receipt.reason, accepted: receipt.accepted,
            duplicate: receipt.duplicate, quarantined: receipt.quarantined.count,
            needed: receipt.answer == .gap ? receipt.high_water + 1 : nil, receipt: Data(signed))
    }
}
