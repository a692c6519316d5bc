import Foundation
import ZKWire

/// A finger being enrolled on a client's request (zk-protocol, section 13.5).
struct Enrolment: Hashable, Sendable {
    let slot: SimulatedDevice.TemplateSlot
    let userID: [UInt8]
    var good = 0
    var bad = 0

    static let touchesWanted = 3
    static let badAllowed = 3
}

/// What somebody's finger does at the device.
package enum Touch: String, Sendable, CaseIterable {
    case good, bad
    /// The finger of somebody who is enrolled already.
    case duplicate
    /// Nobody comes: the device gives up.
    case timeout
}

extension SimulatedDevice {
    /// The words of `EF_ENROLLFINGER`.
    private enum Result {
        static let done: UInt16 = 0
        static let failed: UInt16 = 4
        static let duplicate: UInt16 = 5
        static let timedOut: UInt16 = 6
    }

    /// 24 bytes of user id, finger, flag; or on old devices u32 user id, finger.
    mutating func startEnrolment(_ frame: Frame) -> Frame {
        guard profile.canEnrol else { return reply(profile.unknownCommand, to: frame) }
        let id: [UInt8]
        let finger: UInt8
        switch (profile.users, frame.data.count) {
        case (.u72, 26): (id, finger) = (Array(frame.data.prefix(24).prefix { $0 != 0 }), frame.data[24])
        case (.u28, 5), (.u16, 5): (id, finger) = (Array(String(frame.data.leadingU32 ?? 0).utf8), frame.data[4])
        default: return refused(frame)
        }
        guard finger <= 9, let user = users.user(id: id) else { return refused(frame) }
        let slot = TemplateSlot(index: user.index, finger: finger)
        guard templates[slot] == nil, templates.count < profile.fingerCapacity else { return refused(frame) }
        enrolment = Enrolment(slot: slot, userID: id)
        return ok(frame)
    }

    /// Somebody touches the sensor.
    ///
    /// - Returns: what is told, or `nil` where nobody is being enrolled.
    package mutating func touch(_ touch: Touch, at now: Date) -> DeviceOutput? {
        guard var current = enrolment, !isOff else { return nil }
        var output = DeviceOutput()
        func end(_ result: UInt16, _ size: Int = 0) {
            var data: [UInt8] = []
            data.append(littleEndian: result)
            if result == Result.done {
                data.append(littleEndian: UInt16(truncatingIfNeeded: size))
                data.append(text: current.userID, size: 9)
                data.append(current.slot.finger)
            }
            tell(.enrolFinger, data, &output)
            enrolment = nil
        }
        guard touch != .timeout else {
            end(Result.timedOut)
            return output
        }
        tell(.finger, [], &output)
        tell(.fingerScore, [touch == .bad ? 0 : 0x64], &output)
        switch touch {
        case .bad: current.bad += 1
        default: current.good += 1
        }
        enrolment = current
        if touch == .duplicate {
            end(Result.duplicate)
        } else if current.bad >= Enrolment.badAllowed {
            end(Result.failed)
        } else if current.good >= Enrolment.touchesWanted {
            let size = 400 + random.below(1000)
            templates[current.slot] = (0..<size).map { _ in UInt8(truncatingIfNeeded: random.next()) }
            note(.fingerEnrolled, user: current.slot.index, at: now)
            end(Result.done, size)
        }
        return output
    }

    private mutating func tell(_ code: RealtimeEvent.Code, _ data: [UInt8], _ output: inout DeviceOutput) {
        for peer in order where (sessions[peer]?.eventMask ?? 0) & UInt32(code.rawValue) != 0 {
            output.send(Frame(.registerEvent, session: code.rawValue, reply: 0, data: data), to: peer)
            statistics.eventsSent += 1
        }
    }
}
