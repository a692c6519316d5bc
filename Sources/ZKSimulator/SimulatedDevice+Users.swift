import Foundation
import ZKWire

/// Writing and deleting of users, templates and logs.
extension SimulatedDevice {
    package mutating func changeUsers(_ frame: Frame, _ now: Date) -> Frame {
        switch frame.command {
        case .userWrite:
            guard frame.data.count == profile.users.size,
                let user = try? UserRecord(frame.data, layout: profile.users), mayWrite(user)
            else { return refused(frame) }
            if fire(.lazyWrites, at: now) {
                if writesWaiting.count < profile.userCapacity { writesWaiting.append(user) }
            } else {
                store(user, at: now)
            }
        case .refreshData:
            for user in writesWaiting { _ = write(user, at: now) }
            writesWaiting = []
        case .deleteUser:
            guard let index = Self.index(frame.data), users.delete(index: index) else { return refused(frame) }
            templates = templates.filter { $0.key.index != index }
            note(.userDeleted, user: index, at: now)
        case .clearAdmins:
            users.clearAdmins()
            note(.adminsCleared, at: now)
        case .deleteUserTemplate, .deleteTemplate:
            guard deleteTemplates(frame) else { return refused(frame) }
        case .userGroupRead:
            guard let user = Self.index(frame.data).flatMap({ users.user(index: $0) }) else { return refused(frame) }
            return ok(frame, data: [user.group])
        case .userGroupWrite:
            guard var user = Self.index(frame.data).flatMap({ users.user(index: $0) }), frame.data.count >= 5 else {
                return refused(frame)
            }
            user.group = frame.data[4]
            users.write(user)
        default: break
        }
        return ok(frame)
    }

    /// One template: by 9 bare and in a burst, by 88 with a byte behind it and, where it fits, inline.
    func readTemplate(_ frame: Frame, _ peer: Peer) -> [Frame] {
        let isBare = frame.command == .userTemplateRead
        guard let slot = Self.slot(frame.data), let template = templates[slot] else {
            // The firmware's number for "read failed" where no finger is enrolled.
            return [isBare ? refused(frame) : reply(.readFailed, to: frame)]
        }
        if isBare { return burst(template, answering: frame, peer: peer) }
        if template.count < DeviceProfile.inlineLimit { return [reply(.data, to: frame, data: template + [0])] }
        return burst(template + [0], answering: frame, peer: peer)
    }

    /// Whether it was taken: see `mayWrite`.
    mutating func write(_ user: UserRecord, at now: Date) -> Bool {
        guard mayWrite(user) else { return false }
        store(user, at: now)
        return true
    }

    private mutating func store(_ user: UserRecord, at now: Date) {
        users.write(user)
        note(.userEnrolled, user: user.index, at: now)
    }

    /// Refused are index 0, an empty or too long user id, one that another index has, and a user too many.
    private func mayWrite(_ user: UserRecord) -> Bool {
        guard user.index > 0, !user.userID.isEmpty, user.userID.count <= Int(profile.pinWidth) else { return false }
        if let other = users.user(id: user.userID), other.index != user.index { return false }
        return users.user(index: user.index) != nil || users.count < profile.userCapacity
    }

    /// All templates as the templates dataset has them: size, index, finger, flag, template.
    func templateEntries() -> [UInt8] {
        var bytes: [UInt8] = []
        let sorted = templates.sorted { ($0.key.index, $0.key.finger) < ($1.key.index, $1.key.finger) }
        for (slot, template) in sorted {
            bytes.append(littleEndian: UInt16(truncatingIfNeeded: template.count + TemplateEntry.headerSize))
            bytes.append(littleEndian: slot.index)
            bytes += [slot.finger, 1] + template
        }
        return bytes
    }

    /// 134 names a user id, 19 an index; 19 without a finger means all of them.
    private mutating func deleteTemplates(_ frame: Frame) -> Bool {
        let before = templates.count
        if frame.command == .deleteTemplate {
            let id = frame.data.prefix(24).prefix { $0 != 0 }
            guard frame.data.count >= 25, let user = users.user(id: Array(id)) else { return false }
            templates[TemplateSlot(index: user.index, finger: frame.data[24])] = nil
        } else if let slot = Self.slot(frame.data) {
            templates[slot] = nil
        } else if let index = Self.index(frame.data) {
            templates = templates.filter { $0.key.index != index }
        }
        return templates.count < before
    }

    static func index(_ data: [UInt8]) -> UInt16? {
        data.count >= 2 ? UInt16(data[0]) | UInt16(data[1]) << 8 : nil
    }

    static func slot(_ data: [UInt8]) -> TemplateSlot? {
        guard let index = index(data), data.count >= 3 else { return nil }
        return TemplateSlot(index: index, finger: data[2])
    }

    mutating func clear(_ frame: Frame, _ now: Date) -> Frame {
        switch (frame.command, frame.data.first) {
        case (.clearAttendance, _), (.clearData, 1): clearLog(at: now)
        case (.clearOperations, _), (.clearData, 4): operations = []
        case (.clearData, 2): templates = [:]
        case (.clearData, 5):
            users.removeAll()
            templates = [:]
        case (.clearData, nil):
            // Without a type everything goes.
            log.clear()
            users.removeAll()
            templates = [:]
            operations = []
        default: return refused(frame)
        }
        if frame.command == .clearData { note(.dataCleared, at: now) }
        return ok(frame)
    }
}
