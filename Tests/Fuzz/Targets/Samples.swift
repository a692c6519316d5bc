import Attendance
import Crypto
import Foundation

/// What targets need beside their bytes, and what holds of every punch wherever it was read.
enum Samples {
    static let serial = made(DeviceSerial("FUZZ00000001"))
    static let moment = Date(timeIntervalSince1970: 1_795_000_000)

    /// Of a heartbeat.
    static let header = made(
        try? Batch(
            node: "n", epoch: .random(), after: 0, previousHash: AuditChain.start, entries: [], status: nil,
            key: Curve25519.Signing.PrivateKey())
    ).header

    static func made<Value>(_ value: Value?) -> Value {
        guard let value else { broken("a sample is what it is") }
        return value
    }

    /// Of one reading: none is lost, none is there twice, and the first few are journaled so that they can be read.
    static func check(_ punches: [Punch], of count: Int) {
        hold(punches.count == count, "as many punches as records")
        let places = Set(punches.map { Place(slot: $0.slot, occurrence: $0.occurrence) })
        hold(places.count == count, "no two records of a reading are one punch")
        for punch in punches.prefix(4) { check(journaled: punch) }
    }

    private struct Place: Hashable {
        let slot: Punch.Slot
        let occurrence: Int
    }

    /// What the edge writes of a punch, the centre reads as the same punch, the quick way and the full one.
    static func check(journaled punch: Punch) {
        let body = PunchLines(at: moment).line(of: punch)
        hold(body == EntryBody.punch(punch).encode(at: moment), "there is one way to write a punch")
        hold(body.count <= EntryBody.longestBody, "a punch fits into an entry")
        hold(!body.contains { $0 < 0x20 }, "an entry is one line")
        check(read: body, as: .punch(punch))
    }

    /// What an entry was written from is what it is read as.
    static func check(read body: [UInt8], as wanted: EntryBody) {
        guard let (read, at) = try? EntryBody.decode(body) else { broken("an entry that was written is read") }
        hold(read == wanted, "an entry is read as it was written")
        hold(at == moment, "the moment beside it, too")
    }
}
