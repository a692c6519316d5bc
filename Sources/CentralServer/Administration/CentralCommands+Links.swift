import Attendance
import AttendanceRules
import CentralAttendance
import CentralStore
import Foundation
import PageSupport

/// A link as it was typed.
package struct LinkRequest: Sendable {
    package var device: String?
    package var unit: String?
    package var pin: String
    package var number: String
    package var from: String?
    package var to: String?
    package var document: String

    package init(pin: String, number: String, document: String) {
        self.pin = pin
        self.number = number
        self.document = document
    }
}

extension CentralCommands {
    /// User ids that devices know, by state; beside a running server or without one.
    ///
    /// - Parameter unit: name or code; with those below it.
    package static func links(_ wanted: String?, unit: String?, in state: StateDirectory) async throws -> LinksAnswer {
        let (people, seen, top) = try await known(unit, in: state)
        let ids = LinkedUserID.all(seen, people, below: top).filter { wanted == nil || $0.state.rawValue == wanted }
        return LinksAnswer(ids, people)
    }

    package static func proposals(unit: String?, in state: StateDirectory) async throws -> ProposalsAnswer {
        let (people, seen, top) = try await known(unit, in: state)
        return ProposalsAnswer(LinkProposal.all(seen, people, below: top))
    }

    /// Makes links of a file of proposals that a person went through; rows without a number stay unlinked.
    package static func confirmLinks(
        _ path: String, document: String, isDry: Bool, in state: StateDirectory,
        now: @escaping @Sendable () -> Date = { Date() }
    ) async throws -> ImportReport {
        var report = ImportReport(
            kind: .links, file: PageText.shown(URL(filePath: path).lastPathComponent, longest: 100))
        do {
            let file = try ImportFile(path: path)
            return try await link(file, document, isDry, state, now, report)
        } catch let problem as ImportProblem {
            report.refuse(problem)
            return report
        }
    }

    /// Makes links of every proposal that is the whole name and nobody else's.
    package static func confirmExact(
        unit: String?, document: String, isDry: Bool, in state: StateDirectory,
        now: @escaping @Sendable () -> Date = { Date() }
    ) async throws -> ImportReport {
        let (people, seen, top) = try await known(unit, in: state)
        let exact = LinkProposal.all(seen, people, below: top).filter { $0.certainty == .exact }
        let rows = exact.compactMap { proposal -> [String]? in
            guard let employee = proposal.candidates.first?.employee, let from = proposal.from else { return nil }
            return [proposal.seen.serial, "", proposal.seen.userID.text, employee.number, from.text, ""]
        }
        let report = ImportReport(kind: .links, file: "usulan pasti")
        guard !rows.isEmpty else { return report }
        return try await link(ImportFile.table([linkHead] + rows), document, isDry, state, now, report)
    }

    package static func addLink(
        _ request: LinkRequest, isDry: Bool, in state: StateDirectory,
        now: @escaping @Sendable () -> Date = { Date() }
    ) async throws -> ImportReport {
        guard (request.device == nil) != (request.unit == nil) else {
            throw CentralError(.usage, "give either --device SERIAL or --unit NAME")
        }
        let row = [
            request.device ?? "", request.unit ?? "", request.pin, request.number, request.from ?? "", request.to ?? "",
        ]
        let table = ImportFile.table([linkHead, row])
        return try await link(
            table, request.document, isDry, state, now, ImportReport(kind: .links, file: "tautan"))
    }

    /// - Parameter last: the last day on which it counts; before its first day it never was.
    package static func endLink(
        _ id: Int64, last: String, in state: StateDirectory, now: @escaping @Sendable () -> Date = { Date() }
    ) async throws {
        let last = try date(last, "--last", now())
        let request = ControlRequest.attendance(.people([.endLink(id: id, last: last)], revision: nil))
        switch try await perform(request, in: state, now: now) {
        case .attendance(.refused(_, let text)):
            throw CentralError(.usage, text.contains("link \(id)") ? text : "link \(id): \(text)")
        case .attendance: return
        default: throw CentralError(.unavailable, "the server gave another kind of answer")
        }
    }

    private static let linkHead = ["Perangkat", "Unit", "PIN", "NIP", "Mulai", "Sampai"]

    private static func link(
        _ table: ImportFile, _ document: String, _ isDry: Bool, _ state: StateDirectory,
        _ now: @escaping @Sendable () -> Date, _ report: ImportReport
    ) async throws -> ImportReport {
        guard !document.isEmpty, document.utf8.count <= Administration.longestName else {
            throw CentralError(.usage, "--document: not a text of 1 to \(Administration.longestName) bytes")
        }
        var report = report
        var options = ImportOptions(from: try date(nil, "", now()), document: document)
        options.skipsUnnamed = true
        let people = try await read(state) { store in try await store.people() }
        let plan = ImportPlan.plan(.links, table.table, facts: ImportFacts(people: people), options: options)
        report.take(plan)
        guard !isDry, plan.errors.isEmpty, plan.work.count > 0 else { return report }
        // Words of the command are no file.
        let isFile = !table.digest.isEmpty
        let detail = isFile ? ImportWork.note(plan, file: report.file, digest: table.digest) : nil
        try await write(plan, .links, detail, in: state, now: now, to: &report)
        return report
    }

    private static func known(
        _ unit: String?, in state: StateDirectory
    ) async throws -> (People, [SeenUserID], OrgUnit?) {
        let (people, seen) = try await read(state) { store in
            (try await store.people(), try await store.seenUserIDs())
        }
        let top = unit.map { name in people.units.first { $0.name == name || $0.code == name } }
        if let top, top == nil {
            throw CentralError(.usage, "--unit \(PageText.shown(unit ?? "")): there is no such unit")
        }
        return (people, seen, top ?? nil)
    }
}
