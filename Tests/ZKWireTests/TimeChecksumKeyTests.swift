import Testing

@testable import ZKWire

@Suite("Packed times")
struct PackedTimeTests {
    /// Days of a month by the calendar's rule, written out here apart from the code under test.
    private func days(_ year: Int, _ month: Int) -> Int {
        switch month {
        case 4, 6, 9, 11: 30
        case 2: year % 4 == 0 ? 29 : 28
        default: 31
        }
    }

    @Test("Every day of 2000–2099 packs and unpacks, later days giving larger numbers")
    func everyDay() throws {
        var previous: UInt32?
        var count = 0
        for year in 2000...2099 {
            for month in 1...12 {
                for day in 1...days(year, month) {
                    let parts = PackedTime.Parts(year: year, month: month, day: day, hour: 23, minute: 59, second: 58)
                    let packed = try #require(PackedTime(parts))
                    #expect(packed.parts == parts)
                    #expect(parts.isCalendarDate)
                    if let previous { #expect(packed.rawValue > previous) }
                    previous = packed.rawValue
                    count += 1
                }
            }
        }
        #expect(count == 36_525)
    }

    @Test("Months of 2026–2035 keep their year", arguments: 2026...2035)
    func months(_ year: Int) throws {
        for month in 1...12 {
            for day in [1, days(year, month)] {
                for (hour, minute, second) in [(0, 0, 0), (7, 30, 15), (23, 59, 59)] {
                    let parts = PackedTime.Parts(
                        year: year, month: month, day: day, hour: hour, minute: minute, second: second)
                    let packed = try #require(PackedTime(parts))
                    // The published formula, written out.
                    let days = (year - 2000) * 372 + (month - 1) * 31 + day - 1
                    #expect(Int(packed.rawValue) == days * 86_400 + hour * 3600 + minute * 60 + second)
                    #expect(PackedTime(rawValue: packed.rawValue).parts == parts)
                    #expect(EventTime(parts)?.packed == packed)
                }
            }
        }
    }

    @Test("Slots that are no day of the calendar decode, are told, and encode again")
    func impossible() throws {
        for (year, month, day) in [(2025, 2, 29), (2025, 2, 31), (2024, 2, 30), (2023, 4, 31), (2100, 1, 1)] {
            let parts = PackedTime.Parts(year: year, month: month, day: day, hour: 8, minute: 0, second: 0)
            let packed = try #require(PackedTime(parts))
            #expect(packed.parts == parts)
            #expect(!parts.isCalendarDate)
        }
    }

    @Test("Parts that fit no slot do not pack, however large")
    func outOfRange() {
        let good = PackedTime.Parts(year: 2025, month: 1, day: 1, hour: 0, minute: 0, second: 0)
        let paths: [WritableKeyPath<PackedTime.Parts, Int>] = [\.year, \.month, \.day, \.hour, \.minute, \.second]
        for path in paths {
            for value in [Int.min, -1, 60, 1999, 2134, Int.max] where !(path == \.year && (2000...2133).contains(value))
            {
                var parts = good
                parts[keyPath: path] = value
                #expect(PackedTime(parts) == nil)
                #expect(!parts.isCalendarDate)
            }
            for value in [Int.min, Int.max] {
                var parts = good
                parts[keyPath: path] = value
                #expect(EventTime(parts) == nil)
            }
        }
        #expect(PackedTime(.init(year: 2133, month: 12, day: 31, hour: 0, minute: 0, second: 0)) == nil)
    }

    @Test("Any number decodes to parts in their slots and packs to itself")
    func anyNumber() {
        var generator = SeededGenerator(seed: 372)
        for _ in 0..<20_000 {
            let packed = PackedTime(rawValue: UInt32.random(in: .min ... .max, using: &generator))
            #expect(PackedTime(packed.parts) == packed)
        }
    }
}

@Suite("Checksums")
struct ChecksumTests {
    /// The sum as section 2 of the protocol words it: words, then folding at the end.
    private func reference(_ payload: [UInt8]) -> UInt16 {
        var bytes = payload
        if bytes.count >= 4 { (bytes[2], bytes[3]) = (0, 0) }
        if !bytes.count.isMultiple(of: 2) { bytes.append(0) }
        var sum: UInt64 = 0
        for position in stride(from: 0, to: bytes.count, by: 2) {
            sum += UInt64(bytes[position]) | UInt64(bytes[position + 1]) << 8
        }
        while sum > 0xFFFF { sum = (sum & 0xFFFF) + (sum >> 16) }
        return ~UInt16(truncatingIfNeeded: sum)
    }

    @Test("The worked examples of the protocol: even, odd, shortest")
    func worked() {
        #expect(
            Frame(.optionRead, session: 0x8DF3, reply: 3, data: DeviceOption.request("ZKFaceVersion")).payload()[2...3]
                == [0x5A, 0x17])
        #expect(Frame(.ackOK, session: 0x8DF3, reply: 10, data: [9]).payload()[2...3] == [0x29, 0x6A])
        #expect(Frame(.connect).payload()[2...3] == [0x17, 0xFC])
    }

    @Test("Lengths of all kinds and sums that carry more than once agree with the definition")
    func reference() {
        var generator = SeededGenerator(seed: 0xFC17)
        for length in 8...300 {
            let random = (0..<length).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
            #expect(Checksum.of(payload: random) == reference(random))
            let full = [UInt8](repeating: 0xFF, count: length)
            #expect(Checksum.of(payload: full) == reference(full))
        }
        let longest = [UInt8](repeating: 0xFF, count: Frame.longestPayload)
        #expect(Checksum.of(payload: longest) == reference(longest))
    }

    @Test("Reply numbers 0 and 65535 give the same checksum")
    func replyEnds() {
        let first = Frame(.exit, session: 0x5A31, reply: 0).payload()
        let last = Frame(.exit, session: 0x5A31, reply: 65_535).payload()
        #expect(first[2...3] == last[2...3])
        #expect(Frame(.exit, session: 0x5A31, reply: 1).payload()[2...3] != first[2...3])
    }

    @Test("Any flipped bit is noticed")
    func flippedBit() throws {
        let payload = Frame(.ackOK, session: 23_089, reply: 6, data: Array("MAC=00:17:61:a1:22:33\0".utf8)).payload()
        for position in payload.indices {
            for bit in 0..<8 {
                var changed = payload
                changed[position] ^= 1 << UInt8(bit)
                #expect(try !ReceivedFrame(payload: changed).isIntact)
            }
        }
    }
}

@Suite("Communication key")
struct CommKeyTests {
    @Test("The worked examples of the protocol")
    func worked() throws {
        #expect(hexText(CommKey(12).scrambled(session: 0x45CF)) == "614d323c")
        #expect(hexText(CommKey(0).scrambled(session: 0x1A2B)) == "617d3263")
        #expect(hexText(CommKey(123_456).scrambled(session: 0x1A2B)) == "267f32e3")
    }

    @Test("A sum that overflows wraps")
    func overflow() {
        for key in [131_071, UInt32.max, 0x8000_0001] {
            for session in [UInt16(0x8000), .max] {
                let scrambled = CommKey(key).scrambled(session: session, tick: 0)
                #expect(CommKey(key).accepts(scrambled, session: session))
            }
        }
    }

    @Test("Any tick is accepted, another key or session or a short answer is not")
    func accepts() {
        for tick in UInt8.min ... .max {
            let scrambled = CommKey(4711).scrambled(session: 0x5A31, tick: tick)
            #expect(scrambled[2] == tick)
            #expect(CommKey(4711).accepts(scrambled, session: 0x5A31))
            #expect(!CommKey(4712).accepts(scrambled, session: 0x5A31))
            #expect(!CommKey(4711).accepts(scrambled, session: 0x7A31))
            #expect(!CommKey(4711).accepts(Array(scrambled.dropLast()), session: 0x5A31))
        }
    }

    @Test("Printing a key shows nothing of it")
    func silent() {
        let key = CommKey(987_654)
        var dumped = ""
        dump(key, to: &dumped)
        for text in ["\(key)", String(reflecting: key), dumped] { #expect(!text.contains("987654")) }
    }

    @Test("Reply numbers run 0 … 65534 and start over")
    func replyCounter() {
        var counter = ReplyCounter()
        for expected in UInt16(0)...65_534 { #expect(counter.take() == expected) }
        #expect(counter.take() == 0)
        #expect(counter.take() == 1)
    }
}
