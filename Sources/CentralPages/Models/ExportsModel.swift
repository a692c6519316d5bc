import AttendanceRules
import Foundation

/// The page of files to take along.
package struct ExportsModel: Sendable {
    package struct Kind: Sendable {
        package let word: String
        package let title: String
        package let purpose: String

        package init(word: String, title: String, purpose: String) {
            self.word = word
            self.title = title
            self.purpose = purpose
        }
    }

    package struct Unit: Sendable {
        package let id: Int64
        package let name: String
        /// How many units are above it, of those that may be seen.
        package let depth: Int

        package init(id: Int64, name: String, depth: Int) {
            self.id = id
            self.name = name
            self.depth = depth
        }
    }

    package struct File: Sendable {
        package enum State: Sendable {
            case waiting(before: Int)
            /// People of months.
            case running(done: Int, all: Int, rows: Int)
            case done(bytes: Int, rows: Int, hasNotes: Bool)
            /// In Indonesian.
            case failed(String)
            case cancelled
        }

        package let id: String
        package let title: String
        package let unit: String?
        package let period: String
        package let name: String
        package let at: Date
        package let state: State

        package init(
            id: String, title: String, unit: String?, period: String, name: String, at: Date, state: State
        ) {
            self.id = id
            self.title = title
            self.unit = unit
            self.period = period
            self.name = name
            self.at = at
            self.state = state
        }
    }

    package var kinds: [Kind] = []
    package var units: [Unit] = []
    package var files: [File]
    /// What is chosen in the form.
    package var kind = ""
    package var unit = ""
    package var first = ""
    package var last = ""
    package var format = "xlsx"
    /// Why nothing was begun.
    package var problem: String?
    package var hoursKept = 24
    /// This month, for the link to paper.
    package var month = ""

    package init(files: [File]) { self.files = files }
}

/// A daftar hadir for paper: a sheet for each unit.
package struct GridPaperModel: Sendable {
    package struct Cell: Sendable {
        package let code: String
        package let status: DayStatus

        package init(code: String, status: DayStatus) {
            self.code = code
            self.status = status
        }
    }

    package struct Row: Sendable {
        package let number: String
        package let name: String
        package let post: String
        /// By date.
        package let cells: [Cell?]
        package let totals: [Int]
        package let lateDays, lateMinutes, earlyDays, earlyMinutes: Int
        /// Thousandths of a per cent.
        package let share: Int?

        package init(
            number: String, name: String, post: String, cells: [Cell?], totals: [Int], lateDays: Int, lateMinutes: Int,
            earlyDays: Int, earlyMinutes: Int, share: Int?
        ) {
            self.number = number
            self.name = name
            self.post = post
            self.cells = cells
            self.totals = totals
            self.lateDays = lateDays
            self.lateMinutes = lateMinutes
            self.earlyDays = earlyDays
            self.earlyMinutes = earlyMinutes
            self.share = share
        }
    }

    package struct Signature: Sendable {
        package let post: String
        package let name: String?
        package let number: String?
        package let placeAndDate: String

        package init(post: String, name: String?, number: String?, placeAndDate: String) {
            self.post = post
            self.name = name
            self.number = number
            self.placeAndDate = placeAndDate
        }
    }

    package struct Sheet: Sendable {
        package let unit: String
        package let isClosed: Bool
        package let dates: [CivilDate]
        package let rows: [Row]
        package let legend: String
        package let versions: [String]
        package let undecided: Int
        package let signature: Signature

        package init(
            unit: String, isClosed: Bool, dates: [CivilDate], rows: [Row], legend: String, versions: [String],
            undecided: Int, signature: Signature
        ) {
            self.unit = unit
            self.isClosed = isClosed
            self.dates = dates
            self.rows = rows
            self.legend = legend
            self.versions = versions
            self.undecided = undecided
            self.signature = signature
        }
    }

    package let unit: String
    package let unitID: Int64
    package let month: CivilMonth
    /// With all units below; else they are too many for one page.
    package let isWhole: Bool
    /// On F4, else on A4.
    package let isFolio: Bool
    package let totals: [String]
    /// Of the journals the days were computed from.
    package let digest: String
    package let sheets: [Sheet]

    package init(
        unit: String, unitID: Int64, month: CivilMonth, isWhole: Bool, isFolio: Bool, totals: [String], digest: String,
        sheets: [Sheet]
    ) {
        self.unit = unit
        self.unitID = unitID
        self.month = month
        self.isWhole = isWhole
        self.isFolio = isFolio
        self.totals = totals
        self.digest = digest
        self.sheets = sheets
    }
}
