import AttendanceRules
import CentralAttendance
import CentralStore
import Foundation
import PageSupport

/// What `hadir-central import` was asked, as it was typed.
package struct ImportRequest: Sendable {
    package var kind: String
    package var path: String
    package var sheet: String?
    package var from: String?
    package var isFull = false
    package var allowMissing = 10
    package var group: String?
    package var document: String?
    package var isDry = false

    package init(kind: String, path: String) {
        self.kind = kind
        self.path = path
    }
}

extension CentralCommands {
    /// Reads a list, compares it with what the centre has, and writes all of it or nothing.
    ///
    /// - Parameter progress: hears what is being done, in words for a person.
    /// - Returns: also where the list was refused: `ImportReport.isRefused`.
    package static func importList(
        _ request: ImportRequest, in state: StateDirectory, now: @escaping @Sendable () -> Date = { Date() },
        progress: (String) -> Void = { _ in }
    ) async throws -> ImportReport {
        guard let kind = ImportKind(rawValue: request.kind) else {
            let kinds = ImportKind.allCases.map(\.rawValue).joined(separator: ", ")
            throw CentralError(.usage, "\(PageText.shown(request.kind)): not one of \(kinds)")
        }
        let name = PageText.shown(URL(filePath: request.path).lastPathComponent, longest: 100)
        var report = ImportReport(kind: kind, file: name)
        let file: ImportFile
        do {
            progress("membaca \(name)")
            file = try ImportFile(path: request.path, sheet: request.sheet)
        } catch let problem as ImportProblem {
            report.refuse(problem)
            return report
        }
        let options = try options(request, name, digest: file.digest, now())
        progress("membandingkan \(file.table.rows.count) baris dengan data pusat")
        let facts = try await read(state) { store in try await ImportWork.facts(kind, store) }
        let plan = ImportPlan.plan(kind, file.table, facts: facts, options: options)
        report.take(plan)
        guard !request.isDry, plan.errors.isEmpty, plan.work.count > 0 else { return report }
        progress("menulis \(plan.work.count) perubahan")
        let detail = ImportWork.note(plan, file: name, digest: file.digest)
        try await write(plan, kind, detail, in: state, now: now, to: &report)
        return report
    }

    static func write(
        _ plan: ImportPlan, _ kind: ImportKind, _ detail: String?, in state: StateDirectory,
        now: @escaping @Sendable () -> Date, to report: inout ImportReport
    ) async throws {
        let work = ImportWork.request(plan.work)
        let request =
            detail.map { .importList(work, kind: kind.rawValue, detail: $0) } ?? ControlRequest.attendance(work)
        // All of a list is one line to the server, so that it is one transaction there.
        guard try JSONEncoder().encode(request).count < ControlServer.longestLine - 65_536 else {
            throw CentralError(.usage, "perubahannya lebih dari 16 MiB; pecah daftarnya, misalnya per OPD")
        }
        switch try await perform(request, in: state, now: now) {
        case .attendance(.refused(let change, let text)):
            report.refuse(ImportWork.problem(change, text, plan))
        case .attendance: report.isWritten = true
        default: throw CentralError(.unavailable, "the server gave another kind of answer")
        }
    }

    private static func options(
        _ request: ImportRequest, _ name: String, digest: String, _ moment: Date
    ) throws -> ImportOptions {
        let document = request.document ?? ImportWork.document(name, digest: digest)
        guard !document.isEmpty, document.utf8.count <= Administration.longestName else {
            throw CentralError(.usage, "--document: not a text of 1 to \(Administration.longestName) bytes")
        }
        var options = ImportOptions(from: try date(request.from, "--from", moment), document: document)
        guard (0...100).contains(request.allowMissing) else {
            throw CentralError(.usage, "--allow-missing is from 0 to 100, in per cent")
        }
        options.isFull = request.isFull
        options.allowMissing = request.allowMissing
        if let group = request.group {
            guard !group.isEmpty, group.utf8.count <= Administration.longestName else {
                throw CentralError(.usage, "--group: not a name of 1 to \(Administration.longestName) bytes")
            }
            options.group = group
        }
        return options
    }

    /// As typed, or today where this machine stands.
    static func date(_ text: String?, _ option: String, _ moment: Date) throws -> CivilDate {
        guard let text else {
            return Moment(seconds: Int64(moment.timeIntervalSince1970)).date(
                offset: TimeZone.current.secondsFromGMT(for: moment))
        }
        guard let date = CivilDate(text: text) else {
            throw CentralError(.usage, "\(option) \(PageText.shown(text)): not a date such as 2026-03-01")
        }
        return date
    }
}
