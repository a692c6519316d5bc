import Doctor
import EdgeDaemon
import EdgeStore
import Foundation
import ZKClient
import ZKWire

/// Devices: as the running daemon knows them, which lends none for this; without a daemon each is asked once.
extension EdgeDoctor {
    func lookAtDevice(_ device: DeviceConfiguration, _ known: Known) async -> CheckOutcome {
        var facts: [String: Fact] = ["address": .text(device.address.description)]
        let deaths = CrashGuard.deaths(of: device.name, in: state)
        switch await known.daemon.value {
        case .runs(let health):
            guard let told = health.devices.first(where: { $0.name == device.name }) else {
                return CheckOutcome([
                    Finding(.deviceTrouble, device.name, facts, detail: "not in the running configuration")
                ])
            }
            facts["count"] = .count(deaths)
            return CheckOutcome(DeviceJudgement.findings(told, uptime: health.uptime, facts))
        case .closed, .silent, .isOther: return CheckOutcome([Finding(.notPermitted, device.name)])
        case .absent:
            if deaths >= 2 {
                facts["count"] = .count(deaths)
                return CheckOutcome([Finding(.deviceResting, device.name, facts)])
            }
            guard device.address.link != .push else { return .nothing }
            return CheckOutcome(await ask(device, facts))
        }
    }

    /// One session, or one question, and no second try: three wrong keys lock some devices.
    private func ask(_ device: DeviceConfiguration, _ facts: [String: Fact]) async -> [Finding] {
        do {
            let told: DeviceJudgement.Told
            if device.address.link == .soap {
                let client = SOAPClient(device.address, commKey: device.commKey.number, timeout: deviceTimeout)
                let serial = try await client.serialNumber()
                told = .init(serial: serial, time: try await client.deviceTime())
            } else {
                told = try await askInSession(device)
            }
            if let serial = device.serial, let heard = told.serial, heard != serial.text {
                throw DeviceError(.otherDevice, "identify", "it says \(heard)")
            }
            return DeviceJudgement.findings(told, of: device, at: now(), facts)
        } catch {
            let code = (error as? DeviceError).map { "device_\($0.code.rawValue)" } ?? "device_failed"
            return [Finding(DeviceJudgement.id(of: code), device.name, facts, detail: "\(error)")]
        }
    }

    private func askInSession(_ device: DeviceConfiguration) async throws -> DeviceJudgement.Told {
        var configuration = DeviceSession.Configuration()
        configuration.commKey = device.commKey
        configuration.looseReplies = device.looseReplies
        configuration.usb = device.usb
        configuration.replyTimeout = .seconds(deviceTimeout)
        configuration.connectTimeout = .seconds(deviceTimeout)
        configuration.datagramTimeout = .seconds(max(1, deviceTimeout / 3))
        return try await withDeviceSession(
            to: device.address, configuration: configuration, logger: CommandLogger.make(), over: connectAny
        ) { session in
            let serial = try await session.serialNumber()
            let sizes = try await session.freeSizes()
            return DeviceJudgement.Told(
                serial: serial, time: try await session.deviceTime(), count: sizes.map { Int($0.attendance) },
                capacity: sizes.map { Int($0.attendanceCapacity) })
        }
    }

    // MARK: Devices that report by themselves

    func lookAtPush(_ push: PushConfiguration, _ known: Known) async -> CheckOutcome {
        let address = "\(push.listen.host):\(push.listen.port)"
        let facts: [String: Fact] = ["address": .text(address), "port": .count(push.listen.port)]
        guard push.listen.port != 0 else { return CheckOutcome([], facts) }
        let isTaken = await NetworkProbe.isTaken(host: push.listen.host, port: push.listen.port)
        switch await known.daemon.value {
        case .runs:
            guard isTaken else { return CheckOutcome([Finding(.pushNotServed, "", facts)], facts) }
            return CheckOutcome(await knocks(), facts)
        case .absent: return CheckOutcome(isTaken ? [Finding(.pushPortTaken, "", facts)] : [], facts)
        default: return CheckOutcome([], facts)
        }
    }

    private func knocks() async -> [Finding] {
        var request = ControlRequest(command: .push)
        request.push = PushAsk(.list)
        let answer = try? await ControlClient.ask(request, socket: state.controlSocket, timeout: .seconds(5))
        return (answer?.push?.knocking ?? []).prefix(5).map {
            Finding(.pushUnknown, $0.serial, ["address": .text($0.address)])
        }
    }
}

/// What is known of a device, as findings. Pure.
enum DeviceJudgement {
    struct Told: Sendable {
        var serial: String?
        var time: PackedTime?
        var count, capacity: Int?
    }

    /// Beyond it scans of that time count nowhere (docs/names.md, holes of coverage).
    static let largestOffset = 300
    /// Percent.
    static let nearlyFull = 80

    static func findings(_ told: DaemonHealth.Device, uptime: Int, _ facts: [String: Fact]) -> [Finding] {
        var findings: [Finding] = []
        if let code = told.code {
            findings.append(Finding(id(of: code), told.name, facts, detail: told.problem ?? ""))
        } else {
            let age = told.readAge ?? uptime
            if age > 3 * max(1, told.interval) {
                var facts = facts
                facts["age"] = .seconds(age)
                findings.append(Finding(.deviceStale, told.name, facts))
            }
        }
        findings += fullness(told.name, told.count, told.capacity)
        if let offset = told.clockOffset { findings += clock(told.name, offset) }
        return findings
    }

    static func findings(
        _ told: Told, of device: DeviceConfiguration, at now: Date, _ facts: [String: Fact]
    ) -> [Finding] {
        var findings = fullness(device.name, told.count, told.capacity)
        if let time = told.time {
            if let offset = LocalClock(timezone: device.timezone).offset(of: time, at: now) {
                findings += clock(device.name, offset)
            } else {
                findings.append(Finding(.deviceClockUnknown, device.name, facts))
            }
        }
        return findings
    }

    private static func clock(_ name: String, _ offset: Int) -> [Finding] {
        offset.magnitude > largestOffset ? [Finding(.deviceClockOff, name, ["offset": .seconds(offset)])] : []
    }

    private static func fullness(_ name: String, _ count: Int?, _ capacity: Int?) -> [Finding] {
        guard let count, let capacity, capacity > 0, count >= 0 else { return [] }
        let facts: [String: Fact] = ["count": .count(count), "capacity": .count(capacity)]
        if count >= capacity { return [Finding(.deviceLogFull, name, facts)] }
        return Double(count) * 100 >= Double(nearlyFull) * Double(capacity)
            ? [Finding(.deviceLogNearlyFull, name, facts)] : []
    }

    /// - Parameter code: as an alarm has it, or `lent`.
    static func id(of code: String) -> FindingID {
        if code.hasPrefix("device_"), let error = DeviceError.Code(rawValue: String(code.dropFirst(7))) {
            return id(of: error)
        }
        return switch code {
        case "lent": .deviceLent
        case "serial_twice": .deviceSerialTwice
        case "device_crashes_us": .deviceResting
        case "push_silent": .deviceNotReporting
        case "push_security": .deviceAccessControl
        default: .deviceTrouble
        }
    }

    private static func id(of error: DeviceError.Code) -> FindingID {
        switch error {
        case .unreachable, .noAnswer, .timedOut, .linkLost: .deviceSilent
        case .refused: .deviceRefuses
        case .nameNotFound: .deviceNoAddress
        case .keyRefused: .deviceCommKey
        case .otherDevice: .deviceOther
        case .sessionTaken, .busy, .heldByOther: .deviceHeld
        case .notPluggedIn: .deviceUnplugged
        case .notPermitted: .deviceUSBPermission
        case .stalled, .unstable: .deviceUSBStalled
        case .newHandshake, .accessPanel, .layoutUnknown, .unsupported: .deviceUnsupported
        case .noWebService: .deviceNoWebService
        case .framingLost, .incomplete, .commandRefused, .writeFailed: .deviceGarbled
        case .noSerial: .deviceNoSerial
        case .logDoubtful: .deviceLogDoubtful
        }
    }
}
