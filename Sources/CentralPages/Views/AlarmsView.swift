import Foundation
import PageSupport

struct AlarmRow {
    let title: String
    let advice: Sentence
    let code: String
    let unit: String
    let node: String
    let device: String?
    let at: MomentView
    let text: String
    let isOver: Bool

    init(_ alarm: AlarmLine, _ context: ViewContext) {
        let words = AlarmWords(code: alarm.code)
        title = words.title
        advice = Sentence(words.advice)
        code = PageText.shown(alarm.code, longest: 40)
        unit = name(alarm.unit)
        node = name(alarm.node)
        device = alarm.device.map { name($0) }
        at = context.moment(alarm.at)
        text = PageText.shown(alarm.text, longest: 400)
        isOver = alarm.isOver
    }
}

/// Alarms of `/peringatan`: what lasts, then what is over.
struct AlarmsView {
    /// What no alarm tells, and the page that does.
    struct Elsewhere {
        let text: String
        let path: String
        let page: String
    }

    let active: [AlarmRow]
    let over: [AlarmRow]
    let hasActive: Bool
    let hasOver: Bool
    let activeCount: String
    /// Where offices are silent or devices ill, no alarm is no good news.
    let elsewhere: [Elsewhere]
    let isQuiet: Bool

    init(_ overview: Overview, _ context: ViewContext) {
        let rows = overview.alarms.map { AlarmRow($0, context) }
        active = rows.filter { !$0.isOver }
        over = rows.filter(\.isOver)
        hasActive = !active.isEmpty
        hasOver = !over.isEmpty
        activeCount = plural(active.count)
        let cut = OfficeCounts(overview).cut
        let ill = overview.devices.count { $0.problem != nil }
        elsewhere = [
            cut > 0 ? Elsewhere(text: "\(plural(cut)) kantor terputus", path: "/kantor", page: "Kantor") : nil,
            ill > 0
                ? Elsewhere(text: "\(plural(ill)) perangkat bermasalah", path: "/perangkat", page: "Perangkat") : nil,
        ].compactMap { $0 }
        isQuiet = elsewhere.isEmpty
    }
}
