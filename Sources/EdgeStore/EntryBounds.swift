import Attendance
import Crypto
import Foundation

/// What an entry may be long at most, so that nothing a device or a file says can stop the journal.
///
/// Texts for people are cut, with an ellipsis; a punch is kept whole, because its user id is part of its key.
extension EntryBody {
    /// Bytes of UTF-8 of an alarm's text, and of one name that a device or a configuration gives.
    static let longestText = 2000
    static let longestName = 256
    static let mostHoles = 100

    /// The line to journal, never over `longestBody`.
    ///
    /// A punch that does not fit stands there as an alarm with its size and SHA-256: no device's record has a
    /// user id of thousands of bytes, so this is damage or an attack, and a person must look at it.
    func boundedLine(at moment: Date) -> [UInt8] {
        let line = bounded.encode(at: moment)
        guard line.count > Self.longestBody else { return line }
        let digest = Hex.encode(SHA256.hash(data: line))
        let text = "an entry of \(line.count) bytes was not kept as it is too long; SHA-256 \(digest)"
        return EntryBody.alarm(Alarm(code: "entry_too_long", serial: mentionedSerial, text: text)).encode(at: moment)
    }

    private var bounded: EntryBody {
        switch self {
        case .alarm(let alarm):
            .alarm(
                Alarm(
                    code: alarm.code.cut(to: Self.longestName), serial: alarm.serial,
                    text: alarm.text.cut(to: Self.longestText)))
        case .device(let facts):
            .device(
                DeviceFacts(
                    serial: facts.serial, name: facts.name.cut(to: Self.longestName),
                    timezone: facts.timezone.cut(to: Self.longestName), model: facts.model.cut(to: Self.longestName),
                    platform: facts.platform.cut(to: Self.longestName),
                    firmware: facts.firmware.cut(to: Self.longestName), capacity: facts.capacity))
        case .coverage(let coverage):
            .coverage(
                Coverage(
                    serial: coverage.serial, from: coverage.from, to: coverage.to, source: coverage.source,
                    holes: Self.bounded(coverage.holes)))
        case .clock(let clock):
            .clock(
                ClockReading(
                    serial: clock.serial, deviceTime: clock.deviceTime, offset: clock.offset,
                    monotonic: clock.monotonic, bootID: clock.bootID.cut(to: Self.longestName)))
        case .user(let user):
            .user(
                DeviceUser(
                    serial: user.serial, userID: user.userID, name: user.name.cut(to: Self.longestName),
                    privilege: user.privilege, isRemoved: user.isRemoved))
        case .operation(let operation): .operation(Self.bounded(operation))
        case .order(let result):
            .order(
                OrderResult(
                    id: result.id.cut(to: Self.longestName), kind: result.kind.cut(to: Self.longestName),
                    result: result.result, text: result.text.cut(to: Self.longestText)))
        case .other(let kind): .other(kind: kind.cut(to: Self.longestName))
        case .epoch, .punch: self
        }
    }

    private static func bounded(_ operation: Attendance.Operation) -> Attendance.Operation {
        let longest = Attendance.Operation.longestText
        return Attendance.Operation(
            serial: operation.serial, source: operation.source, what: operation.what.cut(to: longest),
            code: operation.code, deviceTime: operation.deviceTime, by: operation.by.cut(to: longest),
            object: operation.object.cut(to: longest), before: operation.before?.cut(to: longest),
            after: operation.after?.cut(to: longest), parameters: Array(operation.parameters.prefix(8)),
            occurrence: operation.occurrence)
    }

    /// Holes that are too many become one around them: a hole too large hides nobody's absence wrongly.
    private static func bounded(_ holes: [Coverage.Hole]) -> [Coverage.Hole] {
        let holes = holes.map { Coverage.Hole(from: $0.from, to: $0.to, why: $0.why.cut(to: 64)) }
        guard holes.count > mostHoles, let last = holes.last else { return holes }
        let rest = holes[(mostHoles - 1)...]
        let around = Coverage.Hole(
            from: rest.map(\.from).min() ?? last.from, to: rest.map(\.to).max() ?? last.to, why: last.why)
        return Array(holes[..<(mostHoles - 1)]) + [around]
    }
}

extension String {
    /// At most `count` bytes of UTF-8, whole characters, with an ellipsis where something was cut.
    package func cut(to count: Int) -> String {
        guard utf8.count > count else { return self }
        var room = count - 3
        let kept = prefix { character in
            room -= character.utf8.count
            return room >= 0
        }
        return kept + "…"
    }
}
