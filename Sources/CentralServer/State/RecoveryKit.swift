import Attendance
import CentralStore
import Crypto
import CryptoExtras
import Foundation

/// The private keys under a passphrase, as text to print and lock away.
///
/// A line of JSON: AES-256-GCM over the raw keys, key from scrypt over the passphrase. Version 1 holds the signing
/// and the sealing key, 32 bytes each; version 2 behind them one byte, 1 where the next signing key follows and 0
/// where none is announced, that key, and then each earlier signing key. Version 3 has, behind the first two keys, how
/// many bytes the rest of version 2 takes (u32, big-endian), that rest, and the nodes as JSON: with it a lost state
/// directory is made again, and nodes need not be enrolled again.
package struct RecoveryKit: Codable, Equatable, Sendable {
    /// scrypt's work factor. 2^17 with blocks of 8 takes 128 MiB and some tenths of a second for each guess.
    package struct Cost: Codable, Equatable, Sendable {
        var n: Int
        var r: Int
        var p: Int

        package static let standard = Cost(n: 1 << 17, r: 8, p: 1)
        static let most = 1 << 20
    }

    private var v = 1
    private var kdf = "scrypt"
    private var cost: Cost
    private var salt: Data
    private var box: Data
    /// Hex fingerprint of the signing key: says which centre this is without opening it.
    private(set) var centre: String

    package static let shortestPassphrase = 12

    /// The most nodes that a kit has room for.
    private static let longest = 4 << 20

    /// What a kit gives back.
    package struct Content: Sendable {
        package let keys: CentralKeys
        package let nodes: [KeptNode]
    }

    package init(_ keys: CentralKeys, nodes: [KeptNode] = [], passphrase: String, cost: Cost = .standard) throws {
        var generator = SystemRandomNumberGenerator()
        let salt = Data((0..<16).map { _ in UInt8.random(in: 0...255, using: &generator) })
        var secret = keys.signing.rawRepresentation + keys.sealing.rawRepresentation
        var others = Data()
        if keys.next != nil || !keys.earlier.isEmpty {
            v = 2
            others.append(keys.next == nil ? 0 : 1)
            for key in [keys.next].compactMap({ $0 }) + keys.earlier { others += key.rawRepresentation }
        }
        if nodes.isEmpty {
            secret += others
        } else {
            v = 3
            secret += withUnsafeBytes(of: UInt32(others.count).bigEndian) { Data($0) } + others
            secret += try JSONEncoder().encode(nodes)
        }
        let key = try Self.key(passphrase, salt, cost)
        let centre = Hex.encode(keys.fingerprint)
        let sealed = try AES.GCM.seal(secret, using: key, authenticating: Self.bound(v, centre))
        guard let box = sealed.combined else { throw CentralError(.io, "the recovery kit could not be sealed") }
        self.cost = cost
        self.salt = salt
        self.box = box
        self.centre = centre
    }

    /// The kit as a file: a line of explanation, a line of JSON.
    package func text() throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return """
            # hadir-central recovery kit. With its passphrase it gives back the centre's keys: keep both, apart.
            \(String(decoding: try encoder.encode(self), as: UTF8.self))

            """
    }

    package init(parsing text: String) throws(CentralError) {
        let line = text.split(separator: "\n").first { $0.hasPrefix("{") }
        guard let line, text.utf8.count <= Self.longest,
            let kit = try? JSONDecoder().decode(RecoveryKit.self, from: Data(line.utf8)), (1...3).contains(kit.v),
            kit.kdf == "scrypt", (2...Cost.most).contains(kit.cost.n), kit.cost.n.nonzeroBitCount == 1,
            (1...16).contains(kit.cost.r), (1...4).contains(kit.cost.p)
        else { throw CentralError(.configuration, "this is not a recovery kit of hadir-central") }
        self = kit
    }

    package func open(passphrase: String) throws(CentralError) -> Content {
        do {
            let key = try Self.key(passphrase, salt, cost)
            let secret = try AES.GCM.open(.init(combined: box), using: key, authenticating: Self.bound(v, centre))
            var rest = secret.dropFirst(64)
            var nodes: [KeptNode] = []
            if v == 3 {
                let size = rest.prefix(4).reduce(0) { $0 << 8 | Int($1) }
                nodes = try JSONDecoder().decode([KeptNode].self, from: Data(rest.dropFirst(4 + size)))
                rest = rest.dropFirst(4).prefix(size)
            }
            let hasNext = rest.popFirst() == 1
            var others: [CentralKeys.SigningKey] = []
            while !rest.isEmpty {
                others.append(try .init(rawRepresentation: rest.prefix(32)))
                rest = rest.dropFirst(32)
            }
            let keys = CentralKeys(
                signing: try .init(rawRepresentation: secret.prefix(32)),
                sealing: try .init(rawRepresentation: secret.dropFirst(32).prefix(32)),
                next: hasNext ? others.first : nil, earlier: Array(others.dropFirst(hasNext ? 1 : 0)))
            return Content(keys: keys, nodes: nodes)
        } catch {
            throw CentralError(.permission, "the passphrase does not open this recovery kit")
        }
    }

    /// A passphrase of 100 random bits, in groups that can be read aloud.
    package static func randomPassphrase() -> String {
        let letters = Array("0123456789abcdefghjkmnpqrstvwxyz")
        var generator = SystemRandomNumberGenerator()
        let groups = (0..<5).map { _ in String((0..<4).compactMap { _ in letters.randomElement(using: &generator) }) }
        return groups.joined(separator: "-")
    }

    private static func key(_ passphrase: String, _ salt: Data, _ cost: Cost) throws -> SymmetricKey {
        try KDF.Scrypt.deriveKey(
            from: Data(passphrase.utf8), salt: salt, outputByteCount: 32, rounds: cost.n, blockSize: cost.r,
            parallelism: cost.p)
    }

    private static func bound(_ v: Int, _ centre: String) -> Data { Data("hadir-recovery-\(v)\n\(centre)".utf8) }
}
