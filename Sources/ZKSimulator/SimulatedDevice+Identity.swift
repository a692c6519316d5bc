import Foundation
import ZKWire

/// Who and how the device is: options, counts, state, clock.
extension SimulatedDevice {
    mutating func describe(_ frame: Frame, _ session: DeviceSession, _ now: Date) -> Frame {
        switch frame.command {
        case .optionRead: return readOption(frame)
        case .optionWrite: return writeOption(frame, now)
        case .getVersion: return ok(frame, data: Array(profile.version.utf8) + [0])
        case .getPinWidth: return ok(frame, data: [profile.pinWidth])
        case .getFreeSizes where profile.countersOneByOne: return counter(frame, at: now)
        case .getFreeSizes: return ok(frame, data: freeSizes(at: now))
        case .stateRead:
            // The state stands in the session field: 0 waiting, 4 busy.
            return Frame(.ackOK, session: isDisabled(at: now) ? 4 : 0, reply: frame.reply)
        case .getTime: return ok(frame, data: clock.time(at: now).bytes)
        case .setTime:
            guard let time = frame.data.leadingU32, clock.set(PackedTime(rawValue: time), at: now) else {
                return refused(frame)
            }
            note(.clockSet, at: now)
            return ok(frame)
        default:
            return ok(frame, data: [0])
        }
    }

    private func readOption(_ frame: Frame) -> Frame {
        let key = frame.data.textBeforeNUL
        let value = key == DeviceOption.serialNumber ? serial : options[key]
        guard let value else { return reply(profile.unknownOption, to: frame) }
        return ok(frame, data: DeviceOption(key: key, value: value).bytes)
    }

    private mutating func writeOption(_ frame: Frame, _ now: Date) -> Frame {
        guard let option = DeviceOption(frame.data), frame.data.count <= 256, !option.key.isEmpty,
            option.key != DeviceOption.serialNumber,
            options[option.key] != nil || options.count < Self.mostOptions
        else { return refused(frame) }
        options[option.key] = option.value
        // The maker's library writes this one at every connect; it is no change of the device.
        if option.key != DeviceOption.sdkBuild { note(.optionChanged, at: now) }
        return ok(frame)
    }

    /// One of the table's numbers, by its place (zk-usb, section 3.3).
    private mutating func counter(_ frame: Frame, at now: Date) -> Frame {
        let table = freeSizes(at: now)
        guard let index = frame.data.leadingU32, frame.data.count == 4, [4, 6, 8, 14, 15, 16].contains(index) else {
            return refused(frame)
        }
        let start = Int(index) * 4
        // `zero-counts` answers four zero bytes, whatever is asked.
        guard table.count >= start + 4 else { return ok(frame, data: table) }
        return ok(frame, data: Array(table[start..<(start + 4)]))
    }

    private mutating func freeSizes(at now: Date) -> [UInt8] {
        if fire(.zeroCounts, at: now) { return [0, 0, 0, 0] }
        var records = log.count
        if let fault = faults.active(.wrongCount, at: now), fire(.wrongCount, at: now) {
            records = min(max(0, records + Int(fault.value)), log.capacity)
        }
        func word(_ value: Int) -> UInt32 { UInt32(clamping: value) }
        return FreeSizes(
            users: word(users.count), userCapacity: word(profile.userCapacity), attendance: word(records),
            attendanceCapacity: word(log.capacity), fingers: word(templates.count),
            fingerCapacity: word(profile.fingerCapacity), operations: word(operations.count),
            admins: word(users.admins), passwords: word(users.passwords), faces: 0,
            faceCapacity: word(profile.faceCapacity)
        ).bytes(size: profile.sizesLength)
    }

    /// Options at switching on; the serial number is answered on its own.
    static func options(_ configuration: SimulatorConfiguration) -> [String: String] {
        let profile = configuration.profile
        var random = SeededRandom(seed: configuration.seed ^ 0x6D61_63)
        let tail = (0..<3).map { _ in hex(UInt8(truncatingIfNeeded: random.next())) }.joined(separator: ":")
        var options = [
            DeviceOption.deviceName: profile.deviceName,
            DeviceOption.platform: profile.platform,
            DeviceOption.pinWidth: String(profile.pinWidth),
            DeviceOption.mac: "00:17:61:\(tail)",
            DeviceOption.fingerVersion: "10",
            DeviceOption.os: "1",
            "~OEMVendor": "ZKTeco Inc.",
            "~ProductTime": "2016-06-15 10:11:12",
            "DeviceID": "1",
            "IPAddress": "192.168.1.201",
            "NetMask": "255.255.255.0",
            "GATEIPAddress": "192.168.1.1",
            "TCPPort": "4370",
            "UDPPort": "4370",
            "WorkCode": "0",
            "~SSR": "1",
            "~ExtendFmt": "0",
            "~UserExtFmt": profile.users == .u72 ? "1" : "0",
            "ExtendOPLog": "0",
            "CompatOldFirmware": "0",
            "LockOn": "5",
        ]
        if profile.faceCapacity > 0 {
            options[DeviceOption.faceVersion] = "12"
            options["FaceFunOn"] = "1"
        }
        return options
    }

    private static func hex(_ byte: UInt8) -> String {
        (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
    }
}
