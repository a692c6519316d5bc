import Attendance
import EdgeStore
import Foundation

/// What the centre may ask for (docs/contract.md, section 5).
extension EdgeDaemon {
    /// - Returns: what was done, for a person.
    /// - Throws: why it was not.
    func execute(_ kind: OrderKind, _ arguments: [String: String], by forwarder: Forwarder) async throws -> String {
        switch kind {
        case .resend:
            guard let from = arguments["from"].flatMap({ Int64($0) }), from >= 1 else {
                throw OrderError("resend needs \"from\", a seq of 1 or more")
            }
            return "entries are sent again from \(try await forwarder.resend(from: from)) on"
        case .timeSet:
            guard clockTrust.trusts(environment.now()) else {
                throw OrderError("this computer's own clock is not to be trusted: set it first")
            }
            let outcome = try await worker(of: arguments).sync(.setClock)
            guard let offset = outcome.clockOffset, offset.magnitude <= 2 else {
                throw OrderError("the device did not take the time")
            }
            return "the clock of \(outcome.device) is right"
        case .users:
            let outcome = try await worker(of: arguments).sync(.readUsers)
            guard outcome.usersRead == true else { throw OrderError("the device does not give its user list") }
            return "the user list of \(outcome.device) was read"
        }
    }

    private func worker(of arguments: [String: String]) async throws -> any SourceWorker {
        guard let text = arguments["serial"], let serial = DeviceSerial(text) else {
            throw OrderError("the order needs \"serial\", the serial number of a device")
        }
        guard let name = board.devices.first(where: { $0.serial == serial.text })?.name,
            let worker = await workers.worker(of: name)
        else { throw OrderError("no device here tells serial \(serial)") }
        return worker
    }
}
