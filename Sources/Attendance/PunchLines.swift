import Foundation

/// Writes the bodies of one reading's punches: what is the same in all of them is written once.
///
/// The bytes are those of `EntryBody.encode(at:)`.
package struct PunchLines {
    private let head: [UInt8]

    /// - Parameter at: the edge's clock when it learned this, UTC.
    package init(at moment: Date) {
        var line = JSONLine()
        line.begin(.punch, at: moment)
        head = line.bytes
    }

    package func line(of punch: Punch) -> [UInt8] {
        var line = JSONLine(continuing: head, reserving: 384)
        punch.writeFields(to: &line)
        return line.finish()
    }
}

/// Reads the body of a punch as `PunchLines` writes it, and nothing else.
///
/// A centre reads tens of thousands of these a second. Whatever is not exactly of this shape, down to a space or an
/// escape, is left to the full reader, which also says what is wrong: so there is one place that refuses.
struct PunchLineReader {
    private let bytes: UnsafeBufferPointer<UInt8>
    private var position = 0

    /// - Returns: what `EntryBody.decode` would; `nil` where that must be asked.
    static func read(_ line: [UInt8]) -> (punch: Punch, at: Date)? {
        line.withUnsafeBufferPointer { bytes in
            var reader = PunchLineReader(bytes: bytes)
            return reader.read()
        }
    }

    private init(bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

    private mutating func read() -> (punch: Punch, at: Date)? {
        guard take("{\"kind\":\"punch\",\"at\":"), let at = text(), take(",\"serial\":"), let serial = text(),
            take(",\"user_id\":"), let user = text(), take(",\"device_time\":"), let time = text(),
            take(",\"occurrence\":"), let occurrence = number(), take(",\"verify\":"), let verify = number(),
            take(",\"state\":"), let state = number()
        else { return nil }
        var workCode: String?
        if take(",\"work_code\":") {
            guard let code = text() else { return nil }
            workCode = String(decoding: code, as: UTF8.self)
        }
        guard take(",\"source\":"), let source = text() else { return nil }
        var raw: [UInt8] = []
        if take(",\"raw\":") {
            guard let digits = text(), let bytes = Hex.decode(Array(digits)[...]) else { return nil }
            raw = bytes
        }
        guard let flags = flags(), take("}"), position == bytes.count else { return nil }
        guard let moment = UTC.date(String(decoding: at, as: UTF8.self)),
            let serial = DeviceSerial(String(decoding: serial, as: UTF8.self)),
            let deviceTime = DeviceTime(text: String(decoding: time, as: UTF8.self)),
            let source = Punch.Source(rawValue: String(decoding: source, as: UTF8.self)),
            user.count <= UserID.longest, raw.count <= Punch.longestRaw, (0..<100_000).contains(occurrence)
        else { return nil }
        return (
            Punch(
                serial: serial, userID: UserID(field: user), deviceTime: deviceTime, occurrence: occurrence,
                verify: verify, state: state, workCode: workCode, source: source, raw: raw, flags: flags),
            moment
        )
    }

    /// Goes past `expected`, if that stands here.
    private mutating func take(_ expected: StaticString) -> Bool {
        let count = expected.utf8CodeUnitCount
        guard bytes.count - position >= count else { return false }
        guard let start = bytes.baseAddress else { return false }
        let isHere = memcmp(start + position, expected.utf8Start, count) == 0
        if isHere { position += count }
        return isHere
    }

    /// A text of ASCII without escapes.
    private mutating func text() -> Slice<UnsafeBufferPointer<UInt8>>? {
        guard position < bytes.count, bytes[position] == UInt8(ascii: "\"") else { return nil }
        let start = position + 1
        var end = start
        while end < bytes.count, bytes[end] != UInt8(ascii: "\"") {
            guard (0x20..<0x80).contains(bytes[end]), bytes[end] != UInt8(ascii: "\\") else { return nil }
            end += 1
        }
        guard end < bytes.count else { return nil }
        position = end + 1
        return bytes[start..<end]
    }

    /// A whole number of up to nine digits, without surplus zeros.
    private mutating func number() -> Int? {
        let start = position
        var value = 0
        while position < bytes.count, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(bytes[position]) {
            guard position - start < 9 else { return nil }
            value = value * 10 + Int(bytes[position] - UInt8(ascii: "0"))
            position += 1
        }
        guard position > start, bytes[start] != UInt8(ascii: "0") || position == start + 1 else { return nil }
        return value
    }

    private mutating func flags() -> [Punch.Flag]? {
        guard take(",\"flags\":[") else { return [] }
        var flags: [Punch.Flag] = []
        repeat {
            guard let word = text() else { return nil }
            // A flag of a later version is left out, as by the full reader.
            Punch.Flag(rawValue: String(decoding: word, as: UTF8.self)).map { flags.append($0) }
        } while take(",")
        return take("]") ? flags : nil
    }
}
