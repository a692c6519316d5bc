import ArgumentParser
import CentralServer
import Foundation
import Logging
import ServiceSupport
import UnixSignals

struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Receive batches and answer readers until SIGTERM.",
        discussion: """
            Prints one line on standard output when it is ready, with the address it listens on; logs go to \
            standard error. SIGTERM and SIGINT end it in good order within ten seconds.

            Plain HTTP is served on loopback addresses only (127.0.0.1, ::1, localhost), for a node on the same \
            machine or a proxy that does TLS. For any other address give --tls-cert and --tls-key. The \
            certificate's public key is remembered, and `node add` puts its fingerprint into enrolment codes.

            All of it may stand in a file, --config, together with what the pages need; the sample centre.conf \
            explains every key. SIGHUP reads that file and the certificate again: a mistake is refused and changes \
            nothing, a renewed certificate is shown to new connections. Under systemd it says how it gets on, and \
            proves that it does.

            PATHS
              GET  /                                for people with an account
              POST /v1/enroll, /v1/batches          from nodes
              GET  /api/v1/punches, devices, nodes  for bearers of a reader's token
              GET  /livez, /readyz                  for the service manager

            EXAMPLES
              hadir-central serve --state /var/lib/hadir-central \\
                  --config /etc/hadir/centre.conf
              hadir-central serve --state /var/lib/hadir-central \\
                  --listen 127.0.0.1:8080
              hadir-central serve --state /var/lib/hadir-central \\
                  --listen 0.0.0.0:8443 \\
                  --tls-cert /etc/hadir/centre.crt --tls-key /etc/hadir/centre.key
            """)

    @OptionGroup var state: StateOption

    @Option(help: ArgumentHelp("The configuration; options go before what stands in it.", valueName: "FILE"))
    var config: String?

    @Option(help: ArgumentHelp("Where to listen; port 0 lets the system choose.", valueName: "HOST:PORT"))
    var listen: String?

    @Option(help: ArgumentHelp("Certificate chain in PEM, the server's own first.", valueName: "FILE"))
    var tlsCert: String?

    @Option(help: ArgumentHelp("Private key of the certificate in PEM.", valueName: "FILE"))
    var tlsKey: String?

    @Option(help: ArgumentHelp("Folder of the system's JavaScript packages, for the pages.", valueName: "DIR"))
    var assets: String?

    @Option(help: ArgumentHelp("trace, debug, info, notice, warning or error.", valueName: "LEVEL"))
    var logLevel = "info"

    func validate() throws {
        guard config != nil || listen != nil else { throw ValidationError("Give --config or --listen.") }
        guard (tlsCert == nil) == (tlsKey == nil) else {
            throw ValidationError("--tls-cert and --tls-key belong together.")
        }
        guard Logger.Level(rawValue: logLevel) != nil else {
            throw ValidationError("--log-level \(logLevel) is not a level.")
        }
    }

    private static let log = ServiceLog.Output(
        isJournal: ProcessInfo.processInfo.environment["JOURNAL_STREAM"] != nil)

    func run() async throws {
        Handles.allowMany()
        LoggingSystem.bootstrap { _ in ServiceLog(output: Self.log) }
        defer { Self.log.flush() }
        var logger = Logger(label: "hadir-central")
        logger.logLevel = Logger.Level(rawValue: logLevel) ?? .info
        // Before anything else: a reload asked for early must not end the process.
        let signals = await UnixSignalsSequence(trapping: .sighup)
        let (reloads, reload) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        let relay = Task { for await _ in signals { reload.yield() } }
        defer { relay.cancel() }
        let service = ServiceManager(
            variables: ProcessInfo.processInfo.environment, process: ProcessInfo.processInfo.processIdentifier)
        do {
            let settings = try CentralSettings { try configuration() }
            try await CentralCommands.serve(
                state.directory, settings, service: service, reloads: reloads, logger: logger
            ) { url in
                Terminal.answer("hadir-central: listening on \(url)")
            }
        } catch let error as ConfigurationFileError {
            throw CentralError(.configuration, error.description)
        }
    }

    private func configuration() throws -> CentralConfiguration {
        let tls = tlsCert.flatMap { cert in
            tlsKey.map { TLSFiles(certificatePath: cert, keyPath: $0) }
        }
        let address = try listen.map { text in try ListenAddress(parsing: text) }
        var configuration: CentralConfiguration
        if let config {
            configuration = try CentralConfiguration.load(path: config)
            if let address { configuration.listen = address }
            if let tls { configuration.tls = tls }
        } else {
            // safe: `validate` asked for one of both.
            configuration = CentralConfiguration(listen: address ?? ListenAddress(host: "127.0.0.1", port: 0), tls: tls)
        }
        if let assets { configuration.pages.assets = assets }
        return configuration
    }
}
