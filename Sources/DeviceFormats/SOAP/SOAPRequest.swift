import ZKWire

/// What hadir asks of a device's web service, all of it: what deletes or overwrites records has no word here.
///
/// Source: zk-soap, section 2. It is no SOAP: the root element is the command itself.
package enum SOAPRequest: Hashable, Sendable {
    /// The whole log; devices ignore filters by date (zk-soap, section 4).
    case attendance
    /// Every user; devices know one of the two (zk-soap, section 2).
    case users
    case allUsers
    case clock
    case setClock(PackedTime.Parts)
    /// Of the device's own settings, such as `~SerialNumber`.
    case option(String)

    /// The root element of the request.
    package enum Command: String, Sendable, CaseIterable {
        case attendance = "GetAttLog"
        case users = "GetUserInfo"
        case allUsers = "GetAllUserInfo"
        case clock = "GetDate"
        case setClock = "SetDate"
        case option = "GetOption"

        /// The root element of the reply.
        package var reply: String { "\(rawValue)Response" }
    }

    package var command: Command {
        switch self {
        case .attendance: .attendance
        case .users: .users
        case .allUsers: .allUsers
        case .clock: .clock
        case .setClock: .setClock
        case .option: .option
        }
    }

    package static let path = "/iWsService"

    /// The request with its head: HTTP/1.0, closed by the device when it is answered (zk-soap, section 1).
    ///
    /// - Parameter key: the comm key, which travels in clear text; 0 where the device has none.
    package func bytes(key: UInt32) -> [UInt8] {
        let body = "<\(command.rawValue)><ArgComKey>\(key)</ArgComKey>\(arguments)</\(command.rawValue)>"
        let head =
            "POST \(Self.path) HTTP/1.0\r\nContent-Type: text/xml\r\nContent-Length: \(body.utf8.count)\r\n\r\n"
        return Array((head + body).utf8)
    }

    private var arguments: String {
        switch self {
        case .attendance, .users: "<Arg><PIN>All</PIN></Arg>"
        case .allUsers, .clock: ""
        case .setClock(let parts):
            "<Arg><Date>\(parts.text.prefix(10))</Date><Time>\(parts.text.suffix(8))</Time></Arg>"
        case .option(let name): "<Arg><Name>\(name)</Name></Arg>"
        }
    }
}
