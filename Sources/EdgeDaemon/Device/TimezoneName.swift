import Foundation

/// The three Indonesian zones by their usual names, or any IANA name. None of the three has daylight saving.
package enum TimezoneName {
    /// - Returns: the IANA name; `nil` for a zone this machine does not know.
    package static func identifier(_ name: String) -> String? {
        switch name.uppercased() {
        case "WIB": "Asia/Jakarta"
        case "WITA": "Asia/Makassar"
        case "WIT": "Asia/Jayapura"
        default: name.contains("/") && TimeZone(identifier: name) != nil ? name : nil
        }
    }
}
