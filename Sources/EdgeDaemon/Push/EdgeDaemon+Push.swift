import Attendance
import DeviceFormats
import EdgeStore
import Foundation
import Logging

/// What a command asks of the push listener.
package struct PushAsk: Codable, Equatable, Sendable {
    package enum Action: String, Codable, Sendable {
        /// Who reports, and who knocks.
        case list
        /// A device's commands and what became of them.
        case commands
        /// Queue a command.
        case send
        /// Take back a command that was not sent.
        case cancel
        /// Ask a device for everything it has.
        case resend
    }

    package var action: Action
    /// `PushCommand.Kind`.
    package var kind: String?
    /// `DeviceTime.text`, by the device's clock.
    package var from: String?
    package var to: String?
    package var id: Int64?

    package init(_ action: Action, kind: String? = nil, from: String? = nil, to: String? = nil, id: Int64? = nil) {
        self.action = action
        self.kind = kind
        self.from = from
        self.to = to
        self.id = id
    }
}

/// What the push listener answers.
package struct PushReport: Codable, Equatable, Sendable {
    /// A configured device that reports by itself.
    package struct Device: Codable, Equatable, Sendable {
        package let device: String
        package let serial: String
        /// Where it reported from last; empty before.
        package let address: String
        /// Since the daemon began.
        package let contacts: Int
        /// Seconds since it was heard of last; absent where it was not.
        package let age: Int64?
        package let waiting: Int
        /// Why nothing is taken from it; absent where it is admitted.
        package var refusal: String?
    }

    /// A device that is not admitted.
    package struct Knock: Codable, Equatable, Sendable {
        package let serial: String
        package let address: String
        package let last: String
        package let count: Int
        package let reason: String
    }

    /// The port the listener has; absent where it does not listen.
    package var port: Int?
    package var devices: [Device]?
    package var knocking: [Knock]?
    package var commands: [PushOrder]?

    package init() {}
}

extension EdgeDaemon {
    func answerPush(_ request: ControlRequest, _ caller: ControlCaller) async -> ControlAnswer {
        guard let ask = request.push else { return ControlAnswer(error: "nothing is asked") }
        var answer = ControlAnswer()
        do {
            if ask.action == .list {
                answer.push = try await pushList()
                return answer
            }
            guard let name = request.devices.first, request.devices.count == 1,
                let worker = await workers.worker(of: name)
            else {
                let name = request.devices.first ?? ""
                var answer = ControlAnswer(error: "there is no device \"\(name)\" in the daemon's configuration")
                answer.unknown = name
                return answer
            }
            guard let worker = worker as? PushWorker else {
                return ControlAnswer(error: "\(name) does not report by itself: hadir device … is for it")
            }
            let account = Account.name(of: caller.user, callingItself: request.account)
            var report = PushReport()
            report.commands = try await pushCommands(ask, worker, account)
            answer.push = report
        } catch {
            return ControlAnswer(error: "\(error)")
        }
        return answer
    }

    private func pushCommands(_ ask: PushAsk, _ worker: PushWorker, _ account: String) async throws -> [PushOrder] {
        switch ask.action {
        case .list, .commands:
            return try await worker.onJournalThreads { [store, environment] in
                try store.pushOrders(of: worker.serial, at: environment.now())
            }
        case .resend: return try await worker.resend(by: account).map { [$0] } ?? []
        case .send:
            guard let kind = ask.kind.flatMap({ PushCommand.Kind(rawValue: $0) }),
                let command = PushCommand(
                    kind, from: ask.from.flatMap { DeviceTime(text: $0) }, to: ask.to.flatMap { DeviceTime(text: $0) })
            else { throw PushOrderError(description: "this is no command of a push device") }
            let order = try await worker.queue(command, by: account)
            environment.logger.notice(
                "push.command_queued",
                metadata: [
                    "device": "\(worker.name)", "command": "\(order.id)", "kind": "\(order.kind)", "by": "\(account)",
                ])
            return [order]
        case .cancel:
            let id = ask.id ?? 0
            return [
                try await worker.onJournalThreads { [store, environment] in
                    try store.cancelPushOrder(id, of: worker.serial, at: environment.now())
                }
            ]
        }
    }

    private func pushList() async throws -> PushReport {
        var devices: [PushReport.Device] = []
        var knocking = pushDesk.knocks.all
        for name in await workers.names {
            guard let worker = await workers.worker(of: name) as? PushWorker else { continue }
            let waiting = try await worker.onJournalThreads { [store, environment] in
                try store.pushOrders(of: worker.serial, at: environment.now()).count { $0.state.isOpen }
            }
            let contacts = worker.contacts
            let serial = worker.configuration.serial ?? worker.serial
            // It stands there once: what knocks under its serial is told beside it.
            let knock = knocking.firstIndex { $0.serial == serial.text }.map { knocking.remove(at: $0) }
            let elsewhere = knock.map { "it reports from \($0.address), not from the address of its stanza" }
            devices.append(
                PushReport.Device(
                    device: name, serial: serial.text, address: contacts.address, contacts: contacts.count,
                    age: contacts.age.map { $0.components.seconds }, waiting: waiting,
                    refusal: worker.refusal ?? elsewhere))
        }
        var report = PushReport()
        let port = pushService.port.load(ordering: .relaxed)
        report.port = port > 0 ? port : nil
        report.devices = devices
        report.knocking = knocking.map {
            PushReport.Knock(
                serial: $0.serial, address: $0.address, last: $0.last, count: $0.count, reason: $0.reason)
        }
        return report
    }

    /// Who reports by itself from now on: before the workers change, so that none is a stranger in between.
    func expectPush(_ devices: [DeviceConfiguration]) {
        pushDesk.expect(devices.filter { $0.address.link == .push }.compactMap { $0.serial ?? $0.journalSerial })
    }

    /// Listens as `configuration` says; what is wrong with the certificate is an alarm, and the old one goes on.
    func applyPush(_ configuration: PushConfiguration?, ready: @escaping @Sendable (Int) -> Void = { _ in }) async {
        guard let problem = await pushService.apply(configuration, ready: ready) else { return }
        environment.logger.error("push.failed", metadata: ["problem": "\(problem)"])
        alarm("push_not_served", "the certificate in use goes on: \(problem)")
    }
}
