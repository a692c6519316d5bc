import Attendance
import CentralStore
import Doctor
import Foundation

/// The offices, as they were heard last.
extension CentreDoctor {
    func lookAtOffices() async -> CheckOutcome {
        let looked = try? await CentralCommands.read(state) { store in
            (nodes: try await store.nodes(), held: try await store.quarantined(limit: 10_000))
        }
        guard let looked else { return .nothing }
        let moment = now()
        let active = looked.nodes.filter { $0.state(at: moment) == "active" }
        guard !active.isEmpty else {
            return CheckOutcome([Finding(.officesNone, "", ["path": .text(state.path)])])
        }
        let held = Dictionary(looked.held.map { ($0.place.node, 1) }, uniquingKeysWith: +)
        let findings = active.flatMap { OfficeJudgement.findings($0, held: held[$0.node] ?? 0, at: moment) }
        let silent = findings.count { $0.id == .officeSilent }
        return CheckOutcome(Self.few(findings), ["count": .count(active.count - silent)])
    }

    /// The first ones of each kind; the last of them says how many more there are.
    private static func few(_ findings: [Finding]) -> [Finding] {
        FindingID.allCases.flatMap { id -> [Finding] in
            let all = findings.filter { $0.id == id }
            guard all.count > mostOffices, let last = all.prefix(mostOffices).last else { return all }
            let more = "and \(all.count - mostOffices) more: hadir-central node list"
            return all.prefix(mostOffices - 1) + [Finding(id, last.subject, last.facts, detail: more)]
        }
    }
}

/// What is known of a node, as findings. Pure.
enum OfficeJudgement {
    /// With less an office's journal is close to its end.
    static let lowDisk: Int64 = 200 << 20
    static let largestOffset = 300
    static let lateAfter: Int64 = 3600

    static func findings(_ node: NodeSummary, held: Int, at moment: Date) -> [Finding] {
        var findings: [Finding] = []
        let silence = moment.timeIntervalSince(node.contactAt ?? node.enrolledAt)
        let isSilent = silence > CentralWords.silentAfter
        if isSilent {
            findings.append(
                Finding(.officeSilent, node.unit, ["age": .seconds(Int(clamping: Int64(silence)))], detail: node.node))
        }
        if node.forks > 0 { findings.append(Finding(.officeForked, node.unit, detail: node.node)) }
        if held > 0 {
            findings.append(Finding(.officeQuarantine, node.unit, ["count": .count(held)], detail: node.node))
        }
        // What a silent office said last says nothing of now.
        guard !isSilent, let status = node.status else { return findings }
        if let age = status.backlogAge, age > lateAfter, status.backlog > 0 {
            let facts: [String: Fact] = [
                "count": .count(Int(clamping: status.backlog)), "age": .seconds(Int(clamping: age)),
            ]
            findings.append(Finding(.officeLate, node.unit, facts, detail: node.node))
        }
        if !status.clockTrusted { findings.append(Finding(.officeClock, node.unit, detail: node.node)) }
        if let free = status.diskFree, free < lowDisk {
            findings.append(Finding(.officeDisk, node.unit, ["free": .bytes(free)], detail: node.node))
        }
        let unwell = status.devices.filter { $0.problem != nil || ($0.clockOffset ?? 0).magnitude > largestOffset }
        if !unwell.isEmpty {
            let names = unwell.map(\.name).joined(separator: ", ")
            findings.append(Finding(.officeDevice, node.unit, ["count": .count(unwell.count)], detail: names))
        }
        return findings
    }
}
