/// Why a file is not taken, with nothing of it kept.
package struct StickRefusal: Error, Equatable, Sendable, CustomStringConvertible {
    /// Words for programs; pages have their own sentences for them.
    package enum Code: String, Sendable, Codable, CaseIterable {
        case empty
        case tooLarge = "too_large"
        /// Fingers, faces or photos: specific personal data (UU 27/2022).
        case biometric
        case messages
        /// A user list where scans were wanted.
        case users
        case otherMaker = "other_maker"
        case spreadsheet
        /// Not ASCII-like text, but UTF-16.
        case utf16
        /// Lines as devices send them over the network: their third column is another one.
        case pushLines = "push_lines"
        case separator
        /// `04/05/2026 07:30`: which is the month, nobody can tell.
        case dayFirst = "day_first"
        case binary
        case unreadable
    }

    package let code: Code
    package let description: String

    package init(_ code: Code, _ description: String) {
        self.code = code
        self.description = description
    }

    static let empty = StickRefusal(.empty, "the file is empty: download the attendance at the device once more")
    static let tooLarge = StickRefusal(
        .tooLarge, "the file has more than \(StickFile.largest >> 20) MiB: this is no attendance of one device")
    static let biometric = StickRefusal(
        .biometric,
        "these are fingerprints, faces or photos: specific personal data (UU 27/2022), which hadir does not take and "
            + "has not copied; delete the file from the disk, and import attlog.dat")
    static let messages = StickRefusal(
        .messages, "these are short messages of a device, no attendance: import attlog.dat")
    static let users = StickRefusal(
        .users, "this is a user list (user.dat), no attendance: import attlog.dat; user.dat only adds names (--users)")
    static let spreadsheet = StickRefusal(
        .spreadsheet,
        "this is a spreadsheet, such as the report of a Solution device or one with SSR: its times have no seconds and "
            + "cannot be told apart; download attlog.dat at the device")
    static let anviz = StickRefusal(.otherMaker, "this is a file of an Anviz device (*.KQ), which hadir does not read")
    static let fk = StickRefusal(
        .otherMaker,
        "this is a log of the FK family (GLG/AGL text; Realand-like, Fingerspot Revo), another maker than ZKTeco: hadir "
            + "does not read it")
    static let pipes = StickRefusal(
        .separator, "this is attendance separated by |, as a re-brand writes it, not attlog.dat of a ZKTeco device")
    static let delimited = StickRefusal(
        .separator,
        "this is text with commas or semicolons, an export of some program or of another maker, not attlog.dat as a "
            + "ZKTeco device writes it: download the attendance at the device")
    static let dayFirst = StickRefusal(
        .dayFirst,
        "its dates are written like 04/05/2026 07:30: nobody can tell day from month, and seconds are missing; download "
            + "attlog.dat at the device")
    static let pushLines = StickRefusal(
        .pushLines,
        "these are lines of the network protocol, whose third column is the status, where attlog.dat has the device's "
            + "number: hadir does not guess")
    static let utf16 = StickRefusal(.utf16, "this is UTF-16 text, which no device writes: import the file as it came")
    static let binary = StickRefusal(
        .binary,
        "the file is not text: it is encrypted (turn off the encryption of downloads in the device's menu and download "
            + "again), damaged, or no attendance")
    static let unreadable = StickRefusal(
        .unreadable,
        "no line of it is a record of attlog.dat: user id, date and time, device, status, verify, work code")
}
