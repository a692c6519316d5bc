import Attendance
import AttendanceRules
import CentralStore
import Foundation
import Testing

@testable import CentralServer

@Suite("Board: which devices are heard")
struct HearingTests {
    private let now = BoardDays.date(480)

    private func ago(_ seconds: TimeInterval) -> Date { now.addingTimeInterval(-seconds) }

    @Test("Heard: the node spoke within three minutes, the device was read within twenty, and has no problem")
    func rule() {
        let cases: [(contact: Double?, read: Double?, problem: String?, isHeard: Bool)] = [
            (0, 0, nil, true), (180, 0, nil, true), (181, 0, nil, false), (nil, 0, nil, false),
            (0, 1200, nil, true), (0, 1201, nil, false), (0, nil, nil, false), (0, 0, "no answer", false),
            // Noted while this machine's clock was ahead.
            (-181, 0, nil, false), (0, -1201, nil, false),
        ]
        for one in cases {
            #expect(
                Hearing.isHeard(
                    contact: one.contact.map(ago), lastRead: one.read.map(ago), problem: one.problem, at: now)
                    == one.isHeard, "\(one)")
        }
    }

    private func node(_ name: String, unit: String, contact: Date?, revoked: Date? = nil, serials: [String] = ["D1"])
        -> NodeSummary
    {
        NodeSummary(
            node: name, unit: unit, enrolledAt: ago(9_000), revokedFrom: revoked, contactAt: contact,
            status: NodeStatus(
                version: "1", backlog: 0,
                devices: serials.map { NodeStatus.Device(serial: $0, name: "lobi", lastRead: UTC.text(ago(60))) }))
    }

    @Test("Only the nodes of the device's unit speak for it, the last one heard; a revoked one does not")
    func whoSpeaks() {
        let device = DeviceSummary(serial: "D1", unit: "A", claimedAt: ago(9_000))
        func isHeard(_ nodes: NodeSummary...) -> Bool {
            Hearing([device], nodes, at: now).devices["D1"]?.isHeard ?? true
        }
        #expect(isHeard(node("a", unit: "A", contact: ago(5))))
        #expect(isHeard(node("a", unit: "A", contact: ago(5)), node("b", unit: "A", contact: ago(5_000))))
        #expect(isHeard(node("b", unit: "A", contact: ago(5_000)), node("a", unit: "A", contact: ago(5))))
        #expect(!isHeard(node("b", unit: "B", contact: ago(5))))
        #expect(!isHeard(node("a", unit: "A", contact: ago(5), revoked: ago(10))))
        #expect(!isHeard(node("a", unit: "A", contact: ago(5), serials: ["D2"])))
        #expect(!isHeard())
    }

    @Test("A person is heard where every device that could show a scan is; with none of them, nobody is")
    func person() {
        func device(_ isHeard: Bool) -> Hearing.Device {
            Hearing.Device(name: "", unit: "", lastRead: nil, problem: nil, isHeard: isHeard)
        }
        let hearing = Hearing(devices: ["D1": device(true), "D2": device(false)])
        #expect(hearing.isHeard(all: ["D1"]))
        #expect(!hearing.isHeard(all: ["D1", "D2"]))
        #expect(!hearing.isHeard(all: ["D3"]))
        #expect(!hearing.isHeard(all: []))
    }

    @Test("Nobody is missed before the hours begin; then a silent device makes it unknown, not absent")
    func standing() {
        let open = BoardDays.open()
        #expect(Standing.today(open, hasBegun: false, isHeard: false) == .notYet)
        #expect(Standing.today(open, hasBegun: true, isHeard: true) == .notYet)
        #expect(Standing.today(open, hasBegun: true, isHeard: false) == .unsynced)
        #expect(Standing.today(BoardDays.open(.notLinked), hasBegun: true, isHeard: true) == .unsynced)
        #expect(Standing.today(nil, hasBegun: true, isHeard: true) == .unsynced)
        #expect(Standing.today(nil, hasBegun: false, isHeard: true) == .notYet)
        // Late, and not covered up to there yet.
        var waits = BoardDays.open()
        waits.arrival.at = BoardDays.at(470)
        #expect(Standing.today(waits, hasBegun: true, isHeard: true) == .late)
        #expect(Standing.today(waits, hasBegun: true, isHeard: false) == .unsynced)
        for isHeard in [true, false] {
            #expect(Standing.today(BoardDays.came(440), hasBegun: true, isHeard: isHeard) == .present)
            #expect(Standing.today(BoardDays.came(460, late: 10), hasBegun: true, isHeard: isHeard) == .late)
            #expect(Standing.today(BoardDays.of(.sakit), hasBegun: false, isHeard: isHeard) == .sick)
            #expect(Standing.today(BoardDays.of(.tanpaKeterangan), hasBegun: true, isHeard: isHeard) == .absent)
            #expect(Standing.today(BoardDays.of(.libur), hasBegun: false, isHeard: isHeard) == .off)
        }
    }
}
