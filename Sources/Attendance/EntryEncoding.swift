import Foundation

extension JSONLine {
    mutating func begin(_ kind: String, at moment: Date) {
        add("kind", kind)
        add("at", UTC.text(moment))
    }

    mutating func begin(_ kind: EntryBody.Kind, at moment: Date) {
        begin(kind.rawValue, at: moment)
    }
}

extension EpochStart {
    func write(to line: inout JSONLine, at moment: Date) {
        line.begin(.epoch, at: moment)
        line.add("reason", reason.rawValue)
        if let previous { line.add("previous", previous.text) }
        if let previousSeq { line.add("previous_seq", previousSeq) }
        if let previousHash { line.add("previous_hash", previousHash.hex) }
    }
}

extension Punch {
    func write(to line: inout JSONLine, at moment: Date) {
        line.begin(.punch, at: moment)
        writeFields(to: &line)
    }

    /// What follows the clock beside it.
    func writeFields(to line: inout JSONLine) {
        line.add("serial", serial.text)
        line.add("user_id", userID.text)
        if let hex = userID.hexIfNotText { line.add("user_id_hex", hex) }
        line.add("device_time", deviceTime.text)
        line.add("occurrence", occurrence)
        line.add("verify", verify)
        line.add("state", state)
        if let workCode { line.add("work_code", workCode) }
        line.add("source", source.rawValue)
        if !raw.isEmpty { line.add("raw", hex: raw) }
        if !flags.isEmpty { line.add("flags", flags.map(\.rawValue)) }
        if let file {
            line.add("file", file.sha256)
            line.add("by", file.by)
        }
    }
}

extension Coverage {
    func write(to line: inout JSONLine, at moment: Date) {
        line.begin(.coverage, at: moment)
        line.add("serial", serial.text)
        line.add("from", UTC.text(from))
        line.add("to", UTC.text(to))
        line.add("source", source.rawValue)
        var list: [UInt8] = []
        for hole in holes {
            var item = JSONLine()
            item.add("from", UTC.text(hole.from))
            item.add("to", UTC.text(hole.to))
            item.add("why", hole.why)
            if !list.isEmpty { list.append(UInt8(ascii: ",")) }
            list += item.finish()
        }
        line.add("holes", json: [UInt8(ascii: "[")] + list + [UInt8(ascii: "]")])
    }
}

extension ClockReading {
    func write(to line: inout JSONLine, at moment: Date) {
        line.begin(.clock, at: moment)
        line.add("serial", serial.text)
        line.add("device_time", deviceTime.text)
        if let offset { line.add("offset", offset) }
        line.add("monotonic", monotonic)
        line.add("boot_id", bootID)
    }
}

extension DeviceFacts {
    func write(to line: inout JSONLine, at moment: Date) {
        line.begin(.device, at: moment)
        line.add("serial", serial.text)
        line.add("name", name)
        line.add("timezone", timezone)
        line.add("model", model)
        line.add("platform", platform)
        line.add("firmware", firmware)
        if let capacity { line.add("capacity", capacity) }
    }
}

extension DeviceUser {
    func write(to line: inout JSONLine, at moment: Date) {
        line.begin(.user, at: moment)
        line.add("serial", serial.text)
        line.add("user_id", userID.text)
        if let hex = userID.hexIfNotText { line.add("user_id_hex", hex) }
        line.add("name", name)
        line.add("privilege", privilege)
        if isRemoved { line.add("removed", json: "true".utf8) }
    }
}

extension OrderResult {
    func write(to line: inout JSONLine, at moment: Date) {
        line.begin(.order, at: moment)
        line.add("id", id)
        line.add("order", kind)
        line.add("result", result.rawValue)
        line.add("text", text)
    }
}

extension Alarm {
    func write(to line: inout JSONLine, at moment: Date) {
        line.begin(.alarm, at: moment)
        line.add("code", code)
        if let serial { line.add("serial", serial.text) }
        line.add("text", text)
    }
}
