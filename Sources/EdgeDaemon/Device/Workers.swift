import Attendance
import Foundation
import ZKClient

/// The workers of the configured devices, each in a task of its own that can be ended without the others.
actor Workers {
    private struct Member {
        let configuration: DeviceConfiguration
        let worker: any SourceWorker
        let task: Task<Void, Never>
    }

    /// What a new configuration changed, by name.
    struct Changes: Equatable, Sendable {
        var started: [String] = []
        var restarted: [String] = []
        var stopped: [String] = []
    }

    private let board: DeviceBoard
    private let make: @Sendable (DeviceConfiguration) -> any SourceWorker
    private var members: [String: Member] = [:]
    private var isOver = false
    private let ended: AsyncStream<String>
    private let endedSink: AsyncStream<String>.Continuation

    init(board: DeviceBoard, make: @escaping @Sendable (DeviceConfiguration) -> any SourceWorker) {
        self.board = board
        self.make = make
        (ended, endedSink) = AsyncStream.makeStream()
    }

    /// Makes the workers be those of `devices`: whose stanza is as it was keeps its session. Returns when all have begun.
    @discardableResult
    func apply(_ devices: [DeviceConfiguration]) async -> Changes {
        let wanted = Dictionary(devices.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        var changes = Changes()
        let outdated = members.filter { wanted[$0.key] != $0.value.configuration }
        for name in outdated.keys { members[name] = nil }
        await end(Array(outdated.values))
        for name in outdated.keys {
            board.forget(name, isGone: wanted[name] == nil)
            if wanted[name] == nil { changes.stopped.append(name) } else { changes.restarted.append(name) }
        }
        guard !isOver else { return changes }
        // All are made before one runs: a serial in the configuration is taken before a device answers with it.
        let new = devices.filter { members[$0.name] == nil }.map { ($0, make($0)) }
        for (device, worker) in new where members[device.name] == nil {
            members[device.name] = Member(configuration: device, worker: worker, task: start(worker, device.name))
            if outdated[device.name] == nil { changes.started.append(device.name) }
        }
        for (_, worker) in new { await worker.hasBegun() }
        changes.stopped.sort()
        changes.restarted.sort()
        return changes
    }

    private func start(_ worker: any SourceWorker, _ name: String) -> Task<Void, Never> {
        Task(executorPreference: JournalThreads.shared) { [endedSink] in
            await worker.run()
            if !Task.isCancelled { endedSink.yield(name) }
        }
    }

    private func end(_ members: [Member]) async {
        for member in members { member.task.cancel() }
        for member in members { await member.task.value }
    }

    /// Returns when a worker ended by itself, which none does, with its device's name; or when cancelled. Devices are
    /// given back before.
    func supervise() async -> String {
        var name = "none"
        for await first in ended {
            name = first
            break
        }
        isOver = true
        let last = Array(members.values)
        members = [:]
        await end(last)
        return name
    }

    // MARK: Who there is

    var names: [String] { members.keys.sorted() }

    func worker(of name: String) -> (any SourceWorker)? { members[name]?.worker }

    func configuration(of name: String) -> DeviceConfiguration? { members[name]?.configuration }

    /// The stanza that leads to the same place, by whichever link.
    func name(at text: String) -> String? {
        guard let wanted = try? DeviceAddress(parsing: text) else { return nil }
        return members.filter { $0.value.configuration.address.mayBeSamePlace(as: wanted) }.keys.min()
    }
}
