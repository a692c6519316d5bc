import Doctor
import EdgeDaemon
import EdgeStore
import Foundation

/// Who this node is, and whether it gets to its centre.
extension EdgeDoctor {
    func lookAtNode(_ known: Known) async -> CheckOutcome {
        // That nobody may look there is said once, of the folder.
        guard access(state.path, R_OK | X_OK) == 0 else { return .nothing }
        do {
            guard let identity = try NodeIdentity.load(from: state) else {
                return CheckOutcome([Finding(.nodeNotEnrolled)])
            }
            let facts: [String: Fact] = ["unit": .text(identity.unit)]
            return CheckOutcome(await isRevoked(known) ? [Finding(.nodeRevoked, "", facts)] : [], facts)
        } catch {
            return CheckOutcome([Finding(.nodeKey, "", detail: "\(error)")])
        }
    }

    /// As the running daemon was told last; without one, as the last thing the journal tells that no receipt
    /// followed: whoever is revoked gets none.
    private func isRevoked(_ known: Known) async -> Bool {
        if let health = await known.daemon.value.health { return health.centreCode == "revoked" }
        let (state, now) = (state, now())
        return await onOwnThread {
            guard let store = try? EdgeStore.readOnly(path: state.journal), let status = try? store.status(),
                let story = try? EdgeJournal.story(store, now: now)
            else { return false }
            return story.alarms.contains { $0.alarm.code == "revoked" && $0.seq > status.ackedSeq }
        }
    }

    /// Network, name and centre; only what is in use is looked at.
    func wayToCentre(_ known: Known) -> [Check] {
        guard let identity = known.identity, let parts = URLComponents(string: identity.url), let host = parts.host
        else { return [] }
        let proxy = known.configuration?.proxy
        let wanted = (proxy?.host ?? host).trimmingCharacters(in: CharacterSet(charactersIn: "[]"))
        let isHere = wanted == "localhost" || wanted == "::1" || wanted.hasPrefix("127.")
        var checks: [Check] = []
        if !isHere {
            checks.append(Check(.network) { await network.look(needsRoute: !isPrivate(wanted)) })
            if !isAddress(wanted) { checks.append(Check(.dns, late: .dnsFails) { await network.look(for: wanted) }) }
        }
        checks.append(
            Check(.centre, limit: .seconds(25)) { await self.lookAtCentre(identity, proxy, known) })
        return checks
    }

    private func isAddress(_ host: String) -> Bool {
        host.contains(":") || host.allSatisfy { $0.isASCII && ($0.isNumber || $0 == ".") }
    }

    /// A centre in the office's own network needs no way out.
    private func isPrivate(_ host: String) -> Bool {
        isAddress(host) && (host.hasPrefix("10.") || host.hasPrefix("192.168.") || host.hasPrefix("172."))
    }

    private func lookAtCentre(_ identity: NodeIdentity, _ proxy: HTTPProxy?, _ known: Known) async -> CheckOutcome {
        let facts: [String: Fact] = ["host": .text(identity.url), "now": .moment(now())]
        var found = await askCentre(identity, proxy, facts)
        // What only a batch meets, the daemon has met.
        if let health = await known.daemon.value.health, let code = health.centreCode {
            let detail = health.centreProblem ?? ""
            let id = CentreJudgement.id(ofDaemonsCode: code, isFound: !found.isEmpty)
            var facts = facts
            facts["status"] = .text("-")
            if let id, !found.contains(where: { $0.id == id }) { found.append(Finding(id, "", facts, detail: detail)) }
        }
        return CheckOutcome(found, facts)
    }

    private func askCentre(_ identity: NodeIdentity, _ proxy: HTTPProxy?, _ facts: [String: Fact]) async -> [Finding] {
        do {
            let link = try HTTPLink(
                url: identity.url, pin: identity.tlsPin, connectTimeout: .seconds(6), answerTimeout: .seconds(10),
                proxy: proxy, now: now)
            let answer = try await link.get("/readyz")
            await link.close()
            return CentreJudgement.findings(answer, facts)
        } catch {
            return [CentreJudgement.finding(CentreLinkError(error), facts)]
        }
    }
}

/// What an answer, or none, says of the centre. Pure.
enum CentreJudgement {
    /// What a daemon met that a question of ours does not meet.
    ///
    /// - Parameter isFound: our own question found something, which says more.
    static func id(ofDaemonsCode code: String, isFound: Bool) -> FindingID? {
        switch code {
        case "centre_busy": .centreBusy
        case "refused", "no_progress", "entry_too_large": .centreRefuses
        case "unclear_answer" where !isFound: .centreStranger
        default: nil
        }
    }

    static func findings(_ answer: CentreAnswer, _ facts: [String: Fact]) -> [Finding] {
        var facts = facts
        facts["status"] = .count(answer.status)
        let start = String(decoding: answer.body.prefix(256), as: UTF8.self).lowercased()
        let isPage = start.contains("<html") || start.contains("<!doctype")
        switch answer.status {
        case 200 where start == "ok\n": return []
        case 511, 300..<400: return [Finding(.centrePortal, "", facts)]
        case 200..<300 where isPage: return [Finding(.centrePortal, "", facts)]
        case 407: return [Finding(.centreProxy, "", facts)]
        case 429, 503: return [Finding(.centreBusy, "", facts)]
        default: return [Finding(.centreStranger, "", facts)]
        }
    }

    static func finding(_ error: CentreLinkError, _ facts: [String: Fact]) -> Finding {
        let id: FindingID =
            switch error.code {
            case .badAddress: .centreBadAddress
            case .nameNotFound: .dnsFails
            case .unreachable: error.detail.contains("refused") ? .centreRefused : .centreUnreachable
            case .tls: .tlsFails
            case .certificateExpired: .tlsExpired
            case .certificateNotYetValid: .tlsNotYetValid
            case .certificateOtherName: .tlsOtherName
            case .certificateUntrusted: .tlsUntrusted
            case .wrongKey: .tlsWrongKey
            case .proxyRefused: .centreProxy
            case .timedOut: .centreSilent
            case .lost: .centreLost
            case .answerTooLarge: .centreStranger
            }
        var facts = facts
        facts["status"] = .text("-")
        return Finding(id, "", facts, detail: error.detail)
    }
}
