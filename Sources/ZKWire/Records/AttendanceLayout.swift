/// How a device lays out one attendance record. Sizes and offsets: zk-protocol, section 11.1.
package enum AttendanceLayout: String, CaseIterable, Hashable, Sendable {
    /// 8 bytes of old black-and-white devices: index, verify, time, state.
    case a8
    /// 8 bytes of the MA300: index, verify, state, time.
    case a8TimeLast = "a8-ma300"
    /// 16 bytes, the maker's order: state before verify.
    case a16
    /// 16 bytes read the way pyzk does: verify before state. Only by configuration; nothing tells them apart.
    case a16VerifyFirst = "a16-verify-first"
    /// 22 bytes of the AK3750 and of USB: a 9-byte user id (zk-usb, section 3.4).
    case a22
    /// 40 bytes of colour-screen devices.
    case a40
    /// 49 bytes of face devices: the 40 and nine more.
    case a49

    /// Bytes of one record.
    package var size: Int {
        switch self {
        case .a8, .a8TimeLast: 8
        case .a16, .a16VerifyFirst: 16
        case .a22: 22
        case .a40: 40
        case .a49: 49
        }
    }

    /// Whether records name the device's internal user index instead of the user id.
    package var namesIndex: Bool { size == 8 }

    struct Offsets {
        var index: Int?
        /// Start and length of the text user id; a length of 4 at layout 16 is a u32.
        var userID: (Int, Int)?
        var userNumber: Int?
        var verify: Int
        var time: Int
        var state: Int
        var workCode: Int?
        /// Where the bytes begin that this version does not read.
        var tail: Int
    }

    var offsets: Offsets {
        switch self {
        case .a8: Offsets(index: 0, verify: 2, time: 3, state: 7, tail: 8)
        case .a8TimeLast: Offsets(index: 0, verify: 2, time: 4, state: 3, tail: 8)
        case .a16: Offsets(userNumber: 0, verify: 9, time: 4, state: 8, workCode: 12, tail: 10)
        case .a16VerifyFirst: Offsets(userNumber: 0, verify: 8, time: 4, state: 9, workCode: 12, tail: 10)
        case .a22: Offsets(index: 0, userID: (2, 9), verify: 12, time: 13, state: 17, tail: 18)
        case .a40, .a49: Offsets(index: 0, userID: (2, 24), verify: 26, time: 27, state: 31, workCode: 32, tail: 32)
        }
    }
}

extension AttendanceLayout {
    /// Where a record's fields stand, for those who patch records in place by the thousand.
    package var timeOffset: Int { offsets.time }
    package var stateOffset: Int { offsets.state }
    package var verifyOffset: Int { offsets.verify }
}
