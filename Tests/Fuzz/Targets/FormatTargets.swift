import Attendance
import DeviceFormats
import ZKWire

extension FuzzTarget {
    /// What devices write as text: SOAP, push, files of a flash disk.
    static let formats: [FuzzTarget] = [
        FuzzTarget("soap", longest: 1024, soap),
        FuzzTarget("form-download", longest: 512, formDownload),
        FuzzTarget("easylink", longest: 512, easyLink),
        FuzzTarget("push-target", longest: 512, pushTarget),
        FuzzTarget("push-attlog", longest: 512, pushAttLog),
        FuzzTarget("push-operlog", longest: 512, pushOperLog),
        FuzzTarget("push-answers", longest: 512, pushAnswers),
        FuzzTarget("stick", longest: 512, stick),
        FuzzTarget("stick-users", longest: 512, stickUsers),
    ]

    private struct SOAPFinding: Equatable {
        var scans: [TextScan] = []
        var users: [SOAPUser] = []
        var error: SOAPError?
    }

    /// A reply cut anywhere gives the same rows; no row is lost on its way to the journal, no password is kept.
    @Sendable private static func soap(_ bytes: [UInt8]) {
        var input = FuzzInput(bytes)
        let command = input.one(of: SOAPRequest.Command.allCases)
        let cut = Int(input.u8()) + 1
        let reply = input.rest
        let whole = read(reply, command, inPiecesOf: max(1, reply.count))
        hold(whole == read(reply, command, inPiecesOf: cut), "rows do not depend on segments")
        hold(whole.scans.count <= reply.count, "no more rows than bytes")
        check(whole.scans, .soap)
    }

    private static func read(_ reply: [UInt8], _ command: SOAPRequest.Command, inPiecesOf size: Int) -> SOAPFinding {
        var finding = SOAPFinding()
        var parser = SOAPReply(to: command)
        var rest = reply[...]
        do throws(SOAPError) {
            while !rest.isEmpty {
                try parser.take(rest.prefix(size)) { row in
                    finding.scans.append(row.scan)
                    if let user = row.user { finding.users.append(user) }
                    _ = (row.clock, row.option, row.succeeded)
                    hold(row["Password"] == nil && row["Template"] == nil, "no secret is kept")
                }
                rest = rest.dropFirst(size)
            }
            try parser.finish()
        } catch {
            finding.error = error
        }
        return finding
    }

    private static func check(_ scans: [TextScan], _ source: Punch.Source) {
        let punches = PunchNormaliser.punches(from: scans, serial: Samples.serial, source: source)
        Samples.check(punches, of: scans.count)
    }

    @Sendable private static func formDownload(_ bytes: [UInt8]) {
        let (lines, unreadable) = FormDownloadLine.all(in: bytes)
        let there = bytes.split(separator: 0x0A).count { !$0.elementsEqual([0x0D]) }
        hold(lines.count + unreadable.count == there, "every line is read or told")
        check(lines.map(\.scan), .soap)
    }

    @Sendable private static func easyLink(_ bytes: [UInt8]) {
        guard let log = try? EasyLinkScanLog(bytes) else { return }
        check(log.scans.map(\.scan), .soap)
    }

    /// A request line: bounded, and nothing of it steers the answer.
    @Sendable private static func pushTarget(_ bytes: [UInt8]) {
        let text = String(decoding: bytes, as: UTF8.self)
        guard let target = PushTarget(text) ?? PushTarget("/iclock/cdata?" + text) else { return }
        hold(target.parameters.count <= 64, "parameters are bounded")
        _ = (target.stamp, target.table)
        _ = target.parameters["info"].flatMap { PushInfo($0) }
        guard let handshake = PushHandshake(target) else { return }
        let isSerial = DeviceSerial(handshake.serialText) != nil
        let settings = PushSettings(zoneOffset: 25_200, stamps: target.stamp.map { ["attlog": $0] } ?? [:])
        // The listener answers only a serial that is one.
        guard isSerial else { return }
        for answer in [settings.text(for: handshake), PushSettings.forStranger(handshake)] {
            let lines = answer.split(separator: "\n")
            hold(lines.count { $0.hasPrefix("GET OPTION FROM:") } == 1, "an answer has one first line")
            hold(lines.dropFirst().allSatisfy { $0.contains("=") }, "and settings below it")
        }
    }

    /// Every line is a scan or told, so that the answer's count is true.
    @Sendable private static func pushAttLog(_ bytes: [UInt8]) {
        let log = PushAttLog(bytes)
        hold(log.lines == lines(bytes), "every line is counted")
        hold(log.unreadable.count <= PushUnreadableLine.most, "what is told is bounded")
        hold(log.scans.allSatisfy { $0.raw.count <= Punch.longestRaw }, "evidence is bounded")
        check(log.scans, .push)
    }

    private static func lines(_ bytes: [UInt8]) -> Int {
        var count = PushLineCount()
        count.add(bytes)
        return count.lines
    }

    @Sendable private static func pushOperLog(_ bytes: [UInt8]) {
        let log = PushOperLog(bytes)
        hold(log.lines == lines(bytes), "every line is counted")
        let known = log.records.count + log.users.count + log.discarded + log.unknown
        hold(known + log.unreadable.count + log.unkept == log.lines, "every line is one thing")
        let operations = log.operations(serial: Samples.serial)
        hold(Set(operations).count == log.records.count, "no two records are one operation")
        for operation in operations.prefix(4) {
            let entry = EntryBody.operation(operation)
            Samples.check(read: entry.encode(at: Samples.moment), as: entry)
        }
    }

    /// Results of commands and options: bounded, and without names that could be a secret's.
    @Sendable private static func pushAnswers(_ bytes: [UInt8]) {
        for result in PushResult.all(bytes) {
            hold((1...16).contains(result.id.utf8.count) && result.word.count <= 64, "words are bounded")
            _ = result.count
        }
        let options = PushOptions(bytes)
        hold(options.values.count <= 256, "options are bounded")
        for name in options.values.keys {
            hold(!["pass", "pwd", "key"].contains { name.lowercased().contains($0) }, "no secret is kept")
        }
    }

    private static let stickNames = [
        "1_attlog.dat", "NYU7244800354_attlog.dat", "user.dat", "x.dat", "attlog.dat", "GLG_001.TXT",
    ]

    @Sendable private static func stick(_ bytes: [UInt8]) {
        var input = FuzzInput(bytes)
        let name = input.one(of: stickNames)
        let file = input.rest
        guard let log = try? StickFile.attendance(file, name: name) else { return }
        let records = log.records
        hold(records.count == log.count, "every record that was seen is read")
        hold(log.unreadable.count <= StickLog.mostNumbers, "what is told is bounded")
        var punches = StickPunches(log, serial: Samples.serial)
        var read: [Punch] = []
        while let next = punches.next() { read += next.punches }
        Samples.check(read, of: records.count)
        check(log.scans, .stick)
    }

    /// `user.dat`, and what a file's name tells.
    @Sendable private static func stickUsers(_ bytes: [UInt8]) {
        if let users = StickUsers(bytes) {
            hold(users.users.count * users.recordSize == bytes.count, "every record is a user")
            hold(users.users.allSatisfy { !$0.userID.bytes.isEmpty }, "who has a name has a user id")
        }
        let name = StickName(String(decoding: bytes.prefix(64), as: UTF8.self))
        if let serial = name.serial { hold(StickName.isSerialLike(serial.text), "a serial looks like one") }
        _ = name.contradicts(Samples.serial)
    }
}
