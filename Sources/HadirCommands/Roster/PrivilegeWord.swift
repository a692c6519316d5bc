/// What a user may do at a device, in words. Bit 0 of the device's byte says that the user is disabled.
///
/// Source: zk-protocol, section 13.3.
enum PrivilegeWord {
    static let words: [(word: String, code: UInt8)] = [("user", 0), ("enroller", 2), ("admin", 6), ("super", 14)]
    static let list = "user, enroller, admin or super"

    /// Of a privilege byte; `code_N` for a number that has no word.
    static func word(_ privilege: UInt8) -> String {
        let code = privilege & ~1
        // A text of the maker's and one library write 12 for what others write as 6.
        if code == 12 { return "admin" }
        return words.first { $0.code == code }?.word ?? "code_\(code)"
    }

    /// The code, without the bit for disabled; `nil` for another word.
    static func code(_ word: String) -> UInt8? {
        if let known = words.first(where: { $0.word == word }) { return known.code }
        guard word.hasPrefix("code_"), let code = UInt8(word.dropFirst(5)), code & 1 == 0 else { return nil }
        return code
    }

    /// May open the device's menu.
    static func isAdministrator(_ privilege: UInt8) -> Bool { privilege & 0x0C != 0 }
}
