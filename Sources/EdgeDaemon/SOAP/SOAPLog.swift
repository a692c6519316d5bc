import Attendance
import Crypto
import DeviceFormats
import EdgeStore
import Foundation
import ZKWire

/// A device's whole log as its web service gave it.
///
/// Mostly it is the log that was read before. So the rows are kept packed, 80 bytes each, and punches, which take five
/// times that, are made only of a log with news in it.
struct SOAPLog: Sendable {
    private(set) var count = 0
    private let serial: DeviceSerial
    private var packed: [UInt8] = []
    private var hash = SHA256()

    init(_ serial: DeviceSerial) { self.serial = serial }

    mutating func take(_ row: SOAPRow) {
        let start = packed.count
        packed.append(UInt8(clamping: row.elements.count))
        for element in row.elements {
            Self.put(element.name, into: &packed)
            Self.put(element.value, into: &packed)
        }
        packed[start...].withUnsafeBytes { hash.update(bufferPointer: $0) }
        count += 1
    }

    /// Equal for equal logs.
    var digest: [UInt8] { Array(hash.finalize()) }

    /// In the device's order, which need not be that of time (zk-soap, section 3).
    var punches: [Punch] {
        var punches: [Punch] = []
        punches.reserveCapacity(count)
        var maker = TextPunches(serial: serial, source: .soap)
        var rest = packed[...]
        while let number = rest.popFirst() {
            var elements: [SOAPRow.Element] = []
            for _ in 0..<number {
                elements.append(SOAPRow.Element(name: Self.take(from: &rest), value: Self.take(from: &rest)))
            }
            punches.append(maker.punch(SOAPRow(elements: elements).scan))
        }
        return punches
    }

    /// A row is shorter than two bytes can count.
    private static func put(_ bytes: ArraySlice<UInt8>, into packed: inout [UInt8]) {
        packed.append(UInt8(bytes.count & 0xFF))
        packed.append(UInt8(truncatingIfNeeded: bytes.count >> 8))
        packed += bytes
    }

    private static func take(from packed: inout ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        let count = Int(packed.popFirst() ?? 0) | Int(packed.popFirst() ?? 0) << 8
        defer { packed = packed.dropFirst(count) }
        return packed.prefix(count)
    }
}

/// What is kept of a log to know it again: how long it was and its last record.
struct SOAPMark: Equatable, Sendable {
    let count: Int
    let last: Punch.Slot?

    init(count: Int, last: Punch.Slot?) {
        self.count = count
        self.last = last
    }

    init?(text: String) {
        let words = text.split(separator: " ")
        guard words.count == 4, words[0] == "1", let count = Int(words[1]), count >= 0,
            let user = Hex.decode(words[2].dropFirst()),
            let time = DeviceTime(text: String(words[3]))
        else { return nil }
        self.init(count: count, last: Punch.Slot(userID: UserID(field: user), deviceTime: time))
    }

    /// `1 COUNT uHEX TIME`
    var text: String {
        "1 \(count) u\(Hex.encode(last?.userID.bytes ?? [])) \(last?.deviceTime.text ?? "-")"
    }
}

extension SOAPMark {
    /// Whether the record of a session's reading is its last one. A record that names only an index is told by its time.
    func isOf(_ record: AttendanceRecord) -> Bool {
        guard let last, last.deviceTime == DeviceTime(record.time) else { return false }
        return switch record.who {
        case .text(let text): UserID(field: text) == last.userID
        case .number(let number): UserID(number: number) == last.userID
        case .index: true
        }
    }
}

/// What is remembered of a device's web service from reading to reading; not kept over a restart.
struct SOAPMemory: Sendable, Equatable {
    /// A log that was not believed: the same again, and later, is.
    struct Doubt: Sendable, Equatable {
        var count: Int
        var first: Punch.Slot?
        var since: Duration
    }

    /// As the device told it.
    var serial: String?
    var doubt: Doubt?
}

/// What one whole reading of a log says, beside what was known. Pure.
///
/// A complete reply is no proof: a wrong key, a device that is busy and a cleared log all look like a shorter log
/// (zk-soap, section 3). So a log that lost records is believed only when it shows the same again later.
enum SOAPJudgement: Equatable, Sendable {
    /// What was known is in it.
    case good(LogContinuity)
    /// Nothing was ever read, and nothing is there: that proves nothing.
    case nothing
    /// It lost records.
    case doubtful(String)

    /// A doubtful log must stand so long.
    static let patience = Duration.seconds(60)

    /// - Parameters:
    ///   - known: of an earlier reading over SOAP.
    ///   - polled: what a session knew of the log, where SOAP never read it.
    ///   - doubt: of the readings before; left as it must be for the next one.
    init(
        _ punches: [Punch], known: SOAPMark?, polled: KnownLog, _ doubt: inout SOAPMemory.Doubt?, at now: Duration
    ) {
        let count = punches.count
        let lost = Self.loss(punches, known, polled)
        guard let lost else {
            doubt = nil
            let isNew = known == nil && (polled == .nothing || polled == .empty)
            self = count == 0 && known == nil ? .nothing : .good(isNew && polled == .nothing ? .first : .whole)
            return
        }
        let first = punches.first?.slot
        if let before = doubt, count > 0, count >= before.count, before.first == first {
            if now - before.since >= Self.patience {
                doubt = nil
                self = .good(lost.why.map { .broken($0) } ?? .whole)
                return
            }
        } else {
            doubt = SOAPMemory.Doubt(count: count, first: first, since: now)
        }
        self = .doubtful(lost.text)
    }

    /// - Returns: `nil` where nothing is lost; `why` is `nil` where every record since is there all the same.
    private static func loss(
        _ punches: [Punch], _ known: SOAPMark?, _ polled: KnownLog
    ) -> (why: LogContinuity.Break?, text: String)? {
        let count = punches.count
        guard let known else {
            guard case .upTo(let cursor) = polled, let newest = polled.newest else {
                return polled == .unreadable ? (.notReconciled, "\(count) records, of which none is known") : nil
            }
            let time = DeviceTime(newest)
            if punches.reversed().contains(where: { $0.deviceTime == time }) { return nil }
            return (count < cursor.count ? .cleared : .notReconciled, "\(cursor.count) records before, \(count) now")
        }
        let text = "\(known.count) records before, \(count) now"
        if let last = known.last, !punches.reversed().contains(where: { $0.slot == last }) {
            return (count < known.count ? .cleared : .notReconciled, text)
        }
        return count < known.count ? (nil, text) : nil
    }
}
