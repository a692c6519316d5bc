import Attendance
import Foundation
import PageSupport

/// What the clerk's page says, at one moment; plain values, words excepted. Pure.
struct OfficeModel: Equatable, Sendable {
    enum Light: Equatable, Sendable {
        /// Every scan known here is at the centre, and every device is read.
        case green
        /// It soon will be, and nothing is late.
        case yellow(Reason)
        case red

        enum Reason: Equatable, Sendable {
            /// The process has just begun.
            case starting
            case sending
            /// A command has a device, whose scans are read when it is back.
            case lent
        }
    }

    struct Device: Equatable, Sendable {
        enum State: Equatable, Sendable {
            case good
            /// Not read yet, and not late.
            case starting
            /// A command has it.
            case lent
            /// It is well, as far as we know; this computer's journal takes nothing.
            case waiting
            /// The code, as an alarm has it.
            case wrong(String)
        }

        let name: String
        let state: State
        /// Since it was last read; `nil` where it was not since the process began.
        let age: Duration?
        let count: Int?
        let capacity: Int?
        /// Device time minus true local time, in seconds.
        let clockOffset: Int?
        /// It was read, and what it shows as its time is no date.
        let clockIsUnknown: Bool
        /// Until its log is full at the present rate; `nil` where nobody knows.
        var daysLeft: Int?
    }

    struct Scan: Equatable, Sendable {
        /// The device's name, or the serial where it has none here.
        let device: String
        let userID: String
        /// As the device wrote it.
        let time: DeviceTime
    }

    let light: Light
    /// The worst first.
    let causes: [OfficeCause]
    /// Those with something wrong first, then by name.
    let devices: [Device]
    /// Newest first.
    let scans: [Scan]
    /// Entries that the centre has not acknowledged; `nil` where the journal does not tell.
    let waiting: Int64?
    /// What is not journaled stays on the devices.
    let journalFails: Bool
    /// When the oldest of them was journaled.
    let waitingSince: Date?
    let quarantined: Int
    let confirmedAt: Date?

    /// A device's clock beyond it makes its scans undatable (docs/names.md, holes of coverage).
    static let largestOffset = 300
    /// Receipts missing for so many heartbeats are news where the network alone may be to blame.
    private static let patientHeartbeats = 2

    /// - Parameters:
    ///   - help: whom to call: clean of characters that steer.
    ///   - words: for the times in sentences, which are left out where there are none.
    init(
        _ status: EdgeStatus, scans: [Punch], help: String = OfficeView.defaultHelp, words: Indonesian? = nil
    ) {
        let ofJournal = Self.journal(status)
        let devices = status.devices.map { Device($0, uptime: status.uptime, journalFails: ofJournal != nil) }
        let causes = Self.causes(status, devices, ofJournal, help, words)
        let journal = status.journal.status
        self.causes = causes
        self.devices = devices.sorted { left, right in
            left.isWrong == right.isWrong ? left.name < right.name : left.isWrong
        }
        let names = Dictionary(
            status.devices.map { ($0.status.serial, $0.status.name) }, uniquingKeysWith: { first, _ in first })
        self.scans = scans.map { punch in
            Scan(
                device: names[punch.serial.text] ?? punch.serial.text, userID: punch.userID.text, time: punch.deviceTime
            )
        }
        waiting = journal?.pending
        journalFails = ofJournal != nil
        waitingSince = journal?.oldestPending.flatMap { UTC.date($0) }
        quarantined = journal?.quarantined ?? 0
        confirmedAt = status.centre?.receivedAt
        light =
            if !causes.isEmpty {
                .red
            } else if let pending = journal?.pending, pending > 0 {
                .yellow(.sending)
            } else if status.centre?.age == nil || devices.contains(where: { $0.age == nil }) {
                .yellow(.starting)
            } else if devices.contains(where: { $0.state == .lent }) {
                .yellow(.lent)
            } else {
                .green
            }
    }

    // MARK: What is wrong

    /// As the journal says itself, or as whoever needed it for a device or the centre found it.
    private static func journal(_ status: EdgeStatus) -> OfficeCause? {
        if status.journal.problem != nil { return .journal(status.journal.code ?? "") }
        let codes = status.devices.map { $0.trouble?.code } + [status.centre?.code]
        return codes.compactMap { $0 }.first(where: OfficeCause.isOfJournal).map { .journal($0) }
    }

    private static func causes(
        _ status: EdgeStatus, _ devices: [Device], _ ofJournal: OfficeCause?, _ help: String,
        _ words: Indonesian?
    ) -> [OfficeCause] {
        var causes = [ofJournal].compactMap { $0 }
        if !status.stuck.isEmpty, causes.isEmpty { causes.append(.stuck) }
        if !status.clockTrusted { causes.append(.clock) }
        if let cause = centre(status), !OfficeCause.isOfJournal(cause.code) { causes.append(cause) }
        causes += missing(status, words)
        causes += unreadable(devices)
        causes += logs(devices)
        causes += clocks(devices, help)
        if devices.isEmpty { causes.append(.noDevices) }
        if status.configuration.problem != nil { causes.append(.configuration) }
        return causes
    }

    private static func centre(_ status: EdgeStatus) -> OfficeCause? {
        guard let centre = status.centre else { return .notEnrolled }
        let silence = centre.age ?? status.uptime
        if let code = centre.code {
            let cause = OfficeCause.centre(code)
            let isLate = silence > status.heartbeat * patientHeartbeats
            return mayPass(code) && !isLate ? nil : cause
        }
        return silence > status.heartbeat * Readiness.intervals ? .centre(OfficeCause.silent) : nil
    }

    /// A network that comes and goes is no news at once.
    private static func mayPass(_ code: String) -> Bool {
        switch CentreLinkError.Code(rawValue: OfficeCause.suffix(of: code, behind: "centre_")) {
        case .unreachable, .nameNotFound, .timedOut, .lost: true
        case .some: false
        case nil: code == "centre_busy"
        }
    }

    /// Devices with one and the same trouble share a sentence.
    private static func unreadable(_ devices: [Device]) -> [OfficeCause] {
        var names: [DeviceTroubleWords: [String]] = [:]
        var codes: [(words: DeviceTroubleWords, code: String)] = []
        for device in devices {
            guard case .wrong(let code) = device.state else { continue }
            let words = DeviceTroubleWords(code: code)
            if names[words] == nil { codes.append((words, code)) }
            names[words, default: []].append(device.name)
        }
        return codes.map { words, code in
            OfficeCause(
                code: code, what: "\(subject(names[words] ?? [], "Perangkat")) \(words.what)", advice: words.advice)
        }
    }

    private static func logs(_ devices: [Device]) -> [OfficeCause] {
        let full = devices.filter { $0.fullness == .full }.map(\.name)
        let nearly = devices.filter { $0.fullness == .nearlyFull }
        let almost = devices.filter { $0.fullness == .almostFull }
        let advice = "Jangan menghapus sendiri. Minta petugas mengosongkannya setelah semua absen terbaca."
        return [
            full.isEmpty
                ? nil
                : OfficeCause(
                    code: "log_full", what: "\(subject(full, "Memori perangkat")) sudah penuh.", advice: advice),
            almost.isEmpty
                ? nil
                : OfficeCause(
                    code: "log_almost_full",
                    what: "\(subject(almost.map(\.name), "Memori perangkat")) sudah 95 % penuh.\(left(almost))",
                    advice: advice),
            nearly.isEmpty
                ? nil
                : OfficeCause(
                    code: "log_nearly_full",
                    what: "\(subject(nearly.map(\.name), "Memori perangkat")) hampir penuh.\(left(nearly))",
                    advice: advice),
        ].compactMap { $0 }
    }

    /// When the first of them is full, as far as anybody knows.
    private static func left(_ devices: [Device]) -> String {
        guard let days = devices.compactMap(\.daysLeft).min() else { return "" }
        return days == 0 ? " Bisa penuh hari ini." : " Bisa penuh dalam \(days) hari."
    }

    private static func clocks(_ devices: [Device], _ help: String) -> [OfficeCause] {
        let unknown = devices.filter(\.clockIsUnknown).map(\.name)
        let off = devices.filter { $0.isClockOff }
        let advice = "Minta \(help) menyetel jamnya. Absen tercatat dengan jam perangkat, apa adanya."
        var causes: [OfficeCause] = []
        if !unknown.isEmpty {
            causes.append(
                OfficeCause(
                    code: "clock_unknown", what: "\(subject(unknown, "Jam perangkat")) bukan tanggal yang benar.",
                    advice: advice))
        }
        if !off.isEmpty {
            let only = off.count == 1 ? off.first?.clockWords.map { " \($0)" } : nil
            causes.append(
                OfficeCause(
                    code: "clock_off", what: "\(subject(off.map(\.name), "Jam perangkat")) meleset\(only ?? "").",
                    advice: advice))
        }
        return causes
    }

    /// `Perangkat lobby`, `Perangkat a, b dan c`, `Perangkat a, b, c, d dan 46 lainnya`.
    private static func subject(_ names: [String], _ kind: String) -> String {
        let shown = names.count <= 5 ? names : Array(names.prefix(4)) + ["\(names.count - 4) lainnya"]
        guard let last = shown.last, shown.count > 1 else { return "\(kind) \(names.first ?? "")" }
        return "\(kind) \(shown.dropLast().joined(separator: ", ")) dan \(last)"
    }
}
