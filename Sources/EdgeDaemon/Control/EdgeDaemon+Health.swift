import EdgeStore
import Foundation

/// How a running daemon is, as `hadir doctor` asks it: codes for sentences, words for whoever looks after hadir.
package struct DaemonHealth: Codable, Equatable, Sendable {
    package struct Device: Codable, Equatable, Sendable {
        package var name: String
        /// Why it could not be read last, as an alarm has it, or `lent`; absent while it is read.
        package var code: String?
        package var problem: String?
        /// In a row.
        package var failures: Int
        /// Seconds since the last reading; absent where there was none since the daemon began.
        package var readAge: Int?
        /// How often it should be read, in seconds.
        package var interval: Int
        package var count, capacity, clockOffset: Int?
        package var hasRead: Bool
    }

    package var version: String
    /// Seconds since it began to serve.
    package var uptime: Int
    package var clockTrusted: Bool
    /// This computer's clock minus the centre's in seconds, as the last signed receipt told.
    package var aheadOfCentre: Int?
    package var isEnrolled: Bool
    package var configurationProblem: String?
    package var journalCode, journalProblem: String?
    package var centreCode, centreProblem: String?
    /// Seconds since the last receipt.
    package var receiptAge: Int?
    package var stuck: [String]
    package var devices: [Device]
}

extension EdgeDaemon {
    func health() async -> ControlAnswer {
        let status = await source.current()
        var answer = ControlAnswer()
        answer.health = DaemonHealth(
            version: HadirVersion.text, uptime: Self.seconds(status.uptime), clockTrusted: status.clockTrusted,
            aheadOfCentre: clockTrust.secondsAheadOfCentre.map { Int(clamping: Int64($0.rounded())) },
            isEnrolled: status.centre != nil, configurationProblem: status.configuration.problem,
            journalCode: status.journal.code, journalProblem: status.journal.problem,
            centreCode: status.centre?.code, centreProblem: status.centre?.problem,
            receiptAge: status.centre?.age.map { Self.seconds($0) }, stuck: status.stuck,
            devices: status.devices.map { device in
                DaemonHealth.Device(
                    name: device.status.name, code: device.trouble?.code, problem: device.status.problem,
                    failures: device.trouble?.failures ?? 0,
                    readAge: device.readElapsed.map { Self.seconds(status.uptime - $0) },
                    interval: Self.seconds(device.interval), count: device.status.count,
                    capacity: device.status.capacity, clockOffset: device.status.clockOffset,
                    hasRead: device.readElapsed != nil)
            })
        return answer
    }

    private static func seconds(_ duration: Duration) -> Int { Int(clamping: duration.components.seconds) }
}

extension CrashGuard {
    /// How often in a row reading a device was the last thing the daemon did, by the file that it keeps; 0 for none.
    package static func deaths(of device: String, in state: StateDirectory) -> Int {
        guard DeviceConfiguration.isName(device),
            let file = FileHandle(forReadingAtPath: state.path + "/reading/" + device),
            let data = try? file.read(upToCount: 64),
            let count = CrashCount(left: String(decoding: data, as: UTF8.self), isShared: false, at: .zero)
        else { return 0 }
        return count.deaths
    }
}
