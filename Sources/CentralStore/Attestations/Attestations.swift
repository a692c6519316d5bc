import AttendanceRules
import Foundation

/// What persons say beside the scans: each is an entry with a document, withdrawn by another, never edited.
package struct Attestation: Equatable, Sendable, Identifiable {
    package enum Content: Equatable, Sendable, Codable {
        /// Leave or duty of one employee.
        case leave(employee: Int64, LeaveKind, DateSpan)
        case correction(employee: Int64, CivilDate, Correction.Kind)
        /// A signed sheet of one unit and day.
        case sheet(unit: Int64, CivilDate, [SheetEntry])
        /// The device's record is complete for the time: a stick or push alone cannot say so (design, section 4).
        case coverage(serial: String, from: Date, to: Date)
        /// The file's scans count, by its SHA-256 in hex.
        case file(sha256: String)
    }

    package struct SheetEntry: Equatable, Sendable, Codable {
        package let employee: Int64
        /// Minutes of the date.
        package let arrival: Int?
        package let departure: Int?

        package init(employee: Int64, arrival: Int?, departure: Int?) {
            self.employee = employee
            self.arrival = arrival
            self.departure = departure
        }
    }

    package let id: Int64
    package let content: Content
    /// Number of the letter, sheet or decision.
    package let document: String
    /// For people with the right to read it: may be about health.
    package let reason: String
    package let by: Actor
    package let at: Date
    package let withdrawn: Withdrawal?

    package struct Withdrawal: Equatable, Sendable {
        package let reason: String
        package let by: Actor
        package let at: Date

        package init(reason: String, by: Actor, at: Date) {
            self.reason = reason
            self.by = by
            self.at = at
        }
    }

    package init(
        id: Int64, content: Content, document: String, reason: String, by: Actor, at: Date,
        withdrawn: Withdrawal? = nil
    ) {
        self.id = id
        self.content = content
        self.document = document
        self.reason = reason
        self.by = by
        self.at = at
        self.withdrawn = withdrawn
    }
}

package struct NewAttestation: Equatable, Sendable, Codable {
    package let content: Attestation.Content
    package let document: String
    package let reason: String

    package init(content: Attestation.Content, document: String, reason: String) {
        self.content = content
        self.document = document
        self.reason = reason
    }
}

/// Which attestations are asked for; `nil` for any.
package struct AttestationQuery: Sendable {
    package enum Kind: String, Sendable, CaseIterable { case leave, correction, sheet, coverage, file }

    /// One alone; `nil` for all.
    package var id: Int64?
    package var kinds: Set<Kind> = Set(Kind.allCases)
    package var employees: Set<Int64>?
    /// Those that touch one of these dates; files have none and always do.
    package var dates: ClosedRange<CivilDate>?
    package var withWithdrawn = false
    package var limit = 10_000

    package init() {}
}

/// An act of a person at the centre: who changed what, and when. Append-only.
package struct Act: Equatable, Sendable {
    package let id: Int64
    package let at: Date
    package let by: Actor
    /// A word of a closed set: docs/names.md, "Acts".
    package let what: String
    /// One line of JSON, without reasons.
    package let detail: String

    package init(id: Int64, at: Date, by: Actor, what: String, detail: String) {
        self.id = id
        self.at = at
        self.by = by
        self.what = what
        self.detail = detail
    }
}

/// Leave, corrections, sheets and attestations of coverage; a part of `CentralStore`.
package protocol AttestationStore: Sendable {
    /// All or none. The same content and document twice is one attestation.
    ///
    /// - Returns: ids, in the order given.
    /// - Throws: `ChangeRefusal`.
    func add(_ attestations: [NewAttestation], by actor: Actor, at moment: Date) async throws -> [Int64]

    /// - Returns: whether it was there and not withdrawn yet.
    func withdraw(attestation id: Int64, reason: String, by actor: Actor, at moment: Date) async throws -> Bool

    /// Oldest first.
    func attestations(_ query: AttestationQuery) async throws -> [Attestation]

    /// Newest first.
    func acts(limit: Int) async throws -> [Act]
}
