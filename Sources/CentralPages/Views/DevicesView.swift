import Foundation
import PageSupport

struct DeviceRow {
    let unit: String
    let name: String
    let serial: String
    let model: String
    let hasModel: Bool
    let pill: Pill
    let problem: Problem?
    let lastRead: MomentView?
    let fill: Fill?
    let clock: Pill?
    let clockTrouble: ClockTrouble?
    let coveredTo: MomentView?
    /// How soon a person should look: 0 first.
    let urgency: Int

    struct Problem {
        let title: String
        let advice: Sentence?
        /// As the node says it; `nil` where the title is that.
        let text: String?
    }

    /// What a clock that is far off means for people, and what to do.
    struct ClockTrouble {
        let since: String?
        let days: String
        let advice: Sentence

        init(_ device: DeviceLine, _ context: ViewContext) {
            since = device.clockSince.map { context.words.near($0, to: context.now) }
            let today = context.words.day(context.now)
            let first = device.clockSince.map { context.words.day($0) } ?? today
            days = first == today ? today : "\(first) – \(today)"
            advice = Sentence(
                "Di komputer absen kantor itu: `hadir device clock NAMA --set`. Untuk tanggal yang terkena, mintalah "
                    + "daftar hadir bertanda tangan.")
        }
    }

    /// How full its log is.
    struct Fill {
        let count: String
        let capacity: String
        let share: String
        let percent: String
        let tone: String
        let word: String?
    }

    init(_ device: DeviceLine, _ context: ViewContext) {
        let serial = PageText.shown(device.serial, longest: 32)
        unit = PageText.shown(device.unit)
        name = device.name.isEmpty ? serial : PageText.shown(device.name)
        self.serial = serial
        model = [device.model, device.firmware].filter { !$0.isEmpty }.map { PageText.shown($0, longest: 40) }
            .joined(separator: " · ")
        hasModel = !model.isEmpty
        problem = device.problem.map { Problem($0) }
        let isLate = (device.lastRead ?? .distantPast) < context.now.addingTimeInterval(-86400)
        pill =
            device.problem != nil
            ? Pill(tone: "bad", word: "bermasalah")
            : device.lastRead == nil
                ? Pill(tone: "idle", word: "belum pernah terbaca")
                : isLate ? Pill(tone: "warn", word: "lebih dari sehari") : Pill(tone: "ok", word: "terbaca")
        lastRead = device.lastRead.map { context.moment($0) }
        fill = Fill(device.count, device.capacity)
        clock = device.clockOffset.map { Pill(offset: $0) }
        clockTrouble = device.isAstray ? ClockTrouble(device, context) : nil
        coveredTo = device.coveredTo.map { context.moment($0) }
        let isFilling = fill.map { $0.word != nil } ?? false
        urgency =
            switch pill.tone {
            case "bad": 0
            case _ where device.isAstray: 1
            case "warn": 2
            case _ where isFilling: 3
            case "idle": 4
            default: 5
            }
    }
}

extension DeviceRow.Problem {
    init(_ text: String) {
        let shown = PageText.shown(text, longest: 300)
        if let words = ProblemWords(text: text) {
            self.init(title: words.title, advice: Sentence(words.advice), text: shown)
        } else {
            self.init(title: shown, advice: nil, text: nil)
        }
    }
}

extension DeviceRow.Fill {
    init?(_ count: Int?, _ capacity: Int?) {
        guard let count, let capacity, capacity > 0 else { return nil }
        let share = min(max(Double(count) / Double(capacity), 0), 1)
        self.init(
            count: Indonesian.number(Int64(count)), capacity: Indonesian.number(Int64(capacity)),
            share: String(Int((share * 1000).rounded())), percent: Indonesian.percent(share),
            tone: share >= 1 ? "bad" : share >= 0.8 ? "warn" : "ok",
            word: share >= 1 ? "penuh" : share >= 0.8 ? "hampir penuh" : nil)
    }
}

extension DeviceLine {
    /// More than five minutes is a hole in coverage.
    static let mostOffset = 300

    /// Its clock is so far off that its scans need a look.
    package var isAstray: Bool { (clockOffset?.magnitude ?? 0) > Self.mostOffset.magnitude }
}

extension Pill {
    /// A device's clock beside the true time.
    init(offset: Int) {
        let size = offset.magnitude
        let word =
            size <= 2
            ? "tepat" : "\(Indonesian.span(Double(size))) lebih \(offset > 0 ? "cepat" : "lambat")"
        self.init(tone: size <= 60 ? "ok" : size <= DeviceLine.mostOffset.magnitude ? "warn" : "bad", word: word)
    }
}

/// The devices of `/perangkat`, those with trouble first.
struct DevicesView {
    let rows: [DeviceRow]
    let isEmpty: Bool
    let counts: [Pill]
    let foundNone: Bool

    init(_ overview: Overview, _ context: ViewContext, _ search: RowSearch = RowSearch("")) {
        let all = overview.devices.map { DeviceRow($0, context) }
        rows = all.filter { search.finds([$0.unit, $0.name, $0.serial, $0.model]) }
            .sorted(by: \.urgency, then: { "\($0.unit) \($0.name) \($0.serial)" })
        isEmpty = all.isEmpty
        foundNone = rows.isEmpty && !all.isEmpty
        let pills = all.map(\.pill)
        let states = ["ok", "bad", "warn", "idle"].compactMap { tone in
            let same = pills.filter { $0.tone == tone }
            let word = same.first.map { tone == "warn" ? "tidak terbaca \($0.word)" : $0.word }
            return word.map { Pill(tone: tone, word: "\(plural(same.count)) \($0)") }
        }
        let astray = overview.devices.count(where: \.isAstray)
        counts = states + (astray > 0 ? [Pill(tone: "warn", word: "\(plural(astray)) jamnya meleset")] : [])
    }
}
