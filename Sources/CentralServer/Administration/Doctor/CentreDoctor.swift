import Attendance
import CentralPages
import CentralStore
import Doctor
import Foundation
import NIOSSL
import ServiceSupport

/// `hadir-central doctor`: what is wrong at the centre. Nothing is changed: the database is opened to read, and the
/// running server is asked for nothing but whether it is there (docs/decisions/0052).
package struct CentreDoctor: Sendable {
    let state: StateDirectory
    let config: String
    let now: @Sendable () -> Date
    let isClockKept: @Sendable () -> Bool?

    /// No true time is before this: 2026-11-01.
    static let earliest = Date(timeIntervalSince1970: 1_793_491_200)
    /// A larger database is verified at night, by the server: nobody waits for that here.
    static let mostVerified: Int64 = 64 << 20
    /// Of a drill that is done every night.
    static let oldestBackup: TimeInterval = 3 * 86_400
    /// Of many offices with the same trouble, so many are told one by one.
    static let mostOffices = 8

    package init(
        state: StateDirectory, config: String, now: @escaping @Sendable () -> Date = { Date() },
        isClockKept: @escaping @Sendable () -> Bool? = { ClockProbe.isKept }
    ) {
        self.state = state
        self.config = config
        self.now = now
        self.isClockKept = isClockKept
    }

    struct Known: Sendable {
        let configuration: CentralConfiguration?
        let isRunning: Bool
    }

    /// Each part of a centre is one line here.
    package func examination() async -> Examination {
        let running = await NetworkProbe.isServed(socket: state.controlSocket)
        let known = Known(configuration: try? CentralConfiguration.load(path: config), isRunning: running)
        let path = state.path
        return Examination([
            Check(.config) { await self.lookAtConfiguration(known) },
            Check(.state) { await OwnerProbe.look(at: path) },
            Check(.disk, late: .diskHangs) { await DiskProbe.look(at: path) },
            Check(.clock) { await self.lookAtClock() },
            Check(.server) { await self.lookAtServer(known) },
            Check(.database, limit: .seconds(25)) { await self.lookAtDatabase() },
            Check(.backup) { await self.lookAtBackup() },
            Check(.keys) { await self.lookAtKeys() },
            Check(.certificate) { await self.lookAtCertificate(known) },
            Check(.assets) { await self.lookAtAssets(known) },
            Check(.audit, limit: .seconds(25)) { await self.lookAtAudit() },
            Check(.offices, limit: .seconds(15)) { await self.lookAtOffices() },
            Check(.queue, limit: .seconds(20)) { await self.lookAtQueue(known) },
        ])
    }

    private var place: [String: Fact] { ["path": .text(state.path)] }

    private var mayLook: Bool { access(state.path, R_OK | X_OK) == 0 }

    private var databaseBytes: Int64 {
        ((try? FileManager.default.attributesOfItem(atPath: state.database))?[.size] as? NSNumber)?.int64Value ?? 0
    }

    // MARK: This computer

    private func lookAtConfiguration(_ known: Known) async -> CheckOutcome {
        guard FileManager.default.fileExists(atPath: config) else {
            return CheckOutcome([Finding(.configMissing, "", ["path": .text(config)])])
        }
        guard access(config, R_OK) == 0 else { return CheckOutcome([Finding(.notPermitted, config)]) }
        var findings: [Finding] = []
        do {
            _ = try CentralConfiguration.load(path: config)
        } catch {
            findings = error.findings.prefix(5).map { found in
                guard found.line > 0 else {
                    return Finding(.configUnreadable, "", ["path": .text(config)], detail: found.message)
                }
                return Finding(
                    .configMistake, found.file, ["line": .count(found.line), "problem": .text(found.message)])
            }
        }
        if let closed = OwnerProbe.closed(config, toOwnerOf: state.path) { findings.append(closed) }
        return CheckOutcome(findings, ["path": .text(config)])
    }

    private func lookAtClock() async -> CheckOutcome {
        let newest = try? await CentralCommands.read(state) { store in try await store.nodes() }.compactMap(\.contactAt)
            .max()
        return ClockProbe.judge(now: now(), earliest: Self.earliest, newest: newest, isKept: isClockKept())
    }

    private func lookAtServer(_ known: Known) async -> CheckOutcome {
        guard mayLook else { return CheckOutcome([Finding(.notPermitted, state.controlSocket)]) }
        guard let listen = known.configuration?.listen, listen.port != 0 else {
            return CheckOutcome(known.isRunning ? [] : [Finding(.serverNotRunning)])
        }
        let facts: [String: Fact] = ["address": .text("\(listen.host):\(listen.port)")]
        let isTaken = await NetworkProbe.isTaken(host: listen.host, port: listen.port)
        guard known.isRunning else {
            return CheckOutcome([Finding(isTaken ? .serverPortTaken : .serverNotRunning, "", facts)])
        }
        guard isTaken else { return CheckOutcome([Finding(.serverNotListening, "", facts)]) }
        guard known.configuration?.tls == nil else { return CheckOutcome([], facts) }
        let status = await NetworkProbe.status(host: listen.host, port: listen.port, path: "/readyz")
        return CheckOutcome(status == 503 ? [Finding(.serverNotReady, "", facts)] : [], facts)
    }

    private func lookAtKeys() async -> CheckOutcome {
        guard mayLook, state.isInitialised else { return .nothing }
        do {
            _ = try CentralKeys(state)
            return CheckOutcome()
        } catch {
            let isOpen = error.kind == .permission && error.description.contains("chmod")
            let file = error.description.split(separator: " ").first.map(String.init) ?? state.path
            return CheckOutcome([
                Finding(isOpen ? .keysOpen : .keysUnusable, isOpen ? file : "", detail: error.description)
            ])
        }
    }

    private func lookAtCertificate(_ known: Known) async -> CheckOutcome {
        guard let files = known.configuration?.tls else { return .nothing }
        do {
            let identity = try files.identity()
            guard let first = identity.chain.first else { return .nothing }
            let from = Date(timeIntervalSince1970: TimeInterval(first.notValidBefore))
            let left = identity.until.timeIntervalSince(now())
            var facts: [String: Fact] = [
                "path": .text(files.certificatePath), "left": .seconds(Int(clamping: Int64(max(0, left)))),
                "when": .moment(identity.until),
            ]
            if left <= 0 { return CheckOutcome([Finding(.certificateExpired, "", facts)]) }
            if left < CentralWords.certificateWarning {
                return CheckOutcome([Finding(.certificateEndsSoon, "", facts)])
            }
            if from > now() {
                facts["when"] = .moment(from)
                return CheckOutcome([Finding(.certificateNotYetValid, "", facts)])
            }
            return CheckOutcome([], facts)
        } catch {
            return CheckOutcome([Finding(.certificateUnusable, "", detail: error.description)])
        }
    }

    private func lookAtAssets(_ known: Known) async -> CheckOutcome {
        let folder = known.configuration?.pages.assets ?? PagesConfiguration().assets
        let missing = CentralPages.systemAssets.filter { access("\(folder)/\($0.path)", R_OK) != 0 }
        return CheckOutcome(
            missing.map { Finding(.assetsMissing, $0.path, ["path": .text(folder)], detail: $0.package) })
    }

    // MARK: What it keeps

    private func lookAtDatabase() async -> CheckOutcome {
        let isThere = FileManager.default.fileExists(atPath: state.path)
        guard mayLook || !isThere else { return CheckOutcome([Finding(.notPermitted, state.database)]) }
        guard state.isInitialised, FileManager.default.fileExists(atPath: state.database) else {
            return CheckOutcome([Finding(.databaseMissing, "", place)])
        }
        do {
            let store = try SQLiteCentralStore(readingPath: state.database)
            let count = try await store.punchCount()
            var findings: [Finding] = []
            if databaseBytes <= Self.mostVerified {
                let verdict = try await store.verifyEntries(piece: 2000)
                if let problem = verdict.problems.first {
                    var facts = place
                    facts["problem"] = .text(problem)
                    findings.append(Finding(.databaseAltered, "", facts, detail: "\(verdict.problems.count)"))
                }
            }
            try store.close()
            return CheckOutcome(findings, ["count": .count(Int(clamping: count))])
        } catch let error as CentralStoreError {
            return CheckOutcome([Finding(.databaseOtherVersion, "", place, detail: error.description)])
        } catch {
            let isDamage = StoreTrouble(error) == .damage
            return CheckOutcome([
                Finding(isDamage ? .databaseDamaged : .databaseUnreadable, "", place, detail: "\(error)")
            ])
        }
    }

    private func lookAtBackup() async -> CheckOutcome {
        guard mayLook, state.isInitialised else { return .nothing }
        guard let record = BackupRecord.read(state) else { return CheckOutcome([Finding(.backupNone)]) }
        var facts = place
        if let problem = record.problem {
            facts["problem"] = .text(problem)
            return CheckOutcome([Finding(.backupFailed, "", facts)])
        }
        guard let drilled = record.drilledAt.flatMap({ try? Date($0, strategy: .iso8601) }) else {
            return CheckOutcome([Finding(.backupNone)])
        }
        let age = now().timeIntervalSince(drilled)
        facts["when"] = .moment(drilled)
        facts["age"] = .seconds(Int(clamping: Int64(max(0, min(age, 1e15)))))
        return CheckOutcome(age > Self.oldestBackup ? [Finding(.backupOld, "", facts)] : [], facts)
    }

    private func lookAtAudit() async -> CheckOutcome {
        let isSmall = databaseBytes <= Self.mostVerified
        let looked = try? await CentralCommands.read(state) { store in
            let bad = isSmall ? try await AuditVerification(store).run([]).firstBad : nil
            return (
                bad: bad, head: try await store.auditHead().seq, doubts: try await store.auditDoubts(limit: 1000).count
            )
        }
        guard let looked else { return .nothing }
        var findings: [Finding] = []
        var facts = place
        if let bad = looked.bad {
            facts["seq"] = .count(Int(clamping: bad))
            findings.append(Finding(.auditBroken, "", facts))
        }
        facts["count"] = .count(looked.doubts)
        if looked.doubts > 0 { findings.append(Finding(.auditDoubts, "", facts)) }
        return CheckOutcome(findings, ["count": .count(Int(clamping: looked.head))])
    }

    /// Two looks some seconds apart: work that waits is no fault, work that does not get less is.
    private func lookAtQueue(_ known: Known) async -> CheckOutcome {
        guard known.isRunning, let first = await pending(), !first.items.isEmpty else { return .nothing }
        try? await Task.sleep(for: .seconds(Self.queuePatience))
        return CheckOutcome(await pending().map { Self.judge(first, $0) } ?? [])
    }

    static func judge(_ first: PendingWork, _ second: PendingWork) -> [Finding] {
        guard let oldest = second.items.first, oldest.id == first.items.first?.id,
            second.items.count >= first.items.count
        else { return [] }
        let facts: [String: Fact] = ["count": .count(second.items.count), "age": .seconds(queuePatience)]
        return [Finding(.queueStuck, "", facts)]
    }

    static let queuePatience = 10

    private func pending() async -> PendingWork? {
        try? await CentralCommands.read(state) { store in try await store.pendingWork(limit: 1000) }
    }
}
