import Crypto
import Foundation
import Testing

@testable import Attendance

/// Truncated, flipped, glued and random input: a value or the typed error of that reader, never a trap and
/// never another error. The seed is printed; set HADIR_TEST_SEED to see a failure again.
@Suite("Malformed input is a value or a typed error")
struct MalformedInputTests {
    @Test("batches")
    func batches() throws {
        for text in try Self.texts(\.batches, { bytes($0.text, $0.textHex) }) {
            Self.mutations(of: text, flips: 400) { bytes in
                do throws(BatchError) {
                    let batch = try Batch(parsing: bytes)
                    #expect(batch.header.count == batch.bodies.count)
                    for body in batch.bodies { Self.decodeBody(body) }
                    #expect(try batch.entries().last?.seq ?? batch.header.last == batch.header.last)
                } catch BatchError.malformed(let what) {
                    #expect(!what.isEmpty)
                } catch {
                    #expect(error == .brokenChain)
                }
            }
        }
    }

    @Test("entry bodies")
    func entryBodies() throws {
        for body in try SwiftSamples.bodies() {
            Self.mutations(of: body.encode(at: SwiftSamples.moment), flips: 400) { Self.decodeBody($0) }
        }
    }

    @Test("receipts, signed whatever their content")
    func receipts() throws {
        let key = Curve25519.Signing.PrivateKey()
        let epoch = try #require(Epoch(SwiftSamples.epoch))
        let batch = try Batch(
            node: "n", epoch: epoch, after: 0, previousHash: .start(of: epoch), entries: [], status: nil, key: key)
        let receipt = Receipt(
            to: batch.header, answer: .ok, highWater: 0, endHash: batch.endHash,
            quarantined: [.init(seq: 1, reason: "r")], serverTime: .now,
            orders: [.init(id: "1", kind: "resend", args: ["from": "1"], expires: "")])
        let text = try receipt.sign(with: key)
        Self.mutations(of: text, flips: 200) { bytes in
            let read = try? Receipt(parsing: bytes, centreKey: key.publicKey, to: batch.header)
            #expect(read == nil || bytes == text, "only the text as signed is believed")
        }
        // The same with a good signature over the changed line: the JSON reader meets it.
        let line = try #require(SignedText.lines(of: text)).line
        try Self.mutations(of: line, flips: 200) { line in
            let signed = try SignedText.message(line: line, tag: Receipt.tag, key: key)
            do throws(ReceiptError) {
                let read = try Receipt(parsing: signed, centreKey: key.publicKey, to: batch.header)
                #expect(read.batch == batch.header.batch && read.high_water >= 0)
                #expect(ChainHash(hex: read.end_hash) != nil)
            } catch {
                #expect(error == .notAReceipt || error == .otherBatch)
            }
        }
    }

    @Test("enrolment codes, requests and answers")
    func enrolment() throws {
        let vectors = try ContractVectors.load()
        let first = try #require(vectors.enrolmentCodes.first)
        Self.mutations(of: Array(first.text.utf8), flips: 400) { bytes in
            let text = String(decoding: bytes, as: UTF8.self)
            do throws(EnrolmentError) {
                let code = try EnrolmentCode(parsing: text)
                #expect(
                    code.text == text.trimmingCharacters(in: .whitespacesAndNewlines), "only one spelling of a code")
            } catch {
                #expect(error == .notACode || error == .mistyped)
            }
        }
        let payload = try #require(Base64URL.decode(String(first.text.dropFirst(7)))).dropLast(4)
        Self.mutations(of: Array(payload), flips: 400) { payload in
            let text = "hadir1-" + Base64URL.encode(payload + SHA256.hash(data: payload).prefix(4))
            do throws(EnrolmentError) {
                let code = try EnrolmentCode(parsing: text)
                #expect(code.secret.count == 16 && code.centreFingerprint.count == 32)
            } catch {
                #expect(error == .notACode)
            }
        }
        for answer in try Self.texts(\.enrolmentAnswers, { bytes($0.text, $0.textHex) }) {
            let item = try #require(vectors.enrolmentAnswers.first)
            let code = try EnrolmentCode(parsing: item.codeText)
            let request = try JSONDecoder().decode(EnrolmentRequest.self, from: Data(item.request.utf8))
            Self.mutations(of: answer, flips: 100) { bytes in
                let read = try? EnrolmentAnswer(parsing: bytes, code: code, request: request)
                #expect(read == nil || bytes == answer, "only the text as signed is believed")
            }
        }
    }

    @Test("times and hex")
    func times() throws {
        for text in ["2026-11-21T07:30:05", "805a8d31", "2026-11-21T00:30:05.123Z"] {
            Self.mutations(of: Array(text.utf8), flips: 2000) { bytes in
                let text = String(decoding: bytes, as: UTF8.self)
                if let time = DeviceTime(text: text) { #expect(time.text == text) }
                if let moment = UTC.date(text) { #expect(UTC.text(moment) == text) }
                if let bytes = Hex.decode(text) { #expect(Hex.encode(bytes) == text) }
            }
        }
    }

    @Test("JSON that is deep, huge or twice the same costs an error, not the process")
    func hostileJSON() throws {
        let deep = 200_000
        let open = "{\"kind\":\"x\",\"at\":\"2026-11-21T00:30:05.123Z\",\"x\":"
        let bodies = [
            open + String(repeating: "[", count: 32_000) + String(repeating: "]", count: 32_000) + "}",
            open + String(repeating: "[", count: 60_000), open + String(repeating: "{\"a\":", count: 12_000),
            open + String(repeating: "9", count: 60_000) + "}", open + "1e999999999}", open + "-1e-999999999}",
            "{\"kind\":\"punch\",\"at\":\"2026-11-21T00:30:05.123Z\",\"occurrence\":1e400}",
            "{\"kind\":\"punch\",\"at\":\"2026-11-21T00:30:05.123Z\",\"occurrence\":9223372036854775808}",
        ]
        for body in bodies { Self.decodeBody(Array(body.utf8)) }
        let header = "{\"v\":1,\"batch\":\"b\",\"status\":" + String(repeating: "[", count: deep)
        #expect(throws: BatchError.self) { try Batch(parsing: Array("\(header)\nAAAA\n".utf8)) }
        let last =
            "{\"v\":1,\"batch\":\"b\",\"node\":\"n\",\"epoch\":\"\(SwiftSamples.epoch)\",\"first\":9223372036854775807,"
            + "\"last\":-9223372036854775808,\"count\":0,\"prev_hash\":\"\(String(repeating: "0", count: 64))\","
            + "\"end_hash\":\"\(String(repeating: "0", count: 64))\"}"
        #expect(throws: BatchError.self) { try Batch(parsing: Array("\(last)\nAAAA\n".utf8)) }
        #expect(throws: BatchError.self) { try Batch(parsing: [UInt8](repeating: 0x0A, count: Batch.mostBytes)) }
        #expect(throws: BatchError.self) { try Batch(parsing: [UInt8](repeating: 0x0A, count: Batch.mostBytes + 1)) }
    }

    private static func decodeBody(_ body: [UInt8]) {
        do {
            _ = try EntryBody.decode(body)
        } catch let error as EntryError {
            #expect(!error.reason.isEmpty)
        } catch {
            Issue.record("not an EntryError: \(error)")
        }
    }

    private static func texts<Item>(
        _ section: KeyPath<ContractVectors, [Item]>, _ text: (Item) -> [UInt8]?
    ) throws -> [[UInt8]] {
        Array(try ContractVectors.load()[keyPath: section].compactMap(text).prefix(6))
    }

    /// Calls `read` with `text` cut at every byte (of long texts at 1,000 of them), with `flips` changed bits,
    /// bytes and pieces, and with random bytes.
    private static func mutations(of text: [UInt8], flips: Int, read: ([UInt8]) throws -> Void) rethrows {
        var random = SeededGenerator.forTests()
        for count in stride(from: 0, through: text.count, by: max(1, text.count / 1000)) {
            try read(Array(text.prefix(count)))
            try read(Array(text.suffix(count)))
        }
        for _ in 0..<flips {
            var bytes = text
            for _ in 0...Int.random(in: 0...3, using: &random) {
                guard let position = bytes.indices.randomElement(using: &random) else { break }
                switch Int.random(in: 0...4, using: &random) {
                case 0: bytes[position] ^= 1 << UInt8.random(in: 0...7, using: &random)
                case 1: bytes[position] = UInt8.random(in: 0...255, using: &random)
                case 2: bytes.remove(at: position)
                case 3: bytes.insert(UInt8.random(in: 0...255, using: &random), at: position)
                default: bytes.insert(contentsOf: bytes[position...].prefix(40), at: position)
                }
            }
            try read(bytes)
        }
        for count in 0..<100 {
            try read((0..<count).map { _ in UInt8.random(in: 0...255, using: &random) })
        }
    }
}

/// SplitMix64: the same numbers for the same seed on every machine.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    /// From HADIR_TEST_SEED, or a new one; printed once.
    static func forTests() -> SeededGenerator { SeededGenerator(seed: seed) }

    private static let seed: UInt64 = {
        let given = ProcessInfo.processInfo.environment["HADIR_TEST_SEED"].flatMap { UInt64($0) }
        let seed = given ?? UInt64.random(in: 0...UInt64.max)
        print("HADIR_TEST_SEED=\(seed)")
        return seed
    }()

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }
}
