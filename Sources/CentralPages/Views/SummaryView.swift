import Foundation
import PageSupport

/// One number of `/` and what it is to be compared with.
struct Tile {
    let label: String
    let value: String
    /// "dari 21"
    let of: String?
    let note: String
    let tone: String
    let path: String
    let icon: String
}

struct TilesView {
    let tiles: [Tile]

    init(_ overview: Overview, _ frame: PageFrame, _ context: ViewContext) {
        tiles = [
            Self.scans(overview, context), Self.offices(OfficeCounts(overview)), Self.devices(overview),
            Self.backlog(overview),
            Self.alarms(overview, frame),
        ]
    }

    private static func scans(_ overview: Overview, _ context: ViewContext) -> Tile {
        let hour = context.words.hour(context.now)
        let usual = overview.hoursUsual.prefix(hour).reduce(0, +)
        let note =
            usual >= 1
            ? "biasanya \(Indonesian.number(whole(usual))) sampai pukul \(hour < 10 ? "0" : "")\(hour).00"
            : "\(Indonesian.number(overview.scansEver)) tersimpan seluruhnya"
        return Tile(
            label: "Presensi hari ini", value: plural(overview.scansToday), of: nil, note: note, tone: "plain",
            path: "/kelengkapan", icon: "scan")
    }

    private static func offices(_ offices: OfficeCounts) -> Tile {
        var notes: [String] = []
        if offices.cut > 0 { notes.append("\(plural(offices.cut)) terputus") }
        if offices.never > 0 { notes.append("\(plural(offices.never)) belum pernah terhubung") }
        return Tile(
            label: "Kantor terhubung", value: plural(offices.connected), of: "dari \(plural(offices.total))",
            note: offices.total == 0
                ? "belum ada kantor" : notes.isEmpty ? "semua terhubung" : notes.joined(separator: " · "),
            tone: offices.cut > 0 ? "bad" : offices.never > 0 || offices.total == 0 ? "idle" : "ok", path: "/kantor",
            icon: "office")
    }

    private static func devices(_ overview: Overview) -> Tile {
        let since = overview.moment.addingTimeInterval(-86400)
        let read = overview.devices.count { $0.problem == nil && ($0.lastRead ?? .distantPast) >= since }
        let total = overview.devices.count
        let troubled = overview.devices.count { $0.problem != nil }
        let never = overview.devices.count { $0.problem == nil && $0.lastRead == nil }
        let late = total - read - troubled - never
        let astray = overview.devices.count(where: \.isAstray)
        var notes: [String] = []
        if troubled > 0 { notes.append("\(plural(troubled)) bermasalah") }
        if astray > 0 { notes.append("\(plural(astray)) jamnya meleset") }
        if late > 0 { notes.append("\(plural(late)) tidak terbaca lebih dari sehari") }
        if never > 0 { notes.append("\(plural(never)) belum pernah terbaca") }
        return Tile(
            label: "Perangkat terbaca", value: plural(read), of: "dari \(plural(total))",
            note: total == 0 ? "belum ada perangkat" : notes.isEmpty ? "dalam 24 jam" : notes.joined(separator: " · "),
            tone: troubled > 0 ? "bad" : total == 0 ? "idle" : read < total || astray > 0 ? "warn" : "ok",
            path: "/perangkat", icon: "device")
    }

    /// An office that is cut off may hold more than it last told: then nobody knows, and the page says so.
    private static func backlog(_ overview: Overview) -> Tile {
        let offices = OfficeCounts(overview)
        var waiting: Int64 = 0
        for node in overview.nodes where node.contact != .revoked {
            waiting = waiting.addingReportingOverflow(max(0, node.backlog ?? 0)).partialValue
        }
        let holders = overview.nodes.filter { $0.contact != .revoked && ($0.backlog ?? 0) > 0 }
        let oldest = holders.compactMap(\.backlogAge).max()
        let held = ["di \(plural(holders.count)) kantor", oldest.map { "tertua \(Indonesian.span($0))" }]
            .compactMap { $0 }.joined(separator: " · ")
        var notes: [String] = []
        if offices.cut > 0 { notes.append("tidak diketahui di \(plural(offices.cut)) kantor yang terputus") }
        if waiting != 0 {
            notes.append(offices.cut > 0 ? "yang diketahui: \(held)" : held)
        } else if offices.connected > 0 {
            notes.append(offices.cut > 0 ? "dari kantor lain semua sudah sampai" : "semua sudah sampai di pusat")
        }
        if offices.connected + offices.cut == 0, waiting == 0 {
            notes = [offices.total == 0 ? "belum ada kantor" : "belum ada kantor yang terhubung"]
        }
        return Tile(
            label: "Menunggu di kantor",
            value: waiting == 0 && offices.connected == 0 ? "–" : Indonesian.number(waiting), of: nil,
            note: notes.joined(separator: " · "),
            tone: waiting != 0 || offices.cut > 0 ? "warn" : offices.connected == 0 ? "idle" : "ok", path: "/kantor",
            icon: "waiting")
    }

    /// No alarm is good news only from offices that are heard.
    private static func alarms(_ overview: Overview, _ frame: PageFrame) -> Tile {
        let offices = OfficeCounts(overview)
        return Tile(
            label: "Peringatan aktif", value: plural(frame.activeAlarms), of: nil,
            note: frame.quarantined > 0
                ? "\(plural(frame.quarantined)) data dikarantina"
                : frame.activeAlarms == 0 ? "tidak ada peringatan dari kantor" : "lihat cara menanganinya",
            tone: frame.activeAlarms > 0
                ? "bad" : frame.quarantined > 0 ? "warn" : offices.cut > 0 || offices.connected == 0 ? "idle" : "ok",
            path: "/peringatan", icon: "alarm")
    }

    static func whole(_ value: Double) -> Int64 { value.isFinite && abs(value) < 1e15 ? Int64(value.rounded()) : 0 }
}

/// Scans by hour, as a picture and as a table.
struct HoursView {
    struct Hour {
        let hour: String
        let today: String
        let usual: String
    }

    let json: String
    let hours: [Hour]
    let hasUsual: Bool
    let isEmpty: Bool
    let weekday: String

    init(_ overview: Overview, _ context: ViewContext) {
        let now = context.words.hour(context.now)
        let today = Self.day(overview.hoursToday.map(Double.init))
        let usual = Self.day(overview.hoursUsual)
        let hasUsual = usual.contains { $0 > 0 }
        self.hasUsual = hasUsual
        isEmpty = !hasUsual && !today.contains { $0 > 0 }
        // Office hours, and whatever else has scans.
        let busy = (0..<24).filter { $0 >= 6 && $0 <= 17 || today[$0] > 0 || usual[$0] > 0 }
        let shown = (busy.first ?? 6)...(busy.last ?? 17)
        hours = shown.map { hour in
            Hour(
                hour: Self.label(hour), today: hour > now && today[hour] == 0 ? "–" : Self.number(today[hour]),
                usual: hasUsual ? Self.number(usual[hour]) : "–")
        }
        let counts = shown.map { $0 > now && today[$0] == 0 ? "null" : "\(TilesView.whole(today[$0]))" }
        let means = shown.map { "\(TilesView.whole(usual[$0] * 10) / 10)" }
        let labels = shown.map { "\"\(Self.label($0))\"" }
        json =
            "{\"hours\":[\(labels.joined(separator: ","))],\"today\":[\(counts.joined(separator: ","))],"
            + "\"usual\":[\(hasUsual ? means.joined(separator: ",") : "")]}"
        weekday = context.words.longDate(context.now).prefix { $0 != "," }.description
    }

    /// 24 values, whatever came.
    private static func day(_ values: [Double]) -> [Double] {
        (0..<24).map { $0 < values.count && values[$0].isFinite ? max(0, values[$0]) : 0 }
    }

    private static func label(_ hour: Int) -> String { "\(hour < 10 ? "0" : "")\(hour).00" }

    private static func number(_ value: Double) -> String { Indonesian.number(TilesView.whole(value)) }
}

/// The offices of `/`, those with trouble first.
struct OfficeListView {
    let rows: [OfficeRow]
    let more: String?
    let isEmpty: Bool

    private static let most = 12

    init(_ overview: Overview, _ context: ViewContext) {
        let all = OfficeRow.all(overview, context).sorted(by: \.urgency, then: \.unit)
        rows = Array(all.prefix(Self.most))
        more = all.count > Self.most ? "Semua \(plural(all.count)) kantor" : nil
        isEmpty = all.isEmpty
    }
}
