import Foundation
import Testing

@testable import Attendance

@Suite("UTC text")
struct UTCTests {
    /// Foundation's own formatter, at whole milliseconds.
    private static let reference = Date.ISO8601FormatStyle(includingFractionalSeconds: true)

    /// 1582-10-15, the first day of the Gregorian calendar: before it, Foundation counts as Julius Caesar did.
    private static let gregorian: Int64 = -12_219_292_800_000

    @Test("is Foundation's from 1582 to 9999, and reads back the same from the year 1 on")
    func agreesWithFoundation() throws {
        var moments: [Int64] = [0, -1, 1, 999, -999, -1000, 951_782_400_000, 4_107_542_399_999, 1_795_221_005_123]
        // Steps of 97 days less a fraction of a second walk through months, leap years and times of day.
        moments += stride(from: Int64(-62_135_596_800_000), to: 253_402_300_800_000, by: 86_399_999 * 97)
        for milliseconds in moments {
            let moment = Date(timeIntervalSince1970: Double(milliseconds) / 1000)
            let text = UTC.text(moment)
            if milliseconds >= Self.gregorian { #expect(text == Self.expected(milliseconds), "\(milliseconds) ms") }
            let read = try #require(UTC.date(text), "\(text)")
            #expect(UTC.text(read) == text)
            #expect(abs(read.timeIntervalSince(moment)) < 0.0001)
        }
    }

    /// Foundation truncates what a Double cannot hold exactly; half a millisecond more keeps it on the right one.
    private static func expected(_ milliseconds: Int64) -> String {
        Date(timeIntervalSince1970: (Double(milliseconds) + 0.5) / 1000).formatted(reference)
    }

    @Test(
        "the days around a leap day",
        arguments: [
            (951_782_399.0, "2000-02-28T23:59:59.000Z"), (951_782_400, "2000-02-29T00:00:00.000Z"),
            (951_868_800, "2000-03-01T00:00:00.000Z"), (4_107_456_000, "2100-02-28T00:00:00.000Z"),
            (4_107_542_400, "2100-03-01T00:00:00.000Z"), (-1, "1969-12-31T23:59:59.000Z"),
            (-0.001, "1969-12-31T23:59:59.999Z"), (-2_203_977_600, "1900-02-28T00:00:00.000Z"),
            (-2_203_891_200, "1900-03-01T00:00:00.000Z"), (-62_135_596_800, "0001-01-01T00:00:00.000Z"),
        ])
    func leapDays(seconds: Double, text: String) {
        #expect(UTC.text(Date(timeIntervalSince1970: seconds)) == text)
    }

    @Test("every millisecond of a second reads back as itself")
    func milliseconds() throws {
        for millisecond in 0..<1000 {
            let digits = String(String(1000 + millisecond).dropFirst())
            let text = "2026-11-21T00:30:05.\(digits)Z"
            #expect(UTC.text(try #require(UTC.date(text))) == text)
        }
    }

    @Test(
        "a moment outside the years 1 to 9999 is the nearest one inside, and none is no trap",
        arguments: [
            (Double.infinity, "9999-12-31T23:59:59.999Z"), (1e300, "9999-12-31T23:59:59.999Z"),
            (253_402_300_800, "9999-12-31T23:59:59.999Z"), (-Double.infinity, "0001-01-01T00:00:00.000Z"),
            (-1e18, "0001-01-01T00:00:00.000Z"), (Double.nan, "0001-01-01T00:00:00.000Z"),
        ])
    func extremes(seconds: Double, text: String) {
        #expect(UTC.text(Date(timeIntervalSince1970: seconds)) == text)
    }

    @Test(
        "text of another form, or of a day that does not exist, is refused",
        arguments: [
            "", "Z", "2026-11-21", "2026-11-21T00:30:05.123", "2026-11-21T00:30:05.123+07:00",
            "2026-11-21T00:30:05.12Z",
            "2026-11-21T00:30:05.1234Z", "2026-11-21 00:30:05.123Z", "2026-11-21t00:30:05.123z", "20261121T003005.123Z",
            "2026-02-30T00:30:05.123Z", "2025-02-29T00:00:00.000Z", "2100-02-29T00:00:00.000Z",
            "2026-13-01T00:00:00.000Z",
            "2026-00-01T00:00:00.000Z", "2026-11-00T00:00:00.000Z", "2026-11-21T24:00:00.000Z",
            "2026-11-21T23:60:00.000Z",
            "2026-11-21T23:59:60.000Z", "0000-01-01T00:00:00.000Z", "-001-01-01T00:00:00.000Z",
            "+026-11-21T00:30:05.123Z",
            " 026-11-21T00:30:05.123Z", "２026-11-21T00:30:05.123Z", "2026-11-21T00:30:05,123Z",
        ])
    func refused(text: String) {
        #expect(UTC.date(text) == nil)
    }
}
