import Attendance
import CentralAttendance
import CentralStore

/// What importing is made of, for the command and for pages: facts to compare a list with, and the request that writes
/// what the comparison says.
enum ImportWork {
    /// What the centre has of the kind.
    static func facts(_ kind: ImportKind, _ store: some AttendanceStore) async throws -> ImportFacts {
        let people = try await store.people()
        switch kind {
        case .employees, .units, .links: return ImportFacts(people: people)
        case .calendar: return ImportFacts(people: people, calendar: try await store.hours().calendar)
        case .leave:
            var query = AttestationQuery()
            query.kinds = [.leave]
            query.limit = 1_000_000
            return ImportFacts(people: people, leave: try await store.attestations(query))
        }
    }

    static func request(_ work: ImportPlan.Work) -> AttendanceRequest {
        switch work {
        case .people(let changes, let revision): .people(changes, revision: revision)
        case .hours(let changes): .hours(changes)
        case .attest(let attestations): .attest(attestations)
        }
    }

    /// Where a list is from, where nobody says it better: kept with what it changes.
    static func document(_ name: String, digest: String) -> String { "\(name) sha256:\(digest.prefix(16))" }

    /// For the audit log: which file, and how much of it did what; nobody's name.
    static func note(_ plan: ImportPlan, file: String, digest: String) -> String {
        var detail = JSONLine()
        detail.add("file", file)
        detail.add("sha256", digest)
        detail.add("rows", plan.read)
        detail.add("added", plan.count(.add))
        detail.add("changed", plan.count(.change))
        detail.add("ended", plan.count(.end))
        detail.add("changes", plan.work.count)
        return String(decoding: detail.finish(), as: UTF8.self)
    }

    /// Of what was refused, as a problem of the row that asked for it.
    static func problem(_ change: Int?, _ text: String, _ plan: ImportPlan) -> ImportProblem {
        let line = change.flatMap { plan.lines.indices.contains($0) ? plan.lines[$0] : nil }
        return ImportProblem(line: line, "ditolak pusat, tidak ada yang ditulis: \(text)")
    }
}
