import AttendanceRules
import Foundation
import PageSupport

/// First arrivals by quarter of an hour: for the chart, for the table beside it, and as columns for the wall.
struct ArrivalsView {
    struct Quarter {
        let from: String
        let present: String
        let late: String
    }

    struct Column {
        let x: String
        let width: String
        let parts: [Part]
        /// Below it; `nil` for most.
        let hour: String?
        let middle: String

        struct Part {
            let kind: String
            let y: String
            let height: String
        }
    }

    let isEmpty: Bool
    let empty: String
    let isPartial: Bool
    let json: String
    let quarters: [Quarter]
    let columns: [Column]
    let total: String
    /// "paling ramai 07.15–07.30"
    let peak: String?
    let connection: KnownView

    private static let day = 96
    /// At least so many stand beside each other: three hours.
    private static let least = 12

    init(_ model: BoardModel, _ context: ViewContext) {
        var present = Array(repeating: 0, count: Self.day)
        var late = present
        for arrival in model.arrivals {
            let quarter = min(max(arrival.minute / 15, 0), Self.day - 1)
            present[quarter] += max(0, arrival.present)
            late[quarter] += max(0, arrival.late)
        }
        let sums = zip(present, late).map { $0 + $1 }
        let busy = sums.indices.filter { sums[$0] > 0 }
        isEmpty = busy.isEmpty
        empty = Self.empty(model)
        isPartial = model.counts[.unsynced] > 0
        total = plural(sums.reduce(0, +))
        connection = KnownView(model.connection, context)
        let shown = Self.span(busy)
        quarters = shown.map {
            Quarter(from: Self.clock($0), present: plural(present[$0]), late: plural(late[$0]))
        }
        json = Self.json(shown, present, late)
        columns = Self.columns(shown, present, late)
        let most = sums.max() ?? 0
        peak = sums.firstIndex(of: most).flatMap {
            most > 0 ? "terbanyak \(Self.clock($0))–\(Self.clock($0 + 1))" : nil
        }
    }

    private static func empty(_ model: BoardModel) -> String {
        switch BoardState(model) {
        case .free: "Hari libur: tidak ada kedatangan yang ditunggu."
        case .unknown: "Belum diketahui: data kedatangan belum sampai di pusat."
        default: "Belum ada yang tiba. Grafik terisi pada absen pertama."
        }
    }

    /// From the first quarter with somebody to the last, and as many behind as make the picture wide enough.
    private static func span(_ busy: [Int]) -> Range<Int> {
        guard let first = busy.first, let last = busy.last else { return 0..<0 }
        let end = min(day, max(last + 1, first + least))
        return min(first, max(0, end - least))..<end
    }

    /// `07.15` of the 29th quarter.
    private static func clock(_ quarter: Int) -> String {
        let (hour, minute) = (quarter / 4 % 24, quarter % 4 * 15)
        return "\(hour < 10 ? "0" : "")\(hour).\(minute == 0 ? "00" : "\(minute)")"
    }

    private static func json(_ shown: Range<Int>, _ present: [Int], _ late: [Int]) -> String {
        let labels = shown.map { "\"\(clock($0))\"" }.joined(separator: ",")
        let numbers = [present, late].map { list in shown.map { "\(list[$0])" }.joined(separator: ",") }
        return "{\"quarters\":[\(labels)],\"present\":[\(numbers[0])],\"late\":[\(numbers[1])]}"
    }

    private static func columns(_ shown: Range<Int>, _ present: [Int], _ late: [Int]) -> [Column] {
        let most = max(1, shown.map { present[$0] + late[$0] }.max() ?? 1)
        return shown.enumerated().map { place, quarter in
            let step = 10_000 / max(1, shown.count)
            let high = StandingBar.part(present[quarter], of: most, 10_000)
            let top = StandingBar.part(late[quarter], of: most, 10_000)
            let parts = [
                Column.Part(kind: "present", y: StandingBar.text(10_000 - high), height: StandingBar.text(high)),
                Column.Part(
                    kind: "late", y: StandingBar.text(max(0, 10_000 - high - top)), height: StandingBar.text(top)),
            ].filter { $0.height != "0" }
            return Column(
                x: StandingBar.text(place * step + step / 10), width: StandingBar.text(step * 8 / 10), parts: parts,
                hour: quarter % 4 == 0 ? clock(quarter) : nil, middle: StandingBar.text(place * step + step / 10))
        }
    }
}
