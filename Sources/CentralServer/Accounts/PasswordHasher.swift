import CentralStore
import CryptoExtras
import Foundation
import Glibc
import Synchronization

/// Makes and compares password hashes, a few at a time.
///
/// Each takes 128 MiB and some tenths of a second, so it runs on a thread of its own, with less right to the processor
/// than whoever stores batches where the system lets it give that up; further ones wait in a short line, and beyond that are told to come again.
package final class PasswordHasher: Sendable {
    /// 32 bytes of a password, a salt and a cost.
    package typealias Derive = @Sendable (_ password: [UInt8], _ salt: [UInt8], PasswordCost) throws -> [UInt8]

    private struct State {
        var running = 0
        /// In the order of their arrival; known browsers go first.
        var known: [CheckedContinuation<Bool, Never>] = []
        var strangers: [CheckedContinuation<Bool, Never>] = []
    }

    private let limits: SignInLimits
    let derive: Derive
    private let state = Mutex(State())

    package init(limits: SignInLimits, derive: Derive? = nil) {
        self.limits = limits
        self.derive = derive ?? Self.scrypt
    }

    /// A hash of `password` under a new salt.
    package static func make(
        _ password: String, cost: PasswordCost, derive: Derive = PasswordHasher.scrypt
    ) throws -> PasswordHash {
        let salt = randomSalt()
        return PasswordHash(hash: try derive(PasswordRules.bytes(password), salt, cost), salt: salt, cost: cost)
    }

    static func randomSalt() -> [UInt8] {
        var generator = SystemRandomNumberGenerator()
        return (0..<16).map { _ in UInt8.random(in: 0...255, using: &generator) }
    }

    /// Whether `password` is the one that `kept` was made of.
    ///
    /// - Parameter isKnown: whether it comes from a browser seen before; those wait in front.
    /// - Throws: `Admission.Busy` where too many wait.
    func matches(_ password: String, _ kept: PasswordHash, isKnown: Bool) async throws -> Bool {
        Secret.areEqual(try await run(password, kept.salt, kept.cost, isKnown: isKnown), kept.hash)
    }

    /// A hash of `password` under a new salt, at today's cost, made in its turn.
    ///
    /// - Throws: `Admission.Busy` where too many wait.
    func hash(_ password: String, isKnown: Bool) async throws -> PasswordHash {
        let salt = Self.randomSalt()
        return PasswordHash(
            hash: try await run(password, salt, limits.cost, isKnown: isKnown), salt: salt, cost: limits.cost)
    }

    private func run(
        _ password: String, _ salt: [UInt8], _ cost: PasswordCost, isKnown: Bool
    ) async throws -> [UInt8] {
        try await enter(isKnown: isKnown)
        defer { leave() }
        let (derive, bytes) = (derive, PasswordRules.bytes(password))
        return try await withCheckedThrowingContinuation { (done: CheckedContinuation<[UInt8], any Error>) in
            Thread.detachNewThread {
                // On Linux this is of the calling thread only.
                _ = setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, 10)
                done.resume(with: Result { try derive(bytes, salt, cost) })
            }
        }
    }

    /// How many wait for their turn.
    var waiting: Int { state.withLock { $0.known.count + $0.strangers.count } }

    private func enter(isKnown: Bool) async throws {
        let isAdmitted = await withCheckedContinuation { (turn: CheckedContinuation<Bool, Never>) in
            let answer: Bool? = state.withLock { state in
                if state.running < limits.hashesAtOnce {
                    state.running += 1
                    return true
                }
                guard state.known.count + state.strangers.count < limits.waiting,
                    isKnown || state.strangers.count < limits.waitingStrangers
                else { return false }
                if isKnown { state.known.append(turn) } else { state.strangers.append(turn) }
                return nil
            }
            if let answer { turn.resume(returning: answer) }
        }
        guard isAdmitted else { throw Admission.Busy() }
    }

    private func leave() {
        let next: CheckedContinuation<Bool, Never>? = state.withLock { state in
            if !state.known.isEmpty { return state.known.removeFirst() }
            if !state.strangers.isEmpty { return state.strangers.removeFirst() }
            state.running -= 1
            return nil
        }
        next?.resume(returning: true)
    }

    package static let scrypt: Derive = { password, salt, cost in
        let key = try KDF.Scrypt.deriveKey(
            from: Data(password), salt: Data(salt), outputByteCount: 32, rounds: cost.n, blockSize: cost.r,
            parallelism: cost.p)
        return key.withUnsafeBytes { Array($0) }
    }
}
