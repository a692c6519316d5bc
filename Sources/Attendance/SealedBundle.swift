import Crypto
import Foundation

/// A batch on its way by hand: one open line that says whose it is, and the batch sealed to the centre.
///
/// HPKE (RFC 9180), DHKEM-X25519, HKDF-SHA256, ChaCha20-Poly1305, base mode; the open line is authenticated with it.
/// Who made it is what the batch's own signature says. Source: docs/contract.md, section 8.
package struct SealedBundle: Equatable, Sendable {
    package struct Header: Codable, Equatable, Sendable {
        package var v: Int
        package var node: String
        package var epoch: String
        package var first: Int64
        package var last: Int64
        /// SHA-256, in hex, of the X25519 key it is sealed to.
        package var to: String
        /// How many bytes follow the line: encapsulated key, sealed batch, its tag.
        package var sealed: Int
    }

    package static let info = "hadir-bundle-1"
    /// Of the open line, with its line end.
    package static let longestLine = 1024
    static let keyBytes = 32
    static let tagBytes = 16
    package static let mostSealed = keyBytes + Batch.mostBytes + tagBytes
    /// Of a whole bundle.
    package static let mostBytes = longestLine + mostSealed

    package let header: Header
    /// With its line end: what is authenticated.
    let line: [UInt8]
    let sealed: [UInt8]

    package var bytes: [UInt8] { line + sealed }

    package static func fingerprint(_ key: Curve25519.KeyAgreement.PublicKey) -> String {
        Hex.encode(SHA256.hash(data: key.rawRepresentation))
    }

    private static var suite: HPKE.Ciphersuite { .Curve25519_SHA256_ChachaPoly }

    /// - Parameter batch: with at least one entry.
    package init(sealing batch: Batch, to key: Curve25519.KeyAgreement.PublicKey) throws {
        header = Header(
            v: 1, node: batch.header.node, epoch: batch.header.epoch, first: batch.header.first,
            last: batch.header.last, to: Self.fingerprint(key),
            sealed: Self.keyBytes + batch.text.count + Self.tagBytes)
        line = Self.encode(header)
        var sender = try HPKE.Sender(recipientKey: key, ciphersuite: Self.suite, info: Data(Self.info.utf8))
        sealed = Array(sender.encapsulatedKey) + Array(try sender.seal(Data(batch.text), authenticating: Data(line)))
    }

    init(header: Header, line: [UInt8], sealed: [UInt8]) {
        self.header = header
        self.line = line
        self.sealed = sealed
    }

    /// The batch inside, which is the one that the open line speaks of. Its signature is not checked here.
    ///
    /// - Throws: `BundleError`
    package func open(with key: Curve25519.KeyAgreement.PrivateKey) throws(BundleError) -> Batch {
        guard header.to == Self.fingerprint(key.publicKey) else { throw .otherCentre(header.to) }
        let text: Data
        do {
            var recipient = try HPKE.Recipient(
                privateKey: key, ciphersuite: Self.suite, info: Data(Self.info.utf8),
                encapsulatedKey: Data(sealed.prefix(Self.keyBytes)))
            text = try recipient.open(Data(sealed.dropFirst(Self.keyBytes)), authenticating: Data(line))
        } catch {
            throw .altered
        }
        let batch: Batch
        do {
            batch = try Batch(parsing: Array(text))
        } catch {
            throw .malformed("what is sealed in it is \(error)")
        }
        let inside = batch.header
        guard inside.node == header.node, inside.epoch == header.epoch, inside.first == header.first,
            inside.last == header.last
        else { throw .malformed("its open line speaks of another batch than the one in it") }
        return batch
    }

    /// `hadir-bundle-1 {…}` LF.
    static func encode(_ header: Header) -> [UInt8] {
        var line = JSONLine(reserving: 320)
        line.add("v", header.v)
        line.add("node", header.node)
        line.add("epoch", header.epoch)
        line.add("first", header.first)
        line.add("last", header.last)
        line.add("to", header.to)
        line.add("sealed", header.sealed)
        return mark + line.finish() + [SignedText.newline]
    }

    static let mark = Array("\(info) ".utf8)

    /// - Parameter line: without its line end.
    static func header(of line: [UInt8]) throws(BundleError) -> Header {
        guard line.starts(with: mark) else { throw .malformed("it does not begin with \(info)") }
        guard let header = JSONReading.decode(Header.self, from: Array(line.dropFirst(mark.count))), header.v == 1,
            (1...Batch.longestName).contains(header.node.utf8.count), Epoch(header.epoch) != nil, header.first >= 1,
            header.last >= header.first, header.last - header.first < Int64(Batch.mostEntries),
            Hex.decode(header.to)?.count == 32, (keyBytes + tagBytes + 1...mostSealed).contains(header.sealed)
        else { throw .malformed("its first line is not the header of a bundle of version 1") }
        return header
    }
}

package enum BundleError: Error, Equatable, CustomStringConvertible {
    case malformed(String)
    /// The file ends within it.
    case truncated
    /// Sealed to a key with this fingerprint.
    case otherCentre(String)
    case altered

    package var description: String {
        switch self {
        case .malformed(let what): "not a bundle: \(what)"
        case .truncated: "the file ends in the middle: it was not copied whole"
        case .otherCentre(let key): "it is sealed to another centre (key \(key.prefix(16))…)"
        case .altered: "it was altered, or its first line was: it does not open"
        }
    }
}

/// Reads the bundles of a file one after the other; no more than one is held.
package struct BundleReader {
    private let read: (Int) throws -> [UInt8]
    private var held: [UInt8] = []
    private var isAtEnd = false

    /// - Parameter read: gives at most so many of the next bytes, and none only at the end.
    package init(_ read: @escaping (Int) throws -> [UInt8]) { self.read = read }

    package init(_ bytes: [UInt8]) {
        var position = 0
        self.init { most in
            let piece = Array(bytes[position..<min(bytes.count, position + most)])
            position += piece.count
            return piece
        }
    }

    /// - Returns: `nil` at the end.
    /// - Throws: `BundleError`, and what `read` throws; what follows cannot be found then.
    package mutating func next() throws -> SealedBundle? {
        try fill(to: SealedBundle.longestLine)
        guard !held.isEmpty else { return nil }
        guard let end = held.prefix(SealedBundle.longestLine).firstIndex(of: SignedText.newline) else {
            let isCut = isAtEnd && held.count < SealedBundle.longestLine
            throw isCut && held.starts(with: SealedBundle.mark.prefix(held.count))
                ? BundleError.truncated : .malformed("it does not begin with \(SealedBundle.info)")
        }
        let header = try SealedBundle.header(of: Array(held[..<end]))
        let line = Array(held[...end])
        try fill(to: line.count + header.sealed)
        guard held.count >= line.count + header.sealed else { throw BundleError.truncated }
        let sealed = Array(held[line.count..<(line.count + header.sealed)])
        held.removeFirst(line.count + header.sealed)
        return SealedBundle(header: header, line: line, sealed: sealed)
    }

    private mutating func fill(to count: Int) throws {
        while held.count < count, !isAtEnd {
            let piece = try read(min(count - held.count, 1 << 16))
            isAtEnd = piece.isEmpty
            held += piece
        }
    }
}
