import Foundation

/// Something that was done to a device: told by its own operation log, by what it pushes, or by the command that did it.
///
/// Never a name, a password, a card or a template.
package struct Operation: Hashable, Sendable {
    package enum Source: String, Sendable, Codable, CaseIterable {
        /// The device's own operation log, read from it.
        case log
        /// The device told it by itself.
        case push
        /// A `hadir` command did it.
        case command
        /// `hadird` did it, as its configuration says.
        case daemon
    }

    package let serial: DeviceSerial
    package let source: Source
    /// A word of a closed set, docs/names.md, "Operations": `menu_entered`, `clock_set`, `log_cleared`; `code_N` for a
    /// number nobody named.
    package let what: String
    /// The number the device wrote; `nil` where a command did it.
    package let code: Int?
    /// By the device's clock; `nil` where a command did it.
    package let deviceTime: DeviceTime?
    /// Who: a user id or index as the device names its administrator, or the account on this computer.
    package let by: String
    /// What was changed, such as a user id or an option; empty where nothing is named.
    package let object: String
    package let before: String?
    package let after: String?
    /// The numbers beside it in the device's log, as they stand there.
    package let parameters: [Int]
    /// 0 for the first record of this code, second, person and numbers in one reading, 1 for the second one …
    package let occurrence: Int

    package static let longestText = 200

    package init(
        serial: DeviceSerial, source: Source, what: String, code: Int? = nil, deviceTime: DeviceTime? = nil,
        by: String, object: String = "", before: String? = nil, after: String? = nil, parameters: [Int] = [],
        occurrence: Int = 0
    ) {
        self.serial = serial
        self.source = source
        self.what = what
        self.code = code
        self.deviceTime = deviceTime
        self.by = by
        self.object = object
        self.before = before
        self.after = after
        self.parameters = parameters
        self.occurrence = occurrence
    }
}

extension Operation {
    func write(to line: inout JSONLine, at moment: Date) {
        line.begin(.operation, at: moment)
        line.add("serial", serial.text)
        line.add("source", source.rawValue)
        line.add("what", what)
        if let code { line.add("code", code) }
        if let deviceTime { line.add("device_time", deviceTime.text) }
        line.add("by", by)
        if !object.isEmpty { line.add("object", object) }
        if let before { line.add("before", before) }
        if let after { line.add("after", after) }
        if !parameters.isEmpty {
            line.add("parameters", json: "[\(parameters.map { "\($0)" }.joined(separator: ","))]".utf8)
        }
        line.add("occurrence", occurrence)
    }
}
