import Attendance
import Testing

@testable import EdgeDaemon

/// What a whole log says beside what was known of it.
@Suite("A whole log beside the one before")
struct SOAPJudgementTests {
    private let serial = DeviceSerial("A1")

    /// Scans of user 1 in the given minutes of one hour.
    private func log(_ minutes: ClosedRange<Int>?) throws -> [Punch] {
        let serial = try #require(serial)
        return try (minutes.map(Array.init) ?? []).map { minute in
            Punch(
                serial: serial, userID: UserID("1"),
                deviceTime: try #require(
                    DeviceTime(year: 2026, month: 3, day: 2, hour: 7, minute: minute, second: 0)),
                occurrence: 0, verify: 1, state: 0, source: .soap, raw: [])
        }
    }

    private func mark(_ punches: [Punch]) -> SOAPMark { SOAPMark(count: punches.count, last: punches.last?.slot) }

    @Test("A mark is the same when it was read from its text")
    func text() throws {
        let mark = mark(try log(0...9))
        #expect(SOAPMark(text: mark.text) == mark)
        for text in [
            "", "1 5", "2 5 u31 2026-03-02T07:00:00", "1 -1 u31 2026-03-02T07:00:00", "1 5 u3 2026-03-02T07:00:00",
        ] {
            #expect(SOAPMark(text: text) == nil, "\(text)")
        }
    }

    @Test("A log that grew is whole; the first one begins coverage; an empty one says nothing")
    func good() throws {
        var doubt: SOAPMemory.Doubt?
        let known = mark(try log(0...9))
        #expect(
            SOAPJudgement(try log(0...12), known: known, polled: .nothing, &doubt, at: .zero) == .good(.whole))
        #expect(SOAPJudgement(try log(0...2), known: nil, polled: .nothing, &doubt, at: .zero) == .good(.first))
        #expect(SOAPJudgement([], known: nil, polled: .nothing, &doubt, at: .zero) == .nothing)
        #expect(doubt == nil)
    }

    @Test("A log that lost records is doubted until it stood for a minute, and an empty one for ever")
    func doubtful() throws {
        let known = mark(try log(0...9))
        for (shown, verdict) in [
            (try log(5...9), SOAPJudgement.good(.whole)), (try log(0...8), .good(.broken(.cleared))),
            (try log(20...25), .good(.broken(.cleared))), (try log(20...40), .good(.broken(.notReconciled))),
        ] {
            var doubt: SOAPMemory.Doubt?
            var last = SOAPJudgement.nothing
            for second in [0, 30, 59] {
                last = SOAPJudgement(shown, known: known, polled: .nothing, &doubt, at: .seconds(second))
                if case .doubtful = last {} else { Issue.record("believed after \(second) s") }
            }
            #expect(SOAPJudgement(shown, known: known, polled: .nothing, &doubt, at: .seconds(60)) == verdict)
            #expect(doubt == nil)
        }
        var doubt: SOAPMemory.Doubt?
        for minute in 0..<100 {
            let verdict = SOAPJudgement([], known: known, polled: .nothing, &doubt, at: .seconds(60 * minute))
            if case .doubtful = verdict {} else { Issue.record("an empty log was believed") }
        }
    }

    @Test("A log that changes while it is doubted is doubted anew")
    func changing() throws {
        let known = mark(try log(0...9))
        var doubt: SOAPMemory.Doubt?
        _ = SOAPJudgement(try log(0...7), known: known, polled: .nothing, &doubt, at: .zero)
        let shorter = SOAPJudgement(try log(0...6), known: known, polled: .nothing, &doubt, at: .seconds(100))
        #expect(shorter == .doubtful("10 records before, 7 now"))
        let other = SOAPJudgement(try log(1...8), known: known, polled: .nothing, &doubt, at: .seconds(200))
        #expect(other == .doubtful("10 records before, 8 now"))
        #expect(
            SOAPJudgement(try log(0...10), known: known, polled: .nothing, &doubt, at: .seconds(210)) == .good(.whole))
    }
}
