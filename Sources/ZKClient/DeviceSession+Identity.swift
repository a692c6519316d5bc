import Foundation
import ZKWire

/// What a device says of itself.
package struct DeviceIdentity: Hashable, Sendable {
    /// As the device writes it; empty where it tells none.
    package var serial: String
    /// `~DeviceName`, such as `K40/ID`; may be empty.
    package var model: String
    package var platform: String
    package var firmware: String
    package var mac: String
    /// Longest user id in digits; `nil` where the device does not say.
    package var pinWidth: Int?
}

extension DeviceSession {
    /// The serial number alone: the first question of every session.
    ///
    /// - Throws: `DeviceError` with code `noSerial` where the device tells none.
    package func serialNumber() async throws -> String {
        guard let serial = try await option(DeviceOption.serialNumber), !serial.isEmpty else {
            throw DeviceError(.noSerial, "identify")
        }
        return serial
    }

    package func identity() async throws -> DeviceIdentity {
        DeviceIdentity(
            serial: try await serialNumber(),
            model: try await option(DeviceOption.deviceName) ?? "",
            platform: try await option(DeviceOption.platform) ?? "",
            firmware: try await firmware(),
            mac: try await option(DeviceOption.mac) ?? "",
            pinWidth: try await option(DeviceOption.pinWidth).flatMap { Int($0) })
    }

    /// Bytes of an answer that is text.
    private static let longestText = 256

    /// The value of one option; `nil` where the device does not know it.
    package func option(_ key: String) async throws -> String? {
        let reply = try await request(.optionRead, data: DeviceOption.request(key), operation: "read option \(key)")
        // Bounded in bytes: one character of text may be made of any number of them.
        guard reply.command == .ackOK, let option = DeviceOption(Array(reply.data.prefix(Self.longestText))) else {
            return nil
        }
        // The key comes back, so an answer to another question is told apart. Some firmware drops the `~`.
        let bare = { (text: String) in text.drop { $0 == "~" } }
        guard bare(option.key) == bare(key) else { return nil }
        return option.value
    }

    /// Writes one option and reads it back.
    ///
    /// - Returns: whether the device now shows `value`.
    package func setOption(_ key: String, to value: String) async throws -> Bool {
        let reply = try await request(
            .optionWrite, data: DeviceOption(key: key, value: value).bytes, operation: "write option \(key)")
        guard reply.command == .ackOK else { return false }
        _ = try await request(.refreshOption, operation: "write option \(key)")
        return try await option(key) == value
    }

    package func firmware() async throws -> String {
        let reply = try await request(.getVersion, operation: "read firmware version")
        return reply.command == .ackOK ? Array(reply.data.prefix(Self.longestText)).textBeforeNUL : ""
    }

    /// How full the device is; `nil` where it does not say, or says what cannot be.
    package func freeSizes() async throws -> FreeSizes? {
        if transport.traits.countersOneByOne { return try await countersOneByOne() }
        let reply = try await request(.getFreeSizes, operation: "read counters")
        guard reply.command == .ackOK, let sizes = FreeSizes(reply.data), sizes.isPlausible else { return nil }
        return sizes
    }

    /// The device's clock, local wall time.
    package func deviceTime() async throws -> PackedTime {
        let data = try await confirm(.getTime, operation: "read clock")
        guard let value = data.leadingU32 else { throw DeviceError(.incomplete, "read clock", "\(data.count) bytes") }
        return PackedTime(rawValue: value)
    }

    /// Sets the clock and reads it back.
    ///
    /// - Returns: the device's time after the write.
    /// - Throws: `DeviceError` with code `writeFailed` where it is then more than five seconds off.
    package func setDeviceTime(_ time: PackedTime) async throws -> PackedTime {
        _ = try await confirm(.setTime, data: time.bytes, operation: "set clock")
        _ = try await confirm(.refreshData, operation: "set clock")
        let after = try await deviceTime()
        // Packed times jump at the end of a month, so they are compared as dates.
        guard let wanted = time.parts.date, let shown = after.parts.date,
            (0...5).contains(shown.timeIntervalSince(wanted))
        else {
            throw DeviceError(.writeFailed, "set clock", "it now shows \(after.parts.text)")
        }
        return after
    }

    /// Asks for live events.
    package func registerEvents(mask: UInt32 = RealtimeEvent.attendanceOnly) async throws {
        _ = try await confirm(.registerEvent, data: PackedTime(rawValue: mask).bytes, operation: "ask for live events")
    }

    /// Blocks the device for at most `seconds`; it is enabled again however this session ends.
    package func disable(seconds: UInt32) async throws {
        _ = try await confirm(
            .disableDevice, data: PackedTime(rawValue: seconds).bytes, operation: "disable")
    }

    package func enable() async throws {
        _ = try await confirm(.enableDevice, operation: "enable")
    }
}

extension PackedTime.Parts {
    /// On a dial without zones; `nil` for a date that does not exist.
    fileprivate var date: Date? {
        guard isCalendarDate, let utc = TimeZone(identifier: "GMT") else { return nil }
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = utc
        return calendar.date(
            from: DateComponents(year: year, month: month, day: day, hour: hour, minute: minute, second: second))
    }
}
