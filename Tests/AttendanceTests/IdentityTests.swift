import Testing

@testable import Attendance

@Suite("User id, device serial, device time")
struct IdentityTests {
    @Test("a user id ends at the first NUL, loses outer spaces, keeps leading zeros")
    func userIDField() {
        #expect(UserID(field: Array("0012\0junk".utf8)).text == "0012")
        #expect(UserID(field: Array("  12 3 \0".utf8)).text == "12 3")
        #expect(UserID(field: Array("\t12".utf8)).text == "\t12", "only spaces are trimmed")
        #expect(UserID(field: [0, 0x31]).bytes.isEmpty)
        #expect(UserID(field: [0x20, 0x20]).bytes.isEmpty)
        #expect(UserID("0012") != UserID("12"))
        #expect(UserID(number: .max).text == "4294967295")
        #expect(UserID(number: 12) == UserID("12"))
    }

    @Test("an empty user id and every spelling of 0 name nobody")
    func nobody() {
        for text in ["", "0", "000", "  0 "] { #expect(UserID(text).isNobody, "\(text)") }
        for text in ["1", "0A", "00 0", "-0"] { #expect(!UserID(text).isNobody, "\(text)") }
        #expect(UserID(number: 0).isNobody)
    }

    @Test("hex stands beside a user id exactly where its bytes are not UTF-8")
    func hexIfNotText() {
        #expect(UserID(field: [0xC4, 0xFF]).hexIfNotText == "c4ff")
        #expect(UserID(field: [0xC3]).hexIfNotText == "c3")
        #expect(UserID(field: [0xED, 0xA0, 0x80]).hexIfNotText == "eda080", "a lone surrogate is not UTF-8")
        #expect(UserID(field: [0xEF, 0xBF, 0xBD]).hexIfNotText == nil, "U+FFFD itself is")
        #expect(UserID("ä9").hexIfNotText == nil)
        #expect(UserID("").hexIfNotText == nil)
    }

    @Test("a serial is trimmed, bounded, and has no control characters")
    func serial() {
        #expect(DeviceSerial("  A1 ")?.text == "A1")
        #expect(DeviceSerial("A 1")?.text == "A 1")
        #expect(DeviceSerial(String(repeating: "A", count: 64)) != nil)
        for text in [
            "", "   ", "A\n", "A\0", "A\u{7F}", String(repeating: "A", count: 65), String(repeating: "ä", count: 33),
        ] {
            #expect(DeviceSerial(text) == nil, "\(text.debugDescription)")
        }
    }

    @Test("serials are the same where their bytes are, not where they look alike")
    func serialBytes() throws {
        let latin = try #require(DeviceSerial("CKJF0001"))
        let kelvin = try #require(DeviceSerial("C\u{212A}JF0001"))
        #expect(latin.text == kelvin.text, "to Swift they are one text")
        #expect(latin != kelvin && latin < kelvin && !(kelvin < latin))
        #expect(Set([latin, kelvin, latin]).count == 2)
        #expect(DeviceSerial(" CKJF0001") == latin)
    }

    @Test("a device time is a calendar date of 2000 to 2099, or the raw field")
    func deviceTime() {
        #expect(
            DeviceTime(year: 2026, month: 1, day: 2, hour: 3, minute: 4, second: 5)?.text == "2026-01-02T03:04:05")
        #expect(DeviceTime(year: 2000, month: 2, day: 29, hour: 0, minute: 0, second: 0) != nil)
        let never = [
            [1999, 12, 31, 0, 0, 0], [2100, 1, 1, 0, 0, 0], [2026, 2, 29, 0, 0, 0], [2026, 4, 31, 0, 0, 0],
            [2026, 0, 1, 0, 0, 0], [2026, 13, 1, 0, 0, 0], [2026, 1, 0, 0, 0, 0], [2026, 1, 32, 0, 0, 0],
            [2026, 1, 1, 24, 0, 0], [2026, 1, 1, 0, 60, 0], [2026, 1, 1, 0, 0, 60], [2026, 1, 1, -1, 0, 0],
            [Int.min, Int.max, Int.min, Int.max, Int.min, Int.max],
        ]
        for time in never {
            #expect(
                DeviceTime(
                    year: time[0], month: time[1], day: time[2], hour: time[3], minute: time[4], second: time[5])
                    == nil,
                "\(time)")
        }
        #expect(DeviceTime(rawField: [0x80, 0x5A, 0x8D, 0x31]).text == "805a8d31")
        #expect(!DeviceTime(rawField: [0x80, 0x5A, 0x8D, 0x31]).isCalendarDate)
    }

    @Test("every day of 2000 to 2099 is written and read back, and no other")
    func everyDay() {
        var days = 0
        for year in 2000...2099 {
            for month in 1...12 {
                for day in 1...31 {
                    guard
                        let time = DeviceTime(year: year, month: month, day: day, hour: 23, minute: 59, second: 59)
                    else { continue }
                    days += 1
                    #expect(DeviceTime(text: time.text) == time)
                    #expect(time.isCalendarDate)
                }
            }
        }
        #expect(days == 36_525)
    }

    @Test(
        "text that is neither form is refused",
        arguments: [
            "", "8", "805", "805A8D31", "805a8d3g", "2026-11-21T07:30", "2026-11-21 07:30:05", "2026-02-30T07:30:05",
            "1999-12-31T23:59:59", "2026-11-21T07:30:05Z", "2026-11-21T07:30:5x", "+026-11-21T07:30:05",
            "aabbccddeeff00112233445566778899a0", "２026-11-21T07:30:5", "80 5a8d31",
        ])
    func deviceTimeRefused(text: String) {
        #expect(DeviceTime(text: text) == nil)
    }
}
