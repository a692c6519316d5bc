import Attendance
import CentralAttendance
import CentralServer
import NIOCore
import ServiceSupport

extension FuzzTarget {
    /// What browsers, programs and files tell the centre.
    static let centre: [FuzzTarget] = [
        FuzzTarget("centre-form", longest: 512, centreForm),
        FuzzTarget("api-body", longest: 512, apiBody),
        FuzzTarget("gzip-body", longest: 512, gzipBody),
        FuzzTarget("addresses", longest: 64, addresses),
        FuzzTarget("central-conf", longest: 512, centralConf),
        FuzzTarget("rules", longest: 1024, rules),
        FuzzTarget("schedule", longest: 1024, schedule),
        FuzzTarget("sheet-file", longest: 512, sheetFile),
        FuzzTarget("hours", longest: 32, hours),
        FuzzTarget("recovery-kit", longest: 512, recoveryKit),
    ]

    /// The token is heard before anything else counts; fields and file are bounded and of these bytes.
    @Sendable private static func centreForm(_ bytes: [UInt8]) {
        let line = bytes.prefix { $0 != 0x0A }
        if let boundary = try? MultipartForm.boundary(String(decoding: line, as: UTF8.self)) {
            hold((1...70).contains(boundary.count), "a boundary is bounded")
        }
        var tokens = 0
        guard let form = try? MultipartForm(bytes, boundary: [UInt8(ascii: "b")], checkToken: { _ in tokens += 1 })
        else {
            hold(tokens <= 2, "the token is checked, not guessed")
            return
        }
        hold(tokens == 1, "a form that is taken has one token")
        hold(form.fields.count <= MultipartForm.mostFields, "fields are bounded")
        let size = form.fields.values.reduce(0) { $0 + $1.utf8.count } + (form.file?.bytes.count ?? 0)
        hold(size <= bytes.count, "fields are of these bytes")
    }

    @Sendable private static func apiBody(_ bytes: [UInt8]) {
        _ = try? APIBody(bytes)
        let line = bytes.prefix { $0 != 0x0A }
        if let value = JSONReading.decode(JSONValue.self, from: Array(line)) {
            guard let written = try? value.bytes else { broken("a value can be written") }
            hold(JSONReading.decode(JSONValue.self, from: written) == value, "a value is written as it was read")
        }
        if let moment = UTC.operatorsDate(String(decoding: line.prefix(32), as: UTF8.self)) {
            hold(UTC.date(UTC.text(moment)) == moment, "a moment is written as it was read")
        }
    }

    /// A packed body is never more than its bound.
    @Sendable private static func gzipBody(_ bytes: [UInt8]) {
        guard let body = try? BoundedBody.unpack(ByteBuffer(bytes: bytes), upTo: 4096) else { return }
        hold(body.count <= 4096, "a body is bounded")
    }

    @Sendable private static func addresses(_ bytes: [UInt8]) {
        let text = String(decoding: bytes, as: UTF8.self)
        let words = text.split(separator: " ", maxSplits: 1)
        _ = try? ListenAddress(parsing: text)
        guard let range = try? AddressRange(parsing: words.first.map(String.init) ?? "") else { return }
        let own = words.first.flatMap { $0.split(separator: "/").first }.flatMap { NetworkAddress($0) }
        hold(own.map { range.contains($0) } ?? true, "an address is in its own range")
        if let other = words.last.flatMap({ NetworkAddress($0) }) {
            hold([4, 16].contains(other.bytes.count), "an address has four bytes or sixteen")
            _ = range.contains(other)
        }
    }

    private static func check(_ bytes: [UInt8], _ parse: (String) throws(ConfigurationFileError) -> Void) {
        guard let text = String(validating: bytes, as: UTF8.self), !bytes.contains(0) else { return }
        do throws(ConfigurationFileError) { try parse(text) } catch {
            hold(!error.findings.isEmpty, "a refusal has a reason")
            let lines = bytes.count { $0 == 0x0A } + 1
            hold(error.findings.allSatisfy { (0...lines).contains($0.line) }, "and names a line of the text")
        }
    }

    @Sendable private static func centralConf(_ bytes: [UInt8]) {
        check(bytes) { text throws(ConfigurationFileError) in
            _ = try CentralConfiguration.parse(text, path: "/nonexistent/central.conf")
        }
    }

    @Sendable private static func rules(_ bytes: [UInt8]) {
        check(bytes) { text throws(ConfigurationFileError) in
            for run in try RuleSetFile.parse(text, path: "rules.toml").run() { _ = (run.isRight, run.got.text) }
        }
    }

    @Sendable private static func schedule(_ bytes: [UInt8]) {
        check(bytes) { text throws(ConfigurationFileError) in _ = try ScheduleFile.parse(text, path: "hours.toml") }
    }

    /// A sheet that somebody filled in by hand.
    @Sendable private static func sheetFile(_ bytes: [UInt8]) {
        guard let sheet = try? SheetFile(String(decoding: bytes, as: UTF8.self)) else { return }
        hold((1...SheetFile.mostLines).contains(sheet.lines.count), "lines are bounded")
        hold(Set(sheet.lines.map(\.number)).count == sheet.lines.count, "nobody stands there twice")
        hold(sheet.lines.allSatisfy { $0.arrival != nil || $0.departure != nil }, "every line says something")
    }

    /// Times of day, windows and rates as rules write them.
    @Sendable private static func hours(_ bytes: [UInt8]) {
        let text = String(decoding: bytes, as: UTF8.self)
        if let minute = HoursTime.minute(text) {
            hold(HoursTime.minute(HoursTime.text(minute: minute)) == minute, "a time is written as it was read")
        }
        if let seconds = HoursTime.seconds(text) { hold((0..<172_800).contains(seconds), "a time is of two days") }
        if let window = HoursTime.window(text) {
            hold(HoursTime.window(HoursTime.text(window)) == window, "a window is written as it was read")
        }
        if let rate = Rate.thousandths(text) {
            hold(Rate.thousandths(Rate.text(rate)) == rate, "a rate is written as it was read")
        }
        if let minute = MinuteOfDay.parse(text) {
            hold(MinuteOfDay.parse(MinuteOfDay.text(minute)) == minute, "an hour is written as it was read")
        }
    }

    @Sendable private static func recoveryKit(_ bytes: [UInt8]) {
        guard let kit = try? RecoveryKit(parsing: String(decoding: bytes, as: UTF8.self)) else { return }
        guard let text = try? kit.text() else { broken("a kit can be written") }
        hold((try? RecoveryKit(parsing: text)) == kit, "a kit is written as it was read")
    }
}
