import Doctor
import EdgeDaemon
import EdgeStore
import Foundation

/// What is looked at in an office. Nothing is changed: the state is opened to read, a running daemon is asked, and no
/// device is borrowed from it (docs/decisions/0052).
struct EdgeDoctor: Sendable {
    let config: String
    let state: StateDirectory
    var now: @Sendable () -> Date = { Date() }
    var network = NetworkProbe()
    /// Whether somebody keeps this computer's clock right; `nil` where the system does not say.
    var isClockKept: @Sendable () -> Bool? = { ClockProbe.isKept }
    /// How long a device may take that no daemon reads.
    var deviceTimeout = 5

    /// What several checks want to know; asked once.
    struct Known: Sendable {
        /// `nil` where the file is missing or has mistakes.
        let configuration: EdgeConfiguration?
        let identity: NodeIdentity?
        let daemon: Task<Daemon, Never>
    }

    /// How the daemon answered.
    enum Daemon: Sendable {
        case runs(DaemonHealth)
        /// It runs and does not know the question.
        case isOther(String)
        case absent
        case silent(String)
        case closed

        var health: DaemonHealth? { if case .runs(let health) = self { health } else { nil } }
        var isAbsent: Bool { if case .absent = self { true } else { false } }
    }

    func examination() async -> Examination {
        let known = Known(
            configuration: try? DevicesFile.load(path: config), identity: (try? NodeIdentity.load(from: state)) ?? nil,
            daemon: Task { await askDaemon() })
        return Examination(checks(known))
    }

    private func checks(_ known: Known) -> [Check] {
        let path = state.path
        var checks = [
            Check(.config) { await self.lookAtConfiguration(known) },
            Check(.state) { await self.lookAtFiles() },
            Check(.disk, late: .diskHangs) { await DiskProbe.look(at: path) },
            Check(.clock) { await self.lookAtClock(known) },
            Check(.daemon) { await self.lookAtDaemon(known) },
            Check(.journal, limit: .seconds(20)) { await self.lookAtJournal(known) },
            Check(.node) { await self.lookAtNode(known) },
            Check(.backlog, limit: .seconds(15)) { await self.lookAtBacklog() },
        ]
        checks += wayToCentre(known)
        if let push = known.configuration?.push {
            checks.append(Check(.push) { await self.lookAtPush(push, known) })
        }
        for device in known.configuration?.devices ?? [] {
            checks.append(
                Check(.device, device.name, limit: .seconds(20)) { await self.lookAtDevice(device, known) })
        }
        return checks
    }

    private func askDaemon() async -> Daemon {
        do {
            let answer = try await ControlClient.ask(
                ControlRequest(command: .health), socket: state.controlSocket, timeout: .seconds(6))
            guard let answer else { return .absent }
            if let health = answer.health { return .runs(health) }
            return .isOther(answer.error ?? "")
        } catch let error as ControlError {
            return error.isPermission ? .closed : .silent("\(error)")
        } catch {
            return .silent("\(error)")
        }
    }

    // MARK: Configuration, files, clock

    private func lookAtConfiguration(_ known: Known) async -> CheckOutcome {
        var findings = configurationFindings()
        if let closed = OwnerProbe.closed(config, toOwnerOf: state.path) { findings.append(closed) }
        if let problem = await known.daemon.value.health?.configurationProblem {
            findings.append(Finding(.configRefused, "", detail: problem))
        }
        let count = known.configuration?.devices.count ?? 0
        return CheckOutcome(findings, ["count": .count(count), "path": .text(config)])
    }

    private func configurationFindings() -> [Finding] {
        let path: [String: Fact] = ["path": .text(config)]
        guard FileManager.default.fileExists(atPath: config) else {
            let isShut = access((config as NSString).deletingLastPathComponent, X_OK) != 0 && errno == EACCES
            return [isShut ? Finding(.notPermitted, config) : Finding(.configMissing, "", path)]
        }
        guard access(config, R_OK) == 0 else { return [Finding(.notPermitted, config)] }
        do {
            let configuration = try DevicesFile.load(path: config)
            return configuration.devices.isEmpty ? [Finding(.configNoDevices, "", path)] : []
        } catch {
            return error.findings.prefix(5).map { found in
                guard found.line > 0 else { return Finding(.configUnreadable, "", path, detail: found.message) }
                return Finding(
                    .configMistake, found.file, ["line": .count(found.line), "problem": .text(found.message)])
            }
        }
    }

    private func lookAtFiles() async -> CheckOutcome {
        var outcome = await OwnerProbe.look(at: state.path)
        for name in ["node.key"] + keyFiles where isOpen(state.path + "/" + name) {
            outcome.findings.append(Finding(.stateOpen, state.path + "/" + name))
        }
        return outcome
    }

    private var keyFiles: [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: state.path)) ?? [])
            .filter { $0.hasPrefix("node-") && $0.hasSuffix(".key") }.sorted()
    }

    private func isOpen(_ path: String) -> Bool {
        let mode = (try? FileManager.default.attributesOfItem(atPath: path))?[.posixPermissions] as? Int
        return (mode ?? 0) & 0o077 != 0
    }

    private func lookAtClock(_ known: Known) async -> CheckOutcome {
        let health = await known.daemon.value.health
        let state = state
        let newest = await onOwnThread { EdgeJournal.newest(state) }
        return ClockProbe.judge(
            now: now(), earliest: HadirVersion.released, newest: newest,
            difference: health?.aheadOfCentre.map { TimeInterval($0) }, isKept: isClockKept())
    }

    // MARK: The daemon

    private func lookAtDaemon(_ known: Known) async -> CheckOutcome {
        switch await known.daemon.value {
        case .absent: return CheckOutcome([Finding(.daemonNotRunning)] + (await restarts()))
        case .closed: return CheckOutcome([Finding(.notPermitted, state.controlSocket)])
        case .silent(let problem): return CheckOutcome([Finding(.daemonNoAnswer, "", detail: problem)])
        case .isOther(let problem):
            let facts: [String: Fact] = ["running": .text("?"), "ours": .text(HadirVersion.text)]
            return CheckOutcome([Finding(.daemonOtherVersion, "", facts, detail: problem)])
        case .runs(let health):
            var findings = DaemonJudgement.findings(health)
            if let address = known.configuration?.statusListen, address.port != 0,
                await NetworkProbe.status(host: address.host, port: address.port, path: "/livez") != 200
            {
                findings.append(
                    Finding(.statusNotServed, "", ["address": .text("http://\(address.host):\(address.port)/")]))
            }
            return CheckOutcome(findings + (await restarts()), ["version": .text(health.version)])
        }
    }

    /// Only of the service whose state this is.
    private func restarts() async -> [Finding] {
        guard state.path == StateOptions.usual else { return [] }
        return DaemonJudgement.restarts(await ServiceRestarts.count(of: "hadird.service"))
    }
}

/// What a running daemon says of itself, as findings. Pure.
enum DaemonJudgement {
    static func findings(_ health: DaemonHealth) -> [Finding] {
        var findings: [Finding] = []
        if !health.stuck.isEmpty {
            let parts = health.stuck.joined(separator: ", ")
            findings.append(Finding(.daemonStuck, "", ["parts": .text(parts)]))
        }
        if let problem = health.journalProblem {
            findings.append(
                Finding(.daemonNotReady, "", ["problem": .text(problem)], detail: health.journalCode ?? ""))
        }
        if health.version != HadirVersion.text {
            let facts: [String: Fact] = ["running": .text(health.version), "ours": .text(HadirVersion.text)]
            findings.append(Finding(.daemonOtherVersion, "", facts))
        }
        return findings
    }

    /// One or two are somebody's kill.
    static func restarts(_ count: Int?) -> [Finding] {
        guard let count, count >= 3 else { return [] }
        return [Finding(.daemonRestarts, "", ["count": .count(count)])]
    }
}
