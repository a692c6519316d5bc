import Foundation
import PageSupport

/// The page of the office, made at most once a second however often it is asked for.
actor OfficePage {
    private let source: StatusSource
    private let configuration: CurrentConfiguration
    private let board: DeviceBoard
    private let now: @Sendable () -> Date
    /// `nil` never: a test reads those of this program.
    private let templates: PageTemplates?
    private var kept: (html: String, at: Duration)?
    private var making: Task<String, Never>?

    static let style = String(decoding: PackageResources.office_css, as: UTF8.self)
    static let script = String(decoding: PackageResources.office_js, as: UTF8.self)

    init(
        source: StatusSource, configuration: CurrentConfiguration, board: DeviceBoard,
        now: @escaping @Sendable () -> Date
    ) {
        self.source = source
        self.configuration = configuration
        self.board = board
        self.now = now
        templates = try? PageTemplates(Self.files)
    }

    static let files = ["office": PackageResources.office_mustache]

    func html() async -> String {
        if let kept, board.elapsed() - kept.at < StatusSource.freshness { return kept.html }
        let task = making ?? Task { await make() }
        making = task
        let html = await task.value
        if making == task {
            making = nil
            kept = (html, board.elapsed())
        }
        return html
    }

    private func make() async -> String {
        let status = await source.current()
        let current = configuration.value
        let words = Indonesian(zone: TimeZone(identifier: current.timezone) ?? .gmt)
        let model = OfficeModel(
            status, scans: board.lastScans.all, help: OfficeView.contact(current.help), words: words)
        let view = OfficeView(
            model, unit: current.unit, help: current.help,
            version: HadirVersion.text, now: now(), words: words)
        return templates?.render(view, with: "office") ?? ""
    }
}
