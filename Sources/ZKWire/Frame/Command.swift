/// What a frame asks or answers. Numbers and names: zk-protocol, section 6.
package struct Command: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
    package let rawValue: UInt16

    package init(rawValue: UInt16) { self.rawValue = rawValue }

    private init(_ rawValue: UInt16) { self.rawValue = rawValue }

    // Session and control.
    package static let connect = Command(1000)
    package static let exit = Command(1001)
    package static let enableDevice = Command(1002)
    package static let disableDevice = Command(1003)
    package static let restart = Command(1004)
    package static let powerOff = Command(1005)
    package static let sleep = Command(1006)
    package static let resume = Command(1007)
    package static let captureFinger = Command(1009)
    package static let testTemplate = Command(1011)
    package static let captureImage = Command(1012)
    package static let refreshData = Command(1013)
    package static let refreshOption = Command(1014)
    package static let testVoice = Command(1017)
    package static let getVersion = Command(1100)
    package static let changeSpeed = Command(1101)
    package static let auth = Command(1102)

    // Bulk data.
    package static let prepareData = Command(1500)
    package static let data = Command(1501)
    package static let freeData = Command(1502)
    package static let prepareBuffer = Command(1503)
    package static let readBuffer = Command(1504)
    package static let checksumBuffer = Command(119)
    package static let databaseRead = Command(7)

    // Users, templates, cards.
    package static let userWrite = Command(8)
    package static let userTemplateRead = Command(9)
    package static let userTemplateWrite = Command(10)
    package static let deleteUser = Command(18)
    package static let deleteUserTemplate = Command(19)
    package static let clearAdmins = Command(20)
    package static let templateWrite = Command(87)
    package static let templateRead = Command(88)
    package static let saveUserTemplates = Command(110)
    package static let deleteTemplate = Command(134)
    package static let writeMifare = Command(76)
    package static let emptyMifare = Command(78)
    package static let verifyWrite = Command(79)
    package static let verifyRead = Command(80)
    package static let getPinWidth = Command(69)

    // Options, status, clock, logs.
    package static let optionRead = Command(11)
    package static let optionWrite = Command(12)
    package static let attendanceRead = Command(13)
    package static let clearData = Command(14)
    package static let clearAttendance = Command(15)
    package static let clearOperations = Command(33)
    package static let operationsRead = Command(34)
    package static let getFreeSizes = Command(50)
    package static let enableClock = Command(57)
    package static let stateRead = Command(64)
    package static let getTime = Command(201)
    package static let setTime = Command(202)
    package static let registerEvent = Command(500)

    // Screen, door, access rules, messages.
    package static let userGroupRead = Command(21)
    package static let userGroupWrite = Command(22)
    package static let userTimezoneRead = Command(23)
    package static let userTimezoneWrite = Command(24)
    package static let groupTimezoneRead = Command(25)
    package static let groupTimezoneWrite = Command(26)
    package static let timezoneRead = Command(27)
    package static let timezoneWrite = Command(28)
    package static let unlockGroupRead = Command(29)
    package static let unlockGroupWrite = Command(30)
    package static let unlock = Command(31)
    package static let clearAccess = Command(32)
    package static let startVerify = Command(60)
    package static let startEnroll = Command(61)
    package static let cancelCapture = Command(62)
    package static let writeLCD = Command(66)
    package static let clearLCD = Command(67)
    package static let smsWrite = Command(70)
    package static let smsRead = Command(71)
    package static let smsDelete = Command(72)
    package static let userDataWrite = Command(73)
    package static let userDataDelete = Command(74)
    package static let doorStateRead = Command(75)

    // Replies.
    package static let ackOK = Command(2000)
    package static let ackError = Command(2001)
    package static let ackData = Command(2002)
    package static let ackRetry = Command(2003)
    package static let ackRepeat = Command(2004)
    package static let ackUnauthorised = Command(2005)
    package static let dataError = Command(65531)
    package static let initError = Command(65532)
    package static let commandError = Command(65533)
    package static let ackUnknown = Command(65535)
    /// Answer to `connect` of firmware that wants a newer handshake (zk-protocol, section 17).
    package static let newHandshake = Command(6001)
    package static let noSessionBuffer = Command(4989)
    package static let noSuchData = Command(4991)
    package static let readFailed = Command(4993)

    /// The maker's name, as in zk-protocol: `CMD_CONNECT`; `ERR_4989` and `UNKNOWN_6001` for numbers without one.
    package var name: String {
        Self.names[rawValue] ?? ((4982...4999).contains(rawValue) ? "ERR_\(rawValue)" : "UNKNOWN_\(rawValue)")
    }

    package var description: String { name }

    /// A reply that says the command was not carried out.
    package var isRefusal: Bool {
        switch rawValue {
        case 2001, 2003, 2004, 4982...4999, 65531...65533, 65535: true
        default: false
        }
    }

    /// Commands that wipe, delete or switch off. No code path of hadir sends them without an operator's word.
    package var isDestructive: Bool {
        switch self {
        case .clearData, .clearAttendance, .deleteUser, .deleteUserTemplate, .clearAdmins, .clearOperations,
            .deleteTemplate, .powerOff, .restart:
            true
        default: false
        }
    }
}
