/// Every finding with its words: one table, both languages side by side.
///
/// docs/doctor.md is made from it, and a test proves that they are equal.
package enum FindingTable {
    /// In the order of docs/doctor.md.
    package static let all: [FindingRow] = machine + service + journey + devices + centre

    private static let byID: [FindingID: FindingRow] = Dictionary(all.map { ($0.id, $0) }) { first, _ in first }

    /// A test proves that each id has its row.
    static func row(_ id: FindingID) -> FindingRow {
        byID[id]
            ?? FindingRow(
                id, .fault, "", en: FindingWords(id.rawValue, "", ""), id: FindingWords(id.rawValue, "", ""))
    }
}
