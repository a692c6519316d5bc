import AttendanceRules
import CentralStore
import TableFiles

/// Writes what was asked for, piece by piece: at no time are more than some hundred people's days of one month in
/// memory, however many years and people there are.
package struct Exporter {
    let request: ExportRequest
    let context: ExportContext
    let roll: MonthRoll
    let bands: BandColumns
    let rules: [RuleSet]
    let writer: any TableWriter
    var tally = ExportTally()
    private var progress = ExportProgress()
    /// By month, where counting showed them.
    private let people: [CivilMonth: Int]

    /// Writes all of it, notes too, and finishes the file.
    ///
    /// - Returns: what the file adds up to.
    /// - Throws: `ExportRequest.Refusal`, `TableWriteError`, whatever progress and the store throw; then there is no
    ///   file.
    package static func write(
        _ request: ExportRequest, _ context: ExportContext, to writer: any TableWriter
    ) async throws -> ExportTally {
        do {
            try request.check()
            var exporter = try await Exporter(request, context, writer)
            try await exporter.run()
            return exporter.tally
        } catch {
            writer.abandon()
            throw error
        }
    }

    private init(_ request: ExportRequest, _ context: ExportContext, _ writer: any TableWriter) async throws {
        self.request = request
        self.context = context
        self.writer = writer
        let source = context.source
        let roll = try await MonthRoll(source)
        self.roll = roll
        rules = try await source.ruleSets()
        bands = BandColumns(rules)
        var people: [CivilMonth: Int] = [:]
        for month in request.months { people[month] = roll.people(in: month).count }
        self.people = people
    }

    private mutating func run() async throws {
        tally.headsBefore = try await context.heads()
        tally.waiting = try await !context.source.store.pendingWork(limit: 1).isEmpty
        progress.all = max(1, people.values.reduce(0, +))
        try await context.progress(progress)
        switch request.kind {
        case .recap: try await writeRecap()
        case .units: try await writeUnits()
        case .grid: try await writeGrids()
        case .violations: try await writeViolations()
        case .unsynced: try await writeUnsynced()
        case .uploadDays: try await writeUploadDays()
        case .uploadMonths: try await writeUploadMonths()
        }
        tally.headsAfter = try await context.heads()
        try writer.notes(try await notes())
        try writer.finish()
        progress.done = progress.all
        try await context.progress(progress)
    }

    /// Called after each piece: says how far it is, and gives others room.
    mutating func advance(_ people: Int) async throws {
        progress.done = min(progress.all, progress.done + people)
        progress.rows = tally.rows
        progress.bytes = writer.bytes
        try Task.checkCancellation()
        try await context.progress(progress)
        await Task.yield()
    }

    mutating func row(_ cells: [TableCell]) throws {
        tally.rows += 1
        try writer.row(cells, isTotal: false)
    }

    /// Each month's people in groups, with their days, counted into the tally.
    mutating func eachGroup(
        _ month: CivilMonth, of size: Int = MonthRoll.groupSize,
        _ work: (inout Exporter, ArraySlice<Employee>, [Int64: [StoredWorkday]]) async throws -> Void
    ) async throws {
        for group in MonthRoll.groups(roll.people(in: month), of: size) {
            let days = try await roll.days(of: group, in: month)
            for own in days.values { tally.add(own) }
            try await work(&self, group, days)
            try await advance(group.count)
        }
    }

    func sheet(_ name: String, _ columns: [TableColumn], fixed: Int = 0, title: [String]? = nil) -> TableSheet {
        TableSheet(
            name: name, title: title ?? heading, columns: columns, fixedColumns: fixed, paper: context.paper.paper,
            foot: "\(context.paper.government) · \(request.kind.title) · \(request.period)")
    }

    private var heading: [String] {
        [
            request.kind.title, context.paper.government, "Unit: \(unitName)", "Periode: \(periodName)",
        ]
    }

    var periodName: String {
        request.first == request.last
            ? ExportWords.long(request.first)
            : "\(ExportWords.long(request.first)) s.d. \(ExportWords.long(request.last))"
    }

    /// What the file is about: one unit with all below it, all, or what the account may see.
    var unitName: String {
        let source = context.source
        if source.scope.isGovernment { return "seluruh pemerintah daerah" }
        let names = source.roots.compactMap { source.tree[$0]?.name }
        return names.isEmpty
            ? "(tidak ada)" : names.prefix(20).joined(separator: "; ") + (names.count > 20 ? "; …" : "")
    }
}

/// What was written, added up on the way.
package struct ExportTally: Sendable {
    package fileprivate(set) var rows = 0
    /// Of all days that were read for the file.
    package private(set) var sums = WorkdaySums()
    package private(set) var versions: Set<RuleSetVersion> = []
    package fileprivate(set) var headsBefore: [JournalHead] = []
    package fileprivate(set) var headsAfter: [JournalHead] = []
    /// Days waited to be computed again when it was begun.
    package fileprivate(set) var waiting = false

    mutating func add(_ days: [StoredWorkday]) { add(days.map(\.workday)) }

    mutating func add(_ days: [Workday]) {
        for day in days {
            sums.add(day)
            if let rules = day.rules { versions.insert(rules) }
        }
    }
}
