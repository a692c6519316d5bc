import Attendance
import CentralPages
import CentralStore
import Foundation
import Testing

@testable import CentralServer

@Suite("From the store to the pages' models")
struct OverviewSourceTests {
    /// Runs `work` with a centre that has one enrolled office.
    private func withOffice(
        _ work: @Sendable @escaping (Centre, OverviewSource, Edge) async throws -> Void
    ) async throws {
        try await Centre.run(.router) { centre, _ in
            let source = OverviewSource(store: centre.store, settings: PagesSettings(), now: centre.clock.now)
            try await work(centre, source, try await centre.enrolledEdge())
        }
    }

    private func take(_ batch: Batch, _ centre: Centre) async throws {
        let outcome = try await centre.store.append(try EntryRun(batch), receivedAt: centre.clock.now())
        guard outcome.answer == .ok else { throw FixtureError(what: "\(outcome.answer)") }
    }

    @Test("A node is belum pernah before its first word, terhubung for three minutes after each, then terputus")
    func contact() async throws {
        try await withOffice { centre, source, edge in
            func contact() async throws -> Contact? { try await source.overview().nodes.first?.contact }
            #expect(try await contact() == .never)
            let status = NodeStatus(version: "0.4.0", backlog: 3, backlogAge: 60, diskFree: 1_000_000)
            try await take(try edge.batch(status: status), centre)
            centre.clock.pass(180)
            #expect(try await contact() == .connected)
            centre.clock.pass(1)
            #expect(try await contact() == .disconnected)
            let line = try #require(try await source.overview().nodes.first)
            #expect(
                line.backlog == 3 && line.backlogAge == 60 && line.version == "0.4.0" && line.unit == "Dinas Contoh")
            _ = try await centre.store.revoke(node: edge.node, from: centre.clock.now(), at: centre.clock.now())
            #expect(try await contact() == .revoked)
        }
    }

    @Test("What a batch carried no longer waits once it is taken, though its status still counts it")
    func backlog() async throws {
        try await withOffice { centre, source, edge in
            var edge = edge
            edge.write(try punch(UserID("1")), try punch(UserID("2")), try punch(UserID("3")))
            func waiting() async throws -> Int64? { try await source.overview().nodes.first?.backlog }
            let status = NodeStatus(version: "1", backlog: 3, backlogAge: 9)
            try await take(try edge.batch(to: 2, status: status), centre)
            #expect(try await waiting() == 1)
            let behind = try edge.batch(after: 2, status: NodeStatus(version: "1", backlog: 1, backlogAge: 9))
            try await take(behind, centre)
            #expect(try await waiting() == 0)
            #expect(try await source.overview().nodes.first?.backlogAge == nil)
            // Refused for a gap, it took nothing away.
            edge.write(try punch(UserID("4")), try punch(UserID("5")))
            let gapped = try edge.batch(after: 4, status: NodeStatus(version: "1", backlog: 2))
            let outcome = try await centre.store.append(try EntryRun(gapped), receivedAt: centre.clock.now())
            #expect(outcome.answer == .gap)
            #expect(try await waiting() == 2)
        }
    }

    @Test("Today is the day in the government's zone; usual is the mean of the same weekdays that have scans")
    func hours() async throws {
        try await withOffice { centre, source, edge in
            var edge = edge
            // Midnight in London is seven in the morning of Monday in Jakarta.
            edge.write(
                try punch(UserID("1"), "2026-03-02T06:50:00"), try punch(UserID("2"), "2026-03-02T07:01:00"),
                try punch(UserID("1"), "2026-02-23T07:00:00"), try punch(UserID("2"), "2026-02-23T07:00:01"),
                try punch(UserID("1"), "2026-02-09T07:00:00"), try punch(UserID("1"), "2026-03-01T07:00:00"))
            try await take(try edge.batch(), centre)
            let overview = try await source.overview()
            #expect(overview.scansToday == 2 && overview.hoursToday[6] == 1 && overview.hoursToday[7] == 1)
            #expect(overview.hoursUsual[7] == 1.5 && overview.hoursUsual.count == 24 && overview.scansEver == 6)
            #expect(overview.scans.map(\.userID) == ["1", "1", "2", "1", "2", "1"])
            centre.clock.pass(17 * 3600)
            #expect(try await source.overview().scansToday == 0, "past midnight in Jakarta it is Tuesday")
        }
    }

    @Test("A device that was configured and never read is shown from its node's status, once")
    func silentDevice() async throws {
        try await withOffice { centre, source, edge in
            var edge = edge
            edge.write(try punch())
            let status = NodeStatus(
                version: "1", backlog: 0,
                devices: [
                    .init(
                        serial: "CJ9L170560001", name: "lobby", lastRead: "2026-03-02T00:00:00.000Z", count: 80,
                        capacity: 100),
                    .init(serial: "OEX7032800012", name: "aula", problem: "no answer"),
                ])
            try await take(try edge.batch(status: status), centre)
            let devices = try await source.overview().devices
            #expect(devices.map(\.serial) == ["CJ9L170560001", "OEX7032800012"])
            #expect(devices.first?.lastRead == monday && devices.first?.count == 80)
            #expect(devices.last?.problem == "no answer" && devices.last?.unit == "Dinas Contoh")
        }
    }

    @Test("What is in quarantine is counted and shown with its office, cut where it is long")
    func quarantine() async throws {
        try await withOffice { centre, source, edge in
            var edge = edge
            edge.write(raw: Array(repeating: 0x78, count: 5000))
            try await take(try edge.batch(), centre)
            let quarantine = try await source.overview().quarantine
            #expect(quarantine.count == 1 && quarantine.newest.first?.unit == "Dinas Contoh")
            #expect(quarantine.newest.first?.body.count == 400)
        }
    }

    @Test("Coverage of the last week by device; outside of the week nothing is shown")
    func coverage() async throws {
        try await withOffice { centre, source, edge in
            var edge = edge
            let serial = try #require(DeviceSerial("CJ9L170560001"))
            let weekAgo = monday.addingTimeInterval(-8 * 86400)
            edge.write(
                .coverage(
                    Coverage(
                        serial: serial, from: weekAgo, to: monday.addingTimeInterval(-3600), source: .poll,
                        holes: [.init(from: monday - 7200, to: monday - 5400, why: "device_off")])))
            try await take(try edge.batch(), centre)
            let model = try await source.coverage()
            let device = try #require(model.devices.first)
            let start = monday.addingTimeInterval(-7 * 86400)
            #expect(model.span == start..<monday)
            #expect(device.covered == [start..<(monday - 7200), (monday - 5400)..<(monday - 3600)])
            #expect(device.holes == [.init(span: (monday - 7200)..<(monday - 5400), why: "device_off")])
        }
    }
}

@Suite("Claims of coverage laid over each other")
struct CoverageTimelineTests {
    @Test("Any claims give, second by second, what the last of them says")
    func bySecond() {
        var random = SplitMix(state: 20_261_122)
        for _ in 0..<300 {
            let claims = (0..<Int.random(in: 0...12, using: &random)).map { _ in Self.claim(&random) }
            let timeline = CoverageTimeline(claims, within: Self.at(0)..<Self.at(100))
            var expected = [String?](repeating: nil, count: 100)
            for claim in claims {
                Self.mark(&expected, claim.from, claim.to, "")
                for hole in claim.holes { Self.mark(&expected, hole.from, hole.to, hole.why) }
            }
            var found = [String?](repeating: nil, count: 100)
            for span in timeline.covered { Self.mark(&found, span.lowerBound, span.upperBound, "") }
            for hole in timeline.holes { Self.mark(&found, hole.span.lowerBound, hole.span.upperBound, hole.why) }
            #expect(found == expected)
            let ends = timeline.covered.map(\.upperBound)
            #expect(zip(ends, timeline.covered.dropFirst()).allSatisfy { $0 < $1.lowerBound }, "neighbours are joined")
        }
    }

    @Test("Holes in descending order, as many as there is room for: each stands in its place")
    func many() {
        let holes = (0..<20_000).map { number in
            let start = monday.addingTimeInterval(TimeInterval(2 * (20_000 - number)))
            return Coverage.Hole(from: start, to: start.addingTimeInterval(1), why: "device_off")
        }
        let end = monday.addingTimeInterval(40_002)
        let claim = CoverageClaim(serial: "S", from: monday, to: end, holes: holes)
        let timeline = CoverageTimeline([claim], within: monday..<end)
        #expect(timeline.holes.map(\.span.lowerBound) == holes.map(\.from).reversed())
        #expect(timeline.covered.count == 20_001)
    }

    private static func at(_ second: Int) -> Date { monday + TimeInterval(second) }

    private static func claim(_ random: inout SplitMix) -> CoverageClaim {
        func span() -> (Date, Date) {
            let start = Int.random(in: -20...110, using: &random)
            return (at(start), at(start + Int.random(in: -5...40, using: &random)))
        }
        let (from, to) = span()
        let holes = (0..<Int.random(in: 0...2, using: &random)).map { _ in
            let (from, to) = span()
            return Coverage.Hole(
                from: from, to: to, why: ["device_off", "clock_off"].randomElement(using: &random) ?? "")
        }
        return CoverageClaim(serial: "S", from: from, to: to, holes: holes)
    }

    private static func mark(_ line: inout [String?], _ from: Date, _ to: Date, _ what: String) {
        for second in line.indices where at(second) >= from && at(second) < to { line[second] = what }
    }
}

@Suite("Which alarms are over")
struct AlarmJudgementTests {
    private static let serial = "CJ9L170560001"

    private func isOver(
        _ code: String, device: NodeStatus.Device? = nil, age: TimeInterval = 60, about: Bool = true
    ) throws -> Bool {
        var summary = DeviceSummary(serial: Self.serial, unit: "Dinas Contoh", claimedAt: monday)
        summary.capacity = 1000
        summary.status = device
        let alarm = StoredAlarm(
            place: EntryPlace(node: "n1", epoch: "e", seq: 1), unit: "Dinas Contoh", at: monday, receivedAt: monday,
            alarm: Alarm(code: code, serial: about ? DeviceSerial(Self.serial) : nil, text: ""))
        let lines = AlarmJudgement([], [summary], at: monday + age).lines([alarm], Names([], [summary]))
        return try #require(lines.first).isOver
    }

    private func status(
        read: String? = "2026-03-02T00:00:30.000Z", problem: String? = nil, count: Int? = nil, offset: Int? = nil
    ) -> NodeStatus.Device {
        .init(
            serial: Self.serial, name: "lobby", lastRead: read, count: count, clockOffset: offset, problem: problem)
    }

    @Test("A device that could not be read is over when it was read since and nothing else is wrong")
    func device() throws {
        #expect(try !isOver("device_no_answer"))
        #expect(try isOver("device_no_answer", device: status()))
        #expect(try !isOver("device_no_answer", device: status(problem: "no answer")))
        #expect(try !isOver("device_no_answer", device: status(read: "2026-03-01T23:59:59.000Z")))
        #expect(try !isOver("device_no_answer", device: status(read: "nonsense")))
    }

    @Test("A clock is right again within a minute; a log has room below 80 percent")
    func clockAndLog() throws {
        #expect(
            try isOver("clock_off", device: status(offset: -60)) && !isOver("clock_off", device: status(offset: 61)))
        #expect(try !isOver("clock_unknown", device: status(offset: nil)))
        #expect(try !isOver("clock_off", device: status(offset: .min)))
        #expect(try isOver("log_full", device: status(count: 799)) && !isOver("log_full", device: status(count: 800)))
    }

    @Test("A line that failed is over when its alarm is here; an event asks to be looked at for a week")
    func others() throws {
        #expect(try isOver("centre_unreachable", about: false) && isOver("unclear_answer", about: false))
        #expect(try !isOver("log_cleared") && !isOver("log_cleared", age: 7 * 86400))
        #expect(try isOver("log_cleared", age: 7 * 86400 + 1))
        #expect(try !isOver("of_a_later_version", about: false))
    }
}
