/// A device's first request, in either dialect and of every age (zk-push-adms, sections 1 and 3).
package struct PushHandshake: Equatable, Sendable {
    package enum Dialect: String, Sendable {
        /// Time attendance: what this listener speaks.
        case attendance
        /// Access control: recognised, and not registered.
        case security
    }

    package let serialText: String
    /// `nil` for clients before versions were told.
    package let version: String?
    package let deviceType: String?
    package let language: Int?
    package let dialect: Dialect

    /// - Returns: `nil` where it tells no serial.
    package init?(_ target: PushTarget) {
        guard let serial = target.serialText else { return nil }
        serialText = serial
        version = target.parameters["pushver"].flatMap { $0.isEmpty ? nil : $0 }
        deviceType = target.parameters["devicetype"]
        language = target.parameters["language"].flatMap { Int($0) }
        dialect = Self.dialect(of: target)
    }

    /// The version number is no sign of the dialect: both have 2.x and 3.x [R2].
    package static func dialect(of target: PushTarget) -> Dialect {
        let types: Set<String> = ["acc", "ins"]
        let tables: Set<String> = ["rtlog", "rtstate", "tabledata"]
        if let type = target.parameters["devicetype"]?.lowercased(), types.contains(type) { return .security }
        switch target.path {
        case .registry, .push, .rtdata, .querydata: return .security
        case .cdata: return tables.contains(target.table) ? .security : .attendance
        case .getrequest, .devicecmd, .ping, .fdata, .exchange, .file: return .attendance
        }
    }

    /// Below 2.2.14, the version a device has that tells none of the newer words.
    package var isOld: Bool {
        guard let version else { return true }
        let numbers = version.split(separator: ".").prefix(3).map { Int($0) ?? 0 }
        return numbers.lexicographicallyPrecedes([2, 2, 14])
    }
}

/// What a handshake is answered.
package struct PushSettings: Equatable, Sendable {
    /// Seconds from UTC of the device's zone at this moment.
    package var zoneOffset: Int
    /// By table, in lower case; one that is missing is told as `None`.
    package var stamps: [String: PushStamp]
    /// Ask for everything again, whatever was received.
    package var wantsEverything: Bool
    package var delay = 30

    package init(zoneOffset: Int, stamps: [String: PushStamp] = [:], wantsEverything: Bool = false) {
        self.zoneOffset = zoneOffset
        self.stamps = stamps
        self.wantsEverything = wantsEverything
    }

    /// The block that begins `GET OPTION FROM:`.
    ///
    /// Only attendance and the operation log are asked for: templates and photos stay on the device, whatever this
    /// program would do with them. Old clients get that as digits, which all papers read the same up to the second.
    package func text(for handshake: PushHandshake) -> String {
        var lines = ["GET OPTION FROM: \(handshake.serialText)"]
        let stamp: (String) -> String = { wantsEverything ? "0" : stamps[$0]?.text ?? "None" }
        if handshake.isOld {
            // The old names; `None` is a word these clients do not know.
            let number: (String) -> String = { wantsEverything ? "0" : stamps[$0]?.text ?? "0" }
            lines += ["Stamp=\(number("attlog"))", "OpStamp=\(number("operlog"))", "PhotoStamp=\(number("attphoto"))"]
        }
        lines += [
            "ATTLOGStamp=\(stamp("attlog"))", "OPERLOGStamp=\(stamp("operlog"))", "ATTPHOTOStamp=None",
            "ErrorDelay=60", "Delay=\(delay)", "TransTimes=00:00;14:05", "TransInterval=1",
            "TransFlag=\(handshake.isOld ? "1100000000" : "TransData AttLog\tOpLog")",
            "TimeZone=\(Self.zone(zoneOffset))",
            "Realtime=1", "Encrypt=0",
        ]
        if !handshake.isOld {
            lines += ["ServerVer=2.4.1", "PushProtVer=2.4.1", "PushOptionsFlag=1", "PushOptions=\(Self.wantedOptions)"]
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// For a device nobody admitted: that somebody listens, and when to come again. Its zone, its tables and its stamps
    /// are its own business until then.
    package static func forStranger(_ handshake: PushHandshake) -> String {
        "GET OPTION FROM: \(handshake.serialText)\nErrorDelay=60\nDelay=30\n"
    }

    private static let wantedOptions = "FWVersion,TransactionCount,UserCount,~DeviceName,~Platform,~MaxAttLogCount"

    /// Hours; where they are not whole, or beyond 12, minutes, which a device knows by their size.
    static func zone(_ seconds: Int) -> Int {
        let minutes = seconds / 60
        if minutes % 60 == 0, (-12...12).contains(minutes / 60) { return minutes / 60 }
        return abs(minutes) > 60 ? minutes : minutes / 60
    }
}
