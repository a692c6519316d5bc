/// One way in which a device or the line to it misbehaves.
///
/// As text: `NAME[=VALUE][@AFTER][*TIMES]`. `AFTER` is a number of commands received (`@10`) or, with an `s`, of
/// seconds since the start (`@30s`); without it the fault is there from the first command on. `TIMES` is how
/// often it happens; without it, once for faults that are events (marked "once"), else always.
package struct Fault: Hashable, Sendable {
    package enum Name: String, Sendable, CaseIterable {
        // The line.
        case drop, dup, reorder, delay, split, segment, glue, corrupt, slow
        case closeAt = "close-at"
        case secondClient = "second-client"
        // The device.
        case silent
        case wrongCount = "wrong-count"
        case zeroCounts = "zero-counts"
        case ignoreOffset = "ignore-offset"
        case clear, rollover, reboot
        case clockJump = "clock-jump"
        case staleAck = "stale-ack"
        case wrongReplyID = "wrong-reply-id"
        case unauthorised = "unauth-mid-session"
        case refuse6001 = "refuse-6001"
        case shortTransfer = "short-transfer"
        case ackEarly = "ack-early"
        case emptyAnswer = "empty-answer"
        case garbage13 = "garbage-13"
        case disableIgnored = "disable-ignored"
        case eventInside = "event-inside"
        case noBuffer = "no-buffer"
        case lazyWrites = "lazy-writes"
        case bareData = "bare-data"
        case noUsers = "no-users"
        case noOperations = "no-operations"
        case hangOperations = "hang-operations"
        case hugeSize = "huge-size"
        // The web service.
        case soapCut = "soap-cut"
        case soapLength = "soap-length"
        case soapPage = "soap-page"
        case soapBlank = "soap-blank"
        case soapNames = "soap-names"
        case soapEmpty = "soap-empty"
        case soapFewer = "soap-fewer"
        case soapStall = "soap-stall"
        case soapOpen = "soap-open"
        case soapNoOption = "soap-no-option"
        case soapNoUsers = "soap-no-users"
        case soapLazyClock = "soap-lazy-clock"
    }

    /// Where the reply with the log breaks off.
    package enum SOAPCut: String, Sendable, CaseIterable {
        case head, row, between
    }

    package enum Start: Hashable, Sendable {
        case commands(Int)
        case seconds(Int)
    }

    /// The second client that connects over TCP while the first has a session.
    package enum SecondClient: String, Sendable, CaseIterable {
        case refuse, hang, kick
    }

    /// What `prepareBuffer` for an empty log is answered.
    package enum EmptyAnswer: String, Sendable, CaseIterable {
        case inline
        case error = "2001"
        case noSessionBuffer = "4989"
    }

    package let name: Name
    /// A probability, a number, or 0.
    package let value: Double
    package let word: String
    package let start: Start
    /// `nil`: always.
    package let times: Int?

    package init(
        _ name: Name, _ value: Double = 0, word: String = "", after start: Start = .commands(0), times: Int? = nil
    ) {
        self.name = name
        self.value = value
        self.word = word
        self.start = start
        self.times = times ?? (name.happensOnce ? 1 : nil)
    }
}

extension Fault.Name {
    /// What stands behind `=`.
    enum ValueRule {
        case none
        case probability
        case number(ClosedRange<Int>)
        case words([String])
    }

    var rule: ValueRule {
        switch self {
        case .drop, .dup, .reorder, .corrupt: .probability
        case .delay: .number(0...600_000)
        case .glue: .number(2...64)
        case .segment: .number(1...65_536)
        case .closeAt: .number(0...Int(Int32.max))
        case .wrongCount: .number(-1_000_000...1_000_000)
        case .clockJump: .number(-4_000_000_000...4_000_000_000)
        case .secondClient: .words(Fault.SecondClient.allCases.map(\.rawValue))
        case .emptyAnswer: .words(Fault.EmptyAnswer.allCases.map(\.rawValue))
        case .soapCut: .words(Fault.SOAPCut.allCases.map(\.rawValue))
        case .soapLength: .number(0...1_000_000_000)
        case .soapBlank: .number(0...16)
        case .soapFewer: .number(1...10_000_000)
        default: .none
        }
    }

    /// Events rather than states.
    var happensOnce: Bool {
        switch self {
        case .closeAt, .clear, .rollover, .reboot, .clockJump, .unauthorised: true
        default: false
        }
    }

    /// One line for the help page.
    package var summary: String {
        switch self {
        case .drop: "P: a UDP datagram, in or out, is lost with probability P (0 to 1)"
        case .dup: "P: a UDP datagram out is sent twice with probability P"
        case .reorder: "P: a UDP datagram out changes places with the next with probability P"
        case .delay: "MS: everything out comes MS milliseconds late"
        case .split: "TCP: every byte is its own write"
        case .segment: "N: TCP: pieces of N bytes, a millisecond apart, as slow devices send"
        case .glue: "N: TCP: up to N frames go out in one write, if need be after 20 ms"
        case .corrupt: "P: a frame goes out with a wrong checksum with probability P"
        case .slow: "TCP: one byte a second"
        case .closeAt: "N: once: the TCP connection is closed after N bytes out"
        case .secondClient: "refuse, hang or kick: what a second TCP client meets, or does to the first"
        case .silent: "no answer to anything; connections stay open"
        case .wrongCount: "N: the count of attendance records is N too high (negative: too low)"
        case .zeroCounts: "the counts are answered with four zero bytes"
        case .ignoreOffset: "1504 reads from the start, whatever offset was asked for"
        case .clear: "once: somebody clears the attendance log"
        case .rollover: "once: the log is full from now on; every new record drops the oldest"
        case .reboot: "once: the device restarts; connections and sessions are gone"
        case .clockJump: "SECONDS: once: the clock jumps"
        case .staleAck: "every answer comes behind a late ACK of the request before"
        case .wrongReplyID: "answers carry another reply number than the request"
        case .unauthorised: "once: the session is forgotten; the command is answered 2005"
        case .refuse6001: "CONNECT is answered 6001, as firmware of 2022 and later does"
        case .shortTransfer: "the last data frame of a transfer is missing, the closing ACK is not"
        case .ackEarly: "UDP: the closing ACK of a transfer overtakes the last data"
        case .emptyAnswer: "inline, 2001 or 4989: the answer where the log is empty"
        case .garbage13: "the direct command 13 gives a well-formed burst of nonsense"
        case .disableIgnored: "DISABLE is acknowledged and does nothing"
        case .eventInside: "somebody scans in the middle of every transfer, and the event is sent inside it"
        case .noBuffer: "1503 is answered 65535"
        case .lazyWrites: "user writes take effect at REFRESHDATA only"
        case .noUsers: "the user list is refused"
        case .noOperations: "the operation log is refused"
        case .hangOperations: "asked for the operation log, the device says nothing"
        case .hugeSize: "1503 announces four thousand million bytes"
        case .soapCut: "head, row or between: SOAP: the reply with the log breaks off there"
        case .soapLength: "N: SOAP: replies say that they have N bytes"
        case .soapPage: "SOAP: the answer is a web page, with status 200"
        case .soapBlank: "N: SOAP: so many blank lines stand before the root (0 to 2 were seen; 1 without this)"
        case .soapNames: "SOAP: names in the user list have & and < in them, as typed"
        case .soapEmpty: "SOAP: the log is answered by an empty root"
        case .soapFewer: "N: SOAP: the log lacks its last N records"
        case .soapStall: "SOAP: the reply with the log stops in its middle, the connection stays open"
        case .soapOpen: "SOAP: the connection stays open behind a whole reply"
        case .soapNoOption: "SOAP: GetOption tells nothing, as the X100-C"
        case .soapNoUsers: "SOAP: GetAllUserInfo is not known; GetUserInfo is"
        case .soapLazyClock: "SOAP: SetDate says that it was done, and was not"
        case .bareData: "a 1504 that fits one frame is answered by it alone, without 1500 and ACK"
        }
    }
}

/// Text that is no fault: what is wrong and what would be right.
package struct FaultError: Error, Hashable, Sendable, CustomStringConvertible {
    package let text: String
    package let reason: String

    package var description: String { "fault \"\(text)\" \(reason)" }
}

extension Fault {
    /// Several faults with commas between them.
    package static func list(_ text: String) throws(FaultError) -> [Fault] {
        var faults: [Fault] = []
        for part in text.split(separator: ",") { faults.append(try Fault(parsing: String(part))) }
        return faults
    }

    package init(parsing text: String) throws(FaultError) {
        func fail(_ reason: String) -> FaultError { FaultError(text: text, reason: reason) }
        var rest = text[...]
        func cut(_ mark: Character) -> String? {
            guard let at = rest.lastIndex(of: mark) else { return nil }
            defer { rest = rest[..<at] }
            return String(rest[rest.index(after: at)...])
        }
        let timesText = cut("*")
        let startText = cut("@")
        let valueText = cut("=")
        guard let name = Name(rawValue: String(rest)) else {
            throw fail("is not known; see hadir-sim run --help for the list")
        }
        var times: Int?
        if let timesText {
            guard let number = Int(timesText), number > 0 else { throw fail("needs a number above 0 behind *") }
            times = number
        }
        let start = try Self.start(startText, fail)
        let (value, word) = try Self.value(valueText, name: name, fail)
        self.init(name, value, word: word, after: start, times: times)
    }

    private static func start(_ text: String?, _ fail: (String) -> FaultError) throws(FaultError) -> Start {
        guard let text else { return .commands(0) }
        let isSeconds = text.hasSuffix("s")
        guard let number = Int(isSeconds ? text.dropLast() : text[...]), (0...Int(Int32.max)).contains(number) else {
            throw fail("needs a number of commands or of seconds (30s) behind @")
        }
        return isSeconds ? .seconds(number) : .commands(number)
    }

    private static func value(
        _ text: String?, name: Name, _ fail: (String) -> FaultError
    ) throws(FaultError) -> (Double, String) {
        switch (name.rule, text) {
        case (.none, nil): return (0, "")
        case (.none, .some): throw fail("takes no value")
        case (.probability, let text):
            guard let value = text.flatMap(Double.init), (0...1).contains(value) else {
                throw fail("needs a probability from 0 to 1, such as \(name.rawValue)=0.1")
            }
            return (value, "")
        case (.number(let range), let text):
            guard let value = text.flatMap({ Int($0) }), range.contains(value) else {
                throw fail("needs a number from \(range.lowerBound) to \(range.upperBound)")
            }
            return (Double(value), "")
        case (.words(let words), let text):
            guard let text, words.contains(text) else { throw fail("needs one of \(words.joined(separator: ", "))") }
            return (0, text)
        }
    }
}
