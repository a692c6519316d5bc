import ZKWire

/// One finger of one user on a device. The template never shows in a description.
package struct FingerTemplate: Hashable, Sendable {
    /// The user's place on this very device.
    package var index: UInt16
    /// 0–9, from the little finger of the left hand to that of the right.
    package var finger: UInt8
    /// 0 invalid, 1 valid, 3 duress.
    package var flag: UInt8
    package var template: Redacted

    package init(index: UInt16, finger: UInt8, flag: UInt8, template: Redacted) {
        self.index = index
        self.finger = finger
        self.flag = flag
        self.template = template
    }

    package static let fingers: ClosedRange<UInt8> = 0...9
    /// The upload names sizes in 16 bits.
    package static let longest = Int(UInt16.max)
}

/// What became of a template that was to be written or deleted.
package enum FingerOutcome: Hashable, Sendable {
    case confirmed
    case sent(String)
    case refused(String)
}

/// Templates: zk-protocol, sections 6.3 and 13.4. Biometric data: read only where a person asks, never logged.
extension DeviceSession {
    private static let uploadPiece = 1024

    /// Every enrolled finger.
    ///
    /// - Throws: `DeviceError`; `layoutUnknown` where an entry's size cannot be.
    package func templates(progress: (@Sendable (Int) -> Void)? = nil) async throws -> [FingerTemplate] {
        let operation = "read fingers"
        let count = try await freeSizes().map { Int($0.fingers) }
        let dataset = try await wholeDataset(
            BufferRequest(inner: .databaseRead, dataType: 2), legacy: (.databaseRead, [2]), count: count,
            operation: operation, progress: progress)
        do {
            return try TemplateEntry.all(in: dataset.body).map {
                FingerTemplate(index: $0.index, finger: $0.finger, flag: $0.flag, template: $0.template)
            }
        } catch {
            // Not the dataset itself: these are fingerprints.
            throw DeviceError(.layoutUnknown, operation, "\(dataset.body.count) bytes of templates, \(error)")
        }
    }

    /// One template; `nil` where the finger is not enrolled.
    package func template(index: UInt16, finger: UInt8) async throws -> Redacted? {
        var data: [UInt8] = []
        data.append(littleEndian: index)
        data.append(finger)
        let outcome = try await transfer(.userTemplateRead, data: data, purpose: .burst, operation: "read finger")
        switch outcome {
        case .bytes(let bytes): return bytes.isEmpty ? nil : Redacted(bytes)
        case .announced: throw DeviceError(.incomplete, "read finger", "answered with an announcement")
        case .refused: return nil
        }
    }

    /// Writes a template of a user who is on the device, and reads it back. The device is disabled meanwhile.
    ///
    /// - Throws: `DeviceError` where the session cannot go on.
    package func write(_ finger: FingerTemplate) async throws -> FingerOutcome {
        guard (1...FingerTemplate.longest).contains(finger.template.bytes.count),
            FingerTemplate.fingers.contains(finger.finger)
        else { return .refused("the template cannot be one") }
        try await disable(seconds: 60)
        let isTaken: Bool
        do {
            isTaken = try await upload(finger)
            // Also where it was refused: what is left in the device's buffer is of no use to anybody.
            try await freePrepared()
            if isTaken { _ = try await confirm(.refreshData, operation: "write finger") }
        } catch {
            if mustEnable { try? await enable() }
            throw error
        }
        try await enable()
        guard isTaken else { return .refused("the device refuses the template: is it of the same algorithm?") }
        return try await template(index: finger.index, finger: finger.finger) == finger.template
            ? .confirmed : .sent("the device does not give the same template back")
    }

    private func upload(_ finger: FingerTemplate) async throws -> Bool {
        let operation = "write finger"
        let bytes = finger.template.bytes
        guard
            try await request(
                .prepareData, data: PackedTime(rawValue: UInt32(bytes.count)).bytes, operation: operation
            ).command == .ackOK
        else { return false }
        for start in stride(from: 0, to: bytes.count, by: Self.uploadPiece) {
            let piece = Array(bytes[start..<min(start + Self.uploadPiece, bytes.count)])
            guard try await request(.data, data: piece, operation: operation).command == .ackOK else { return false }
        }
        // Its algorithm is not published; the template is read back instead (zk-protocol, section 13.4).
        _ = try await request(.checksumBuffer, operation: operation)
        var head: [UInt8] = []
        head.append(littleEndian: finger.index)
        head += [finger.finger, finger.flag]
        head.append(littleEndian: UInt16(truncatingIfNeeded: bytes.count))
        return try await request(.templateWrite, data: head, operation: operation).command == .ackOK
    }

    /// Deletes one finger and looks whether it is gone.
    ///
    /// - Parameter userID: newer firmware names the user so; older, by `index`.
    package func deleteTemplate(
        index: UInt16, userID: [UInt8], finger: UInt8, word: OperatorWord
    ) async throws -> FingerOutcome {
        guard try await template(index: index, finger: finger) != nil else { return .refused("no such finger") }
        var named: [UInt8] = []
        named.append(text: userID, size: 24)
        named.append(finger)
        var isTaken = try await isDone(.deleteTemplate, data: named, operation: "delete finger", word: word)
        if !isTaken {
            // Three bytes here: on some firmware two, or a zero behind them, mean all fingers (zk-protocol, 6.3).
            guard finger != 0 else { return .refused("this firmware cannot delete finger 0 alone") }
            var placed: [UInt8] = []
            placed.append(littleEndian: index)
            placed.append(finger)
            isTaken = try await isDone(.deleteUserTemplate, data: placed, operation: "delete finger", word: word)
        }
        guard isTaken else { return .refused("the device refuses") }
        _ = try await confirm(.refreshData, operation: "delete finger")
        return try await template(index: index, finger: finger) == nil
            ? .confirmed : .sent("the device has the finger still")
    }
}
