import ZKWire

/// What became of one edit. "Sent" and "confirmed" are never one word: a device that said yes may forget.
package struct UserEditOutcome: Hashable, Sendable {
    package enum State: Hashable, Sendable {
        /// The device said yes, and the list read afterwards shows it.
        case confirmed
        /// The device said yes, and the list was not read again or shows otherwise.
        case sent(String)
        case refused(UserEditError)
        /// Its turn did not come.
        case notSent
    }

    package let edit: UserEdit
    package var state: State

    package init(_ edit: UserEdit, _ state: State) {
        self.edit = edit
        self.state = state
    }
}

package struct UserEditReport: Sendable {
    /// In the order of the edits.
    package var outcomes: [UserEditOutcome]
    /// The list as it was read afterwards; `nil` where it could not be.
    package var list: DeviceUserList?
    /// What ended it early. Running the same again does what is left.
    package var stopped: DeviceError?
}

extension DeviceSession {
    /// Edits done while the device is disabled once. Short: people stand in front of it.
    private static let batch = 200
    /// Should this program and its computer both die, the device wakes by itself after so long.
    private static let longestBatch: UInt32 = 120

    /// The whole user list with the device's limits.
    ///
    /// - Throws: `DeviceError`; code `incomplete` where the device counts users and shows none.
    package func userList() async throws -> DeviceUserList {
        let sizes = try await freeSizes()
        let read = try await users(count: sizes.map { Int($0.users) })
        if read.users.isEmpty, let sizes, sizes.users > 0 {
            throw DeviceError(.incomplete, "read users", "the device counts \(sizes.users) users and shows none")
        }
        return DeviceUserList(
            users: read.users, layout: read.layout,
            pinWidth: try await option(DeviceOption.pinWidth).flatMap { Int($0) },
            capacity: sizes.map { Int($0.userCapacity) })
    }

    /// Carries out edits one after the other, each against a list read immediately before, and reads the list again.
    ///
    /// The device is disabled for a batch of edits at a time and enabled however this ends. Never throws: what was
    /// sent before a failure was sent.
    ///
    /// - Parameters:
    ///   - word: needed where an edit deletes.
    ///   - limit: after so long no further batch is begun: a device is lent for ten minutes.
    package func apply(
        _ edits: [UserEdit], word: OperatorWord? = nil, limit: Duration = .seconds(420),
        progress: (@Sendable (Int) -> Void)? = nil
    ) async -> UserEditReport {
        var report = UserEditReport(outcomes: edits.map { UserEditOutcome($0, .notSent) }, list: nil, stopped: nil)
        guard !edits.isEmpty else { return report }
        let end = elapsed() + limit
        do {
            for start in stride(from: 0, to: edits.count, by: Self.batch) {
                if start > 0, elapsed() >= end {
                    report.stopped = DeviceError(.timedOut, "write users", "the time for it is over; run it again")
                    break
                }
                let range = start..<min(start + Self.batch, edits.count)
                try await disable(seconds: Self.longestBatch)
                try await apply(edits, range, word, &report)
                try await enable()
                progress?(range.upperBound)
            }
            let list = try await userList()
            report.list = list
            confirm(list, &report)
        } catch {
            report.stopped = error as? DeviceError ?? DeviceError(.linkLost, "write users", "interrupted")
            // People first: at worst `close` says it again.
            if mustEnable { try? await enable() }
        }
        return report
    }

    private func apply(
        _ edits: [UserEdit], _ range: Range<Int>, _ word: OperatorWord?, _ report: inout UserEditReport
    ) async throws {
        var list = try await userList()
        // An empty list tells no layout. A device refuses the length that is not its own (field note 7.3).
        var layouts = list.layout.map { [$0] } ?? [.u72, .u28]
        for number in range {
            let edit = edits[number]
            let user: UserRecord?
            do throws(UserEditError) {
                user = try list.checked(edit, layout: layouts.first ?? .u72)
            } catch {
                report.outcomes[number].state = .refused(error)
                continue
            }
            // Should the answer get lost, the device may have written it.
            report.outcomes[number].state = .sent("the device did not answer")
            let isTaken: Bool
            if let user {
                isTaken = try await write(user, &layouts)
                if isTaken { list.put(user) }
            } else {
                isTaken = try await delete(edit, word)
                if isTaken { list.remove(edit.userID) }
            }
            report.outcomes[number].state =
                isTaken ? .sent("not read back") : .refused(UserEditError(.refused, edit.userID))
        }
        _ = try await confirm(.refreshData, operation: "write users")
    }

    /// - Returns: false where the device refuses.
    private func write(_ user: UserRecord, _ layouts: inout [UserLayout]) async throws -> Bool {
        for layout in layouts {
            if try await isDone(.userWrite, data: user.bytes(layout), operation: "write user") {
                layouts = [layout]
                return true
            }
        }
        return false
    }

    private func delete(_ edit: UserEdit, _ word: OperatorWord?) async throws -> Bool {
        var data: [UInt8] = []
        data.append(littleEndian: edit.before?.index ?? 0)
        return try await isDone(.deleteUser, data: data, operation: "delete user", word: word)
    }

    /// Sends a command that leaves the same state however often it comes, and therefore again where a datagram got lost.
    ///
    /// - Returns: false where the device refuses.
    func isDone(
        _ command: Command, data: [UInt8], operation: String, word: OperatorWord? = nil
    ) async throws -> Bool {
        var left = transport.isDatagram ? configuration.datagramAttempts : 1
        while true {
            left -= 1
            do {
                let reply = try await request(command, data: data, operation: operation, word: word)
                return reply.command == .ackOK
            } catch let error as DeviceError where error.code == .timedOut && left > 0 {
                logger.debug("device.transfer_repeated", metadata: ["reason": "\(error.detail)"])
            }
        }
    }

    /// Compares what the device now has with what was sent.
    private nonisolated func confirm(_ list: DeviceUserList, _ report: inout UserEditReport) {
        var byID: [[UInt8]: UserRecord] = [:]
        for user in list.users where byID[user.userID] == nil { byID[user.userID] = user }
        for number in report.outcomes.indices {
            let edit = report.outcomes[number].edit
            switch report.outcomes[number].state {
            case .sent: break
            // The answer to a delete got lost, and the second one found nobody.
            case .refused(let error) where error.code == .refused && edit.after == nil && byID[edit.userID] == nil:
                break
            default: continue
            }
            report.outcomes[number].state = Self.verdict(edit, byID[edit.userID], list.layout ?? .u72)
        }
    }

    private static func verdict(
        _ edit: UserEdit, _ there: UserRecord?, _ layout: UserLayout
    ) -> UserEditOutcome.State {
        guard let after = edit.after else {
            return there == nil ? .confirmed : .sent("the device has the user still")
        }
        guard var there else { return .sent("the device does not show the user") }
        let wanted = layout.fitted(after)
        guard there.password == wanted.password else { return .sent("the device shows another password") }
        // The place was chosen at writing.
        there.index = wanted.index
        return there == wanted ? .confirmed : .sent("the device shows other values")
    }
}
