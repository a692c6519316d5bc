import ArgumentParser
import Dispatch
import Foundation
import Logging
import ZKSimulator
import ZKWire

#if canImport(Glibc)
    import Glibc
#endif

@main
struct HadirSim: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "hadir-sim",
        abstract: "Fingerprint devices that are not there: for demos, tests and training.",
        subcommands: [Run.self, PushRun.self], defaultSubcommand: Run.self)
}

struct Run: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Runs simulated devices until SIGINT or SIGTERM: one, or as many as --devices says.",
        discussion: Manual.discussion)

    @Option(help: ArgumentHelp("Listen for TCP here; port 0 takes any free one.", valueName: "HOST:PORT"))
    var tcp: String?

    @Option(
        help: ArgumentHelp(
            "Listen for UDP here. Port 0 takes the number of the TCP port where that is free.", valueName: "HOST:PORT"))
    var udp: String?

    @Option(
        help: ArgumentHelp(
            "Listen here for the web service of older devices (SOAP on port 80), beside the others or alone.",
            valueName: "HOST:PORT"))
    var soap: String?

    @Option(help: "The serial number the device answers with.")
    var serial = "SIM0000000001"

    @Option(
        help: ArgumentHelp(
            "So many devices in this one process (up to \(SimulatorFleet.most)): serials, seeds and ports counted on from the "
                + "first, control sockets named PATH.1, PATH.2 and so on.", valueName: "N"))
    var devices = 1

    @Option(help: "The family: \(DeviceProfile.known.map(\.name).joined(separator: ", ")).")
    var profile = "tft"

    @Option(help: "Users on the device, with the ids 1 to N and invented names (up to 60000).")
    var users = 10

    @Option(help: "Scans in the log when the device starts, made from the seed.")
    var records = 0

    @Option(help: "Records the log can hold (default: that of the profile, or --records where that is more).")
    var capacity: Int?

    @Option(help: "What a full log does with the next scan: drop the oldest record, or stop recording.")
    var whenFull = "drop"

    @Option(help: "Users, log, sessions and faults follow from it: the same seed, the same device.")
    var seed: UInt64 = 1

    @Option(help: "The communication key; 0 asks for none.")
    var commKey: UInt32 = 0

    @Flag(help: "Ask for a key even where it is 0, as many firmwares do.")
    var alwaysAskKey = false

    @Option(help: "Where the device stands: WIB, WITA, WIT or an IANA name.")
    var timezone = "WIB"

    @Option(help: "Seconds the device's clock is ahead of the true time; negative: behind.")
    var clockOffset = 0

    @Option(help: "Parts per million the device's clock runs fast; 20 is about 1.7 s a day.")
    var drift = 0.0

    @Option(
        help: ArgumentHelp(
            "Device time before which the seeded log ends, YYYY-MM-DDThh:mm:ss (default: when started).",
            valueName: "TIME"))
    var logEnd: String?

    @Option(help: ArgumentHelp("A random user scans this often.", valueName: "SECONDS"))
    var scanEvery: Double?

    @Option(help: ArgumentHelp("Listen for commands on this Unix socket; see below.", valueName: "PATH"))
    var control: String?

    @Option(help: ArgumentHelp("What goes wrong; may be repeated; see below.", valueName: "FAULT,..."))
    var fault: [String] = []

    @Flag(help: "Print nothing when ready.")
    var quiet = false

    func run() async throws {
        LoggingSystem.bootstrap { StreamLogHandler.standardError(label: $0) }
        let fleet = try fleet()
        if devices > 1 { allowManyFiles() }
        let stop = StopSignal()
        let servers: [SimulatorServer]
        do {
            servers = try await fleet.start(logger: Logger(label: "hadir-sim"))
        } catch {
            throw Failure(description: "\(error)")
        }
        if !quiet {
            do {
                let lines = zip(fleet.configurations, servers).map { Self.announcement($0, $1) }
                try FileHandle.standardOutput.write(contentsOf: Data(lines.joined().utf8))
            } catch {
                for server in servers { await server.stop() }
                throw Failure(description: "cannot say on standard output where it listens; --quiet does without")
            }
        }
        await stop.received()
        for server in servers { await server.stop() }
    }

    /// Each device needs a few descriptors; the usual limit of 1024 is for programs that use `select`.
    private func allowManyFiles() {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
        limit.rlim_cur = limit.rlim_max
        _ = setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }

    private func fleet() throws -> SimulatorFleet {
        guard (1...SimulatorFleet.most).contains(devices) else {
            throw ValidationError("--devices goes from 1 to \(SimulatorFleet.most)")
        }
        let first = try configuration()
        do {
            return try SimulatorFleet(of: devices, like: first)
        } catch {
            throw ValidationError("--devices \(devices): \(error)")
        }
    }

    /// One line for scripts that asked for port 0.
    private static func announcement(_ configuration: SimulatorConfiguration, _ server: SimulatorServer) -> String {
        var line = "hadir-sim: \(configuration.serial) profile \(configuration.profile.name)"
        if let address = configuration.tcp, let port = server.tcpPort {
            line += " tcp \(SimulatorConfiguration.Address(host: address.host, port: port))"
        }
        if let address = configuration.udp, let port = server.udpPort {
            line += " udp \(SimulatorConfiguration.Address(host: address.host, port: port))"
        }
        if let address = configuration.soap, let port = server.soapPort {
            line += " soap \(SimulatorConfiguration.Address(host: address.host, port: port))"
        }
        if let path = configuration.controlPath { line += " control \(path)" }
        return line + "\n"
    }

    private func configuration() throws -> SimulatorConfiguration {
        guard let profile = DeviceProfile(named: profile) else {
            throw ValidationError("--profile \(profile): choose one of \(DeviceProfile.known.map(\.name))")
        }
        guard tcp != nil || udp != nil || soap != nil else {
            throw ValidationError("say where to listen: --tcp HOST:PORT, --udp HOST:PORT, --soap HOST:PORT, or several")
        }
        guard profile.hasTCP || tcp == nil else {
            throw ValidationError("--tcp: devices of profile \(profile.name) speak UDP only; use --udp")
        }
        guard let zone = DeviceClock.zone(named: timezone) else {
            throw ValidationError("--timezone \(timezone): use WIB, WITA, WIT or an IANA name such as Asia/Jayapura")
        }
        guard let full = AttendanceLog.WhenFull(rawValue: whenFull) else {
            throw ValidationError("--when-full \(whenFull): use drop or stop")
        }
        guard (0...10_000_000).contains(records), (0...60_000).contains(users), capacity ?? 1 > 0 else {
            throw ValidationError("--records goes up to 10000000, --users to 60000, --capacity begins at 1")
        }
        guard !serial.isEmpty, serial.utf8.count <= 64, !serial.contains(where: \.isWhitespace) else {
            throw ValidationError("--serial needs 1 to 64 characters without spaces")
        }
        var configuration = SimulatorConfiguration(
            profile: profile, serial: serial, tcp: try address(tcp, "--tcp"), udp: try address(udp, "--udp"),
            users: users, records: records, capacity: capacity, seed: seed, commKey: CommKey(commKey),
            timeZone: zone, faults: try faults())
        configuration.soap = try address(soap, "--soap")
        configuration.whenFull = full
        configuration.alwaysAsksKey = alwaysAskKey
        configuration.clockOffset = clockOffset
        configuration.drift = drift
        configuration.controlPath = control
        configuration.logEnd = try logEnd.map { text in
            guard let time = PackedTime(deviceText: text), time.parts.isCalendarDate else {
                throw ValidationError("--log-end \(text): write it as 2026-11-20T16:00:00")
            }
            return time
        }
        if let scanEvery {
            guard (0.01...86_400).contains(scanEvery) else {
                throw ValidationError("--scan-every needs 0.01 to 86400 seconds")
            }
            configuration.scanEvery = .milliseconds(Int(scanEvery * 1000))
        }
        return configuration
    }

    private func address(_ text: String?, _ option: String) throws -> SimulatorConfiguration.Address? {
        guard let text else { return nil }
        guard let address = SimulatorConfiguration.Address(parsing: text) else {
            throw ValidationError("\(option) \(text): write it as 127.0.0.1:4370 or [::1]:4370")
        }
        return address
    }

    private func faults() throws -> [Fault] {
        do {
            return try fault.flatMap { try Fault.list($0) }
        } catch {
            throw ValidationError("--fault: \(error)")
        }
    }
}

/// What went wrong, for the terminal.
struct Failure: Error, CustomStringConvertible {
    let description: String
}

/// SIGINT and SIGTERM as one thing to wait for.
struct StopSignal {
    let signals: AsyncStream<Void>
    private let sources: [any DispatchSourceSignal]

    init() {
        let (signals, continuation) = AsyncStream.makeStream(of: Void.self)
        self.signals = signals
        sources = [SIGINT, SIGTERM].map { number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number)
            source.setEventHandler { continuation.yield() }
            source.resume()
            return source
        }
    }

    func received() async {
        for await _ in signals { return }
    }
}
