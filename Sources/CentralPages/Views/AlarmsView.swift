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
    let active: [AlarmRow]
    let over: [AlarmRow]
    let hasActive: Bool
    let hasOver: Bool
    let activeCount: String

    init(_ overview: Overview, _ context: ViewContext) {
        let rows = overview.alarms.map { AlarmRow($0, context) }
        active = rows.filter { !$0.isOver }
        over = rows.filter(\.isOver)
        hasActive = !active.isEmpty
        hasOver = !over.isEmpty
        activeCount = plural(active.count)
    }
}
