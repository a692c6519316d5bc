import AttendanceRules
import Testing

@Suite struct CivilDateTests {
    @Test func everyDayFromFirstToLastHasItsOwnTextAndComesBack() throws {
        var expected = (year: 1900, month: 1, day: 1)
        for date in CivilDate.first...CivilDate.last {
            #expect(date.parts == expected)
            #expect(CivilDate(text: date.text) == date)
            let next = CivilDate(year: expected.year, month: expected.month, day: expected.day + 1)
            expected =
                next != nil
                ? (expected.year, expected.month, expected.day + 1)
                : expected.month < 12 ? (expected.year, expected.month + 1, 1) : (expected.year + 1, 1, 1)
        }
        #expect(CivilDate.last.text == "2199-12-31")
    }

    @Test func weekdaysAreThoseOfTheWall() {
        #expect(CivilDate(text: "2026-11-22")?.weekday == .sunday)
        #expect(CivilDate(text: "2026-02-19")?.weekday == .thursday)
        #expect(CivilDate(text: "1945-08-17")?.weekday == .friday)
    }

    @Test func momentsBeforeMidnightBelongToTheirDate() throws {
        let date = try #require(CivilDate(text: "2026-03-02"))
        #expect(Moment(date, minute: 0, offset: 25_200).date(offset: 25_200) == date)
        #expect(Moment(date, minute: -1, offset: 25_200).date(offset: 25_200) == date.adding(days: -1))
        #expect(Moment(seconds: -1).date(offset: 0).text == "1969-12-31")
    }

    @Test(arguments: ["2026-02-30", "2026-1-01", "2026-01-01 ", "26-01-01", "", "1899-12-31", "２０２６-01-01"])
    func whatIsNoDateIsRefused(text: String) { #expect(CivilDate(text: text) == nil) }
}
