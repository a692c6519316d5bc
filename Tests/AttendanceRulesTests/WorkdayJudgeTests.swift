import Attendance
import AttendanceRules
import Testing

/// The first promise of the whole: what is not known is not absence.
@Suite("Coverage") struct CoverageRuleTests {
    @Test func aDayWithoutScansAndWithACompleteRecordIsOneAbsence() {
        let day = Day("2026-03-02").workday
        #expect(day.status == .tanpaKeterangan)
        #expect(day.deduction == 3000)
        #expect(day.arrival.state == .missing && day.departure.state == .missing)
        #expect(day.arrival.band == nil)
    }

    @Test(
        "A hole of a minute in any window leaves the day undecided",
        arguments: [-1440..<301, -1440..<720, -1440..<1379, 301..<2880, 722..<2880])
    func anyHole(covered: Range<Int>) {
        let day = Day("2026-03-02", covered: [covered]).workday
        #expect(day.status == .belumSinkron)
        #expect(day.deduction == 0)
    }

    @Test func scansInTimeNeedNoCoverage() {
        let day = Day("2026-03-02", scans: ["07:30:59", "16:00"], covered: []).workday
        #expect(day.status == .hadir)
        #expect(day.arrival.state == .known && day.departure.state == .known)
    }

    @Test func lateIsOnlyLateWhereAnEarlierScanCannotCome() {
        #expect(Day("2026-03-02", scans: ["08:00", "16:00"], covered: [300..<480]).workday.status == .terlambat)
        let open = Day("2026-03-02", scans: ["08:00", "16:00"], covered: [301..<2880]).workday
        #expect(open.status == .belumSinkron)
        #expect(open.arrival.state == .undecided && open.arrival.at != nil && open.arrival.minutes == 0)
        #expect(open.departure.state == .known)
    }

    @Test func earlyIsOnlyEarlyWhereALaterScanCannotCome() {
        #expect(Day("2026-03-02", scans: ["07:00", "15:00"], covered: [900..<1381]).workday.status == .pulangCepat)
        #expect(Day("2026-03-02", scans: ["07:00", "15:00"], covered: [0..<1380]).workday.status == .belumSinkron)
    }

    @Test func deviceDownInTheMorningThatComesBackWithItsLogMakesNobodyAbsent() {
        // Down from 08:00 to 11:00; until its log is read, the record ends at 08:00.
        let down = Day("2026-03-02", scans: [], covered: [-1440..<480]).workday
        #expect(down.status == .belumSinkron)
        // Its log had the scan all the time.
        #expect(Day("2026-03-02", scans: ["08:10", "16:02"]).workday.status == .terlambat)
    }

    @Test func withoutLinkOrDeviceNobodyIsAbsent() {
        var day = Day("2026-03-02")
        day.evidence.isLinked = false
        #expect(day.workday.status == .belumSinkron)
        #expect(day.workday.flags.contains(.notLinked))
        day.evidence.isLinked = true
        day.evidence.records = []
        #expect(day.workday.status == .belumSinkron)
    }

    @Test func everyDeviceMustBeComplete() {
        var day = Day("2026-03-02")
        day.evidence.records.append(Day.record("D2", [0..<600, 601..<1440], on: day.evidence.date))
        #expect(day.workday.status == .belumSinkron)
    }
}
