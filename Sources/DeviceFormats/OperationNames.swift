/// Words for the numbers in a device's operation log (zk-protocol, section 15.6; 40 to 43 from zk-push-adms, section 6).
/// The closed set: docs/names.md, "Operations".
package enum OperationNames {
    /// `code_N` for a number nobody named.
    package static func word(_ code: Int) -> String { words[code] ?? "code_\(code)" }

    private static let words: [Int: String] = [
        0: "switched_on", 1: "switched_off", 2: "verification_failed", 3: "alarm", 4: "menu_entered",
        5: "option_changed", 6: "finger_enrolled", 7: "password_set", 8: "card_set", 9: "user_deleted",
        10: "finger_deleted", 11: "password_deleted", 12: "card_deleted", 13: "data_cleared", 21: "clock_set",
        22: "factory_reset", 23: "log_cleared", 24: "admins_cleared", 25: "access_changed", 26: "access_changed",
        27: "access_changed", 28: "access_changed", 29: "door_opened", 30: "user_added", 40: "stick_transfer",
        41: "stick_transfer", 42: "stick_download", 43: "stick_download_cleared",
    ]
}
