import Attendance
import EdgeStore
import Foundation
import Testing
import ZKWire

@testable import EdgeDaemon
@testable import ZKClient

@Suite("Rules of a device's worker, without a device")
struct RuleTests {
    // MARK: Continuity

    private func records(_ minutes: ClosedRange<Int>) throws -> [AttendanceRecord] {
        try minutes.map { minute in
            let time = try #require(
                PackedTime(.init(year: 2026, month: 11, day: 23, hour: 7 + minute / 60, minute: minute % 60, second: 0))
            )
            let bytes = AttendanceRecord(who: .text(Array("7".utf8)), index: 7, verify: 1, time: time, state: 0).bytes(
                .a40)
            return try #require(try AttendanceRecord.all(in: bytes, layout: .a40).first)
        }
    }

    private func read(
        _ records: [AttendanceRecord], _ extent: AttendanceRead.Extent = .complete, capacity: UInt32 = 1000
    )
        -> AttendanceRead
    {
        AttendanceRead(
            extent: extent, records: records, newCount: records.count, cursor: nil,
            sizes: FreeSizes(
                users: 1, userCapacity: 10, attendance: UInt32(records.count), attendanceCapacity: capacity),
            reason: "words nobody may rest anything on")
    }

    /// What was known when the log held `records`.
    private func known(_ records: [AttendanceRecord]) throws -> KnownLog {
        let anchor = records.suffix(8).flatMap(\.raw).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        // The form of the store; another version of it may have one number more.
        for numbers in ["\(records.count) 0", "\(records.count) \(records.count) 0"] {
            let known = KnownLog(stored: "1 a40 \(numbers) \(anchor)")
            if known.cursor != nil { return known }
        }
        return .unreadable
    }

    @Test("A reading joins on where the last known records are found again, wherever in the log")
    func whole() throws {
        let log = try records(0...59)
        for count in [1, 3, 8, 20, 60] {
            #expect(try LogContinuity(read(log), since: known(Array(log.prefix(count)))) == .whole)
        }
        // The oldest were dropped, and the known ones are still there.
        #expect(try LogContinuity(read(Array(log.dropFirst(12))), since: known(Array(log.prefix(20)))) == .whole)
        for extent in [AttendanceRead.Extent.tail, .nothingNew] {
            #expect(try LogContinuity(read([], extent), since: known(log)) == .whole)
        }
        #expect(LogContinuity(read(log), since: .nothing) == .first)
        #expect(LogContinuity(read(log), since: .empty) == .whole)
        #expect(LogContinuity(read([]), since: .empty) == .whole)
    }

    @Test("Where they are not found, it is told why")
    func broken() throws {
        let log = try records(0...59)
        let known = try known(Array(log.prefix(20)))
        #expect(LogContinuity(read([]), since: known) == .broken(.cleared))
        #expect(LogContinuity(read(Array(log.suffix(5))), since: known) == .broken(.cleared))
        #expect(LogContinuity(read(Array(log.suffix(40))), since: known) == .broken(.notReconciled))
        #expect(LogContinuity(read(Array(log.suffix(40)), capacity: 40), since: known) == .broken(.rolledOver))
        #expect(LogContinuity(read(Array(log.suffix(40)), capacity: 40), since: .empty) == .broken(.rolledOver))
        #expect(LogContinuity(read(log), since: .unreadable) == .broken(.notReconciled))
        #expect(
            LogContinuity(read(Array(log.dropFirst(13))), since: known) == .broken(.notReconciled), "seven of eight")
        #expect(KnownLog(stored: "9 what") == .unreadable)
        #expect(KnownLog(stored: "") == .empty)
        #expect(KnownLog(stored: nil) == .nothing)
    }

    // MARK: Coverage

    private let serial = DeviceSerial("SIM1")
    private let start = Date(timeIntervalSince1970: 1_795_392_000)

    private func coverage(
        _ continuity: LogContinuity, coveredTo: TimeInterval?, at: TimeInterval,
        undated: CoverageRule.Undated? = nil, before: CoverageRule.Undated? = nil
    ) throws -> [String]? {
        let rule = CoverageRule(coveredTo: coveredTo.map { start.addingTimeInterval($0) }, undatedBefore: before)
        let coverage = rule.coverage(
            try #require(serial), continuity, undated: undated, startedAt: start.addingTimeInterval(at))
        func seconds(_ from: Date, _ to: Date) -> String {
            "\(Int(from.timeIntervalSince(start)))…\(Int(to.timeIntervalSince(start)))"
        }
        return coverage.map { [seconds($0.from, $0.to)] + $0.holes.map { "\($0.why) \(seconds($0.from, $0.to))" } }
    }

    @Test("Coverage begins at the first reading and goes on every quarter of an hour")
    func coverageBegins() throws {
        #expect(try coverage(.first, coveredTo: nil, at: 0) == ["0…0"])
        #expect(try coverage(.whole, coveredTo: 0, at: 899) == nil)
        #expect(try coverage(.whole, coveredTo: 0, at: 900) == ["0…900"])
        #expect(try coverage(.whole, coveredTo: 0, at: 900_000) == ["0…900000"], "the edge was down, the log was not")
    }

    @Test("A break is a hole at once, also where this computer's clock was set back")
    func coverageBreaks() throws {
        #expect(try coverage(.broken(.cleared), coveredTo: 0, at: 10) == ["0…10", "log_cleared 0…10"])
        #expect(try coverage(.broken(.rolledOver), coveredTo: 10, at: 4) == ["4…4", "log_rolled_over 4…10"])
        #expect(try coverage(.whole, coveredTo: 10, at: 4) == nil, "a small step is made up soon")
        #expect(try coverage(.whole, coveredTo: 5000, at: 0) == ["0…0", "edge_clock_set_back 0…5000"])
    }

    @Test("Scans that cannot be dated are a hole, from when that changed until it changed back")
    func coverageUndated() throws {
        #expect(try coverage(.whole, coveredTo: 0, at: 10, undated: .clockOff) == ["0…10", "clock_off 0…10"])
        #expect(try coverage(.whole, coveredTo: 0, at: 10, undated: .clockOff, before: .clockOff) == nil)
        #expect(
            try coverage(.whole, coveredTo: 0, at: 10, before: .clockUnknown) == ["0…10", "clock_unknown 0…10"])
        #expect(CoverageRule.Undated(offset: nil) == .clockUnknown)
        #expect(CoverageRule.Undated(offset: -301) == .clockOff)
        #expect(CoverageRule.Undated(offset: 300) == nil)
        #expect(CoverageRule.Undated(offset: .min) == .clockOff, "no trap")
    }

    // MARK: Problems

    @Test("One alarm when a problem begins, none while it lasts, however its words change")
    func alarms() {
        var log = ProblemLog()
        func fail(_ code: DeviceError.Code, at seconds: Int) -> String? {
            log.failed(DeviceError(code, "test"), at: .seconds(seconds))
        }
        #expect(fail(.linkLost, at: 0) == nil, "the next try may do")
        #expect(fail(.refused, at: 2) == "device_connection_refused")
        #expect(fail(.unreachable, at: 5) == nil)
        #expect(fail(.noAnswer, at: 9000) == nil, "it still lasts")
        #expect(fail(.keyRefused, at: 9010) == "device_key_refused", "another one, which no waiting mends")
        #expect(log.failures == 5)
        let first = log.recovered()
        let second = log.recovered()
        #expect(first && !second)
    }

    @Test("A device that comes and goes is one alarm an hour")
    func flapping() {
        var log = ProblemLog()
        var alarms = 0
        for minute in 0..<180 {
            for second in [0, 2]
            where log.failed(DeviceError(.timedOut, "t"), at: .seconds(minute * 60 + second)) != nil {
                alarms += 1
            }
            _ = log.recovered()
        }
        #expect(alarms == 3)
    }

    // MARK: Fullness

    @Test("Nearly full from 80 %, almost from 95 %, and not less again before five points below")
    func fullness() {
        func level(_ used: UInt32, _ before: LogFullness) -> LogFullness {
            LogFullness(FreeSizes(users: 0, userCapacity: 1, attendance: used, attendanceCapacity: 100), before: before)
        }
        #expect(
            [79, 80, 94, 95, 99, 100].map { level($0, .roomy) } == [
                .roomy, .nearlyFull, .nearlyFull, .almostFull, .almostFull, .full,
            ])
        #expect([74, 75, 94, 100].map { level($0, .nearlyFull) } == [.roomy, .nearlyFull, .nearlyFull, .full])
        #expect([74, 89, 90].map { level($0, .almostFull) } == [.roomy, .nearlyFull, .almostFull])
        let none = FreeSizes(users: 0, userCapacity: 0, attendance: 0, attendanceCapacity: 0)
        #expect(LogFullness(none, before: .roomy) == .full, "no capacity, no trap")
    }

    // MARK: Back-off

    @Test("Waits grow, are spread, and have ends")
    func backOff() {
        var backOff = BackOff(first: .seconds(2), most: .seconds(300))
        let waits = (0..<9).map { _ in backOff.next(random: 0.5) }
        #expect(waits == [1, 2, 4, 8, 16, 32, 64, 128, 150].map { .seconds($0) })
        backOff.reset()
        let shortest = backOff.next(random: 0)
        #expect(shortest == .seconds(1))
        let longest = (0..<1000).map { _ in backOff.next(random: 0.999) }.max()
        #expect(longest == .seconds(300) * 0.999, "also where doubling would overflow")
    }
}

@Suite("What wakes a device's worker")
struct DeviceMailboxTests {
    private func scan(_ user: Int) throws -> RealtimeEvent {
        let parts = PackedTime.Parts(year: 2026, month: 11, day: 23, hour: 7, minute: 0, second: 0)
        let event = AttendanceEvent(
            who: .text(Array("\(user)".utf8)), verify: 1, state: 0, time: try #require(EventTime(parts)))
        return try #require(
            RealtimeEvent(Frame(.registerEvent, session: RealtimeEvent.Code.attendance.rawValue, data: event.bytes)))
    }

    @Test("A burst of events pushes out neither the lost link nor who asks; what does not fit asks for a reading")
    func burst() throws {
        let mailbox = DeviceMailbox()
        let session = mailbox.beginSession()
        for user in 0..<(DeviceMailbox.mostScans + 500) { mailbox.put(try scan(user), session: session) }
        mailbox.linkEnded(session: session)
        #expect(mailbox.ask { _ in })
        let post = mailbox.take()
        #expect(post.scans.count == DeviceMailbox.mostScans)
        #expect(post.wantsReading && post.linkIsGone && post.replies.count == 1)
        #expect(mailbox.take().scans.isEmpty)
    }

    @Test("What an earlier session told late is not heard")
    func earlierSession() throws {
        let mailbox = DeviceMailbox()
        let first = mailbox.beginSession()
        mailbox.put(try scan(1), session: first)
        #expect(mailbox.ask { _ in })
        mailbox.endSession()
        mailbox.put(try scan(2), session: first)
        let second = mailbox.beginSession()
        mailbox.put(try scan(3), session: first)
        mailbox.linkEnded(session: first)
        mailbox.put(try scan(4), session: second)
        let post = mailbox.take()
        #expect(post.scans.map(\.who) == [.text(Array("4".utf8))])
        #expect(!post.linkIsGone && post.replies.count == 1)
    }

    @Test("A wait ends by what comes, by its time, by cancellation, and by what came before it began")
    func waits() async throws {
        let mailbox = DeviceMailbox()
        let time = StagedTime()
        // Each of these hangs where the wait is not woken.
        for _ in 0..<200 {
            async let waiting: Void = mailbox.wait(upTo: .seconds(60), clock: time)
            #expect(mailbox.ask { _ in })
            await waiting
            #expect(mailbox.take().replies.count == 1)
        }
        let timed = Task { await mailbox.wait(upTo: .seconds(60), clock: time) }
        try await time.pass(.seconds(60))
        await timed.value
        let cancelled = Task { await mailbox.wait(upTo: .seconds(70), clock: time) }
        try await time.sees(.seconds(70))
        cancelled.cancel()
        await cancelled.value
        let late = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            await mailbox.wait(upTo: .seconds(80), clock: time)
        }
        await late.value
        // An end of an earlier wait is none of a later one.
        let next = Task { await mailbox.wait(upTo: .seconds(90), clock: time) }
        try await time.pass(.seconds(90))
        await next.value
        #expect(time.waits.isEmpty, "no timer is left behind")
    }

    @Test("A closed one takes no question and hands back those not answered")
    func closed() {
        let mailbox = DeviceMailbox()
        #expect(mailbox.ask { _ in })
        #expect(mailbox.close().count == 1)
        #expect(!mailbox.ask { _ in })
        #expect(mailbox.close().isEmpty)
    }
}
