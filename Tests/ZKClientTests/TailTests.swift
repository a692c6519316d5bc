import Testing
import ZKClient
import ZKSimulator
import ZKWire

/// Reading only what is new (design, section 5).
@Suite("Tail reads", .timeLimit(.minutes(2)))
struct TailTests {
    /// What one reading costs in protocol bytes, in a session that is open already.
    private func cost(
        _ session: DeviceSession, since cursor: AttendanceCursor?, _ options: DeviceSession.AttendanceOptions = .usual
    ) async throws -> (AttendanceRead, Int) {
        let before = session.counters
        let read = try await session.readAttendance(since: cursor, options: options)
        let after = session.counters
        return (read, after.bytesIn + after.bytesOut - before.bytesIn - before.bytesOut)
    }

    private func cursor(_ device: SimulatorServer) async throws -> AttendanceCursor {
        try #require(try await reading(device).cursor)
    }

    @Test("Nothing new costs nothing but the counters; one new record among 100,000 costs less than 4 kB")
    func bytes() async throws {
        for link in ConnectTests.links {
            try await withDevice(records: link == .tcp ? 100_000 : 5000, users: 300, capacity: 200_000) { device in
                let whole = try await reading(device, over: link)
                #expect(whole.raw == device.raw)
                try await session(with: device, over: link) { session in
                    let (nothing, idle) = try await cost(session, since: whole.cursor)
                    #expect(nothing.extent == .nothingNew && nothing.records.isEmpty && nothing.cursor == whole.cursor)
                    #expect(idle < 500, "\(idle) bytes")
                    #expect(device.statistics.count(.prepareBuffer) == 1)
                    try device.scan(userID: "17")
                    let (one, busy) = try await cost(session, since: nothing.cursor)
                    #expect(one.extent == .tail && one.newCount == 1 && one.records.count == 1)
                    #expect(one.newRaw == device.raw.suffix(40))
                    #expect(busy < 4000, "\(busy) bytes")
                    let (again, _) = try await cost(session, since: one.cursor)
                    #expect(again.extent == .nothingNew)
                }
            }
        }
    }

    @Test("So many new records, and no others", arguments: [2, 15, 16, 17, 150, 900])
    func someNew(_ count: Int) async throws {
        for profile in DeviceProfile.all where profile.hasBuffer {
            try await withDevice(profile, records: 2000, users: 50) { device in
                let cursor = try await cursor(device)
                for number in 0..<count {
                    try device.scan(
                        userID: "\(number % 50 + 1)",
                        at: "2026-11-18T\(number / 3600 + 10):\(two(number / 60 % 60)):\(two(number % 60))")
                }
                let read = try await reading(device, since: cursor)
                #expect(read.extent == .tail && read.newCount == count, "\(profile.name)")
                #expect(read.newRaw == device.raw.suffix(count * profile.attendance.size))
                #expect(read.cursor?.total == 2000 + count && read.cursor?.count == 2000 + count)
            }
        }
    }

    private func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }

    @Test("Cleared, and cleared and filled again beyond the old length")
    func cleared() async throws {
        try await withDevice(records: 300) { device in
            let cursor = try await cursor(device)
            device.clearLog()
            let empty = try await reading(device, since: cursor)
            #expect(empty.extent == .complete && empty.records.isEmpty && empty.cursor == nil)
            for number in 0..<350 { try device.scan(userID: "\(number % 12 + 1)") }
            let full = try await reading(device, since: cursor)
            #expect(full.extent == .complete && full.raw == device.raw)
        }
    }

    @Test("A full log rolls over under a counter that stands still")
    func rollover() async throws {
        try await withDevice(records: 500, capacity: 500) { device in
            let cursor = try await cursor(device)
            let same = try await reading(device, since: cursor)
            #expect(same.extent == .tail && same.newCount == 0, "a full log is looked at every time")
            for user in 1...3 { try device.scan(userID: "\(user)", at: "2026-11-18T10:00:0\(user)") }
            let read = try await reading(device, since: cursor)
            #expect(read.extent == .tail && read.newCount == 3)
            #expect(read.newRaw == device.raw.suffix(120))
            #expect(read.cursor?.count == 500)
            for number in 0..<600 {
                try device.scan(userID: "1", at: "2026-11-18T11:\(two(number / 60)):\(two(number % 60))")
            }
            let lost = try await reading(device, since: read.cursor)
            #expect(lost.extent == .complete && lost.raw == device.raw)
        }
    }

    @Test("Firmware that ignores offsets is found out by one full read, and no tail is tried again")
    func ignoresOffset() async throws {
        try await withDevice(records: 3000, faults: "ignore-offset") { device in
            // Reads in one chunk are right; those behind it come from the start again: the log must fit in one.
            device.setCapacity(1500)
            let cursor = try await cursor(device)
            #expect(!cursor.ignoresOffset)
            device.setCapacity(1600)
            try device.scan(userID: "3")
            let read = try await reading(device, since: cursor)
            #expect(read.extent == .complete && read.raw == device.raw)
            let learned = try #require(read.cursor)
            #expect(learned.ignoresOffset && AttendanceCursor(text: learned.text)?.ignoresOffset == true)
            try device.scan(userID: "4")
            let chunks = device.statistics.count(.readBuffer)
            let next = try await reading(device, since: learned)
            #expect(next.extent == .complete && next.raw == device.raw)
            #expect(device.statistics.count(.readBuffer) == chunks + 1, "no tail was tried")
            #expect(next.cursor?.ignoresOffset == true)
            let scratch = try await reading(device, since: learned, .fromScratch)
            #expect(scratch.cursor?.ignoresOffset == true, "a full read does not forget it")
        }
    }

    @Test(
        "From firmware that ignores offsets a log larger than one chunk is refused: it would be the first chunk twice",
        arguments: ConnectTests.links)
    func ignoresOffsetLarge(_ link: DeviceAddress.Link) async throws {
        try await withDevice(records: 3000, faults: "ignore-offset") { device in
            #expect(await code { try await reading(device, over: link) } == .incomplete)
            device.setFaults([])
            let whole = try await reading(device, over: link)
            #expect(whole.raw == device.raw)
        }
    }

    @Test("Counters that lie: what is new is found all the same", arguments: [-30, -1, 1, 30])
    func lyingCounts(_ off: Int) async throws {
        try await withDevice(records: 1000, faults: "wrong-count=\(off)") { device in
            let cursor = try await cursor(device)
            try device.scan(userID: "5")
            let read = try await reading(device, since: cursor)
            #expect(read.extent == .tail && read.newCount == 1)
            #expect(read.newRaw == device.raw.suffix(40))
        }
    }

    @Test("A counter that was too high when read does not hide the scans that make it true")
    func lateTruth() async throws {
        try await withDevice(records: 1000, faults: "wrong-count=3") { device in
            let cursor = try await cursor(device)
            #expect(cursor.count == 1003 && cursor.total == 1000)
            device.setFaults([])
            for user in 1...3 { try device.scan(userID: "\(user)") }
            let read = try await reading(device, since: cursor)
            #expect(read.newCount == 3)
        }
    }

    @Test("Counters that are unknown: the end is looked at every time")
    func unknownCounts() async throws {
        try await withDevice(records: 1000, faults: "zero-counts") { device in
            let cursor = try await cursor(device)
            let nothing = try await reading(device, since: cursor)
            #expect(nothing.extent == .tail && nothing.newCount == 0 && nothing.records.isEmpty)
            try device.scan(userID: "5")
            let then = try await reading(device, since: cursor)
            #expect(then.newCount == 1)
        }
    }

    @Test("The end is looked at where the counters are not to be trusted")
    func distrust() async throws {
        try await withDevice(records: 1000) { device in
            let cursor = try await cursor(device)
            try device.scan(userID: "5")
            device.setFaults([Fault(.wrongCount, -1)])
            let then = try await reading(device, since: cursor)
            #expect(then.extent == .nothingNew)
            let looked = try await reading(device, since: cursor, .distrusting)
            #expect(looked.newCount == 1)
        }
    }

    @Test("The last known records stand there twice: everything is read")
    func ambiguous() async throws {
        try await withDevice(records: 400) { device in
            let cursor = try await cursor(device)
            // A device that wrote its last eight records again.
            let last = Array(device.logBytes.suffix(320))
            for start in stride(from: 0, to: 320, by: 40) { try device.insertRaw(Array(last[start..<(start + 40)])) }
            let read = try await reading(device, since: cursor)
            #expect(read.extent == .complete && read.raw == device.raw)
        }
    }

    @Test("Several people in the second of the cursor: the reading starts where that second starts")
    func sameSecond() async throws {
        try await withDevice(records: 1000) { device in
            for user in 1...3 { try device.scan(userID: "\(user)", at: "2026-11-18T08:00:00") }
            let cursor = try await cursor(device)
            for user in [4, 2] { try device.scan(userID: "\(user)", at: "2026-11-18T08:00:00") }
            let read = try await reading(device, since: cursor)
            #expect(read.newCount == 2)
            #expect(read.raw == device.raw.suffix(5 * 40), "three known ones of that second come along")
        }
    }

    @Test("A second longer than the window: a larger one is read, from its start")
    func longSecond() async throws {
        try await withDevice(records: 1000, users: 50) { device in
            for user in 1...40 { try device.scan(userID: "\(user)", at: "2026-11-18T08:00:00") }
            let cursor = try await cursor(device)
            try device.scan(userID: "41", at: "2026-11-18T08:00:00")
            let read = try await reading(device, since: cursor)
            #expect(read.extent == .tail && read.newCount == 1)
            #expect(read.raw == device.raw.suffix(41 * 40))
        }
    }

    @Test("The order of 16-byte fields follows the switch, also for a cursor made before it was turned")
    func sixteen() async throws {
        try await withDevice(.legacy, records: 300) { device in
            let cursor = try await cursor(device)
            try device.scan(userID: "5", verify: 1, state: 4)
            var options = DeviceSession.AttendanceOptions.usual
            options.sixteenVerifyFirst = true
            let read = try await reading(device, since: cursor, options)
            #expect(read.records.last?.verify == 4 && read.records.last?.state == 1)
            #expect(read.cursor?.layout == .a16VerifyFirst)
        }
    }

    @Test("A tail that the device refuses is no reason not to read")
    func refusedTail() async throws {
        try await withDevice(records: 1000) { device in
            let cursor = try await cursor(device)
            try device.scan(userID: "5")
            // The one chunk of the tail comes short; the full read after it does not.
            device.setFaults([Fault(.shortTransfer, times: 1)])
            let read = try await reading(device, over: .tcp, since: cursor)
            #expect(read.extent == .complete && read.raw == device.raw)
            #expect(read.cursor?.ignoresOffset == false)
        }
    }
}

@Suite("Attendance cursor")
struct AttendanceCursorTests {
    @Test("A cursor survives its text", arguments: AttendanceLayout.allCases)
    func roundTrip(_ layout: AttendanceLayout) throws {
        for ignores in [false, true] {
            let anchor = (0..<(8 * layout.size)).map { UInt8(truncatingIfNeeded: $0 * 7) }
            let cursor = AttendanceCursor(
                layout: layout, count: 4_294_967_295, total: 17, anchor: anchor, ignoresOffset: ignores)
            #expect(AttendanceCursor(text: cursor.text) == cursor)
        }
        let short = AttendanceCursor(layout: layout, count: 0, total: 0, anchor: [])
        #expect(AttendanceCursor(text: short.text) == short)
    }

    private static let good = AttendanceCursor(
        layout: .a8, count: 5, total: 5, anchor: Array(repeating: 0xAB, count: 64)
    ).text

    @Test(
        "Text that is no cursor",
        arguments: [
            "", " ", "1", "1 a40 5 5 0", "2 a8 5 5 0 \(String(repeating: "ab", count: 64))", "1 a99 5 5 0 ab",
            "1 a8 -1 5 0 ", "1 a8 5 -9223372036854775808 0 ", "1 a8 4294967296 5 0 ", "1 a8 +5 5 0 ", "1 a8 5 5 2 ",
            "1 a8 5 5 0 a", "1 a8 5 5 0 ab", "1 a8 5 5 0 \(String(repeating: "+a", count: 8))",
            "1 a8 5 5 0 \(String(repeating: "AB", count: 8))", "1 a8 5 5 0 \(String(repeating: "é", count: 8))",
            "1 a8 5 5 0 \(String(repeating: "ab", count: 72))",
            "1 a8 5 5 0 \(String(repeating: "ab", count: 1_000_000))",
            "1 a8  5 5 0 ", good + " ", " " + good, good + "\n", good.replacing("a8", with: "a16"),
            String(repeating: " ", count: 1_000_000),
        ])
    func hostile(_ text: String) {
        #expect(AttendanceCursor(text: Self.good) != nil)
        guard let cursor = AttendanceCursor(text: text) else { return }
        // `a16` makes of 64 bytes four records: short, but a cursor.
        #expect(cursor.layout == .a16 && cursor.anchor.count == 64)
    }
}
