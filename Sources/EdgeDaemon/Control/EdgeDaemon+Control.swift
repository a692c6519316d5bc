import Attendance
import EdgeStore
import FailPoints
import Foundation
import Logging
import ServiceSupport

/// What the daemon does for commands.
extension EdgeDaemon {
    /// A command has a device for so long at most.
    static let longestLoan = Duration.seconds(600)
    /// A command waits for a device that is being read no longer.
    private static let loanPatience = Duration.seconds(60)

    func answer(_ request: ControlRequest, _ caller: ControlCaller) async -> ControlAnswer {
        switch request.command {
        case .status: await status()
        case .health: await health()
        case .sync: await sync(request.devices, request.errand)
        case .lend: await lend(request, caller)
        case .reload: await reload()
        case .note: await note(request, caller)
        case .details: details(request.devices)
        case .receipted: await receipted(request.devices)
        case .clearing: await clearing(request.devices, request.count)
        case .rename: await rename(request.devices)
        case .push: await answerPush(request, caller)
        case .receipt: await carried(request.receipt)
        case .importPart, .importPreview, .importCommit, .importDiscard:
            await imports.answer(request, by: Account.name(of: caller.user, callingItself: request.account))
        }
    }

    private func status() async -> ControlAnswer {
        do {
            let journal = try await onJournalThreads { [store] in try store.status() }
            return ControlAnswer(
                devices: board.devices, journal: journal, centreProblem: await forwarder?.currentProblem)
        } catch {
            return ControlAnswer(error: "\(error)")
        }
    }

    func onJournalThreads<Value: Sendable>(
        _ body: @escaping @Sendable () throws -> Value
    ) async throws -> Value {
        try await Task(executorPreference: JournalThreads.shared) { try body() }.value
    }

    private func sync(_ names: [String], _ errand: DeviceMailbox.Errand?) async -> ControlAnswer {
        let wanted = names.isEmpty ? await workers.names : names
        var members: [(String, any SourceWorker)] = []
        for name in wanted {
            guard let worker = await workers.worker(of: name) else { return Self.unknown(name) }
            members.append((name, worker))
        }
        let synced = await withTaskGroup(of: ControlAnswer.Sync.self) { group in
            for (name, worker) in members {
                group.addTask {
                    do {
                        return ControlAnswer.Sync(device: name, outcome: try await worker.sync(errand))
                    } catch {
                        return ControlAnswer.Sync(device: name, problem: "\(error)")
                    }
                }
            }
            var synced: [ControlAnswer.Sync] = []
            for await result in group { synced.append(result) }
            return synced
        }
        return ControlAnswer(synced: synced.sorted { $0.device < $1.device })
    }

    static func unknown(_ name: String) -> ControlAnswer {
        var answer = ControlAnswer(
            error: "there is no device \"\(name)\" in the daemon's configuration; "
                + "if it is in devices.conf: hadir config reload")
        answer.unknown = name
        return answer
    }

    // MARK: Notes

    /// Journals what a command did to a device, under the account that did it: the peer's, not the one it names.
    private func note(_ request: ControlRequest, _ caller: ControlCaller) async -> ControlAnswer {
        do {
            let by = Account.name(of: caller.user, callingItself: request.account)
            let entries = try (request.entries ?? []).map { try CommandNote.entry($0, by: by) }
            try await onJournalThreads { [store, environment] in try store.append(entries, at: environment.now()) }
            forwarder?.wake()
            return ControlAnswer()
        } catch {
            return ControlAnswer(error: "not journaled: \(error)")
        }
    }

    // MARK: Lending

    /// Closes the device's session here and tells the caller how to get in. The device comes back when the caller's
    /// connection is over, however it ends.
    private func lend(_ request: ControlRequest, _ caller: ControlCaller) async -> ControlAnswer {
        guard let wanted = request.devices.first, request.devices.count == 1 else {
            return ControlAnswer(error: "one device is lent at a time")
        }
        let name = await workers.name(at: wanted) ?? wanted
        guard let worker = await workers.worker(of: name), let device = await workers.configuration(of: name) else {
            return Self.unknown(wanted)
        }
        guard device.address.link != .push else {
            return .withoutSessions(name)
        }
        let purpose = request.purpose.map { String($0.prefix(64)) } ?? "a command"
        let loan = DeviceLoan(to: "\(purpose), process \(caller.process)", for: Self.longestLoan)
        if let holder = worker.lend(loan) {
            return ControlAnswer(error: "\(name) is lent to \(holder): wait until that has ended")
        }
        caller.whenGone { loan.end() }
        let timer = Task { [clock = environment.clock] in
            do { try await clock.sleep(for: Self.loanPatience) } catch { return }
            loan.end()
        }
        defer { timer.cancel() }
        guard await withTaskCancellationHandler(operation: { await loan.isGranted() }, onCancel: { loan.end() }) else {
            return ControlAnswer(error: "\(name) is being read and is not free yet: try again in a minute")
        }
        var answer = ControlAnswer()
        answer.lent = ControlAnswer.Lent(
            device: name, address: device.address.description, commKey: device.commKey.number,
            looseReplies: device.looseReplies, verifyFirst: device.attendanceOrder16VerifyFirst,
            timezone: device.timezone, serial: serial(of: device), serialTag: device.serialTag,
            seconds: Self.longestLoan.components.seconds, nameEncoding: device.nameEncoding.rawValue)
        if device.address.usb != nil {
            answer.lent?.usbSettle = Int64(device.usb.settle / .milliseconds(1))
            answer.lent?.usbChunk = device.usb.longestChunk
        }
        return answer
    }

    /// - Returns: as the device tells it, without its tag.
    private func serial(of device: DeviceConfiguration) -> String? {
        if let serial = device.serial { return serial.text }
        let known = board.devices.first { $0.name == device.name }?.serial ?? ""
        return known.isEmpty || device.serialTag != nil ? nil : known
    }

    // MARK: Reload

    /// Reads the configuration again. A broken file is refused and changes nothing; of a good one, only what differs
    /// is begun anew: a device whose stanza is as it was keeps its session.
    ///
    /// - Returns: how many devices there are now, or what is wrong with the file.
    @discardableResult
    package func reload() async -> ControlAnswer {
        await reloads.run { [self] in
            environment.service?.tell(ServiceManager.reloading())
            defer { environment.service?.tell(ServiceManager.ready) }
            do {
                return await apply(try reread())
            } catch {
                return refused(error)
            }
        }
    }

    private func apply(_ new: EdgeConfiguration) async -> ControlAnswer {
        configuration.replace(with: new, at: environment.now())
        FailPoint.reach("edge.config.replaced")
        await forwarder?.setHeartbeat(new.heartbeat)
        await http?.setProxy(new.proxy)
        expectPush(new.devices)
        let changes = await workers.apply(new.devices)
        FailPoint.reach("edge.config.workers_applied")
        await applyPush(new.push)
        await statusService.apply(new.statusListen)
        environment.logger.notice(
            "config.reloaded",
            metadata: [
                "devices": "\(new.devices.count)", "started": "\(changes.started.joined(separator: " "))",
                "restarted": "\(changes.restarted.joined(separator: " "))",
                "stopped": "\(changes.stopped.joined(separator: " "))",
            ])
        var answer = ControlAnswer()
        answer.configured = new.devices.count
        return answer
    }

    private func refused(_ error: any Error) -> ControlAnswer {
        let findings = (error as? DevicesFileError)?.findings.map(\.description) ?? ["\(error)"]
        let first = findings.first ?? "\(error)"
        let more = findings.count > 1 ? " (and \(findings.count - 1) more)" : ""
        environment.logger.error(
            "config.refused", metadata: ["problem": "\(first)", "findings": "\(findings.count)"])
        if configuration.refuse(first + more) {
            alarm("config_refused", "the configuration in use goes on: \(findings.joined(separator: "; "))")
        }
        var answer = ControlAnswer(error: "the file is refused, the configuration in use goes on")
        answer.findings = findings
        return answer
    }
}
