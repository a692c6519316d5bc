import Testing

@testable import ZKWire

@Suite("Layout detection")
struct LayoutDetectionTests {
    private static let start = PackedTime.Parts(year: 2025, month: 11, day: 3, hour: 7, minute: 0, second: 0)
    private static let latest = packed(PackedTime.Parts(year: 2025, month: 12, day: 31, hour: 0, minute: 0, second: 0))

    private static func packed(_ parts: PackedTime.Parts) -> PackedTime {
        PackedTime(parts) ?? PackedTime(rawValue: 0)
    }

    /// A log of `count` scans a minute apart; every `impossible`th has a date that does not exist.
    private func log(
        _ layout: AttendanceLayout, _ count: Int, users: Int = 40, above: UInt32 = 198_500, verify: UInt8 = 1,
        impossible: Int? = nil, state: (Int) -> UInt8 = { UInt8($0 % 2) }, from start: PackedTime.Parts = start
    ) -> [UInt8] {
        (0..<count).flatMap { number in
            let user = number % users + 1
            let who: AttendanceRecord.Who =
                layout.namesIndex
                ? .index(UInt16(user))
                : layout.size == 16 ? .number(above + UInt32(user)) : .text(Array("\(1000 + user)".utf8))
            var time = PackedTime(rawValue: Self.packed(start).rawValue + UInt32(number * 60))
            if let impossible, number % impossible == 0 { time = PackedTime(rawValue: 808_732_800 + UInt32(number)) }
            let record = AttendanceRecord(
                who: who, index: UInt16(user), verify: verify, time: time, state: state(number))
            return record.bytes(layout)
        }
    }

    private func detect(
        _ bytes: [UInt8], count: Int?, verifyFirst: Bool = false, known: AttendanceLayout? = nil
    ) throws(LayoutDetection.Undecided) -> AttendanceLayout {
        try LayoutDetection.attendance(
            total: bytes.count, sample: bytes, count: count, latest: Self.latest, sixteenVerifyFirst: verifyFirst,
            known: known
        ).layout
    }

    @Test(
        "Every layout is found with the device's count, without it, and with a count off by up to 20",
        arguments: [AttendanceLayout.a8, .a8TimeLast, .a16, .a22, .a40, .a49])
    func everyLayout(_ layout: AttendanceLayout) throws {
        for records in [1, 2, 7, 50, 400, 3920] {
            let bytes = log(layout, records)
            for off in [-20, -3, 0, 3, 20] where records + off > 0 {
                #expect(try detect(bytes, count: records + off) == layout, "\(records) records, count off by \(off)")
            }
            #expect(try detect(bytes, count: nil) == layout, "\(records) records, no count")
            #expect(try detect(bytes, count: 0) == layout, "\(records) records, count zero")
        }
    }

    @Test("1960 bytes are 40 records of 49 or 49 records of 40, told by what they say")
    func divisibleByTwo() throws {
        let forty = log(.a40, 49)
        let fortyNine = log(.a49, 40)
        #expect(forty.count == 1960 && fortyNine.count == 1960)
        for count in [nil, 0, 40, 49, 33] {
            #expect(try detect(forty, count: count) == .a40)
            #expect(try detect(fortyNine, count: count) == .a49)
        }
    }

    @Test("Multiples of 80 fit 8, 16 and 40, told by what they say", arguments: [80, 160, 400, 8000])
    func multiplesOf80(_ total: Int) throws {
        for layout in [AttendanceLayout.a8, .a8TimeLast, .a16, .a40] {
            let bytes = log(layout, total / layout.size)
            #expect(bytes.count == total)
            #expect(try detect(bytes, count: nil) == layout)
            #expect(try detect(bytes, count: total / layout.size) == layout)
        }
    }

    @Test("A count that agrees with the wrong size by chance does not win")
    func misleadingCount() throws {
        let bytes = log(.a49, 400)
        #expect(bytes.count.isMultiple(of: 40))
        #expect(try detect(bytes, count: bytes.count / 40) == .a49)
        #expect(try detect(log(.a40, 980), count: 800) == .a40)
    }

    @Test("16-byte records that are all check-outs are not taken for 8-byte ones")
    func allCheckOuts() throws {
        let bytes = log(.a16, 60, state: { _ in 1 })
        #expect(try detect(bytes, count: nil) == .a16)
        #expect(try detect(bytes, count: 60) == .a16)
    }

    @Test("D6 Small numbers in 16-byte records are not twice as many 8-byte ones, whatever the device counts")
    func smallNumbers() throws {
        for records in Array(1...130) + [500, 501, 3920] {
            let bytes = log(.a16, records, users: 20, above: 0, state: { _ in 0 })
            #expect(try detect(bytes, count: nil) == .a16, "\(records) records, no count")
            for off in [-3, 1, 2, 16, records / 2, records - 3, records] {
                #expect(try detect(bytes, count: records + off) == .a16, "\(records) records, count off by \(off)")
            }
        }
    }

    @Test("D6 A log that still reads as it did is not read in another layout")
    func known() throws {
        let bytes = log(.a8TimeLast, 60, users: 5, verify: 0, state: { _ in 0 })
        // Without an earlier reading a counter that is wrong by half decides.
        #expect(try detect(bytes, count: 30) == .a16)
        #expect(throws: LayoutDetection.Undecided.self) { try detect(bytes, count: 30, known: .a8TimeLast) }
        #expect(try detect(bytes, count: 60, known: .a8TimeLast) == .a8TimeLast)
        // A firmware that was replaced.
        #expect(try detect(log(.a40, 60), count: 60, known: .a16) == .a40)
        #expect(try detect(log(.a16VerifyFirst, 60), count: 60, verifyFirst: true, known: .a16) == .a16VerifyFirst)
    }

    @Test(
        "D6 A log is read as before where a clock that was set right left most of its records in the future",
        arguments: [AttendanceLayout.a8, .a8TimeLast, .a16, .a22, .a40, .a49])
    func futureRecords(_ layout: AttendanceLayout) throws {
        let next = PackedTime.Parts(year: 2027, month: 3, day: 1, hour: 7, minute: 0, second: 0)
        let bytes = log(layout, 26, from: next) + log(layout, 4)
        #expect(throws: LayoutDetection.Undecided.self) { try detect(bytes, count: 30) }
        let other: AttendanceLayout = layout == .a16 ? .a8 : .a16
        #expect(throws: LayoutDetection.Undecided.self) { try detect(bytes, count: 30, known: other) }
        for count in [nil, 30, 33] { #expect(try detect(bytes, count: count, known: layout) == layout) }
    }

    @Test("Nothing tells the two orders of 16-byte records apart: the switch decides")
    func verifyFirst() throws {
        let bytes = log(.a16VerifyFirst, 30, state: { _ in 0 })
        #expect(try detect(bytes, count: 30, verifyFirst: true) == .a16VerifyFirst)
        #expect(try detect(bytes, count: 30, verifyFirst: false) == .a16)
    }

    @Test("The MA300's order is found by plausible dates")
    func ma300() throws {
        #expect(try detect(log(.a8TimeLast, 500), count: 500) == .a8TimeLast)
        #expect(try detect(log(.a8, 500), count: 500) == .a8)
    }

    @Test("D6 Where two layouts read equally well nothing is guessed")
    func ambiguous() {
        // Five users with passwords, all scans alike: the bytes also read as half as many 16-byte records.
        let bytes = log(.a8TimeLast, 10, users: 5, verify: 0, state: { _ in 0 })
        #expect(throws: LayoutDetection.Undecided.self) { try detect(bytes, count: nil) }
        #expect(throws: LayoutDetection.Undecided.self) { try detect(bytes, count: 5) }
    }

    @Test("Where the count fits two layouts the records decide")
    func countFitsTwo() throws {
        #expect(try detect(log(.a8TimeLast, 10, users: 5, state: { _ in 0 }), count: 5) == .a8TimeLast)
        #expect(try detect(log(.a16, 5), count: 5) == .a16)
    }

    @Test("A log with many impossible dates is still read", arguments: [AttendanceLayout.a40, .a49, .a22])
    func impossibleDates(_ layout: AttendanceLayout) throws {
        let bytes = log(layout, 400, impossible: 2)
        #expect(try detect(bytes, count: 400) == layout)
        #expect(try detect(bytes, count: nil) == layout)
        #expect(try detect(log(.a16, 400, impossible: 4), count: 400) == .a16)
    }

    @Test("A log of a device with a dead battery is read where ids or the count speak for it")
    func deadBattery() throws {
        let zero = PackedTime.Parts(year: 2000, month: 1, day: 1, hour: 0, minute: 0, second: 0)
        #expect(try detect(log(.a40, 200, from: zero), count: nil) == .a40)
        #expect(try detect(log(.a16, 200, from: zero), count: 200) == .a16)
        #expect(throws: LayoutDetection.Undecided.self) { try detect(log(.a16, 200, from: zero), count: nil) }
    }

    @Test("D6 Garbage in a perfect frame is refused, whatever the count says", arguments: [nil, 0, 3, 7, 15, 100])
    func garbage(_ count: Int?) throws {
        let vector = try #require(Vector["k40-legacy-data-garbage"])
        let body = try Dataset(try ReceivedFrame(payload: vector.payload).frame.data).body
        #expect(body.count == 120)
        #expect(throws: LayoutDetection.Undecided.self) { try detect(body, count: count) }
    }

    @Test("Random bytes are refused")
    func random() {
        var generator = SeededGenerator(seed: 1960)
        for _ in 0..<200 {
            let bytes = (0..<1960).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
            #expect(throws: LayoutDetection.Undecided.self) { try detect(bytes, count: nil) }
        }
    }

    @Test("Nothing, zeros and odd totals are refused with the reason")
    func empty() {
        #expect(throws: LayoutDetection.Undecided.self) { try detect([], count: 0) }
        #expect(throws: LayoutDetection.Undecided.self) { try detect(Array(repeating: 0, count: 1960), count: 49) }
        #expect {
            try detect(Array(repeating: 1, count: 101), count: nil)
        } throws: { error in
            "\(error)".contains("101 bytes")
        }
    }

    @Test("A tail's few records are judged within the whole dataset's size")
    func tail() throws {
        let tail = log(.a40, 17)
        let verdict = try LayoutDetection.attendance(
            total: 100_000 * 40, sample: tail, count: 100_000, latest: Self.latest)
        #expect(verdict.layout == .a40)
        #expect(verdict.reason.contains("100000"))
    }

    @Test("User layouts are found with the count, without it and with a stale one", arguments: UserLayout.allCases)
    func users(_ layout: UserLayout) throws {
        for users in [1, 9, 14, 126] {
            let bytes = (1...users).flatMap { number in
                UserRecord(
                    index: UInt16(number), privilege: number == 1 ? 14 : 0, name: Array("Sari \(number)".utf8),
                    userID: Array("\(number)".utf8)
                ).bytes(layout)
            }
            for count in [nil, users, max(0, users - 5)] {
                let verdict = try LayoutDetection.users(total: bytes.count, sample: bytes, count: count)
                #expect(verdict.layout == layout, "\(users) users, count \(count.map(String.init) ?? "unknown")")
            }
        }
        #expect(throws: LayoutDetection.Undecided.self) {
            try LayoutDetection.users(total: 0, sample: [], count: nil)
        }
        #expect(throws: LayoutDetection.Undecided.self) {
            try LayoutDetection.users(total: 504, sample: Array(repeating: 0xEE, count: 504), count: 7)
        }
    }
}
