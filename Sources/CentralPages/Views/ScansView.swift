import Foundation
import PageSupport

struct ScanRow {
    let id: String
    let time: String
    /// Of another day than today.
    let date: String?
    let isDated: Bool
    let pin: String
    let unit: String
    let device: String
    let verify: String
    let state: String?
    let isOut: Bool
    /// Only a file told of it.
    let isUnconfirmed: Bool
    let delay: String
    let arrived: MomentView

    init(_ scan: ScanLine, _ context: ViewContext) {
        id = String(scan.id)
        let written = DeviceClock(scan.deviceTime)
        isDated = written != nil
        time = written?.time ?? PageText.shown(scan.deviceTime, longest: 16)
        let today = DeviceClock(context.words.wall(context.now))?.date
        date = written.flatMap { $0.date == today ? nil : $0.date }
        pin = scan.userID.isEmpty ? "–" : PageText.shown(scan.userID, longest: 24)
        unit = name(scan.unit)
        device = name(scan.device)
        verify = ScanWords.verify(scan.verify)
        state = ScanWords.state(scan.state)
        isOut = [1, 2, 5].contains(scan.state)
        isUnconfirmed = scan.isUnconfirmed
        delay = Self.delay(scan)
        arrived = context.moment(scan.receivedAt)
    }

    /// From the device's time to the centre. Less than nothing is the device's clock, not the way.
    private static func delay(_ scan: ScanLine) -> String {
        guard let utc = scan.utc else { return "–" }
        let seconds = scan.receivedAt.timeIntervalSince(utc)
        if seconds < -2 { return "jam perangkat terlalu cepat" }
        return seconds < 1 ? "< 1 detik" : Indonesian.span(seconds)
    }
}

/// A device's time in its own digits, for reading.
struct DeviceClock {
    let date: String
    let time: String

    /// - Parameter text: `2026-11-22T07:31:05`; anything else is no date.
    init?(_ text: String) {
        let halves = text.split(separator: "T", omittingEmptySubsequences: false).map(String.init)
        guard text.utf8.count == 19, halves.count == 2,
            let days = Self.numbers(halves[0], separator: "-"), let digits = Self.numbers(halves[1], separator: ":"),
            let month = Int(days[1]).flatMap({ Indonesian.month($0) }), let day = Int(days[2])
        else { return nil }
        date = "\(day) \(month.prefix(3)) \(days[0])"
        time = digits.joined(separator: ".")
    }

    private static func numbers(_ text: String, separator: Character) -> [String]? {
        let numbers = text.split(separator: separator).map(String.init)
        let isPlain = numbers.allSatisfy { $0.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) } }
        return numbers.count == 3 && isPlain ? numbers : nil
    }
}

/// The newest scans.
struct ScansView {
    let rows: [ScanRow]
    let isEmpty: Bool

    private static let most = 15

    init(_ overview: Overview, _ context: ViewContext) {
        rows = overview.scans.prefix(Self.most).map { ScanRow($0, context) }
        isEmpty = rows.isEmpty
    }
}
