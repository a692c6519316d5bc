import ArgumentParser
import Foundation
import Logging
import ZKSimulator

/// `hadir-sim push`: a device that reports by itself.
struct PushRun: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "push",
        abstract: "Runs a simulated device that reports by itself (ADMS, Cloud Server) until SIGINT or SIGTERM.",
        discussion: """
            One line on standard output for each thing that happens:

              hadir-sim: SERIAL pushes to URL
              acked USER YYYY-MM-DDThh:mm:ss      an acknowledgement of this scan was read
              scan USER YYYY-MM-DDThh:mm:ss       somebody scanned
              command WORDS                       the server told it something
              refused STATUS | broke              something was not delivered; it is sent again
              done N                              with --once: all N scans are acknowledged

            FAULTS, each in percent of the uploads: lose-answer, half-answer, half-request.

            EXAMPLES
              hadir-sim push --to http://127.0.0.1:8081 --serial SIMP000000001 --records 500 --once
              hadir-sim push --to http://127.0.0.1:8081 --scan-every 2 --fault lose-answer=20,half-answer=10
            """)

    @Option(help: ArgumentHelp("The server, with its path where it has one.", valueName: "URL"))
    var to: String

    @Option(help: "The serial number it tells.")
    var serial = "SIMP000000001"

    @Option(help: "Scans in its log when it starts, made from the seed.")
    var records = 0

    @Option(help: "Users, with the ids 1 to N.")
    var users = 10

    @Option(help: ArgumentHelp("A random user scans this often.", valueName: "SECONDS"))
    var scanEvery: Double?

    @Option(help: "How it speaks: \(PushPlan.Dialect.allCases.map(\.rawValue).joined(separator: " or ")).")
    var dialect = "2.4"

    @Option(help: "Lines in one upload.")
    var batch = 128

    @Option(help: ArgumentHelp("Between two polls (default: what the server says).", valueName: "SECONDS"))
    var delay: Double?

    @Option(help: "Scans and faults follow from it.")
    var seed: UInt64 = 1

    @Option(help: ArgumentHelp("What goes wrong; see above.", valueName: "FAULT,..."))
    var fault = ""

    @Flag(help: "End when everything is acknowledged.")
    var once = false

    func validate() throws {
        guard PushPlan(url: to, serial: serial) != nil else { throw ValidationError("--to is no http or https URL") }
        guard PushPlan.Dialect(rawValue: dialect) != nil else { throw ValidationError("--dialect is 2.4 or old") }
        guard PushPlan.Faults(fault) != nil else { throw ValidationError("--fault \(fault) is not understood") }
        guard (1...10_000).contains(batch), (0...2_000_000).contains(records), (1...60_000).contains(users) else {
            throw ValidationError("--batch is 1 to 10000, --records up to 2000000, --users 1 to 60000")
        }
        guard (scanEvery ?? 1) >= 0.01, (delay ?? 1) >= 0.01 else {
            throw ValidationError("--scan-every and --delay are at least 0.01")
        }
    }

    private var plan: PushPlan? {
        guard var plan = PushPlan(url: to, serial: serial) else { return nil }
        plan.dialect = PushPlan.Dialect(rawValue: dialect) ?? .new
        plan.faults = PushPlan.Faults(fault) ?? PushPlan.Faults()
        plan.users = users
        plan.batch = batch
        plan.seed = seed
        plan.delay = delay.map { .seconds($0) } ?? (scanEvery.map { .seconds($0) })
        return plan
    }

    func run() async throws {
        guard let plan = plan else { return }
        let device = PushDevice(plan: plan) { Self.tell($0) }
        device.fill(records, endingAt: Date())
        Self.say("hadir-sim: \(serial) pushes to \(to)")
        let stop = StopSignal()
        await withTaskGroup(of: Void.self) { group in
            group.addTask { [once] in
                while once, !Task.isCancelled, !device.isDone {
                    if await !device.turn() { try? await Task.sleep(for: plan.errorDelay) }
                }
                if once { Self.say("done \(device.acknowledged.count)") } else { await device.run() }
            }
            if let scanEvery {
                group.addTask { [users] in
                    while !Task.isCancelled {
                        try? await Task.sleep(for: .seconds(scanEvery))
                        let scan = PushScan(
                            user: "\(Int.random(in: 1...users))", time: PushDevice.time(Date(), plan.zone))
                        device.scan(scan)
                        Self.say("scan \(Self.words(scan))")
                    }
                }
            }
            group.addTask { [signals = stop.signals] in for await _ in signals { return } }
            await group.next()
            group.cancelAll()
        }
        withExtendedLifetime(stop) {}
    }

    private static func tell(_ event: PushDevice.Event) {
        switch event {
        case .shookHands: break
        case .acknowledged(let scans): for scan in scans { say("acked \(words(scan))") }
        case .refused(let status): say("refused \(status)")
        case .broke: say("broke")
        case .command(let text): say("command \(text)")
        }
    }

    private static func words(_ scan: PushScan) -> String { "\(scan.user) \(scan.time.replacing(" ", with: "T"))" }

    private static func say(_ line: String) {
        try? FileHandle.standardOutput.write(contentsOf: Data((line + "\n").utf8))
    }
}
