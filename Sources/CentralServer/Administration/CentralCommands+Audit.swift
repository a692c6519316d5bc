import Attendance
import CentralStore
import Foundation
import PageSupport

/// `hadir-central audit verify`: what stands in JSON.
package struct AuditReport: Encodable {
    struct Mismatch: Encodable {
        let witness: String
        let seq: Int64
        let hash, problem: String
    }

    let whole: Bool
    let notes: Int64
    let head: String
    let first_bad: Int64?
    let witnesses: Int
    let vouched_up_to: Int64
    let mismatches: [Mismatch]
    let doubts: Int

    package init(_ verdict: AuditVerdict, doubts: Int) {
        whole = verdict.isWhole
        notes = verdict.head.seq
        head = verdict.head.text
        first_bad = verdict.firstDoubtful
        witnesses = verdict.witnesses
        vouched_up_to = verdict.vouchedUpTo
        self.doubts = doubts
        mismatches = verdict.mismatches.map { found in
            Mismatch(
                witness: found.source, seq: found.witness.seq, hash: found.witness.hash.hex,
                problem: found.isBeyondEnd ? "the log ends before it" : "the log has another hash there")
        }
    }

    package var isWhole: Bool { whole }

    package var text: String {
        var lines = mismatches.map { "\($0.witness): \($0.seq):\($0.hash): \($0.problem)" }
        if let first_bad { lines.append("first note that may be another than it was: \(first_bad)") }
        lines.append(
            whole
                ? "whole: \(notes) notes, head \(head); \(witnesses) witnesses fit, the newest at \(vouched_up_to)"
                : "broken: \(notes) notes, head \(head); \(witnesses) witnesses, \(mismatches.count) do not fit")
        return lines.joined(separator: "\n")
    }
}

/// What `hadir-central audit list` is asked for; texts as they were typed.
package struct AuditListing: Sendable {
    package var by: String?
    package var what: [String] = []
    package var object: String?
    package var since: String?
    package var limit = 100

    package init() {}

    /// - Throws: `CentralError.usage`.
    func query() throws -> AuditQuery {
        var query = AuditQuery()
        query.by = by
        query.object = object
        query.limit = limit
        guard (1...100_000).contains(limit) else { throw CentralError(.usage, "--limit is 1 to 100000") }
        let unknown = what.filter { AuditWord(rawValue: $0) == nil }
        guard unknown.isEmpty else {
            let words = AuditWord.allCases.map(\.rawValue).joined(separator: ", ")
            throw CentralError(.usage, "--what \(PageText.shown(unknown[0])): not one of \(words)")
        }
        if !what.isEmpty { query.what = Set(what) }
        if let since {
            // A date alone is its first moment.
            let full = since.count == 10 ? since + "T00:00:00.000Z" : since.replacing(/Z$/, with: ".000Z")
            guard let moment = UTC.date(since) ?? UTC.date(full) else {
                throw CentralError(
                    .usage, "--since \(PageText.shown(since)): not a UTC date or time such as 2026-03-02T00:00:00Z")
            }
            query.from = moment
        }
        return query
    }
}

extension CentralCommands {
    /// - Parameter witnesses: `SEQ:HASH`, as `hadir journal witness` prints them.
    package static func verifyAudit(in state: StateDirectory, witnesses: [String]) async throws -> AuditReport {
        let given = try witnesses.map { text in
            guard let head = AuditHead(text: text) else {
                throw CentralError(
                    .usage, "--witness \(PageText.shown(text)): not SEQ:HASH, as `hadir journal witness` prints it")
            }
            return AuditWitness(source: "given", head: head)
        }
        return try await read(state) { store in
            let verdict = try await AuditVerification(store).run(given)
            return AuditReport(verdict, doubts: try await store.auditDoubts(limit: 10_000).count)
        }
    }

    package static func auditHead(in state: StateDirectory) async throws -> String {
        try await read(state) { store in try await store.auditHead().text }
    }

    package static func audit(in state: StateDirectory, _ listing: AuditListing) async throws -> Report {
        let query = try listing.query()
        let notes = try await read(state) { store in try await store.auditNotes(query) }
        let table = TextTable.text(
            head: ["SEQ", "WHEN", "WHO", "ROLE", "FROM", "WHAT", "ABOUT", "DETAIL"],
            rows: notes.map { note in
                [
                    String(note.seq), UTC.short(note.at), shown(note.by.name.isEmpty ? "-" : note.by.name),
                    shown(note.by.role.isEmpty ? "-" : note.by.role),
                    shown(note.by.address.isEmpty ? "-" : note.by.address),
                    shown(note.what), shown(note.object.isEmpty ? "-" : note.object), shown(note.detail, 100),
                ]
            })
        return Report(["notes": .array(notes.map(Shapes.note))], table)
    }
}

extension Administration {
    func acceptAudit(_ text: String) async throws -> ControlAnswer {
        let trimmed = text.trimmingCharacters(in: .whitespacesAndNewlines)
        guard !trimmed.isEmpty, trimmed.utf8.count <= 500,
            trimmed.unicodeScalars.allSatisfy({ $0.value >= 0x20 && $0.value != 0x7F })
        else { throw CentralError(.usage, "--because: one line of 1 to 500 bytes") }
        return .accepted(doubts: try await store.acceptAuditDoubts(because: trimmed, at: now()))
    }
}

extension Shapes {
    static func note(_ note: AuditNote) -> JSONValue {
        [
            "seq": JSONValue(note.seq), "at": .text(UTC.text(note.at)), "by": actor(note.by),
            "address": .text(note.by.address), "what": .text(note.what), "object": .text(note.object),
            "detail": .text(note.detail), "hash": .text(note.hash.hex),
        ]
    }
}
