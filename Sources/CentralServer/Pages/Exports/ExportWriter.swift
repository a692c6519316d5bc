import Attendance
import AttendanceRules
import CentralAttendance
import CentralStore
import Foundation
import PageSupport
import TableFiles

/// Makes one file: out of a reading connection of its own where there is one.
struct ExportWriter: Sendable {
    let store: any CentralStore
    let attendance: AttendanceParts
    let settings: PagesSettings
    let database: String?
    let now: @Sendable () -> Date
    var clock: any Clock<Duration> = ContinuousClock()

    struct Made: Sendable {
        let bytes: Int
        let hasNotes: Bool
        let tally: ExportTally
    }

    /// It grew beyond what it may.
    struct Stopped: Error {
        let text: String
    }

    func write(
        _ job: ExportJob, to path: String, _ limits: ExportLimits,
        progress: @escaping @Sendable (ExportProgress) async throws -> Void
    ) async throws -> Made {
        let reader = try database.map { try SQLiteCentralStore(readingPath: $0) }
        defer { try? reader?.close() }
        let pace = ExportPace(clock: clock, longest: limits.longestRest)
        let folder = URL(filePath: path).deletingLastPathComponent().path
        let context = try await context(job, reader) { now in
            guard now.bytes < limits.bytesOfFile else {
                throw Stopped(text: "Berkas menjadi terlalu besar. Pilih periode yang lebih pendek, atau satu unit.")
            }
            guard ExportFolder.free(folder) > limits.freeBytes else {
                throw Stopped(text: "Ruang di server hampir habis, jadi pembuatan berkas dihentikan.")
            }
            try await progress(now)
            try await pace.rest()
        }
        let title = "\(job.request.kind.title), \(job.request.period)"
        return try await Self.write(
            job.request, context, to: path, notes: ExportFolder.notes(of: path), temporary: folder, title: title)
    }

    /// - Parameter notes: where the Keterangan of a CSV for programs goes.
    static func write(
        _ request: ExportRequest, _ context: ExportContext, to path: String, notes: String, temporary: String,
        title: String
    ) async throws -> Made {
        let writer: any TableWriter
        var hasNotes = false
        switch request.format {
        case .xlsx:
            writer = try XLSXWriter(path: path, temporary: temporary, title: title, created: context.at)
        case .csv:
            hasNotes = request.kind.isUpload
            writer = try CSVWriter(path: path, for: hasNotes ? .programs(notes: notes) : .people)
        }
        let tally = try await Exporter.write(request, context, to: writer)
        return Made(bytes: ExportFolder.size(path), hasNotes: hasNotes, tally: tally)
    }

    private func context(
        _ job: ExportJob, _ reader: SQLiteCentralStore?,
        progress: @escaping @Sendable (ExportProgress) async throws -> Void
    ) async throws -> ExportContext {
        let central: any CentralStore = reader ?? store
        let people: any AttendanceStore = reader ?? attendance.store
        let whole = try await RecapSource(people)
        let source = RecapSource(people, whole.people, tree: whole.tree, scope: job.scope)
        return ExportContext(
            source: source, explanations: explanations(reader), heads: { try await central.journalHeads() },
            paper: Self.paper(settings.value), by: job.by, at: now(),
            auditHead: Self.text(try await central.auditHead()), progress: progress)
    }

    private func explanations(_ reader: SQLiteCentralStore?)
        -> @Sendable ([Int64: Set<CivilDate>]) async throws -> [Int64: [CivilDate: [Explanation]]]
    {
        guard let reader else {
            return { [attendance] wanted in
                var found: [Int64: [CivilDate: [Explanation]]] = [:]
                for (employee, dates) in wanted {
                    for date in dates {
                        found[employee, default: [:]][date] =
                            try await attendance.account(employee, date)?.explanation
                    }
                }
                return found
            }
        }
        let recomputation = Recomputation(store: reader, timezone: settings.value.zone, now: now)
        return { wanted in try await recomputation.explanations(of: wanted) }
    }

    /// The number of the last note and its hash.
    static func text(_ head: AuditHead) -> String { "\(head.seq) \(head.hash.hex)" }

    static func paper(_ configuration: PagesConfiguration) -> ExportPaper {
        var paper = ExportPaper()
        paper.government = configuration.government
        paper.zone = configuration.zone
        paper.zoneName = Indonesian(zone: configuration.zone).zoneName
        paper.place = configuration.place
        paper.codes = configuration.printCodes
        paper.paper = configuration.paper
        return paper
    }
}

/// Rests after each piece as long as it took: exports have at most half of one core, whatever their number.
private actor ExportPace {
    private let clock: any Clock<Duration>
    private let longest: Duration
    private var since: ContinuousClock.Instant = .now

    init(clock: any Clock<Duration>, longest: Duration) {
        self.clock = clock
        self.longest = longest
    }

    func rest() async throws {
        let took = since.duration(to: .now)
        try await clock.sleep(for: min(max(took, .zero), longest))
        since = .now
    }
}
