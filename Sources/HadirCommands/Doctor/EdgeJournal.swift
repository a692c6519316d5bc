import Attendance
import Doctor
import EdgeDaemon
import EdgeStore
import Foundation

/// What the journal tells a doctor.
enum EdgeJournal {
    /// So many of the last entries are verified: a million would take longer than anybody waits.
    static let verified: Int64 = 50_000
    /// In so many of the last entries alarms are looked for.
    private static let looked = 5000
    /// An event without an end asks to be looked at for so long.
    private static let memory: TimeInterval = 7 * 86_400

    /// When the newest entry was journaled.
    static func newest(_ state: StateDirectory) -> Date? {
        guard let store = try? EdgeStore.readOnly(path: state.journal) else { return nil }
        return (try? store.tail(1))?.last.flatMap { try? EntryBody.decode($0.body).at }
    }

    static func finding(_ error: EdgeStoreError, _ path: String) -> Finding {
        let facts: [String: Fact] = ["path": .text(path)]
        let id: FindingID =
            switch error.code {
            case .missing: .journalMissing
            case .otherVersion: .journalOtherVersion
            case .damaged, .schema: .journalDamaged
            case .full: .diskFull
            case .busy: .journalHeld
            case .readOnly, .io: .journalUnreadable
            }
        return Finding(id, "", facts, detail: error.detail)
    }

    struct Story {
        var alarms: [(at: Date, seq: Int64, alarm: Alarm)] = []
        var forkedAt: Date?
    }

    /// What was alarmed lately, oldest first.
    static func story(_ store: EdgeStore, now: Date) throws -> Story {
        var story = Story()
        for entry in try store.tail(looked) {
            guard let decoded = try? EntryBody.decode(entry.body), now.timeIntervalSince(decoded.at) <= memory else {
                continue
            }
            switch decoded.body {
            case .alarm(let alarm):
                story.alarms.append((decoded.at, entry.seq, alarm))
                if alarm.code == "fork" { story.forkedAt = decoded.at }
            case .epoch(let start) where start.reason == .fork: story.forkedAt = decoded.at
            default: break
            }
        }
        return story
    }
}

extension EdgeDoctor {
    func lookAtJournal(_ known: Known) async -> CheckOutcome {
        let state = state
        let now = now()
        var names: [String: String] = [:]
        for device in known.configuration?.devices ?? [] {
            if let serial = device.journalSerial { names[serial.text] = device.name }
        }
        let known = names
        return await onOwnThread { Self.judgeJournal(state, now, known) }
    }

    private static func judgeJournal(_ state: StateDirectory, _ now: Date, _ names: [String: String]) -> CheckOutcome {
        guard access(state.path, R_OK | X_OK) == 0 else { return .nothing }
        var findings = movedAside(state)
        do {
            let store = try EdgeStore.readOnly(path: state.journal)
            let verdict = try store.verify(newest: EdgeJournal.verified)
            let isMarked = FileManager.default.fileExists(atPath: state.journalDamage)
            if let problem = verdict.problems.first {
                findings.append(Finding(.journalDamaged, "", ["path": .text(state.journal)], detail: problem))
            } else if isMarked {
                findings.append(Finding(.journalDamaged, "", ["path": .text(state.journal)]))
            }
            let held = try store.status().quarantined
            if held > 0 { findings.append(Finding(.journalQuarantined, "", ["count": .count(held)])) }
            findings += told(try EdgeJournal.story(store, now: now), names)
            return CheckOutcome(findings, ["count": .count(Int(clamping: verdict.entries))])
        } catch {
            let error = error as? EdgeStoreError
            findings.append(
                error.map { EdgeJournal.finding($0, state.journal) }
                    ?? Finding(.journalUnreadable, "", ["path": .text(state.journal)]))
            return CheckOutcome(findings)
        }
    }

    private static func movedAside(_ state: StateDirectory) -> [Finding] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: state.path)) ?? []
        let aside = names.filter { $0.contains(".damaged-") && !$0.hasSuffix("-wal") && !$0.hasSuffix("-shm") }.sorted()
        return aside.last.map { [Finding(.journalMovedAside, "", ["path": .text(state.path + "/" + $0)])] } ?? []
    }

    private static func told(_ story: EdgeJournal.Story, _ names: [String: String]) -> [Finding] {
        var findings: [Finding] = []
        if let at = story.forkedAt { findings.append(Finding(.journalForked, "", ["when": .moment(at)])) }
        var seen: Set<String> = []
        // The newest of each tells enough.
        for (at, _, alarm) in story.alarms.reversed() {
            let id: FindingID? =
                switch alarm.code {
                case "log_cleared", "log_rolled_over", "log_not_reconciled": .deviceLogLost
                case "clock_touched": .deviceClockTouched
                case "admin_added": .deviceAdminAdded
                case "audit_went_back": .auditWentBack
                default: nil
                }
            let serial = alarm.serial?.text ?? ""
            guard let id, seen.insert(id.rawValue + serial).inserted else { continue }
            findings.append(Finding(id, names[serial] ?? serial, ["when": .moment(at)]))
        }
        return findings
    }

    func lookAtBacklog() async -> CheckOutcome {
        let (state, now) = (state, now())
        return await onOwnThread {
            guard let status = try? EdgeStore.readOnly(path: state.journal).status() else { return .nothing }
            let age = status.oldestPending.flatMap { UTC.date($0) }.map { max(0, Int(now.timeIntervalSince($0))) } ?? 0
            let facts: [String: Fact] = ["count": .count(Int(clamping: status.pending)), "age": .seconds(age)]
            guard status.pending > 0, age > 15 * 60 else { return CheckOutcome([], facts) }
            return CheckOutcome([Finding(age > 86_400 ? .backlogOld : .backlogWaiting, "", facts)], facts)
        }
    }
}
