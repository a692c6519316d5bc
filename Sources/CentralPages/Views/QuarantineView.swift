import Foundation
import PageSupport

/// Entries of `/karantina`, newest first.
struct QuarantineView {
    struct Row {
        let at: MomentView
        let unit: String
        let node: String
        let seq: String
        let reason: String
        let code: String
        let body: String
    }

    let rows: [Row]
    let isEmpty: Bool
    let count: String
    let more: String?

    init(_ summary: QuarantineSummary, _ context: ViewContext) {
        rows = summary.newest.map { line in
            Row(
                at: context.moment(line.at), unit: name(line.unit), node: name(line.node),
                seq: Indonesian.number(line.seq), reason: QuarantineWords.reason(line.reason),
                code: PageText.shown(line.reason, longest: 200), body: PageText.shown(line.body, longest: 600))
        }
        isEmpty = rows.isEmpty
        count = plural(summary.count)
        more = summary.count > rows.count ? "\(plural(rows.count)) terbaru dari \(plural(summary.count))" : nil
    }
}
