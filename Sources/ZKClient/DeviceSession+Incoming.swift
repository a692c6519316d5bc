import ZKWire

/// What comes in, and waiting for it. One caller waits at a time.
extension DeviceSession {
    struct Waiter {
        let number: Int
        /// By `elapsed`.
        let deadline: Duration
        let continuation: CheckedContinuation<Delivery, Never>
    }

    /// One sleeping task for all waits: a transfer of thousands of frames must not start a timer for each. It may
    /// wake too early for the present wait, and then sleeps on.
    struct Alarm {
        let number: Int
        let at: Duration
        let task: Task<Void, Never>
    }

    /// What may wait here unread besides frames, which the transport bounds.
    private static let mostNotes = 64

    func handle(_ frame: Frame) async {
        let action = machine.received(frame)
        if case .deliver(let frame) = action { return put(.frame(frame)) }
        transport.received(frame)
        switch action {
        case .send(let next), .resend(let next): try? await transport.send(next)
        case .opened: put(.opened)
        case .event(let frame, let acknowledgement):
            try? await transport.send(acknowledgement)
            if let event = RealtimeEvent(frame) { eventSink.yield(event) }
        case .skip, .deliver: skipped += 1
        case .close: put(.closed)
        case .fail(let failure): put(.failure(failure))
        }
    }

    func linkEnded(_ error: (any Error)?) {
        linkIsGone = true
        linkError = error
        eventSink.finish()
        switch machine.linkLost() {
        case .fail(let failure): put(.failure(error ?? failure))
        default: put(.closed)
        }
    }

    private func put(_ delivery: Delivery) {
        if interruptWaiter(delivery) {
            taken(delivery)
        } else if case .frame = delivery {
            mailbox.append(delivery)
        } else if mailbox.count < Self.mostNotes || linkIsGone {
            mailbox.append(delivery)
        }
    }

    /// A frame in somebody's hands no longer counts against the transport.
    private func taken(_ delivery: Delivery) {
        if case .frame(let frame) = delivery { transport.received(frame) }
    }

    /// Mail of an earlier command is nobody's.
    func discardMail() {
        for delivery in mailbox { taken(delivery) }
        mailbox.removeAll()
    }

    @discardableResult
    func interruptWaiter(_ delivery: Delivery) -> Bool {
        guard let waiter else { return false }
        self.waiter = nil
        waiter.continuation.resume(returning: delivery)
        return true
    }

    /// - Parameter leaving: this is the way out. From then on nobody else waits.
    func nextDelivery(within timeout: Duration, leaving: Bool = false) async -> Delivery {
        guard leaving || !isLeaving else { return .closed }
        if let delivery = mailbox.popFirst() {
            taken(delivery)
            return delivery
        }
        if linkIsGone { return .closed }
        waits += 1
        let number = waits
        let deadline = elapsed() + timeout
        setAlarm(for: deadline)
        return await withTaskCancellationHandler {
            await withCheckedContinuation {
                waiter = Waiter(number: number, deadline: deadline, continuation: $0)
            }
        } onCancel: {
            Task { await self.cancelWait(number) }
        }
    }

    private func cancelWait(_ number: Int) {
        if waiter?.number == number { interruptWaiter(.cancelled) }
    }

    // MARK: Time

    func stopAlarm() {
        alarm?.task.cancel()
        alarm = nil
    }

    private func setAlarm(for deadline: Duration) {
        if let alarm, alarm.at <= deadline { return }
        alarm?.task.cancel()
        alarms += 1
        let number = alarms
        let wait = deadline - elapsed()
        let task = Task { [clock, weak self] in
            do { try await clock.sleep(for: wait) } catch { return }
            await self?.rang(number)
        }
        alarm = Alarm(number: number, at: deadline, task: task)
    }

    private func rang(_ number: Int) {
        // One that was replaced may have been past stopping.
        guard alarm?.number == number else { return }
        alarm = nil
        guard let waiter else { return }
        if elapsed() < waiter.deadline {
            setAlarm(for: waiter.deadline)
        } else {
            interruptWaiter(.expired)
        }
    }
}
