import ZKWire

/// What does not change while a session on USB lasts: how much fits, and how many fingers there were.
struct USBRoom: Hashable, Sendable {
    var fingers, fingerCapacity, userCapacity, attendanceCapacity: UInt32
}

/// Counters of a device on a USB cable: one number a question, each taking a fifth of a second (zk-usb, section 3.3).
extension DeviceSession {
    private enum Counter: UInt32 {
        case users = 4
        case fingers = 6
        case attendance = 8
        case fingerCapacity = 14
        case userCapacity = 15
        case attendanceCapacity = 16
    }

    /// - Returns: `nil` where one that matters is not answered, or they cannot all be true: then nothing is known.
    func countersOneByOne() async throws -> FreeSizes? {
        guard let attendance = try await counter(.attendance), let users = try await counter(.users),
            let room = try await room()
        else { return nil }
        let sizes = FreeSizes(
            users: users, userCapacity: room.userCapacity, attendance: attendance,
            attendanceCapacity: room.attendanceCapacity, fingers: room.fingers, fingerCapacity: room.fingerCapacity)
        return sizes.isPlausible ? sizes : nil
    }

    private func room() async throws -> USBRoom? {
        if let roomOnUSB { return roomOnUSB }
        guard let attendanceCapacity = try await counter(.attendanceCapacity),
            let userCapacity = try await counter(.userCapacity)
        else { return nil }
        // Nothing depends on these two.
        let fingers = try await counter(.fingers) ?? 0
        let fingerCapacity = try await counter(.fingerCapacity) ?? 0
        roomOnUSB = USBRoom(
            fingers: fingers, fingerCapacity: fingerCapacity, userCapacity: userCapacity,
            attendanceCapacity: attendanceCapacity)
        return roomOnUSB
    }

    private func counter(_ counter: Counter) async throws -> UInt32? {
        let reply = try await request(
            .getFreeSizes, data: PackedTime(rawValue: counter.rawValue).bytes, operation: "read counters")
        guard reply.command == .ackOK, reply.data.count == 4 else { return nil }
        return reply.data.leadingU32
    }
}
