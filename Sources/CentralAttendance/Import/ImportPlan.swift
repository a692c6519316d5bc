import AttendanceRules
import CentralStore
import TableFiles

/// What lists are there to import.
package enum ImportKind: String, Sendable, CaseIterable {
    case employees, units, calendar, leave, links
}

/// What a person says beside the file.
package struct ImportOptions: Equatable, Sendable {
    /// For rows that name no date.
    package var from: CivilDate
    /// Whoever is not in the list works there no more.
    package var isFull = false
    /// Per cent of the present employees that a full list may lack.
    package var allowMissing = 10
    /// The schedule group of new employees whose row names none.
    package var group = ImportOptions.usualGroup
    /// Where the list is from: kept with what it changes.
    package var document: String
    /// Of links: rows without a number are proposals that nobody confirmed.
    package var skipsUnnamed = false

    package static let usualGroup = "umum"

    package init(from: CivilDate, document: String) {
        self.from = from
        self.document = document
    }
}

/// What the centre has when a plan is made.
package struct ImportFacts: Sendable {
    package let people: People
    package let calendar: [CalendarDay]
    /// Leave that was not withdrawn.
    package let leave: [Attestation]

    package init(people: People, calendar: [CalendarDay] = [], leave: [Attestation] = []) {
        self.people = people
        self.calendar = calendar
        self.leave = leave
    }
}

/// What is wrong in a file and what to do, Indonesian.
package struct ImportProblem: Error, Equatable, Sendable {
    /// As a spreadsheet or editor shows it; `nil` of the whole file.
    package let line: Int?
    package let column: String?
    package let text: String

    package init(line: Int?, column: String? = nil, _ text: String) {
        self.line = line
        self.column = column
        self.text = text
    }

    package var sentence: String {
        let place = [line.map { "baris \($0)" }, column.map { "kolom \($0)" }].compactMap(\.self)
        return place.isEmpty ? text : place.joined(separator: ", ") + ": " + text
    }
}

/// One line of what a plan would do, for a person to look at.
package struct ImportStep: Equatable, Sendable {
    package enum Action: String, Sendable, CaseIterable {
        case add, change, end
    }

    /// `nil` where no row asked for it: an employee a full list lacks.
    package let line: Int?
    package let action: Action
    /// What it is about: a number, a unit's name, a date.
    package let what: String
    package let text: String
}

/// What an import would do. A value: planning reads nothing and writes nothing.
package struct ImportPlan: Equatable, Sendable {
    package enum Work: Equatable, Sendable {
        case people([PeopleChange], revision: Int64)
        case hours([HoursChange])
        case attest([NewAttestation])

        package var count: Int {
            switch self {
            case .people(let changes, _): changes.count
            case .hours(let changes): changes.count
            case .attest(let attestations): attestations.count
            }
        }
    }

    package let kind: ImportKind
    /// Rows of the list.
    package let read: Int
    /// Rows that say what is known.
    package let unchanged: Int
    /// Employees that the list lacks, and that stay.
    package let absent: Int
    package let steps: [ImportStep]
    /// With any, `work` is empty: all or nothing.
    package let errors: [ImportProblem]
    package let warnings: [ImportProblem]
    package let work: Work
    /// For each piece of work the row that asked for it.
    package let lines: [Int?]

    package func count(_ action: ImportStep.Action) -> Int { steps.count { $0.action == action } }

    /// - Throws: never; what cannot be planned is among the errors.
    package static func plan(
        _ kind: ImportKind, _ file: TableFile, facts: ImportFacts, options: ImportOptions
    ) -> ImportPlan {
        switch kind {
        case .employees: EmployeeImport.plan(file, facts.people, options)
        case .units: UnitImport.plan(file, facts.people, options)
        case .calendar: CalendarImport.plan(file, facts.calendar, options)
        case .leave: LeaveImport.plan(file, facts, options)
        case .links: LinkImport.plan(file, facts.people, options)
        }
    }
}

/// A plan while it is made.
struct ImportDraft<Change> {
    let kind: ImportKind
    var read = 0
    var unchanged = 0
    var absent = 0
    var steps: [ImportStep] = []
    var errors: [ImportProblem] = []
    var warnings: [ImportProblem] = []
    var changes: [Change] = []
    var lines: [Int?] = []

    init(_ kind: ImportKind) { self.kind = kind }

    mutating func error(_ line: Int?, _ column: String? = nil, _ text: String) {
        errors.append(ImportProblem(line: line, column: column, text))
    }

    mutating func warn(_ line: Int?, _ column: String? = nil, _ text: String) {
        warnings.append(ImportProblem(line: line, column: column, text))
    }

    mutating func step(_ line: Int?, _ action: ImportStep.Action, _ what: String, _ text: String) {
        steps.append(ImportStep(line: line, action: action, what: what, text: text))
    }

    mutating func change(_ line: Int?, _ change: Change) {
        changes.append(change)
        lines.append(line)
    }

    func plan(_ work: ([Change]) -> ImportPlan.Work) -> ImportPlan {
        ImportPlan(
            kind: kind, read: read, unchanged: unchanged, absent: absent, steps: steps,
            errors: errors.sorted { ($0.line ?? 0) < ($1.line ?? 0) },
            warnings: warnings.sorted { ($0.line ?? 0) < ($1.line ?? 0) }, work: work(errors.isEmpty ? changes : []),
            lines: errors.isEmpty ? lines : [])
    }
}
