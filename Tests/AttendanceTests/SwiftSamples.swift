import Crypto
import Foundation
import Testing

@testable import Attendance

/// Everything the contract has, made and signed by the Swift code, for the Python script to verify.
enum SwiftSamples {
    static let epoch = "fedcba98765432100123456789abcdef"
    static let moment = Date(timeIntervalSince1970: 1_795_221_005.123)

    /// One body of every kind and of every awkward content.
    static func bodies() throws -> [EntryBody] {
        let serial = try #require(DeviceSerial("AF4C201260077"))
        let time = try #require(DeviceTime(year: 2026, month: 11, day: 21, hour: 7, minute: 30, second: 5))
        let earlier = try #require(Epoch(String(repeating: "a", count: 32)))
        func punch(_ user: UserID, _ time: DeviceTime, raw: Int = 40, flags: [Punch.Flag] = []) -> EntryBody {
            .punch(
                Punch(
                    serial: serial, userID: user, deviceTime: time, occurrence: 0, verify: 1, state: 255,
                    workCode: "7\u{7F}\u{0}\"\\", source: .push, raw: [UInt8](repeating: 0xFE, count: raw),
                    flags: flags))
        }
        return [
            .epoch(EpochStart(reason: .firstStart)),
            .epoch(
                EpochStart(
                    reason: .fork, previous: earlier, previousSeq: Int64.max, previousHash: .start(of: earlier))),
            .device(
                DeviceFacts(
                    serial: serial, name: "Pintu “B”\n时间 🕗", timezone: "Asia/Jayapura", model: "X", platform: "",
                    firmware: "Ver 6.60", capacity: nil)),
            punch(UserID("00123"), time, raw: 64),
            punch(UserID(field: [0xC4, 0xFF, 0x41]), time, raw: 0),
            punch(UserID(field: [0x01, 0x1F, 0x7F, 0x22, 0x5C]), time),
            punch(UserID(""), DeviceTime(rawField: [0x80, 0x5A, 0x8D, 0x31]), flags: Punch.Flag.allCases),
            .clock(
                ClockReading(serial: serial, deviceTime: time, offset: -25_200, monotonic: 9, bootID: "b")),
            .coverage(
                Coverage(
                    serial: serial, from: Date(timeIntervalSince1970: 1_795_217_405.5), to: moment, source: .poll,
                    holes: [.init(from: Date(timeIntervalSince1970: 0), to: moment, why: "clock_off")])),
            .alarm(Alarm(code: "clock_off", serial: serial, text: "\u{2028}\t")),
            .alarm(Alarm(code: "disk_low", text: "")),
            .user(DeviceUser(serial: serial, userID: UserID(field: [0xC4, 0xFF]), name: "Wayan “W”\n", privilege: 14)),
            .user(DeviceUser(serial: serial, userID: UserID("7"), name: "", privilege: -1, isRemoved: true)),
            .order(OrderResult(id: "o1", kind: "resend", result: .refused, text: "not \"allowed\"")),
            .operation(
                Attendance.Operation(
                    serial: serial, source: .log, what: "clock_set", code: 21, deviceTime: time, by: "1",
                    parameters: [0, 1, 2, 65_535], occurrence: 1)),
            .operation(
                Attendance.Operation(
                    serial: serial, source: .command, what: "user_changed", by: "siti (root)", object: "1234",
                    before: "privilege 0", after: "privilege 14")),
        ]
    }

    static func entries() throws -> [Entry] {
        var hash = ChainHash.start(of: try #require(Epoch(epoch)))
        return try bodies().enumerated().map { position, body in
            let line = body.encode(at: moment.addingTimeInterval(Double(position)))
            hash = hash.next(seq: Int64(position) + 1, body: line)
            return Entry(seq: Int64(position) + 1, body: line, hash: hash)
        }
    }

    static func document() throws -> ContractVectors {
        let nodeKey = Curve25519.Signing.PrivateKey()
        let centreKey = Curve25519.Signing.PrivateKey()
        let batches = try batches(key: nodeKey)
        let (codes, keys, requests, answers) = try enrolment(nodeKey: nodeKey, centreKey: centreKey)
        return ContractVectors(
            punchKeys: try punchKeys(), chains: [try chain()],
            bodies: try entries().map { .init(name: "\($0.seq)", text: String(decoding: $0.body, as: UTF8.self)) },
            batches: batches.map { batch in
                .init(
                    name: "from \(batch.header.first)", nodeKey: Hex.encode(nodeKey.publicKey.rawRepresentation),
                    batch: batch.header.batch, first: batch.header.first, last: batch.header.last,
                    endHash: batch.header.end_hash, text: String(decoding: batch.text, as: UTF8.self))
            },
            receipts: try batches.flatMap { try receipts(to: $0.header, key: centreKey) },
            auditChains: [auditChain()], enrolmentCodes: codes,
            enrolmentKeys: keys, enrolmentRequests: requests, enrolmentAnswers: answers)
    }

    private static func punchKeys() throws -> [ContractVectors.PunchKeyItem] {
        let times = [
            [2026, 11, 21, 7, 30, 5], [2026, 2, 30, 7, 0, 0], [2099, 12, 31, 23, 59, 59], [2101, 1, 1, 0, 0, 0],
        ]
        let fields: [[UInt8]] = [[0x31], [], [0x20, 0x30, 0x37, 0x20, 0x00, 0x39], [0xFF, 0xFE], [0x01]]
        var items: [ContractVectors.PunchKeyItem] = []
        for time in times {
            let days = ((time[0] - 2000) * 12 + time[1] - 1) * 31 + time[2] - 1
            let packed = UInt32(days * 86_400 + time[3] * 3600 + time[4] * 60 + time[5]).littleEndian
            let raw = withUnsafeBytes(of: packed) { Array($0) }
            let deviceTime = DeviceTime(
                year: time[0], month: time[1], day: time[2], hour: time[3], minute: time[4], second: time[5])
            let known = deviceTime ?? DeviceTime(rawField: raw)
            for field in fields {
                let key = PunchKey(
                    serial: try #require(DeviceSerial(" CJ9L 17 ")), userID: UserID(field: field), deviceTime: known,
                    occurrence: items.count)
                items.append(
                    .init(
                        name: "\(items.count)", serial: " CJ9L 17 ", userField: Hex.encode(field), time: time,
                        packed: Hex.encode(raw), deviceTime: known.text, occurrence: items.count, key: key.hex))
            }
        }
        return items
    }

    private static func chain() throws -> ContractVectors.Chain {
        let bodies = try bodies()
        return .init(
            name: "made by Swift", epoch: epoch, start: ChainHash.start(of: try #require(Epoch(epoch))).hex,
            entries: try entries().enumerated().map { position, entry in
                .init(
                    seq: entry.seq, kind: bodies[position].kindName,
                    body: String(decoding: entry.body, as: UTF8.self), hash: entry.hash.hex,
                    key: bodies[position].punch?.key.hex)
            })
    }

    private static let auditFields = [
        ["1772409600000", "siti", "personnel", "10.0.0.7", "view_person", "employee:12", ""],
        ["-1", "Ayu “É”", "", "", "export", "", "{\"a\":\"b\"}"],
    ]

    private static var auditHead: AuditHead {
        auditFields.reduce(AuditHead.empty) { head, fields in
            AuditHead(seq: head.seq + 1, hash: AuditChain.next(head.hash, seq: head.seq + 1, fields: fields))
        }
    }

    private static func auditChain() -> ContractVectors.AuditChain {
        var hash = AuditChain.start
        let notes = auditFields.enumerated().map { position, fields in
            hash = AuditChain.next(hash, seq: Int64(position) + 1, fields: fields)
            return ContractVectors.AuditChain.Note(seq: Int64(position) + 1, fields: fields, hash: hash.hex)
        }
        return .init(name: "made by Swift", start: AuditChain.start.hex, notes: notes)
    }

    /// All entries, some from the middle, a heartbeat.
    private static func batches(key: Curve25519.Signing.PrivateKey) throws -> [Batch] {
        let epoch = try #require(Epoch(epoch))
        let entries = try entries()
        let status = NodeStatus(
            version: "0.1.0", backlog: 12, backlogAge: 9, diskFree: Int64.max, clockTrusted: false,
            devices: [.init(serial: "AF4C201260077", name: "Pintu “B”", lastRead: UTC.text(moment), problem: "a/b\n")],
            oldest: 3, centreKey: Hex.encode([UInt8](repeating: 7, count: 32)), audit: auditHead)
        func batch(_ range: Range<Int>) throws -> Batch {
            try Batch(
                node: "node/07", epoch: epoch, after: Int64(range.lowerBound),
                previousHash: range.lowerBound > 0 ? entries[range.lowerBound - 1].hash : .start(of: epoch),
                entries: Array(entries[range]), status: status, key: key)
        }
        return [try batch(0..<entries.count), try batch(2..<5), try batch(entries.count..<entries.count)]
    }

    private static func receipts(
        to header: Batch.Header, key: Curve25519.Signing.PrivateKey
    ) throws -> [ContractVectors.ReceiptItem] {
        let hash = try #require(ChainHash(hex: header.end_hash))
        return try [Receipt.Answer.ok, .gap, .fork, .revoked, .bad].map { answer in
            let receipt = Receipt(
                to: header, answer: answer, reason: answer == .bad ? "count / “12”" : nil, highWater: header.last,
                endHash: hash, accepted: 3, duplicate: 4, quarantined: [.init(seq: 5, reason: "not_your_device")],
                serverTime: moment,
                orders: [.init(id: "1", kind: "resend", args: ["from": "2"], expires: UTC.text(moment))],
                nextKey: answer == .ok ? Curve25519.Signing.PrivateKey().publicKey : nil)
            return .init(
                name: "\(answer) to \(header.batch)", centreKey: Hex.encode(key.publicKey.rawRepresentation),
                to: .init(batch: header.batch, node: header.node, epoch: header.epoch), answer: answer.rawValue,
                highWater: header.last, endHash: hash.hex, accepted: 3, duplicate: 4,
                text: String(decoding: try receipt.sign(with: key), as: UTF8.self))
        }
    }

    private static func enrolment(
        nodeKey: Curve25519.Signing.PrivateKey, centreKey: Curve25519.Signing.PrivateKey
    ) throws -> (
        [ContractVectors.CodeItem], [ContractVectors.EnrolmentKeyItem], [ContractVectors.RequestItem],
        [ContractVectors.AnswerItem]
    ) {
        let centre = Array(SHA256.hash(data: centreKey.publicKey.rawRepresentation))
        let secret = try unhex(RandomText.hex(bytes: 16))
        let pins: [[UInt8]?] = [nil, [UInt8](repeating: 0xEE, count: 32)]
        let codes = pins.map {
            EnrolmentCode(
                url: "https://absensi.contoh.example/~x?a=b", id: RandomText.hex(bytes: 8), secret: secret,
                centreFingerprint: centre, tlsPin: $0)
        }
        let code = codes[0]
        let key = EnrolmentKey(secret: secret, codeID: code.id)
        let request = EnrolmentRequest(code: code, nodeKey: nodeKey.publicKey)
        let requestText = String(decoding: try JSONEncoder().encode(request), as: UTF8.self)
        let answer = EnrolmentAnswer(
            code: code.id, publicKey: request.public_key, node: "node/07", unit: "Puskesmas “Café”",
            signingKey: centreKey.publicKey, sealingKey: Curve25519.KeyAgreement.PrivateKey().publicKey)
        return (
            codes.map { code in
                .init(
                    name: code.id, url: code.url, code: code.id, secret: Hex.encode(secret),
                    centre: Hex.encode(centre), pin: code.tlsPin.map { Hex.encode($0) }, text: code.text)
            },
            [.init(name: code.id, secret: Hex.encode(secret), code: code.id, key: Hex.encode(key.bytes))],
            [
                .init(
                    name: code.id, key: Hex.encode(key.bytes), centre: Hex.encode(centre),
                    publicKey: Hex.encode(nodeKey.publicKey.rawRepresentation), request: requestText)
            ],
            [
                .init(
                    name: code.id, codeText: code.text, request: requestText, node: "node/07",
                    unit: "Puskesmas “Café”", text: String(decoding: try answer.sign(with: centreKey), as: UTF8.self))
            ]
        )
    }
}
