import Attendance
import FailPoints
import Foundation
import ServiceSupport
import ZKClient

/// A `[device.NAME]` to be added; keys that are `nil` are left to their defaults.
package struct DeviceStanza: Sendable, Equatable {
    package var name: String
    package var address: DeviceAddress
    package var serial: DeviceSerial?
    /// Relative to the configuration file.
    package var commKeyFile: String?
    package var poll: Duration?
    package var live: Bool?
    package var timezone: String?

    package init(
        name: String, address: DeviceAddress, serial: DeviceSerial? = nil, commKeyFile: String? = nil,
        poll: Duration? = nil, live: Bool? = nil, timezone: String? = nil
    ) {
        self.name = name
        self.address = address
        self.serial = serial
        self.commKeyFile = commKeyFile
        self.poll = poll
        self.live = live
        self.timezone = timezone
    }

    fileprivate var text: String {
        var lines = ["[device.\(name)]", "address = \(DevicesFile.quoted(address.description))"]
        if let serial { lines.append("serial = \(DevicesFile.quoted(serial.text))") }
        if let commKeyFile { lines.append("comm_key_file = \(DevicesFile.quoted(commKeyFile))") }
        if let poll { lines.append("poll = \(DevicesFile.quoted(DurationText.write(poll)))") }
        if let live { lines.append("live = \(live)") }
        if let timezone { lines.append("timezone = \(DevicesFile.quoted(timezone))") }
        return lines.joined(separator: "\n") + "\n"
    }
}

extension DevicesFile {
    /// The text with `stanza` at its end; everything before stays as it is.
    ///
    /// - Throws: all findings where the result would not load, so that a change never breaks a file.
    package static func adding(
        _ stanza: DeviceStanza, to text: String, path: String
    ) throws(DevicesFileError) -> String {
        if let there = LineIndex(text).sectionNamed("device.\(stanza.name)") {
            throw DevicesFileError([
                .init(
                    file: path, line: there.line,
                    message: "[device.\(stanza.name)] is there already; choose another name or change it")
            ])
        }
        var changed = text
        if !changed.isEmpty, !changed.hasSuffix("\n") { changed += "\n" }
        if !changed.isEmpty, !changed.hasSuffix("\n\n") { changed += "\n" }
        changed += stanza.text
        _ = try parse(changed, path: path)
        return changed
    }

    /// The text with `key` of `[device.NAME]` set to the text `value`: the old value's bytes replaced, or a line
    /// added below the section's last key. Comments stay, also the one behind the value.
    package static func setting(
        _ key: String, to value: String, ofDevice name: String, in text: String, path: String
    ) throws(DevicesFileError) -> String {
        let index = LineIndex(text)
        guard let number = index.sections.firstIndex(where: { $0.name == "device.\(name)" && !$0.isArray }) else {
            throw DevicesFileError([.init(file: path, line: 0, message: "there is no [device.\(name)] to change")])
        }
        var bytes = Array(text.utf8)
        let keys = index.keys.filter { $0.section == number }
        if let there = keys.first(where: { $0.name == key }) {
            bytes.replaceSubrange(there.value, with: quoted(value).utf8)
        } else {
            let at = keys.last?.afterLine ?? index.sections[number].afterHeader
            // The last line of a file may lack its end.
            let lead = at > 0 && bytes[at - 1] != UInt8(ascii: "\n") ? "\n" : ""
            bytes.insert(contentsOf: "\(lead)\(key) = \(quoted(value))\n".utf8, at: at)
        }
        let changed = String(decoding: bytes, as: UTF8.self)
        _ = try parse(changed, path: path)
        return changed
    }

    /// The text with `[device.OLD]` called `[device.NEW]`; nothing else changes.
    package static func renaming(
        _ old: String, to new: String, in text: String, path: String
    ) throws(DevicesFileError) -> String {
        let index = LineIndex(text)
        if let there = index.sectionNamed("device.\(new)") {
            throw DevicesFileError([
                .init(file: path, line: there.line, message: "[device.\(new)] is there already; choose another name")
            ])
        }
        let header = try header(of: old, index, path)
        var lines = lines(of: text)
        // What stands behind the bracket is a comment, and stays.
        let line = lines[header.line - 1]
        guard let open = line.firstIndex(of: "["), let close = line[open...].firstIndex(of: "]") else {
            throw DevicesFileError([.init(file: path, line: header.line, message: "no plain header to rename")])
        }
        lines[header.line - 1] = line[..<open] + "[device.\(new)]" + line[line.index(after: close)...]
        let changed = lines.joined(separator: "\n")
        _ = try parse(changed, path: path)
        return changed
    }

    /// The text with `[device.NAME]` made a comment: its header and keys, each behind `#`. Comments around it stay.
    ///
    /// - Parameter note: a line above it, such as when it was retired.
    package static func retiring(
        _ name: String, note: String, in text: String, path: String
    ) throws(DevicesFileError) -> String {
        let index = LineIndex(text)
        let header = try header(of: name, index, path)
        let number = index.sections.firstIndex { $0.line == header.line }
        var commented: Set<Int> = [header.line]
        for key in index.keys where key.section == number { commented.formUnion(key.line...key.lastLine) }
        let lines = lines(of: text).enumerated().flatMap { offset, line in
            let isHeader = offset + 1 == header.line
            let text = commented.contains(offset + 1) ? "# \(line)" : line
            return isHeader ? ["# \(note)", text] : [text]
        }
        let changed = lines.joined(separator: "\n")
        _ = try parse(changed, path: path)
        return changed
    }

    /// By line feeds alone: a carriage return before one stays where it is.
    private static func lines(of text: String) -> [String] {
        text.utf8.split(separator: 10, omittingEmptySubsequences: false).map { String(decoding: $0, as: UTF8.self) }
    }

    private static func header(
        of name: String, _ index: LineIndex, _ path: String
    ) throws(DevicesFileError) -> LineIndex.Section {
        guard let header = index.sections.first(where: { $0.name == "device.\(name)" && $0.isPlain }) else {
            throw DevicesFileError([.init(file: path, line: 0, message: "there is no [device.\(name)] to change")])
        }
        return header
    }

    /// The text with a comment above `[device.NAME]`.
    package static func remarking(
        _ remark: String, ofDevice name: String, in text: String, path: String
    ) throws(DevicesFileError) -> String {
        let index = LineIndex(text)
        guard let section = index.sections.first(where: { $0.name == "device.\(name)" && !$0.isArray }) else {
            throw DevicesFileError([.init(file: path, line: 0, message: "there is no [device.\(name)] to change")])
        }
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        let harmless = String(String.UnicodeScalarView(remark.unicodeScalars.filter { $0.value >= 0x20 }))
        lines.insert("# \(harmless)", at: max(0, min(section.line - 1, lines.count)))
        let changed = lines.joined(separator: "\n")
        _ = try parse(changed, path: path)
        return changed
    }

    /// A TOML basic string.
    static func quoted(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": quoted += "\\\""
            case "\\": quoted += "\\\\"
            case let scalar where scalar.value < 0x20 || scalar.value == 0x7F:
                let digits = String(scalar.value, radix: 16)
                quoted += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }

    /// Writes a key file of its own, for those who may read the configuration; where that is everybody, for its owner.
    package static func writeKey(_ text: String, to keyFile: String, beside path: String) throws(DevicesFileError) {
        var configuration = stat()
        let isKnown = stat(path, &configuration) == 0
        let isClosed = isKnown && configuration.st_mode & 0o007 == 0
        try write(
            text, path: keyFile, mode: isClosed ? configuration.st_mode & 0o660 | 0o600 : 0o600,
            owner: isKnown ? (configuration.st_uid, configuration.st_gid) : nil)
    }

    /// Puts `text` in place of the file at `path` in one step: after a crash there is the old file or the new.
    /// Mode and owner stay those of the old file.
    package static func write(_ text: String, path: String) throws(DevicesFileError) {
        // A link is followed: the file it names is replaced, not the link.
        let target = URL(fileURLWithPath: path).resolvingSymlinksInPath().path
        var old = stat()
        let isOld = stat(target, &old) == 0
        try write(
            text, path: target, mode: isOld ? old.st_mode & 0o777 : 0o640,
            owner: isOld ? (old.st_uid, old.st_gid) : nil)
    }

    private static func write(
        _ text: String, path target: String, mode: mode_t, owner: (user: uid_t, group: gid_t)?
    ) throws(DevicesFileError) {
        let folder = (target as NSString).deletingLastPathComponent
        let temporary = "\(folder)/.\((target as NSString).lastPathComponent).\(UInt64.random(in: .min ... .max))"
        func fail(_ step: String) -> DevicesFileError {
            let reason = String(cString: strerror(errno))
            return DevicesFileError([.init(file: target, line: 0, message: "cannot be changed, \(step): \(reason)")])
        }
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw fail("\(folder) takes no new file") }
        var isDone = false
        defer {
            close(descriptor)
            if !isDone { unlink(temporary) }
        }
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Foundation.write(descriptor, $0.baseAddress, $0.count) }
            guard count > 0 else { throw fail("writing beside it") }
            rest = rest.dropFirst(count)
        }
        // Not root: the owner cannot be given away, and is the same already.
        if let owner { _ = fchown(descriptor, owner.user, owner.group) }
        guard fchmod(descriptor, mode) == 0 else { throw fail("setting its mode") }
        guard fsync(descriptor) == 0 else { throw fail("writing it to disk") }
        FailPoint.reach("edge.config.file_written")
        guard rename(temporary, target) == 0 else { throw fail("putting it in place") }
        FailPoint.reach("edge.config.file_renamed")
        isDone = true
        let directory = open(folder.isEmpty ? "." : folder, O_RDONLY | O_CLOEXEC | O_DIRECTORY)
        guard directory >= 0 else { throw fail("opening \(folder)") }
        defer { close(directory) }
        guard fsync(directory) == 0 else { throw fail("writing \(folder) to disk") }
    }
}
