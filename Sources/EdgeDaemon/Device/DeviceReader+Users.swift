import Attendance
import EdgeStore
import Foundation
import ZKClient
import ZKWire

/// When a device's user list was read, so that it is read seldom.
package struct UserListMemory: Sendable, Equatable {
    /// Since some start; `nil` before the first time in this run.
    var readAt: Duration?
    /// The device's counter of users then.
    var count: UInt32?
    /// Not before this: it could not be read.
    var notBefore: Duration?
    var failures = 0

    fileprivate static let interval = Duration.seconds(86_400)

    func isDue(_ sizes: FreeSizes?, at now: Duration) -> Bool {
        if let notBefore, now < notBefore { return false }
        guard let readAt else { return true }
        return now - readAt >= Self.interval || sizes.map { $0.users } != count
    }

    mutating func failed(at now: Duration) {
        failures += 1
        // Once may have been the line; twice is this firmware.
        if failures > 1 { notBefore = now + Self.interval }
    }
}

extension DeviceReader {
    /// Journals what changed in the device's user list: at first, where its counter changed, and daily. Never stands in
    /// the way of scans: it comes last, and a list that cannot be read is left for a day.
    ///
    /// Names and privileges only: passwords, cards and templates stay where they are.
    ///
    /// - Returns: whether the list was read.
    func noteUsers(
        _ session: DeviceSession, _ serial: DeviceSerial, _ sizes: FreeSizes?, _ memory: inout UserListMemory
    ) async throws -> Bool {
        guard memory.isDue(sizes, at: elapsed()) else { return false }
        let records: [UserRecord]
        do {
            records = try await session.users(count: sizes.map { Int($0.users) }).users
        } catch let error as DeviceError {
            memory.failed(at: elapsed())
            environment.logger.debug(
                "device.users", metadata: ["device": "\(configuration.name)", "problem": "\(error)"])
            return false
        }
        // A device that counts users and shows none is not believed: everybody would be called removed.
        guard !records.isEmpty || (sizes?.users ?? 1) == 0 else {
            memory.failed(at: elapsed())
            return false
        }
        let users = records.prefix(Self.mostUsers).map { record in
            DeviceUser(
                serial: serial, userID: UserID(field: record.userID),
                name: configuration.nameEncoding.text(record.name.bytes), privilege: Int(record.privilege))
        }
        try journal(users, serial)
        memory = UserListMemory(readAt: elapsed(), count: sizes?.users)
        return true
    }

    func journal(_ users: [DeviceUser], _ serial: DeviceSerial) throws {
        let own = try store.ownOperations(of: serial)
        let changed = try commit {
            let now = environment.now()
            return try store.append(users: users, of: serial, at: now) { promoted in
                operationAlarms.ofAdmins(promoted, serial, own: own, at: now)
            }
        }
        guard changed > 0 else { return }
        environment.logger.info(
            "device.users", metadata: ["device": "\(configuration.name)", "changed": "\(changed)"])
    }

    /// The largest models hold 100,000; an index has 16 bits.
    static let mostUsers = 65_536
}

extension DeviceConfiguration.NameEncoding {
    /// A name as people read it. What is no text in this encoding shows as U+FFFD; a last character that did not fit
    /// the device's field is left out (field notes 4.6, 4.7).
    package func text(_ bytes: [UInt8]) -> String {
        switch self {
        case .utf8: return String(decoding: Self.withoutBrokenEnd(bytes), as: UTF8.self)
        case .latin1: return String(String.UnicodeScalarView(bytes.map { Unicode.Scalar($0) }))
        case .gbk:
            for cut in [0, 1] {
                let data = Data(bytes.dropLast(cut))
                if let text = String(data: data, encoding: Self.gb18030) { return text }
            }
            return String(decoding: bytes, as: UTF8.self)
        }
    }

    /// `text` in this encoding, cut behind the last character that fits; `nil` where it has characters that this
    /// encoding does not.
    package func bytes(_ text: String, longest: Int) -> [UInt8]? {
        guard let whole = bytes(text) else { return nil }
        guard whole.count > longest else { return whole }
        var cut: [UInt8] = []
        for character in text {
            guard let next = bytes(String(character)), cut.count + next.count <= longest else { break }
            cut += next
        }
        return cut
    }

    private func bytes(_ text: String) -> [UInt8]? {
        switch self {
        case .utf8: return Array(text.utf8)
        case .latin1:
            let scalars = text.unicodeScalars.map { UInt8(exactly: $0.value) }
            return scalars.contains(nil) ? nil : scalars.compactMap { $0 }
        case .gbk: return text.data(using: Self.gb18030).map { Array($0) }
        }
    }

    /// GB 18030, which contains GBK; Foundation has no name for it.
    private static let gb18030 = String.Encoding(rawValue: 0x8000_0632)

    /// Without the beginning of a character at the end.
    private static func withoutBrokenEnd(_ bytes: [UInt8]) -> ArraySlice<UInt8> {
        let tail = bytes.suffix(4)
        guard let lead = tail.lastIndex(where: { $0 & 0xC0 != 0x80 }) else { return bytes[...] }
        let wanted =
            switch bytes[lead] {  // safe: an index of its own slice
            case 0xC2...0xDF: 2
            case 0xE0...0xEF: 3
            case 0xF0...0xF4: 4
            default: 1
            }
        return bytes.count - lead < wanted ? bytes[..<lead] : bytes[...]
    }
}
