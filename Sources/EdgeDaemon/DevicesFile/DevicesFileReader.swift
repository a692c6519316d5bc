import Attendance
import Foundation
import ServiceSupport
import TOMLKit
import ZKClient
import ZKWire

/// Turns a parsed file into a configuration and collects everything that is wrong with it.
struct DevicesFileReader {
    private(set) var findings: [DevicesFileError.Finding] = []
    private let path: String
    private let table: TOMLTable
    private let index: LineIndex
    /// Sections with lines that were told already: a key not seen there is not a missing one.
    private let damaged: Set<String>

    private static let keys: [String: [String]] = [
        "edge": ["unit", "timezone", "help", "status_listen"],
        "centre": ["heartbeat", "proxy", "proxy_auth_file", "orders"],
        "push": ["listen", "certificate", "key", "path"],
        "device": [
            "address", "serial", "comm_key", "comm_key_file", "poll", "live", "timezone", "clock_correction",
            "verify_first", "encoding", "loose_replies", "serial_tag", "usb_settle", "usb_chunk",
        ],
    ]

    init(path: String, table: TOMLTable, text: String, damaged: Set<String>) {
        self.path = path
        self.table = table
        self.index = LineIndex(text)
        self.damaged = damaged
    }

    mutating func read() -> EdgeConfiguration? {
        checkShape()
        let edge = place("edge", values: table["edge"]?.table)
        let centre = place("centre", values: table["centre"]?.table)
        if edge.number == nil, !damaged.contains("edge") {
            note(0, "section [edge] is missing; it names the unit and its time zone")
        }
        let unit = text("unit", in: edge, isRequired: true) { Self.isUnit($0) ? $0 : nil }
        let timezone = zone(in: edge, isRequired: true)
        let help = text("help", in: edge) { Self.isUnit($0) ? $0 : nil }
        let listen = text(
            "status_listen", in: edge, wants: "host:port on this computer, such as \"127.0.0.1:9470\"", Self.listen)
        let heartbeat = duration("heartbeat", in: centre, .seconds(1) ... .seconds(60))
        let proxy = proxy(in: centre)
        let orders = text(
            "orders", in: centre, wants: "\"off\", or some of resend, time_set and users, such as \"resend users\"",
            Self.orders)
        let push = push(in: place("push", values: table["push"]?.table))
        var devices: [DeviceConfiguration] = []
        var lines: [Int] = []
        for (number, found) in index.sections.enumerated() where found.name.hasPrefix("device.") {
            let name = String(found.name.dropFirst("device.".count))
            let place = Place(name: found.name, number: number, values: table["device"]?.table?[name]?.table)
            guard let device = device(name, in: place, timezone: timezone) else { continue }
            devices.append(device)
            lines.append(found.line)
        }
        checkPairs(devices, lines)
        checkPush(devices, lines)
        guard findings.isEmpty, let unit, let timezone else { return nil }
        return EdgeConfiguration(
            unit: unit, timezone: timezone, statusListen: listen, heartbeat: heartbeat ?? .seconds(60), proxy: proxy,
            orders: orders ?? [.resend], devices: devices, help: help, push: push)
    }

    // MARK: Sections and keys

    private struct Place {
        let name: String
        /// Position among the index's sections; `nil` where the file has no such section.
        let number: Int?
        let values: TOMLTable?
    }

    private func place(_ name: String, values: TOMLTable?) -> Place {
        Place(name: name, number: index.sections.firstIndex { $0.name == name }, values: values)
    }

    private mutating func note(_ line: Int, column: Int? = nil, _ message: String) {
        findings.append(.init(file: path, line: line, column: column, message: message))
    }

    /// Unknown sections and keys, and ways of writing them that the file does not use.
    private mutating func checkShape() {
        for section in index.sections {
            if section.name.hasPrefix("device.") {
                let name = section.name.dropFirst("device.".count)
                if !DeviceConfiguration.isName(name) {
                    note(
                        section.line,
                        "device name \"\(name)\" is not 1 to 32 of a-z, 0-9, _ and -; rename [\(section.name)]")
                }
            } else if section.name == "device" {
                note(section.line, "[device] has no name; write [device.NAME], such as [device.lobby]")
            } else if Self.keys[section.name] == nil {
                let hint = ConfigurationText.suggestion(section.name, among: ["edge", "centre", "push", "device.NAME"])
                note(section.line, "unknown section [\(section.name)]\(hint)")
            }
        }
        for key in index.keys { checkShape(of: key) }
    }

    private mutating func checkShape(of key: LineIndex.Key) {
        guard let number = key.section else {
            note(
                key.line, column: key.column,
                "key \"\(key.name)\" stands before the first section; move it under [edge]")
            return
        }
        let section = index.sections[number].name
        let kind = section.hasPrefix("device.") ? "device" : section
        guard let known = Self.keys[kind], section != "device", !known.contains(key.name) else { return }
        let hint = ConfigurationText.suggestion(key.name, among: known)
        note(key.line, column: key.column, "unknown key \"\(key.name)\" in [\(section)]\(hint)")
    }

    private func entry(_ key: String, in place: Place) -> LineIndex.Key? {
        place.number.flatMap { number in index.keys.first { $0.section == number && $0.name == key } }
    }

    private func line(of place: Place) -> Int { place.number.map { index.sections[$0].line } ?? 0 }

    private mutating func missing(_ key: String, in place: Place) {
        // The whole section missing is told once, elsewhere.
        guard !damaged.contains(place.name), place.number != nil else { return }
        note(line(of: place), "key \"\(key)\" is missing in [\(place.name)]")
    }

    // MARK: Values

    /// A text value that `read` understands; a finding says `wants` where it does not.
    private mutating func text<Value>(
        _ key: String, in place: Place, isRequired: Bool = false, wants: String = "a text of 1 to 120 characters",
        _ read: (String) -> Value?
    ) -> Value? {
        guard let entry = entry(key, in: place) else {
            if isRequired { missing(key, in: place) }
            return nil
        }
        if let text = place.values?[key]?.string, let value = read(text) { return value }
        note(entry.line, column: entry.valueColumn, "\"\(key)\" in [\(place.name)] must be \(wants)")
        return nil
    }

    private mutating func flag(_ key: String, in place: Place) -> Bool? {
        guard let entry = entry(key, in: place) else { return nil }
        if let value = place.values?[key]?.bool { return value }
        note(
            entry.line, column: entry.valueColumn, "\"\(key)\" in [\(place.name)] must be true or false, without quotes"
        )
        return nil
    }

    private mutating func duration(_ key: String, in place: Place, _ range: ClosedRange<Duration>) -> Duration? {
        let limits = "\(DurationText.write(range.lowerBound)) to \(DurationText.write(range.upperBound))"
        return text(key, in: place, wants: "a time of \(limits), such as \"60s\" or \"5m\"") {
            DurationText.parse($0).flatMap { range.contains($0) ? $0 : nil }
        }
    }

    private mutating func zone(in place: Place, isRequired: Bool) -> String? {
        text(
            "timezone", in: place, isRequired: isRequired,
            wants: "\"WIB\", \"WITA\", \"WIT\" or an IANA name such as \"Asia/Jakarta\"", TimezoneName.resolve)
    }

    // MARK: The centre

    private mutating func proxy(in place: Place) -> HTTPProxy? {
        let proxy = text(
            "proxy", in: place,
            wants: "http://host:port, such as \"http://10.0.0.1:3128\"; name and password go into proxy_auth_file"
        ) { HTTPProxy($0) }
        guard let file = entry("proxy_auth_file", in: place) else { return proxy }
        guard let credentials = secret("proxy_auth_file", file, in: place, KeyFile.credentials) else { return proxy }
        guard let proxy else {
            if entry("proxy", in: place) == nil {
                note(file.line, column: file.column, "\"proxy_auth_file\" in [centre] without \"proxy\"")
            }
            return nil
        }
        return HTTPProxy(host: proxy.host, port: proxy.port, credentials: credentials)
    }

    // MARK: Push

    private mutating func push(in place: Place) -> PushConfiguration? {
        guard place.number != nil else { return nil }
        let listen = text(
            "listen", in: place, isRequired: true,
            wants: "address:port of this computer, such as \"192.168.1.10:8081\"", Self.pushListen)
        let path = text(
            "path", in: place, wants: "8 to 64 of a-z, A-Z, 0-9, - and _, such as \"k7Qm2vXw\"", Self.pushPath)
        let certificate = file("certificate", in: place)
        let key = file("key", in: place)
        if (certificate == nil) != (key == nil),
            entry("certificate", in: place) == nil || entry("key", in: place) == nil
        {
            note(line(of: place), "[push] has one of \"certificate\" and \"key\"; it needs both, or none")
        }
        return listen.map { PushConfiguration(listen: $0, certificate: certificate, key: key, path: path ?? "") }
    }

    /// The path of a file that can be read now.
    private mutating func file(_ key: String, in place: Place) -> String? {
        guard let entry = entry(key, in: place) else { return nil }
        guard let name = place.values?[key]?.string, !name.isEmpty else {
            note(entry.line, column: entry.valueColumn, "\"\(key)\" in [\(place.name)] must be a file's name")
            return nil
        }
        let found = ConfigurationText.place(of: name, beside: path)
        if access(found, R_OK) == 0 { return found }
        let reason = String(cString: strerror(errno))
        note(entry.line, column: entry.valueColumn, "\(key) file \(found) cannot be read: \(reason)")
        return nil
    }

    /// A device that reports by itself is known by its serial alone, and needs somewhere to report to.
    private mutating func checkPush(_ devices: [DeviceConfiguration], _ lines: [Int]) {
        let hasPush = index.sections.contains { $0.name == "push" }
        for (device, line) in zip(devices, lines) where device.address.link == .push {
            if device.serial == nil {
                note(line, "[device.\(device.name)] reports by itself and needs its \"serial\"")
            }
            if !device.address.host.isEmpty, !Self.isAddress(device.address.host) {
                note(line, "[device.\(device.name)]: what follows push:// must be an IP address, or nothing")
            }
            if !hasPush {
                note(line, "[device.\(device.name)] reports by itself; add [push] with \"listen\"")
            }
        }
    }

    // MARK: Devices

    private mutating func device(_ name: String, in place: Place, timezone: String?) -> DeviceConfiguration? {
        let address = address(in: place)
        let serial = text("serial", in: place, wants: "the device's serial number, up to 64 characters") {
            DeviceSerial($0)
        }
        let tag = text("serial_tag", in: place, wants: "1 to 16 of a-z, 0-9 and -") {
            DeviceConfiguration.isSerialTag($0) ? $0 : nil
        }
        let commKey = commKey(in: place, of: address)
        let poll = duration("poll", in: place, .seconds(1) ... .seconds(86_400))
        let live = flag("live", in: place)
        let zone = zone(in: place, isRequired: false) ?? timezone
        let correction = text(
            "clock_correction", in: place, wants: "\"off\" or a limit of 2s to 24h, such as \"10m\"", Self.correction)
        let verifyFirst = flag("verify_first", in: place)
        let encoding = text("encoding", in: place, wants: "\"utf-8\", \"gbk\" or \"latin-1\"") {
            DeviceConfiguration.NameEncoding(rawValue: $0)
        }
        let looseReplies = flag("loose_replies", in: place)
        let usb = usb(in: place, address)
        guard let address, let zone, DeviceConfiguration.isName(name) else { return nil }
        var device = DeviceConfiguration(
            name: name, address: address, serial: serial, commKey: commKey ?? .none,
            poll: poll ?? address.usualPoll,
            live: live ?? true, timezone: zone, clockCorrection: correction ?? nil,
            attendanceOrder16VerifyFirst: verifyFirst ?? false, nameEncoding: encoding ?? .utf8,
            looseReplies: looseReplies ?? false, serialTag: tag)
        device.usb = usb
        return device
    }

    private mutating func usb(in place: Place, _ address: DeviceAddress?) -> USBSettings {
        var settings = USBSettings()
        // No lower: a terminal that is asked sooner stops until its power is cut.
        if let settle = duration("usb_settle", in: place, USBSettings.shortestSettle ... .seconds(10)) {
            settings.settle = settle
        }
        if let entry = entry("usb_chunk", in: place) {
            if let chunk = place.values?["usb_chunk"]?.int, USBSettings.chunks.contains(chunk) {
                settings.longestChunk = chunk
            } else {
                note(
                    entry.line, column: entry.valueColumn,
                    "\"usb_chunk\" in [\(place.name)] must be a number of \(USBSettings.chunks.lowerBound) to "
                        + "\(USBSettings.chunks.upperBound), no quotes")
            }
        }
        for key in ["usb_settle", "usb_chunk"] where address.map({ $0.usb == nil }) ?? false {
            guard let entry = entry(key, in: place) else { continue }
            note(
                entry.line, column: entry.column,
                "\"\(key)\" in [\(place.name)] is for an address such as usb://1b55:0a01 only")
        }
        return settings
    }

    private mutating func address(in place: Place) -> DeviceAddress? {
        guard let entry = entry("address", in: place) else {
            missing("address", in: place)
            return nil
        }
        do {
            return try DeviceAddress(parsing: place.values?["address"]?.string ?? "")
        } catch {
            note(entry.line, column: entry.valueColumn, "\(error)")
            return nil
        }
    }

    private mutating func commKey(in place: Place, of address: DeviceAddress?) -> CommKey? {
        let file = entry("comm_key_file", in: place)
        if let key = address?.comKey {
            if let other = file ?? entry("comm_key", in: place) {
                note(other.line, "[\(place.name)] has a key in its address and in \"\(other.name)\"; keep one of them")
            } else if !DevicesFile.keyRange.contains(Int(key)), let entry = entry("address", in: place) {
                note(
                    entry.line, column: entry.valueColumn,
                    "com_key in the address of [\(place.name)] must be 0 to \(DevicesFile.keyRange.upperBound)")
            }
            return CommKey(key)
        }
        guard let entry = entry("comm_key", in: place) else { return file.flatMap { keyFile($0, in: place) } }
        if let file {
            note(
                max(file.line, entry.line),
                "[\(place.name)] has both \"comm_key\" and \"comm_key_file\"; keep one of them")
            return nil
        }
        guard let number = place.values?["comm_key"]?.int, DevicesFile.keyRange.contains(number),
            let key = UInt32(exactly: number)
        else {
            note(
                entry.line, column: entry.valueColumn,
                "\"comm_key\" in [\(place.name)] must be a number of 0 to \(DevicesFile.keyRange.upperBound), no quotes"
            )
            return nil
        }
        return CommKey(key)
    }

    private mutating func keyFile(_ entry: LineIndex.Key, in place: Place) -> CommKey? {
        secret("comm_key_file", entry, in: place, KeyFile.commKey)
    }

    /// What a file beside this one, or a credential of the service, holds.
    private mutating func secret<Value>(
        _ name: String, _ entry: LineIndex.Key, in place: Place, _ read: (String) -> Result<Value, KeyFile.Problem>
    ) -> Value? {
        guard let file = place.values?[name]?.string, !file.isEmpty else {
            note(entry.line, column: entry.valueColumn, "\"\(name)\" in [\(place.name)] must be a file's name")
            return nil
        }
        switch read(ConfigurationText.place(of: file, beside: path)) {
        case .success(let value): return value
        case .failure(.told(let message)):
            note(entry.line, column: entry.valueColumn, message)
            return nil
        }
    }

    /// Two devices with one serial or address would read, and count, the same scans.
    private mutating func checkPairs(_ devices: [DeviceConfiguration], _ lines: [Int]) {
        var serials: [DeviceSerial: String] = [:]
        var earlier: [DeviceConfiguration] = []
        for (device, line) in zip(devices, lines) {
            if let other = earlier.first(where: { $0.address.mayBeSamePlace(as: device.address) }) {
                note(
                    line,
                    "[device.\(device.name)] has the address of [device.\(other.name)]: \(device.address); keep one"
                        + (device.address.usb == nil ? "" : ", or write bus and port into both")
                )
            }
            earlier.append(device)
            if let serial = device.journalSerial, let other = serials.updateValue(device.name, forKey: serial) {
                note(
                    line,
                    "[device.\(device.name)] has the serial of [device.\(other)]: \(serial); keep one")
            }
        }
    }
}
