import Foundation

/// What may be a password, and how it becomes bytes.
package enum PasswordRules {
    package static let shortest = 12
    package static let longest = 128

    enum Problem: Sendable {
        case length, common, name
        /// Of a change: the new one is the old one.
        case same

        /// For a shell.
        var english: String {
            switch self {
            case .length: "a password has \(shortest) to \(longest) characters; several words make a good one"
            case .common: "this password is among the first that are guessed; take another"
            case .name: "this password is little more than the account's name; take another"
            case .same: "this is the old password; take another"
            }
        }

        /// For a page.
        var indonesian: String {
            switch self {
            case .length: "Kata sandi harus \(shortest) sampai \(longest) karakter. Beberapa kata biasa sudah baik."
            case .common: "Kata sandi ini termasuk yang paling mudah ditebak. Pilih yang lain."
            case .name: "Kata sandi ini hampir sama dengan nama akun atau NIP Anda. Pilih yang lain."
            case .same: "Kata sandi baru sama dengan yang lama. Pilih yang lain."
            }
        }
    }

    /// Why a password is refused; in English, for a shell.
    package static func problem(_ password: String, account: String) -> String? {
        flaw(password, account: account)?.english
    }

    static func flaw(_ password: String, account: String) -> Problem? {
        let text = password.precomposedStringWithCanonicalMapping
        guard (shortest...longest).contains(text.unicodeScalars.count) else { return .length }
        let small = text.lowercased()
        guard !isCommon(small) else { return .common }
        let name = account.lowercased()
        let rest = small.replacing(name, with: "")
        return name.count < 3 || rest.count >= 8 && !isCommon(rest) ? nil : .name
    }

    /// The same for whatever keyboard typed the same characters: NFC, in UTF-8.
    static func bytes(_ password: String) -> [UInt8] {
        // scrypt is given no empty input.
        password.isEmpty ? [0] : Array(password.precomposedStringWithCanonicalMapping.utf8)
    }

    /// A word of the list, digits in a row, or one short piece said again and again.
    private static func isCommon(_ text: String) -> Bool {
        if list.contains(text) { return true }
        let digits = "01234567890123456789", letters = "abcdefghijklmnopqrstuvwxyz"
        for row in [digits, letters, "qwertyuiopasdfghjklzxcvbnm"] {
            if row.contains(text) || String(row.reversed()).contains(text) { return true }
        }
        let characters = Array(text)
        return (1...6).contains { size in
            zip(characters, characters.dropFirst(size)).allSatisfy { $0 == $1 }
        }
    }

    /// Of those long enough to be taken: what guessers try first, abroad and here.
    private static let list: Set<String> = [
        "password1234", "password12345", "password123456", "password2024", "password2025", "password2026",
        "passwordpassword", "password123!", "p@ssw0rd1234", "p@ssword1234", "administrator", "administrator1",
        "administrator123", "administrator1234", "admin1234567", "admin12345678", "admin123456789", "adminadmin12",
        "adminadmin123", "qwerty123456", "qwerty1234567", "qwertyuiop12", "qwertyuiop123", "qwertyuiop[]",
        "1qaz2wsx3edc", "1q2w3e4r5t6y", "1q2w3e4r5t6y7u", "zaq12wsxcde3", "abc123456789", "a1b2c3d4e5f6",
        "iloveyou1234", "letmein12345", "welcome12345", "welcome123456", "changeme1234", "changemeplease",
        "indonesia123", "indonesia1234", "indonesia1945", "indonesia17845", "indonesiaraya", "indonesiamerdeka",
        "merdeka17845", "merdeka171945", "bismillah123", "bismillah1234", "bismillahirrahmanirrahim",
        "alhamdulillah", "alhamdulillah1", "katasandi123", "katasandi1234", "rahasia12345", "rahasia123456",
        "sayangkamu12", "sayangkamu123", "jakarta12345", "bandung12345", "surabaya1234", "pemerintahdaerah",
        "pemerintah123", "kabupaten123", "kabupaten1234", "kecamatan123", "kecamatan1234", "kelurahan123",
        "diskominfo12", "diskominfo123", "diskominfo1234", "absensi12345", "absensi123456", "kepegawaian12",
        "kepegawaian123", "bkpsdm123456", "hadirhadir12", "hadir-central", "fingerprint1", "fingerprint123",
    ]
}

/// How accounts are named: ASCII, so that no two names look alike.
package enum AccountName {
    package static func isValid(_ name: String) -> Bool {
        (1...64).contains(name.utf8.count)
            && name.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
                case UInt8(ascii: "0")...UInt8(ascii: "9"): true
                case UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "@"): true
                default: false
                }
            }
    }
}
