/// Words for the numbers devices store. The number is what counts and is always kept beside the word.
package enum CodeNames {
    /// How the person was recognised. Generations of firmware disagree on 0, 2, 3 and 4 (zk-protocol,
    /// section 11.2), so the platform decides.
    ///
    /// - Parameter platform: as the device tells it, such as `ZMM220_TFT`; empty where unknown.
    package static func verify(_ code: Int, platform: String = "") -> String {
        let isClassic = platform.contains("_TFT")
        return switch code {
        case 0: isClassic ? "password" : "unspecified"
        case 1: "fingerprint"
        case 2: isClassic ? "card" : "user_id"
        case 3: "password"
        case 4: "card"
        case 5...14: "combination"
        case 15: "face"
        case 25: "palm"
        case 128...142: "combination"
        default: "code_\(code)"
        }
    }

    /// What the person chose on the device; on most sites nobody chooses.
    package static func state(_ code: Int) -> String {
        switch code {
        case 0: "check_in"
        case 1: "check_out"
        case 2: "break_out"
        case 3: "break_in"
        case 4: "overtime_in"
        case 5: "overtime_out"
        case 255: "undefined"
        default: "code_\(code)"
        }
    }
}
