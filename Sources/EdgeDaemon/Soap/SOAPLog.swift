import Attendance
import Crypto
import DeviceFormats
import EdgeStore
import Foundation
import ZKWire

/// A device's whole log as its web service gave it.
struct SOAPLog: Sendable {
    /// In the device's order, which need not be that of time (zk-soap, section 3).
    private(set) var punches: [Punch] = []
    private var maker: TextPunches
    private var hash = SHA256()

    init(_ serial: DeviceSerial) { maker = TextPunches(serial: serial, source: .soap) }

    mutating func take(_ row: SOAPRow) {
        var bytes: [UInt8] = []
        for element in row.elements { bytes += element.name + [0] + element.value + [0] }
        hash.update(bytes: bytes + [1])
        punches.append(maker.punch(row.scan))
    }

    /// Equal for equal logs.
    var digest: [UInt8] { Array(hash.finalize()) }

    var mark: EdgeStore.LogMark {
        EdgeStore.LogMark(text: SOAPMark(count: punches.count, last: punches.last?.slot).text, digest: digest)
    }

    /// Whether this person's scan of this second is in it.
    func holds(_ slot: Punch.Slot) -> Bool { punches.reversed().contains { $0.slot == slot } }
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
        _ log: SOAPLog, known: SOAPMark?, polled: KnownLog, _ doubt: inout SOAPMemory.Doubt?, at now: Duration
    ) {
        let count = log.punches.count
        let lost = Self.loss(log, known, polled)
        guard let lost else {
            doubt = nil
            let isNew = known == nil && (polled == .nothing || polled == .empty)
            self = count == 0 && known == nil ? .nothing : .good(isNew && polled == .nothing ? .first : .whole)
            return
        }
        let first = log.punches.first?.slot
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
        _ log: SOAPLog, _ known: SOAPMark?, _ polled: KnownLog
    ) -> (why: LogContinuity.Break?, text: String)? {
        let count = log.punches.count
        guard let known else {
            guard case .upTo(let cursor) = polled, let newest = polled.newest else {
                return polled == .unreadable ? (.notReconciled, "\(count) records, of which none is known") : nil
            }
            let time = DeviceTime(newest)
            if log.punches.reversed().contains(where: { $0.deviceTime == time }) { return nil }
            return (count < cursor.count ? .cleared : .notReconciled, "\(cursor.count) records before, \(count) now")
        }
        let text = "\(known.count) records before, \(count) now"
        if let last = known.last, !log.holds(last) {
            return (count < known.count ? .cleared : .notReconciled, text)
        }
        return count < known.count ? (nil, text) : nil
    }
}
