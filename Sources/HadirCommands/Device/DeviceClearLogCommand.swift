import ArgumentParser
import Attendance
import DeviceFormats
import EdgeDaemon
import EdgeStore
import Foundation
import ZKClient
import ZKWire

struct DeviceClearLogCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "clear-log",
        abstract: "Clear a device's attendance log, once the centre has every scan of it.",
        discussion: """
            There is no way back, so every step is checked: the device is read; every record must be in the journal, and
            the centre must have acknowledged all of it, none in quarantine; then the device is blocked, its whole log
            read again and compared, counted again, cleared, and opened again. If anything is not as it should be,
            nothing is cleared. hadird must run. You are asked to type the device's serial number.

            Examples:
              hadir device clear-log lobby
              hadir device clear-log lobby --serial CJ9L170560001
            """)

    @OptionGroup var device: DeviceTarget

    @Option(help: "The device's serial number, for scripts: must be right.")
    var serial: String?

    @Option(help: ArgumentHelp("Seconds to wait for the centre's receipt.", valueName: "seconds"))
    var wait: Int = 120

    func validate() throws {
        guard DeviceConfiguration.isName(device.device) else {
            throw ValidationError("clear-log takes a name from devices.conf: only what hadird reads can be receipted")
        }
        guard (1...300).contains(wait) else { throw ValidationError("--wait is 1 to 300 seconds") }
    }

    func run() async throws {
        let socket = device.state.directory.controlSocket
        let serial = serial
        try await ClearLog(
            device: device, wait: .seconds(wait),
            ask: { try await ControlClient.ask($0, socket: socket) },
            typed: { try serial ?? Question.ask($0, insteadOf: "--serial SERIAL") }, expected: serial
        ).run()
    }
}

/// Clears a log under the conditions of docs/decisions/0027.
struct ClearLog: Sendable {
    let device: DeviceTarget
    /// For a receipt.
    let wait: Duration
    /// Asks the running daemon; `nil` where there is none.
    let ask: @Sendable (ControlRequest) async throws -> ControlAnswer?
    /// Has a person type the serial number.
    let typed: @Sendable (_ question: String) throws -> String
    /// What a script says the serial number is: judged also where nothing is to be cleared.
    var expected: String?

    /// The device opens itself again after so long, whatever becomes of us.
    private static let blocked: UInt32 = 600
    private static let receiptInterval = Duration.milliseconds(300)
    private static let mostAttempts = 3

    private var name: String { device.device }

    private enum Outcome: Sendable {
        case cleared(before: Int, after: Int)
        case empty
        /// Scans came meanwhile: all of it from the start.
        case again(String)
    }

    func run() async throws {
        var isConfirmed = false
        for attempt in 1...Self.mostAttempts {
            let (serial, count) = try await readNew()
            if let expected { try refuse(expected, unless: serial) }
            guard count > 0 else { return Terminal.print("\(name): the log is empty; nothing to clear") }
            try await receipt(of: serial)
            if !isConfirmed { try confirm(serial, count) }
            isConfirmed = true
            let outcome = try await openingAfterwards {
                try await device.withSession("hadir device clear-log") { session, way in
                    try await clear(session, way, serial)
                }
            }
            switch outcome {
            case .empty: return Terminal.print("\(name): the log is empty; nothing to clear")
            case .cleared(let before, let after): return try tell(before, after)
            case .again(let why):
                Terminal.say("\(why); nothing was cleared (attempt \(attempt) of \(Self.mostAttempts))")
            }
        }
        throw CommandFailure(.unavailable, "people scan at \(name) all the time: try again when it is quiet")
    }

    /// A session that broke may have left the device blocked: it is opened in a new one.
    private func openingAfterwards(_ body: () async throws -> Outcome) async throws -> Outcome {
        do {
            return try await body()
        } catch {
            let isOpen = try? await device.withSession("hadir device clear-log") { session, _ in
                try await session.enable()
                return true
            }
            if isOpen != true {
                Terminal.say(
                    "\(name) does not answer: if it is blocked, it opens itself within \(Self.blocked / 60) minutes")
            }
            throw error
        }
    }

    // MARK: Before the device is touched

    private func readNew() async throws -> (DeviceSerial, Int) {
        Terminal.say("reading what is new on \(name)")
        guard let answer = try await ask(ControlRequest(command: .sync, devices: [name])) else {
            throw CommandFailure(
                .unavailable, "hadird does not run: it must read the device and hear from the centre that it has all")
        }
        if let error = answer.error { throw CommandFailure(answer.unknown == nil ? .unavailable : .usage, error) }
        guard let outcome = answer.synced?.first?.outcome, let serial = DeviceSerial(outcome.serial) else {
            throw CommandFailure(
                .unavailable, "\(name) cannot be read: \(answer.synced?.first?.problem ?? "no answer")")
        }
        guard let count = outcome.count else {
            throw CommandFailure(.unavailable, "\(name) does not say how many records it has: nothing can be compared")
        }
        return (serial, count)
    }

    /// Waits until the centre has every entry there is now, and holds none of the device's scans back.
    private func receipt(of serial: DeviceSerial) async throws {
        Terminal.say("waiting for the centre's receipt")
        let begun = ContinuousClock.now
        var target: Int64?
        while true {
            let answer = try await ask(ControlRequest(command: .receipted, devices: [serial.text]))
            guard let receipted = answer?.receipted else {
                throw CommandFailure(.unavailable, answer?.error ?? "hadird does not run any more")
            }
            guard receipted.quarantined == 0 else {
                throw CommandFailure(
                    .unavailable,
                    "the centre holds \(receipted.quarantined) scans of \(name) in quarantine and does not count them: "
                        + "have that mended first")
            }
            let wanted = target ?? receipted.lastSeq
            target = wanted
            if receipted.ackedSeq >= wanted, !receipted.isResending { return }
            guard ContinuousClock.now - begun < wait else {
                throw CommandFailure(
                    .unavailable,
                    "the centre has not acknowledged \(wanted - receipted.ackedSeq) entries within "
                        + "\(wait.components.seconds) s: nothing was cleared; see hadir journal status")
            }
            try await ContinuousClock().sleep(for: Self.receiptInterval)
        }
    }

    private func confirm(_ serial: DeviceSerial, _ count: Int) throws {
        let answer = try typed("\(count) records of \(name) will be cleared. Type its serial number:")
        try refuse(answer, unless: serial)
    }

    private func refuse(_ answer: String, unless serial: DeviceSerial) throws {
        guard answer == serial.text else {
            throw CommandFailure(.usage, "that is not the serial number of \(name): nothing was cleared")
        }
    }

    // MARK: The device in our hands

    private func clear(_ session: DeviceSession, _ way: DeviceTarget.Way, _ serial: DeviceSerial) async throws
        -> Outcome
    {
        guard try await device.identify(session, way) == serial else {
            throw CommandFailure(.unavailable, "another device answers now: nothing was cleared")
        }
        Terminal.say("blocking the device and reading its whole log")
        try await session.disable(seconds: Self.blocked)
        let (punches, count) = try await wholeLog(session, way, serial)
        guard count > 0 else { return .empty }
        let unknown = try EdgeStore.readOnly(path: device.state.directory.journal).unknown(punches, of: serial)
        guard unknown == 0 else { return .again("\(unknown) records came since it was read") }
        try await receipt(of: serial)
        let again = try await session.sizesOrRefuse("count again").attendance
        guard Int(again) == count else { return .again("the device counts \(again) records instead of \(count)") }
        try await tell(count, serial)
        Terminal.say("clearing \(count) records")
        return try await wipe(session, count, serial)
    }

    private func wholeLog(
        _ session: DeviceSession, _ way: DeviceTarget.Way, _ serial: DeviceSerial
    ) async throws -> ([Punch], Int) {
        var options = DeviceSession.AttendanceOptions(latest: DevicePullCommand.latest)
        options.everything = true
        options.sixteenVerifyFirst = way.verifyFirst
        let read = try await session.readAttendance(since: nil, options: options)
        let counted = try await session.sizesOrRefuse("count").attendance
        guard read.extent == .complete, read.records.count == Int(counted) else {
            throw CommandFailure(
                .unavailable,
                "\(name) gave \(read.records.count) records and counts \(counted): nothing was cleared")
        }
        let namesIndex = read.cursor?.layout.namesIndex ?? false
        let users = namesIndex ? try await session.users().users : []
        let store = try EdgeStore.readOnly(path: device.state.directory.journal)
        let joins = namesIndex ? try store.joins(of: serial) : []
        var normaliser = PunchNormaliser(serial: serial, source: .poll, users: users, joins: joins)
        return (normaliser.punches(from: read.records), read.records.count)
    }

    private func wipe(_ session: DeviceSession, _ count: Int, _ serial: DeviceSerial) async throws -> Outcome {
        do {
            _ = try await session.confirm(
                .clearAttendance, operation: "clear the log", word: OperatorWord(for: [.clearAttendance]))
        } catch let error as DeviceError where error.code == .commandRefused {
            try await tell(nil, serial)
            throw error
        } catch {
            // The daemon's next reading finds out; it was told, and calls nothing missing either way.
            throw CommandFailure(
                .unavailable,
                "\(name) fell silent while it was told to clear \(count) records: whether it did, the next reading "
                    + "tells. The centre has all of them (\(error))")
        }
        let after = Int(try await session.sizesOrRefuse("count").attendance)
        try await session.enable()
        // Before the device goes back: its own log tells of it, too, and is read at once.
        try await device.note(
            Attendance.Operation(
                serial: serial, source: .command, what: "log_cleared", by: "", before: "\(count)", after: "\(after)"))
        return .cleared(before: count, after: after)
    }

    /// Tells the daemon that the log is about to be cleared, or not after all.
    private func tell(_ count: Int?, _ serial: DeviceSerial) async throws {
        var request = ControlRequest(command: .clearing, devices: [serial.text])
        request.count = count
        let answer = try await ask(request)
        guard let answer, answer.error == nil else {
            throw CommandFailure(
                .io, "hadird does not take note: \(answer?.error ?? "it does not run"); nothing was cleared")
        }
    }

    private func tell(_ before: Int, _ after: Int) throws {
        guard after == 0 else {
            throw CommandFailure(
                .finding,
                "\(name) was cleared of \(before) records and counts \(after) now: scans since, or it keeps them. hadird reads them"
            )
        }
        Terminal.print("\(name): \(before) records cleared; the log is empty and the device is open")
    }
}
