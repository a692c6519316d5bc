import ArgumentParser
import CentralServer
import Foundation
import Logging

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

            PATHS
              GET  /                              for people with an account (`hadir-central user add`)
              POST /v1/enroll, /v1/batches        from nodes
              GET  /api/v1/punches, devices, nodes  for bearers of a reader's token
              GET  /livez, /readyz                for the service manager

            EXAMPLES
              hadir-central serve --state /var/lib/hadir-central --listen 127.0.0.1:8080
              hadir-central serve --state /var/lib/hadir-central --listen 0.0.0.0:8443 \\
                  --tls-cert /etc/hadir/centre.crt --tls-key /etc/hadir/centre.key
            """)

    @OptionGroup var state: StateOption

    @Option(help: ArgumentHelp("Where to listen; port 0 lets the system choose.", valueName: "HOST:PORT"))
    var listen: String

    @Option(help: ArgumentHelp("Certificate chain in PEM, the server's own first.", valueName: "FILE"))
    var tlsCert: String?

    @Option(help: ArgumentHelp("Private key of the certificate in PEM.", valueName: "FILE"))
    var tlsKey: String?

    @Option(help: ArgumentHelp("Folder of the system's JavaScript packages, for the pages.", valueName: "DIR"))
    var assets = "/usr/share/javascript"

    @Option(help: ArgumentHelp("trace, debug, info, notice, warning or error.", valueName: "LEVEL"))
    var logLevel = "info"

    func validate() throws {
        guard (tlsCert == nil) == (tlsKey == nil) else {
            throw ValidationError("--tls-cert and --tls-key belong together.")
        }
        guard Logger.Level(rawValue: logLevel) != nil else {
            throw ValidationError("--log-level \(logLevel) is not a level.")
        }
    }

    func run() async throws {
        LoggingSystem.bootstrap { label in StreamLogHandler.standardError(label: label) }
        var logger = Logger(label: "hadir-central")
        logger.logLevel = Logger.Level(rawValue: logLevel) ?? .info
        let tls = tlsCert.flatMap { cert in
            tlsKey.map { TLSFiles(certificatePath: cert, keyPath: $0) }
        }
        var pages = PagesConfiguration()
        pages.assets = assets
        try await CentralCommands.serve(
            state.directory, listen: ListenAddress(parsing: listen), tls: tls, pages: pages, logger: logger
        ) { url in
            Terminal.answer("hadir-central: listening on \(url)")
        }
    }
}
