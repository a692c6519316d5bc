import CentralStore
import Foundation

/// A password that the centre makes and a slip of paper carries: it opens the account until its owner has chosen
/// another, and no longer than `lifetime` (docs/decisions/0036-first-passwords.md).
package enum FirstPassword {
    /// Letters and digits that are not taken for one another in print or by hand: no 0 o, 1 i l.
    static let alphabet = Array("abcdefghjkmnpqrstuvwxyz23456789")
    static let groups = 4
    static let groupSize = 4

    /// Two weeks: slips go out through an office's mail and people are on leave for a week; paper that lies about
    /// longer is found by others.
    package static let lifetime: TimeInterval = 14 * 86_400
    package static var lifetimeDays: Int { Int(lifetime / 86_400) }

    /// 1 MiB and some milliseconds: 79 random bits are not guessed at any cost, and a government has 15,000 of them to
    /// make. What people choose is hashed at `PasswordCost.standard`.
    package static let cost = PasswordCost(n: 1 << 10, r: 8, p: 1)

    /// 79 bits, as `k7mp-3xqa-w9ht-rc4e`.
    package static func make() -> String {
        var generator = SystemRandomNumberGenerator()
        let size = alphabet.count
        return (0..<groups).map { _ in
            String((0..<groupSize).map { _ in alphabet[Int.random(in: 0..<size, using: &generator)] })
        }.joined(separator: "-")
    }

    /// As it is hashed: however somebody types what stands on the slip.
    package static func typed(_ text: String) -> String {
        text.lowercased().filter { !$0.isWhitespace && $0 != "-" }
    }

    package static func hash(
        _ password: String, derive: PasswordHasher.Derive = PasswordHasher.scrypt
    ) throws -> PasswordHash {
        try PasswordHasher.make(typed(password), cost: cost, derive: derive)
    }
}
