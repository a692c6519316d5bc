import ZKWire

/// What happens while a finger is enrolled, for the person at the terminal.
package enum EnrolmentStep: Hashable, Sendable {
    /// The device waits for the finger.
    case ready
    /// The finger lies on the sensor.
    case touched
    /// So many good touches by now.
    case good(Int)
    /// The finger was not read well.
    case bad
}

/// How an enrolment ended. Result codes: zk-protocol, section 13.5 (5 has one witness).
package enum EnrolmentResult: Hashable, Sendable {
    /// And the device gives the template when asked.
    case confirmed(bytes: Int)
    /// The device said yes, and gives no template.
    case sent
    case failed(code: UInt16)
    /// This finger is somebody's already.
    case duplicate
    case timedOut
    /// Something is enrolled there already.
    case taken
    /// The device has no remote enrolment, or refuses it now.
    case unsupported(String)
}

extension DeviceSession {
    package static let touchesWanted = 3

    /// Lets a user who is on the device enroll a finger at it. The device goes back to normal however this ends.
    ///
    /// - Parameter patience: how long people are waited for in all.
    /// - Throws: `DeviceError`, `CancellationError`.
    package func enrol(
        _ user: UserRecord, finger: UInt8, layout: UserLayout, patience: Duration = .seconds(60),
        tell: @escaping @Sendable (EnrolmentStep) -> Void
    ) async throws -> EnrolmentResult {
        guard try await template(index: user.index, finger: finger) == nil else { return .taken }
        do {
            let result = try await attempt(user, finger, layout, patience, tell)
            try await resumeNormal()
            guard case .sent = result else { return result }
            return try await template(index: user.index, finger: finger).map { .confirmed(bytes: $0.bytes.count) }
                ?? .sent
        } catch {
            // Also when somebody pressed Ctrl-C: the next person wants to scan.
            await Task { try? await resumeNormal() }.value
            throw error
        }
    }

    private func attempt(
        _ user: UserRecord, _ finger: UInt8, _ layout: UserLayout, _ patience: Duration,
        _ tell: @escaping @Sendable (EnrolmentStep) -> Void
    ) async throws -> EnrolmentResult {
        let operation = "enroll finger"
        try await registerEvents(mask: RealtimeEvent.everything)
        // A device that knows no such command has nothing to cancel.
        _ = try await request(.cancelCapture, operation: operation)
        var data: [UInt8] = []
        if layout == .u72 {
            data.append(text: user.userID, size: 24)
            data += [finger, 1]
        } else {
            data.append(littleEndian: UInt32(user.userID.textBeforeNUL) ?? 0)
            data.append(finger)
        }
        let reply = try await request(.startEnroll, data: data, operation: operation)
        guard reply.command == .ackOK else { return .unsupported("\(reply.command)") }
        _ = try await request(.startVerify, operation: operation)
        tell(.ready)
        return try await waitForFinger(patience, tell)
    }

    private nonisolated func waitForFinger(
        _ patience: Duration, _ tell: @escaping @Sendable (EnrolmentStep) -> Void
    ) async throws -> EnrolmentResult {
        try await withThrowingTaskGroup(of: EnrolmentResult.self) { [events, clock] group in
            group.addTask {
                var good = 0
                for await event in events {
                    switch event.content {
                    case .fingerScore(let score) where score > 0:
                        good += 1
                        tell(.good(good))
                    case .fingerScore: tell(.bad)
                    case .enrolFinger(let result, _, _, _): return Self.result(result)
                    default: if event.code == RealtimeEvent.Code.finger.rawValue { tell(.touched) }
                    }
                }
                try Task.checkCancellation()
                throw DeviceError(.linkLost, "enroll finger")
            }
            group.addTask {
                try await clock.sleep(for: patience)
                return .timedOut
            }
            defer { group.cancelAll() }
            return try await group.next() ?? .timedOut
        }
    }

    private static func result(_ code: UInt16) -> EnrolmentResult {
        switch code {
        case 0: .sent
        case 5: .duplicate
        case 6: .timedOut
        default: .failed(code: code)
        }
    }

    /// As people find a device: ready for any finger, and telling us nothing.
    private func resumeNormal() async throws {
        let operation = "end enrolment"
        _ = try await request(.cancelCapture, operation: operation)
        _ = try await request(.startVerify, operation: operation)
        _ = try await request(.registerEvent, data: PackedTime(rawValue: 0).bytes, operation: operation)
    }
}
