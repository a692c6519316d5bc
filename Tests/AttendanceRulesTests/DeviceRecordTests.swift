import AttendanceRules
import Testing

@Suite("Records of devices") struct DeviceRecordTests {
    private static func span(_ from: Int64, _ to: Int64) -> Range<Moment> {
        Moment(seconds: from)..<Moment(seconds: to)
    }

    private static func claim(_ from: Int64, _ to: Int64, holes: [(Int64, Int64, String)] = []) -> DeviceClaim {
        DeviceClaim(span: span(from, to), holes: holes.map { .init(span: span($0, $1), why: $2) })
    }

    @Test func withinANodeTheLaterClaimCounts() {
        let record = DeviceRecord(
            serial: "D", nodes: [[Self.claim(0, 100), Self.claim(50, 200, holes: [(60, 80, "device_off")])]])
        #expect(record.complete == [Self.span(0, 60), Self.span(80, 200)])
        #expect(record.gaps == [.init(span: Self.span(60, 80), why: "device_off")])
        let healed = DeviceRecord(
            serial: "D", nodes: [[Self.claim(0, 100, holes: [(60, 80, "device_off")]), Self.claim(50, 200)]])
        #expect(healed.complete == [Self.span(0, 200)])
    }

    @Test func betweenNodesWhatOneKnowsIsKnown() {
        let old = [Self.claim(0, 100)]
        let new = [Self.claim(50, 200, holes: [(50, 150, "log_not_reconciled")])]
        for nodes in [[old, new], [new, old]] {
            let record = DeviceRecord(serial: "D", nodes: nodes)
            #expect(record.complete == [Self.span(0, 100), Self.span(150, 200)])
            #expect(record.gaps == [.init(span: Self.span(100, 150), why: "log_not_reconciled")])
        }
    }

    @Test func aStatementFillsAllButHolesAboutClocks() {
        for reason in ["clock_unknown", "clock_off"] {
            let claims = [Self.claim(0, 100, holes: [(10, 20, "device_off"), (30, 40, reason)])]
            let record = DeviceRecord(serial: "D", nodes: [claims], stated: [Self.span(0, 200)])
            #expect(record.complete == [Self.span(0, 30), Self.span(40, 200)])
            #expect(record.gaps.map(\.isAboutClock) == [true])
            // Nor does another node's word fill it.
            #expect(DeviceRecord(serial: "D", nodes: [claims, [Self.claim(0, 100)]]).gaps.count == 1)
        }
    }

    @Test func whatLiesOutsideIsLeftAway() {
        let record = DeviceRecord(
            serial: "D", nodes: [[Self.claim(0, 1000)]], stated: [Self.span(900, 2000)], within: Self.span(100, 950))
        #expect(record.complete == [Self.span(100, 950)])
    }
}
