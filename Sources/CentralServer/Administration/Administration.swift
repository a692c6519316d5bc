import Attendance
import CentralStore
import Crypto
import Foundation
import PageSupport

/// What an operator may ask of the one process that writes.
package enum ControlRequest: Codable, Equatable, Sendable {
    /// - tlsPin: hex; `nil` takes the pin of the certificate last served.
    case addNode(unit: String, url: String, tlsPin: String?)
    /// - from: UTC; `nil` is now.
    case revokeNode(node: String, from: String?)
    /// - unit: it holds for this one and all below it; `nil` for the whole government.
    /// - ends: UTC; `nil` for the usual time from now.
    case addToken(role: String, label: String, unit: String? = nil, ends: String? = nil)
    case revokeToken(id: Int64)
    case addOrder(OrderRequest)
    case cancelOrder(id: String)
    case announceKey
    case switchKey(force: Bool)
    case account(AccountRequest)
    case attendance(AttendanceRequest)
    /// What a list changes, and which list it was, for the audit log.
    ///
    /// - detail: one line of JSON, as `ImportWork.note` writes it.
    case importList(AttendanceRequest, kind: String, detail: String)
    /// One bundle, and what its file is called.
    case bundle(Data, file: String)
    /// The heads of the audit log that do not fit are known.
    case acceptAudit(because: String)
}

package enum ControlAnswer: Codable, Equatable, Sendable {
    case code(text: String, unit: String, expires: String)
    case revoked(node: String, from: String)
    /// - ends: UTC.
    case token(text: String, ends: String)
    case tokenRevoked(label: String)
    case order(id: String, expires: String)
    /// - state: what the order is now; one that was answered before stays so.
    case cancelled(id: String, state: String)
    /// The announced key, or the one that signs from now on.
    case key(fingerprint: String)
    /// The account that was added or changed, as it is written.
    case account(name: String)
    /// What people are handed: never logged.
    case slips(SlipBatch)
    case attendance(AttendanceAnswer)
    case accepted(doubts: Int)
    case bundle(BundleAnswer)
    case refused(kind: CentralError.Kind, text: String)
}

/// Does what operators ask, by whichever process holds the state directory.
package struct Administration: Sendable {
    let store: any CentralStore
    let ring: KeyRing
    let now: @Sendable () -> Date
    /// What the network's batches go through.
    let ingest: IngestService

    static let longestName = 200
    static let codeLifetime: TimeInterval = 24 * 3600

    package init(store: any CentralStore, keys ring: KeyRing, now: @escaping @Sendable () -> Date) {
        self.init(store: store, keys: ring, now: now, ingest: .quiet(store, ring, now))
    }

    init(store: any CentralStore, keys ring: KeyRing, now: @escaping @Sendable () -> Date, ingest: IngestService) {
        self.store = store
        self.ring = ring
        self.now = now
        self.ingest = ingest
    }

    /// Never throws: what goes wrong is part of the answer.
    ///
    /// - Parameter person: who asks, as this machine knows it.
    package func perform(_ request: ControlRequest, by person: Actor) async -> ControlAnswer {
        // Each change is noted by whoever asks for it.
        let own = Administration(store: store.acting(person), keys: ring, now: now, ingest: ingest)
        return await own.answer(request, person)
    }

    private func answer(_ request: ControlRequest, _ person: Actor) async -> ControlAnswer {
        do {
            switch request {
            case .addNode(let unit, let url, let pin): return try await addNode(unit, url, pin)
            case .revokeNode(let node, let from): return try await revoke(node, from)
            case .addToken(let role, let label, let unit, let ends):
                return try await addToken(role, label, unit, ends)
            case .revokeToken(let id): return try await revokeToken(id)
            case .addOrder(let order): return try await addOrder(order)
            case .cancelOrder(let id): return try await cancelOrder(id)
            case .announceKey: return try await announceKey(person)
            case .switchKey(let force): return try await switchKey(force: force, person)
            case .account(let request): return try await perform(request)
            case .attendance(let request): return .attendance(try await perform(request, by: person))
            case .importList(let request, let kind, let detail):
                return .attendance(try await importList(request, kind, detail, by: person))
            case .bundle(let bytes, let file):
                return .bundle(try await takeBundle(Array(bytes), file: file, by: person))
            case .acceptAudit(let text): return try await acceptAudit(text)
            }
        } catch let error as CentralError {
            return .refused(kind: error.kind, text: error.description)
        } catch {
            return .refused(kind: .io, text: "the database refused it: \(error)")
        }
    }

    private func addNode(_ unit: String, _ url: String, _ pin: String?) async throws -> ControlAnswer {
        let unit = try Self.name(unit, "--unit")
        let isTLS = try Self.isTLS(url)
        let given = pin.flatMap { Hex.decode($0) }
        guard pin == nil || given?.count == 32 else { throw CentralError(.usage, "the TLS pin is not 64 hex digits") }
        let tlsPin = isTLS ? try await given != nil ? given : store.tlsPin() : nil
        var generator = SystemRandomNumberGenerator()
        let secret = (0..<16).map { _ in UInt8.random(in: 0...255, using: &generator) }
        let centre = ring.keys.fingerprint
        let code = EnrolmentCode(
            url: url, id: RandomText.hex(bytes: 8), secret: secret, centreFingerprint: centre, tlsPin: tlsPin)
        let moment = now()
        let expires = moment.addingTimeInterval(Self.codeLifetime)
        try await store.forgetExpiredCodes(at: moment)
        try await store.addEnrolmentCode(
            NewEnrolmentCode(
                id: code.id, unit: unit, key: EnrolmentKey(secret: secret, codeID: code.id), createdAt: moment,
                expiresAt: expires, centreFingerprint: centre))
        return .code(text: code.text, unit: unit, expires: UTC.text(expires))
    }

    private func revoke(_ node: String, _ from: String?) async throws -> ControlAnswer {
        let moment = try from.map { text in
            // People leave the milliseconds out.
            guard let moment = UTC.date(text) ?? UTC.date(text.replacing(/Z$/, with: ".000Z")) else {
                throw CentralError(.usage, "--from \(text): not a UTC time such as 2026-03-02T00:00:00Z")
            }
            return moment
        }
        let now = now()
        guard let inForce = try await store.revoke(node: node, from: moment ?? now, at: now) else {
            throw CentralError(.usage, "there is no node \(node); `hadir-central node list` shows them")
        }
        return .revoked(node: node, from: UTC.text(inForce))
    }

    static func name(_ text: String, _ option: String) throws -> String {
        let trimmed = text.trimmingCharacters(in: .whitespaces)
        guard !trimmed.isEmpty, trimmed.utf8.count <= longestName,
            trimmed.unicodeScalars.allSatisfy({ $0.value >= 0x20 && $0.value != 0x7F })
        else {
            throw CentralError(.usage, "\(option): not a name of 1 to \(longestName) bytes without control characters")
        }
        return trimmed
    }

    /// Plain HTTP is for a node on this very machine.
    private static func isTLS(_ url: String) throws -> Bool {
        guard url.utf8.count <= 512, let parts = URLComponents(string: url), let host = parts.host, !host.isEmpty,
            parts.user == nil, parts.query == nil, parts.fragment == nil
        else { throw CentralError(.usage, "--url \(url): not an address such as https://hadir.example.go.id:8443") }
        switch parts.scheme {
        case "https": return true
        case "http" where ListenAddress.isLoopback(host.trimmingCharacters(in: ["[", "]"])): return false
        case "http": throw CentralError(.usage, "--url \(url): plain HTTP is for loopback addresses only; use https")
        default: throw CentralError(.usage, "--url \(url): begins with neither https:// nor http://")
        }
    }
}
