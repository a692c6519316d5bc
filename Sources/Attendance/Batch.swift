import Crypto
import FailPoints
import Foundation

/// A signed run of entries going up: text with LF line ends, the same over HTTPS and on a stick.
///
/// Header line, one line per entry (its stored body), signature line. The header's `end_hash` binds the
/// entries, so the signature covers only the header. Source: docs/contract.md, section 4.
package struct Batch: Sendable {
    package struct Header: Codable, Equatable, Sendable {
        package var v: Int
        /// Random text, echoed by the receipt.
        package var batch: String
        package var node: String
        package var epoch: String
        /// An empty batch has `first` = `last` + 1 and `end_hash` = `prev_hash`.
        package var first: Int64
        package var last: Int64
        package var prev_hash: String
        package var end_hash: String
        package var count: Int
        package var status: NodeStatus?
    }

    package static let tag = "hadir-batch-1"
    package static let mostEntries = 5000
    package static let mostBytes = 1024 * 1024
    package static let longestName = 64

    package let header: Header
    package let epoch: Epoch
    package let previousHash: ChainHash
    package let endHash: ChainHash
    package let bodies: [[UInt8]]
    /// The text as sent; what is sent again after an unclear answer is these bytes.
    package let text: [UInt8]
    private let headerLine: [UInt8]
    private let signature: [UInt8]

    /// Builds and signs a batch of `entries`, which follow `previousHash` without a gap; none is a heartbeat.
    ///
    /// - Parameter after: seq of the entry before the first.
    package init(
        node: String, epoch: Epoch, after: Int64, previousHash: ChainHash, entries: [Entry], status: NodeStatus?,
        key: Curve25519.Signing.PrivateKey, name: String = RandomText.hex(bytes: 16)
    ) throws {
        let endHash = entries.last?.hash ?? previousHash
        header = Header(
            v: 1, batch: name, node: node, epoch: epoch.text, first: after + 1, last: after + Int64(entries.count),
            prev_hash: previousHash.hex, end_hash: endHash.hex, count: entries.count, status: status)
        self.epoch = epoch
        self.previousHash = previousHash
        self.endHash = endHash
        bodies = entries.map(\.body)
        headerLine = try Self.encode(header)
        signature = try SignedText.signature(tag: Self.tag, line: headerLine, key: key)
        var text = headerLine + [SignedText.newline]
        for body in bodies {
            text += body
            text.append(SignedText.newline)
        }
        self.text = text + signature + [SignedText.newline]
    }

    /// Reads the text of a batch and checks its form and its chain; the signature is `isSigned(by:)`.
    package init(parsing text: [UInt8]) throws(BatchError) {
        guard text.count <= Self.mostBytes else { throw .malformed("over \(Self.mostBytes) bytes") }
        guard text.last == SignedText.newline else { throw .malformed("does not end with a line end") }
        let lines = Self.lines(of: text, most: Self.mostEntries + 3)
        guard lines.count >= 2, lines.count <= Self.mostEntries + 2 else {
            throw .malformed("has \(lines.count) lines, not 2 to \(Self.mostEntries + 2)")
        }
        headerLine = Array(lines[0])
        signature = Array(lines[lines.count - 1])
        bodies = lines[1..<(lines.count - 1)].map(Array.init)
        self.text = text
        guard let header = JSONReading.decode(Header.self, from: headerLine) else {
            throw .malformed("header line is not the JSON of a batch header")
        }
        self.header = header
        guard header.v == 1 else { throw .malformed("version \(header.v) is not 1") }
        guard let epoch = Epoch(header.epoch), let previous = ChainHash(hex: header.prev_hash),
            let end = ChainHash(hex: header.end_hash)
        else { throw .malformed("epoch, prev_hash or end_hash is not hex of its length") }
        guard header.batch.utf8.count <= Self.longestName else {
            throw .malformed("its name is over \(Self.longestName) bytes")
        }
        guard header.status?.isPlausible ?? true else {
            throw .malformed("status has a number or a key that cannot be")
        }
        self.epoch = epoch
        previousHash = previous
        endHash = end
        guard header.count == bodies.count, header.first >= 1,
            header.last.subtractingReportingOverflow(header.first - 1) == (Int64(bodies.count), false)
        else { throw .malformed("count, first and last do not agree with \(bodies.count) entry lines") }
        guard bodies.allSatisfy({ !$0.isEmpty && $0.count <= EntryBody.longestBody }) else {
            throw .malformed("an entry line is empty or over \(EntryBody.longestBody) bytes")
        }
    }

    /// The lines without their line ends; what is behind the first `most - 1` is one, whatever is in it.
    private static func lines(of text: [UInt8], most: Int) -> [ArraySlice<UInt8>] {
        var lines: [ArraySlice<UInt8>] = []
        var start = 0
        while lines.count < most - 1, let end = text[start...].firstIndex(of: SignedText.newline), end < text.count - 1
        {
            lines.append(text[start..<end])
            start = end + 1
        }
        lines.append(text[start..<(text.count - 1)])
        return lines
    }

    package func isSigned(by key: Curve25519.Signing.PublicKey) -> Bool {
        SignedText.isValid(signature: signature, tag: Self.tag, line: headerLine, key: key)
    }

    /// The entries with their hashes.
    ///
    /// - Throws: `BatchError.brokenChain` where they do not lead from `previousHash` to `endHash`, or where the
    ///   first entry of an epoch does not follow h(0).
    package func entries() throws(BatchError) -> [Entry] {
        guard header.first > 1 || previousHash == .start(of: epoch) else { throw .brokenChain }
        var hash = previousHash
        var seq = header.first - 1
        var entries: [Entry] = []
        entries.reserveCapacity(bodies.count)
        for body in bodies {
            seq += 1
            hash = hash.next(seq: seq, body: body)
            entries.append(Entry(seq: seq, body: body, hash: hash))
        }
        guard hash == endHash || Sabotage.isOn("broken_chain_taken") else { throw .brokenChain }
        return entries
    }

    private static func encode(_ header: Header) throws -> [UInt8] {
        var line = JSONLine(reserving: 1024)
        line.add("v", header.v)
        line.add("batch", header.batch)
        line.add("node", header.node)
        line.add("epoch", header.epoch)
        line.add("first", header.first)
        line.add("last", header.last)
        line.add("prev_hash", header.prev_hash)
        line.add("end_hash", header.end_hash)
        line.add("count", header.count)
        if let status = header.status {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            line.add("status", json: try encoder.encode(status))
        }
        return line.finish()
    }
}

extension Batch.Header {
    /// The status is for show: one that cannot be read is left out, and the entries are taken. Only what steers the
    /// answer, `oldest` and `centre_key`, must be of its type wherever it stands.
    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        v = try container.decode(Int.self, forKey: .v)
        batch = try container.decode(String.self, forKey: .batch)
        node = try container.decode(String.self, forKey: .node)
        epoch = try container.decode(String.self, forKey: .epoch)
        first = try container.decode(Int64.self, forKey: .first)
        last = try container.decode(Int64.self, forKey: .last)
        prev_hash = try container.decode(String.self, forKey: .prev_hash)
        end_hash = try container.decode(String.self, forKey: .end_hash)
        count = try container.decode(Int.self, forKey: .count)
        if let steering = try? container.nestedContainer(keyedBy: NodeStatus.CodingKeys.self, forKey: .status) {
            _ = try steering.decodeIfPresent(Int64.self, forKey: .oldest)
            _ = try steering.decodeIfPresent(String.self, forKey: .centreKey)
        }
        status = try? container.decodeIfPresent(NodeStatus.self, forKey: .status)
    }
}

package enum BatchError: Error, Equatable, CustomStringConvertible {
    case malformed(String)
    case brokenChain

    package var description: String {
        switch self {
        case .malformed(let what): "not a batch: \(what)"
        case .brokenChain: "the entries do not lead from prev_hash to end_hash"
        }
    }
}
