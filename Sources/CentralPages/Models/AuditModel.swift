import Foundation

/// Who did, saw and took what, and whether that log is still what it was: `/audit`.
package struct AuditModel: Sendable {
    package struct Row: Sendable {
        package var seq: Int64
        package var at: Date
        /// Empty for somebody who was not let in.
        package var by: String
        package var role: String
        package var address: String
        /// A word of the log.
        package var what: String
        /// What it is about, as people call it; empty for nothing.
        package var about: String
        /// Kind and id, to ask for all about it; empty for nothing.
        package var object: String
        /// One line of JSON; may be empty.
        package var detail: String

        package init(
            seq: Int64, at: Date, by: String, role: String, address: String, what: String, about: String,
            object: String, detail: String
        ) {
            self.seq = seq
            self.at = at
            self.by = by
            self.role = role
            self.address = address
            self.what = what
            self.about = about
            self.object = object
            self.detail = detail
        }
    }

    /// What was asked for, as it was typed.
    package struct Filter: Sendable {
        package var by = ""
        package var what = ""
        package var object = ""
        package var from = ""
        package var to = ""
        /// In Indonesian: what of it is not understood.
        package var problem: String?

        package init() {}

        var isEmpty: Bool { [by, what, object, from, to].allSatisfy(\.isEmpty) }
    }

    /// A head that an office knows and that does not fit.
    package struct Doubt: Sendable {
        package var unit: String
        package var node: String
        package var at: Date
        package var seq: Int64
        package var isCut: Bool

        package init(unit: String, node: String, at moment: Date, seq: Int64, isCut: Bool) {
            self.unit = unit
            self.node = node
            at = moment
            self.seq = seq
            self.isCut = isCut
        }
    }

    package var rows: [Row]
    package var filter: Filter
    /// All words of the log that may be asked for.
    package var words: [String]
    /// Path of the older notes; `nil` where these are the oldest.
    package var older: String?
    /// Path of the newest; `nil` where these are they.
    package var newest: String?
    package var headSeq: Int64
    /// In hex.
    package var headHash: String
    package var check: (at: Date, seq: Int64, firstBad: Int64?)?
    /// Nodes that gave back a head that fits, and all that may speak.
    package var witnesses: Int
    package var nodes: Int
    /// Those that nobody has looked at.
    package var doubts: [Doubt]

    package init(
        rows: [Row], filter: Filter = Filter(), words: [String], older: String? = nil, newest: String? = nil,
        headSeq: Int64, headHash: String, check: (at: Date, seq: Int64, firstBad: Int64?)? = nil, witnesses: Int,
        nodes: Int, doubts: [Doubt] = []
    ) {
        self.rows = rows
        self.filter = filter
        self.words = words
        self.older = older
        self.newest = newest
        self.headSeq = headSeq
        self.headHash = headHash
        self.check = check
        self.witnesses = witnesses
        self.nodes = nodes
        self.doubts = doubts
    }
}
