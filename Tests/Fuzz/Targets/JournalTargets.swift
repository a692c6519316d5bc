import Attendance
import AttendanceRules
import Crypto
import Foundation

extension FuzzTarget {
    /// What edge and centre tell each other.
    static let journal: [FuzzTarget] = [
        FuzzTarget("entry", longest: 512, entry),
        FuzzTarget("batch", longest: 1024, batch),
        FuzzTarget("receipt", longest: 1024, receipt),
        FuzzTarget("bundle", longest: 1024, bundle),
        FuzzTarget("enrolment", longest: 512, enrolment),
        FuzzTarget("dates", longest: 32, dates),
        FuzzTarget("small-texts", longest: 160, smallTexts),
    ]

    /// A body that is understood is written so that it is understood the same; the quick reader of punches takes
    /// nothing that the full one would not.
    @Sendable private static func entry(_ bytes: [UInt8]) {
        guard let (body, at) = try? EntryBody.decode(bytes) else { return }
        if case .punch = body {
            guard let full = try? EntryBody.decodeFully(bytes) else { broken("the full reader takes it, too") }
            hold(full.body == body && full.at == at, "both readers read the same")
        }
        let written = body.encode(at: at)
        guard let again = try? EntryBody.decode(written) else { broken("an entry that was written is read") }
        hold(again.at == at, "the moment is the same")
        hold(again.body == body, "an entry is written as it was read")
    }

    /// A batch has the entries its head counts, and their chain holds or is refused.
    @Sendable private static func batch(_ bytes: [UInt8]) {
        guard let batch = try? Batch(parsing: bytes) else { return }
        hold(batch.bodies.count == batch.header.count, "as many entries as said")
        hold(batch.bodies.reduce(0) { $0 + $1.count } < bytes.count, "entries are of these bytes")
        hold(!batch.isSigned(by: Keys.node.publicKey), "nobody signs without the key")
        guard let entries = try? batch.entries() else { return }
        hold(entries.last?.hash ?? batch.previousHash == batch.endHash, "the chain ends where the head says")
        hold(entries.first?.seq ?? batch.header.first == batch.header.first, "and begins there")
    }

    /// A file of bundles is read to its end or refused, whatever stands in it; nothing opens that was not sealed.
    @Sendable private static func bundle(_ bytes: [UInt8]) {
        var reader = BundleReader(bytes)
        var seen = 0
        while let bundle = try? reader.next() {
            seen += bundle.bytes.count
            hold(seen <= bytes.count, "bundles are of these bytes")
            hold(bundle.bytes.count <= SealedBundle.mostBytes, "none is longer than one may be")
            hold(bundle.header.last >= bundle.header.first && bundle.header.first >= 1, "its range is one")
            hold((try? bundle.open(with: Keys.sealing)) == nil, "nothing opens that was not sealed")
        }
        // A batch that is sealed comes out as it was.
        guard let batch = try? Batch(parsing: bytes), batch.header.count > 0, batch.header.node.utf8.count <= 64,
            !batch.header.node.isEmpty,
            let sealed = try? SealedBundle(sealing: batch, to: Keys.sealing.publicKey)
        else { return }
        var whole = BundleReader(sealed.bytes)
        guard let again = try? whole.next(), let inside = try? again.open(with: Keys.sealing) else {
            broken("a bundle that was written is read")
        }
        hold(inside.text == batch.text, "what was sealed comes out")
    }

    private enum Keys {
        static let sealing = Curve25519.KeyAgreement.PrivateKey()
        static let node = Curve25519.Signing.PrivateKey()
        static let centre = Curve25519.Signing.PrivateKey()
        static let fingerprint = Array(SHA256.hash(data: centre.publicKey.rawRepresentation))
    }

    /// Without a signature nothing is believed; with one, only what can be.
    @Sendable private static func receipt(_ bytes: [UInt8]) {
        let key = Keys.centre.publicKey
        hold((try? Receipt(parsing: bytes, centreKey: key, to: Samples.header)) == nil, "nothing is believed unsigned")
        _ = JSONReading.decode(NodeStatus.self, from: bytes)
        guard let line = JSONReading.decode(Receipt.self, from: bytes),
            let text = try? SignedText.message(line: bytes, tag: Receipt.tag, key: Keys.centre)
        else { return }
        var header = Samples.header
        header.batch = line.batch
        header.node = line.node
        header.epoch = line.epoch
        guard let receipt = try? Receipt(parsing: text, centreKey: key, to: header) else { return }
        hold(receipt.high_water >= 0 && receipt.accepted >= 0 && receipt.duplicate >= 0, "counts are counts")
        hold(receipt.quarantined.allSatisfy { $0.seq >= 1 }, "places are places")
        hold(UTC.date(receipt.server_time) != nil, "its time is one")
        header.batch += "x"
        hold((try? Receipt(parsing: text, centreKey: key, to: header)) == nil, "it answers one batch")
    }

    /// The code an admin carries, the request of a node and the centre's answer.
    @Sendable private static func enrolment(_ bytes: [UInt8]) {
        let text = String(decoding: bytes, as: UTF8.self)
        _ = try? EnrolmentCode(parsing: text)
        let sum = SHA256.hash(data: bytes).prefix(4)
        if let code = try? EnrolmentCode(parsing: "hadir1-" + Base64URL.encode(bytes + sum)) {
            guard let again = try? EnrolmentCode(parsing: code.text) else { broken("a code that was written is read") }
            hold(again == code, "a code is written as it was read")
        }
        let key = EnrolmentKey(secret: [1, 2, 3], codeID: "x")
        if let request = JSONReading.decode(EnrolmentRequest.self, from: bytes) {
            let known = request.verifiedKey(key, centreFingerprint: Keys.fingerprint)
            hold(known == nil, "nobody is enrolled without the secret")
        }
        let code = EnrolmentCode(
            url: "https://x", id: "x", secret: [1], centreFingerprint: Keys.fingerprint, tlsPin: nil)
        let request = EnrolmentRequest(code: code, nodeKey: Keys.node.publicKey)
        let answer = try? EnrolmentAnswer(parsing: bytes, code: code, request: request)
        hold(answer == nil, "nobody answers without the centre's key")
    }

    /// Moments, days and months: text that is one is the text it is written as.
    @Sendable private static func dates(_ bytes: [UInt8]) {
        let text = String(decoding: bytes, as: UTF8.self)
        if let moment = UTC.date(text) { hold(UTC.text(moment) == text, "a moment has one text") }
        if let time = DeviceTime(text: text) { hold(time.text == text, "a device's time has one text") }
        if let date = CivilDate(text: text) {
            hold(CivilDate(text: date.text) == date, "a date is written as it was read")
            hold(date.month.dates.contains(date), "a date is in its month")
            hold(
                CivilDate(year: date.parts.year, month: date.parts.month, day: date.parts.day) == date, "and its parts")
        }
        if let month = CivilMonth(text: text) { hold(CivilMonth(text: month.text) == month, "a month, too") }
        guard bytes.count >= 8 else { return }
        var number: UInt64 = 0
        for byte in bytes.prefix(8) { number = number << 8 | UInt64(byte) }
        let moment = UTC.text(Date(timeIntervalSince1970: Double(bitPattern: number)))
        hold(moment.utf8.count == 24 && UTC.date(moment) != nil, "every number is some moment")
        hold(UTC.text(UTC.date(moment) ?? .distantPast) == moment, "a moment is written as it was read")
        let day = CivilDate(dayNumber: Int(truncatingIfNeeded: number))
        hold(CivilDate(text: day.text) == day, "every number is some date")
        _ = (day.adding(days: Int(truncatingIfNeeded: number)), day.weekday)
    }

    /// Hex, base64, serials, user ids, epochs, hashes and audit heads.
    @Sendable private static func smallTexts(_ bytes: [UInt8]) {
        let text = String(decoding: bytes, as: UTF8.self)
        hold(Hex.decode(Hex.encode(bytes)) == bytes, "hex is what it was made of")
        hold(Base64URL.decode(Base64URL.encode(bytes)) == bytes, "base64url is what it was made of")
        if let data = Base64.decode(text) { hold(data.count <= bytes.count, "base64 is no shorter than its bytes") }
        if let serial = DeviceSerial(text) { hold(DeviceSerial(serial.text) == serial, "a serial is itself") }
        let user = UserID(field: bytes)
        hold(UserID(field: user.bytes) == user || user.bytes.first == 0x20, "a user id is trimmed once")
        hold(user.hexIfNotText == nil ? Array(user.text.utf8) == user.bytes : true, "text or hex tells its bytes")
        if let head = AuditHead(text: text) { hold(head.text == text, "an audit head has one text") }
        if let epoch = Epoch(text) { hold(epoch.text == text, "an epoch has one text") }
        if let hash = ChainHash(hex: text) { hold(ChainHash(hex: hash.hex) == hash, "a hash is itself") }
    }
}
