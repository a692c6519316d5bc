import Doctor
import EdgeStore
import Foundation
import Testing
import ZKClient
import ZKWire

@testable import EdgeDaemon
@testable import HadirCommands

@Suite("What a doctor makes of what it hears")
struct DoctorJudgementTests {
    private static let facts: [String: Fact] = [
        "host": .text("pusat"), "now": .moment(Date()), "address": .text("tcp://x"),
    ]

    @Test(
        "A14 D1 D5 D6 D7 D11 D12 D13 D14 D15 Each trouble with a device has its own words",
        arguments: [
            ("device_unreachable", FindingID.deviceSilent), ("device_timed_out", .deviceSilent),
            ("device_connection_refused", .deviceRefuses), ("device_name_not_found", .deviceNoAddress),
            ("device_key_refused", .deviceCommKey), ("device_other_device", .deviceOther),
            ("device_session_taken", .deviceHeld), ("device_held_by_other", .deviceHeld),
            ("device_not_plugged_in", .deviceUnplugged), ("device_not_permitted", .deviceUSBPermission),
            ("device_stalled", .deviceUSBStalled), ("device_unstable", .deviceUSBStalled),
            ("device_layout_unknown", .deviceUnsupported), ("device_no_web_service", .deviceNoWebService),
            ("device_framing_lost", .deviceGarbled), ("device_incomplete", .deviceGarbled),
            ("device_no_serial", .deviceNoSerial), ("device_log_doubtful", .deviceLogDoubtful),
            ("device_crashes_us", .deviceResting), ("serial_twice", .deviceSerialTwice),
            ("push_silent", .deviceNotReporting), ("push_security", .deviceAccessControl), ("lent", .deviceLent),
            ("device_failed", .deviceTrouble), ("anything", .deviceTrouble),
        ])
    func codes(code: String, id: FindingID) {
        #expect(DeviceJudgement.id(of: code) == id)
        let told = Self.device(code: code)
        #expect(DeviceJudgement.findings(told, uptime: 9, Self.facts).map(\.id) == [id])
    }

    private static func device(
        code: String? = nil, age: Int? = 5, count: Int? = nil, capacity: Int? = nil, offset: Int? = nil
    ) -> DaemonHealth.Device {
        DaemonHealth.Device(
            name: "lobby", code: code, problem: code, failures: 2, readAge: age, interval: 60, count: count,
            capacity: capacity, clockOffset: offset, hasRead: age != nil)
    }

    @Test("A14 C4 D8 D16 A device that is late, whose log is full or whose clock is off")
    func devices() {
        func ids(_ device: DaemonHealth.Device, uptime: Int = 9) -> [FindingID] {
            DeviceJudgement.findings(device, uptime: uptime, Self.facts).map(\.id)
        }
        #expect(ids(Self.device()).isEmpty)
        #expect(ids(Self.device(age: 180)).isEmpty && ids(Self.device(age: 181)) == [.deviceStale])
        #expect(ids(Self.device(age: nil), uptime: 100).isEmpty)
        #expect(ids(Self.device(age: nil), uptime: 200) == [.deviceStale])
        #expect(ids(Self.device(count: 79, capacity: 100)).isEmpty)
        #expect(ids(Self.device(count: 80, capacity: 100)) == [.deviceLogNearlyFull])
        #expect(ids(Self.device(count: 100, capacity: 100)) == [.deviceLogFull])
        #expect(ids(Self.device(count: -1, capacity: 0)).isEmpty)
        #expect(ids(Self.device(offset: -300)).isEmpty && ids(Self.device(offset: -301)) == [.deviceClockOff])
        #expect(ids(Self.device(offset: Int.min)) == [.deviceClockOff])
    }

    @Test("C5 A device whose clock shows no date")
    func noDate() throws {
        let device = DeviceConfiguration(
            name: "lobby", address: try DeviceAddress(parsing: "tcp://192.0.2.1"), timezone: "Asia/Jakarta")
        // 31 February 2026.
        let parts = PackedTime.Parts(year: 2026, month: 2, day: 31, hour: 7, minute: 0, second: 0)
        let told = DeviceJudgement.Told(serial: "A", time: try #require(PackedTime(parts)))
        #expect(DeviceJudgement.findings(told, of: device, at: Date(), Self.facts).map(\.id) == [.deviceClockUnknown])
    }

    @Test("A1 A13 B9 E3 What a running daemon says of itself")
    func daemons() {
        var health = DaemonHealth(
            version: HadirVersion.text, uptime: 9, clockTrusted: true, isEnrolled: true, stuck: [], devices: [])
        #expect(DaemonJudgement.findings(health).isEmpty)
        health.stuck = ["journal"]
        health.journalProblem = "the journal's disk is full"
        health.journalCode = "journal_full"
        health.version = "0.0.1"
        let ids = DaemonJudgement.findings(health).map(\.id)
        #expect(ids == [.daemonStuck, .daemonNotReady, .daemonOtherVersion])
        #expect(DaemonJudgement.restarts(nil).isEmpty && DaemonJudgement.restarts(2).isEmpty)
        #expect(DaemonJudgement.restarts(3).map(\.id) == [.daemonRestarts])
        for code in ["refused", "no_progress", "entry_too_large"] {
            #expect(CentreJudgement.id(ofDaemonsCode: code, isFound: true) == .centreRefuses)
        }
        #expect(CentreJudgement.id(ofDaemonsCode: "unclear_answer", isFound: false) == .centreStranger)
        #expect(CentreJudgement.id(ofDaemonsCode: "unclear_answer", isFound: true) == nil)
        #expect(CentreJudgement.id(ofDaemonsCode: "centre_busy", isFound: false) == .centreBusy)
    }

    @Test(
        "E9 E10 E12 E14 E15 Each way in which no answer comes has its own words",
        arguments: [
            (CentreLinkError.Code.badAddress, FindingID.centreBadAddress), (.nameNotFound, .dnsFails),
            (.unreachable, .centreUnreachable), (.tls, .tlsFails), (.certificateExpired, .tlsExpired),
            (.certificateNotYetValid, .tlsNotYetValid), (.certificateOtherName, .tlsOtherName),
            (.certificateUntrusted, .tlsUntrusted), (.wrongKey, .tlsWrongKey), (.proxyRefused, .centreProxy),
            (.timedOut, .centreSilent), (.lost, .centreLost), (.answerTooLarge, .centreStranger),
        ])
    func links(code: CentreLinkError.Code, id: FindingID) {
        let finding = CentreJudgement.finding(CentreLinkError(code, "why"), Self.facts)
        #expect(finding.id == id && finding.detail == "why")
        for language in Language.allCases {
            #expect(!finding.words(in: language).all.joined().contains("{"), "\(id.rawValue)")
        }
    }

    @Test(
        "E2 E7 E8 Each answer of somebody else has its own words",
        arguments: [
            (200, "ok\n", nil), (200, "<!DOCTYPE html><title>Login</title>", FindingID.centrePortal),
            (302, "", .centrePortal), (511, "", .centrePortal), (503, "", .centreBusy), (429, "", .centreBusy),
            (407, "", .centreProxy), (403, "<html>", .centreStranger), (200, "hello", .centreStranger),
            (404, "", .centreStranger),
        ] as [(Int, String, FindingID?)])
    func answers(status: Int, body: String, id: FindingID?) {
        let found = CentreJudgement.findings(CentreAnswer(status: status, body: Array(body.utf8)), Self.facts)
        #expect(found.map(\.id) == (id.map { [$0] } ?? []))
        for finding in found { #expect(!finding.words(in: .indonesian).all.joined().contains("{")) }
    }
}
