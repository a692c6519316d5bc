import Synchronization

/// A way to the centre that counts what goes over it, and tells the watchdog of it.
///
/// An answer here is any answer with status 2xx; whether it was a signed receipt is the forwarder's to judge.
package final class ObservedLink: CentreLink {
    struct Counts: Equatable, Sendable {
        var answered = 0
        var failed = 0
    }

    private let link: any CentreLink
    private let heartbeats: Heartbeats
    private let state = Mutex(Counts())

    /// A request ends by itself before, answered or not.
    private static let requestBound = Duration.seconds(150)
    /// For everything the forwarder does between a request and the next, or its wait.
    static let workBound = Duration.seconds(120)

    init(_ link: any CentreLink, heartbeats: Heartbeats) {
        self.link = link
        self.heartbeats = heartbeats
    }

    var counts: Counts { state.withLock { $0 } }

    package func post(_ path: String, body: [UInt8], contentType: String) async throws -> CentreAnswer {
        heartbeats.report(.forwarder, within: Self.requestBound)
        defer { heartbeats.report(.forwarder, within: Self.workBound) }
        do {
            let answer = try await link.post(path, body: body, contentType: contentType)
            state.withLock { counts in
                guard (200..<300).contains(answer.status) else {
                    counts.failed += 1
                    return
                }
                counts.answered += 1
            }
            return answer
        } catch {
            state.withLock { $0.failed += 1 }
            throw error
        }
    }

    package func close() async { await link.close() }
}
