import Foundation

/// The list of findings in docs/doctor.md.
enum DoctorDocument {
    static var table: String {
        var lines = [
            "| id | verdict | what is wrong | what to do | faults |", "|---|---|---|---|---|",
        ]
        for row in FindingTable.all {
            let what = "\(row.english.what) \(row.english.why)<br>*\(row.indonesian.what) \(row.indonesian.why)*"
            let act = "\(row.english.act)<br>*\(row.indonesian.act)*"
            let cells = [
                "`\(row.id.rawValue)`", row.verdict.rawValue, what, act, row.faults.joined(separator: " "),
            ].map { $0.replacingOccurrences(of: "|", with: "\\|") }
            lines.append("| " + cells.map { $0.isEmpty ? "–" : $0 }.joined(separator: " | ") + " |")
        }
        return lines.joined(separator: "\n") + "\n"
    }
}
