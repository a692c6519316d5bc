import AttendanceRules
import CentralAttendance
import CentralStore
import Foundation
import Glibc
import PageSupport
import Synchronization
import TableFiles

/// What `hadir-central export` wrote.
package struct ExportReport: Encodable, Sendable {
    package let file: String
    /// Where the Keterangan of a CSV for programs is; `nil` where it stands in the file.
    package let notes: String?
    package let rows: Int
    package let bytes: Int
    package let days: Int
    /// Days not known, of all of them.
    package let undecided: Int
    package let rules: [String]
    package let journals: String

    package var text: String {
        let beside = notes.map { "\nKeterangan: \($0)" } ?? ""
        return "\(file): \(rows) rows, \(bytes) bytes; \(undecided) of \(days) days are not known yet\(beside)"
    }
}

extension CentralCommands {
    /// Writes a file of the same kinds, by the same code, as the pages do; beside a running server or without one.
    ///
    /// - Parameters:
    ///   - path: ends in `.xlsx` or `.csv`; what is there is not written over.
    ///   - settings: of the government: name, zone, codes, paper.
    /// - Throws: `CentralError`.
    package static func export(
        _ kind: ExportKind, _ months: ClosedRange<CivilMonth>, unit: String?, to path: String, in state: StateDirectory,
        settings: PagesConfiguration, by: Actor, at moment: Date,
        progress: @escaping @Sendable (ExportProgress) -> Void
    ) async throws -> ExportReport {
        let url = URL(filePath: path)
        guard let format = ExportFormat(rawValue: url.pathExtension.lowercased()) else {
            throw CentralError(.usage, "--to \(path): the name must end in .xlsx or .csv")
        }
        let request = ExportRequest(
            kind: kind, first: months.lowerBound, last: months.upperBound, format: format)
        do {
            try request.check()
        } catch {
            throw CentralError(
                .usage, "\(kind.rawValue) takes at most \(kind.mostMonths) month\(kind.mostMonths == 1 ? "" : "s")")
        }
        let notes = ExportFolder.notes(of: path)
        for taken in [path, notes] where FileManager.default.fileExists(atPath: taken) {
            throw CentralError(.usage, "\(taken) exists; give another name, or move it away")
        }
        return try await read(state) { store in
            let whole = try await RecapSource(store)
            let source = try unit.map { whole.narrowed(to: try Self.unit($0, whole)) } ?? whole
            let recomputation = Recomputation(store: store, timezone: settings.zone) { moment }
            let context = ExportContext(
                source: source, explanations: { try await recomputation.explanations(of: $0) },
                heads: { try await store.journalHeads() }, paper: ExportWriter.paper(settings), by: by, at: moment,
                auditHead: ExportWriter.text(try await store.auditHead()), progress: progress)
            do {
                let made = try await ExportWriter.write(
                    request, context, to: path, notes: notes,
                    temporary: url.deletingLastPathComponent().path, title: "\(kind.title), \(request.period)")
                return ExportReport(
                    file: path, notes: made.hasNotes ? notes : nil, rows: made.tally.rows, bytes: made.bytes,
                    days: made.tally.sums.allDays, undecided: made.tally.sums.undecided,
                    rules: made.tally.versions.map(\.description).sorted(),
                    journals: Exporter.digest(made.tally.headsBefore))
            } catch let error as TableWriteError {
                throw CentralError(.io, error.description)
            }
        }
    }

    /// `2026-03`, or all months of a year.
    package static func exportMonths(month: String?, year: Int?, from: String?, through: String?) throws
        -> ClosedRange<CivilMonth>
    {
        switch (month, year, from, through) {
        case (let month?, nil, nil, nil):
            let month = try self.month(month)
            return month...month
        case (nil, let year?, nil, nil):
            return try self.month("\(year)-01")...self.month("\(year)-12")
        case (nil, nil, let from?, let through?):
            let (first, last) = (try self.month(from), try self.month(through))
            guard first <= last else { throw CentralError(.usage, "--from is after --through") }
            return first...last
        default: throw CentralError(.usage, "give --month, or --year, or --from and --through")
        }
    }
}

extension CentralCommands {
    /// As the command line asks for it.
    ///
    /// - Throws: `CentralError`, also for a kind there is not.
    package static func export(
        _ kind: String, _ months: ClosedRange<CivilMonth>, unit: String?, to path: String, in state: StateDirectory,
        settings: PagesConfiguration, progress: ProgressLine
    ) async throws -> ExportReport {
        guard let known = ExportKind(rawValue: kind) else {
            let words = ExportKind.allCases.map(\.rawValue).joined(separator: ", ")
            throw CentralError(.usage, "there is no kind \(PageText.shown(kind)); there are \(words)")
        }
        defer { progress.end() }
        return try await export(
            known, months, unit: unit, to: path, in: state, settings: settings, by: .operatorOfMachine(geteuid()),
            at: Date(), progress: progress.show)
    }
}

/// How far a long command is, on standard error: a bar in a terminal, else a line at each tenth.
package final class ProgressLine: Sendable {
    private let isTerminal: Bool
    private let shown = Mutex(-1)

    package init() { isTerminal = isatty(STDERR_FILENO) == 1 }

    @Sendable func show(_ progress: ExportProgress) {
        let percent = progress.all > 0 ? min(100, progress.done * 100 / progress.all) : 0
        let step = isTerminal ? percent : percent / 10 * 10
        let isNew = shown.withLock { shown in
            defer { shown = max(shown, step) }
            return step > shown
        }
        guard isNew else { return }
        let bar = String(repeating: "#", count: percent / 4) + String(repeating: ".", count: 25 - percent / 4)
        let text = "\(percent)% \(progress.done) of \(progress.all) person-months, \(progress.rows) rows"
        write(isTerminal ? "\r[\(bar)] \(text)\u{1B}[K" : "hadir-central: \(text)\n")
    }

    func end() {
        if isTerminal, shown.withLock({ $0 >= 0 }) { write("\n") }
    }

    private func write(_ text: String) {
        // Nobody is left to be told where it fails.
        try? FileHandle.standardError.write(contentsOf: Data(text.utf8))
    }
}
