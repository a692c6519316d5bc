import Crypto
import Foundation
import Testing

@testable import Attendance

@Suite("The Swift code and contract.json agree")
struct ContractVectorTests {
    let vectors: ContractVectors

    init() throws { vectors = try ContractVectors.load() }

    @Test("every punch key")
    func punchKeys() throws {
        for item in vectors.punchKeys {
            let user =
                try item.userNumber.map { UserID(number: $0) }
                ?? UserID(field: unhex(item.userField ?? "no user id"))
            let time = item.time
            let deviceTime =
                try DeviceTime(
                    year: time[0], month: time[1], day: time[2], hour: time[3], minute: time[4], second: time[5])
                ?? DeviceTime(rawField: unhex(item.packed))
            let key = PunchKey(
                serial: try #require(DeviceSerial(item.serial)), userID: user, deviceTime: deviceTime,
                occurrence: item.occurrence)
            #expect(deviceTime.text == item.deviceTime, "\(item.name)")
            #expect(key.hex == item.key, "\(item.name)")
        }
        #expect(vectors.punchKeys.count >= 17)
    }

    @Test("every entry of every chain: hash, kind, key of a punch")
    func chains() throws {
        var kinds: Set<String> = []
        for chain in vectors.chains {
            var hash = ChainHash.start(of: try #require(Epoch(chain.epoch)))
            #expect(hash.hex == chain.start, "\(chain.name)")
            for entry in chain.entries {
                let body = Array(entry.body.utf8)
                hash = hash.next(seq: entry.seq, body: body)
                #expect(hash.hex == entry.hash, "\(chain.name), entry \(entry.seq)")
                let decoded = try EntryBody.decode(body)
                #expect(decoded.body.kindName == entry.kind, "\(chain.name), entry \(entry.seq)")
                #expect(decoded.body.punch?.key.hex == entry.key, "\(chain.name), entry \(entry.seq)")
                kinds.insert(entry.kind)
            }
        }
        #expect(kinds.isSuperset(of: ["epoch", "punch", "coverage", "clock", "device", "alarm", "user", "order"]))
    }

    @Test("every note of every audit log: hash")
    func auditChains() throws {
        for chain in vectors.auditChains {
            var hash = AuditChain.start
            #expect(hash.hex == chain.start, "\(chain.name)")
            for note in chain.notes {
                hash = AuditChain.next(hash, seq: note.seq, fields: note.fields)
                #expect(hash.hex == note.hash, "\(chain.name), note \(note.seq)")
            }
        }
        #expect(vectors.auditChains.flatMap(\.notes).count >= 5)
    }

    @Test("every body is read or refused as it should be")
    func bodies() throws {
        for item in vectors.bodies {
            let body = try #require(bytes(item.text, item.textHex), "\(item.name)")
            let isRead = (try? EntryBody.decode(body)) != nil
            #expect(isRead == (item.refusal == nil), "\(item.name)")
        }
        #expect(Set(vectors.bodies.map(\.refusal)) == [nil, "refused"])
    }

    @Test("every batch is accepted or refused as it should be")
    func batches() throws {
        for item in vectors.batches {
            let text = try #require(bytes(item.text, item.textHex), "\(item.name)")
            let key = try Curve25519.Signing.PublicKey(rawRepresentation: unhex(item.nodeKey))
            let result = Result { () throws(BatchError) in try Batch(parsing: text) }
            #expect(refusal(of: result, key: key) == item.refusal, "\(item.name)")
            guard item.refusal == nil else { continue }
            let batch = try result.get()
            #expect(batch.header.batch == item.batch, "\(item.name)")
            #expect(batch.header.first == item.first, "\(item.name)")
            #expect(batch.header.last == item.last, "\(item.name)")
            #expect(batch.endHash.hex == item.endHash, "\(item.name)")
            #expect(batch.text == text, "\(item.name)")
        }
        #expect(Set(vectors.batches.map(\.refusal)) == [nil, "malformed", "not_signed", "broken_chain"])
    }

    /// What the centre does with a batch, in its order: form, signature, chain.
    private func refusal(of result: Result<Batch, BatchError>, key: Curve25519.Signing.PublicKey) -> String? {
        do throws(BatchError) {
            let batch = try result.get()
            guard batch.isSigned(by: key) else { return "not_signed" }
            _ = try batch.entries()
            return nil
        } catch {
            return error.word
        }
    }

    @Test("every receipt is believed or not as it should be")
    func receipts() throws {
        for item in vectors.receipts {
            let text = try #require(bytes(item.text, item.textHex), "\(item.name)")
            let key = try Curve25519.Signing.PublicKey(rawRepresentation: unhex(item.centreKey))
            let header = try batchHeader(item.to)
            do throws(ReceiptError) {
                let receipt = try Receipt(parsing: text, centreKey: key, to: header)
                #expect(item.refusal == nil, "\(item.name): believed")
                #expect(receipt.answer.rawValue == item.answer, "\(item.name)")
                #expect(receipt.high_water == item.highWater, "\(item.name)")
                #expect(receipt.end_hash == item.endHash, "\(item.name)")
                #expect(receipt.accepted == item.accepted, "\(item.name)")
                #expect(receipt.duplicate == item.duplicate, "\(item.name)")
            } catch {
                #expect(error.word == item.refusal, "\(item.name)")
            }
        }
        let answers: Set<String?> = [nil, "ok", "gap", "fork", "revoked", "bad"]
        #expect(Set(vectors.receipts.map(\.answer)) == answers)
    }

    private func batchHeader(_ to: ContractVectors.Addressed) throws -> Batch.Header {
        let epoch = try #require(Epoch(to.epoch))
        return try Batch(
            node: to.node, epoch: epoch, after: 0, previousHash: .start(of: epoch), entries: [], status: nil,
            key: .init(), name: to.batch
        ).header
    }

    @Test("every enrolment code is read or refused as it should be, and written the same")
    func codes() throws {
        for item in vectors.enrolmentCodes {
            do throws(EnrolmentError) {
                let code = try EnrolmentCode(parsing: item.text)
                #expect(item.refusal == nil, "\(item.name): accepted")
                #expect(code.url == item.url, "\(item.name)")
                #expect(code.id == item.code, "\(item.name)")
                #expect(Hex.encode(code.secret) == item.secret, "\(item.name)")
                #expect(Hex.encode(code.centreFingerprint) == item.centre, "\(item.name)")
                #expect(code.tlsPin.map { Hex.encode($0) } == item.pin, "\(item.name)")
                #expect(code.text == item.text, "\(item.name)")
            } catch {
                #expect(error.word == item.refusal, "\(item.name)")
            }
        }
        #expect(Set(vectors.enrolmentCodes.map(\.refusal)) == [nil, "mistyped", "not_a_code"])
    }

    @Test("every enrolment key is derived the same")
    func enrolmentKeys() throws {
        for item in vectors.enrolmentKeys {
            let key = EnrolmentKey(secret: try unhex(item.secret), codeID: item.code)
            #expect(Hex.encode(key.bytes) == item.key, "\(item.name)")
        }
        #expect(!vectors.enrolmentKeys.isEmpty)
    }

    @Test("every enrolment request is proved or refused as it should be")
    func requests() throws {
        for item in vectors.enrolmentRequests {
            let request = try JSONDecoder().decode(EnrolmentRequest.self, from: Data(item.request.utf8))
            let key = try #require(EnrolmentKey(bytes: unhex(item.key)))
            let publicKey = request.verifiedKey(key, centreFingerprint: try unhex(item.centre))
            #expect(publicKey.map { Hex.encode($0.rawRepresentation) } == item.publicKey, "\(item.name)")
            #expect((publicKey == nil) == (item.refusal != nil), "\(item.name)")
        }
        #expect(Set(vectors.enrolmentRequests.map(\.refusal)) == [nil, "refused"])
    }

    @Test("every enrolment answer is believed or not as it should be")
    func answers() throws {
        for item in vectors.enrolmentAnswers {
            let text = try #require(bytes(item.text, item.textHex), "\(item.name)")
            let code = try EnrolmentCode(parsing: item.codeText)
            let request = try JSONDecoder().decode(EnrolmentRequest.self, from: Data(item.request.utf8))
            do throws(EnrolmentError) {
                let answer = try EnrolmentAnswer(parsing: text, code: code, request: request)
                #expect(item.refusal == nil, "\(item.name): believed")
                #expect(answer.node == item.node, "\(item.name)")
                #expect(answer.unit == item.unit, "\(item.name)")
            } catch {
                #expect(error.word == item.refusal, "\(item.name)")
            }
        }
        #expect(Set(vectors.enrolmentAnswers.map(\.refusal)) == [nil, "not_an_answer", "not_the_centre"])
    }
}

extension EntryBody {
    var punch: Punch? {
        if case .punch(let punch) = self { punch } else { nil }
    }

    var kindName: String {
        switch self {
        case .epoch: "epoch"
        case .punch: "punch"
        case .coverage: "coverage"
        case .clock: "clock"
        case .device: "device"
        case .alarm: "alarm"
        case .user: "user"
        case .operation: "operation"
        case .order: "order"
        case .other(let kind): kind
        }
    }
}
