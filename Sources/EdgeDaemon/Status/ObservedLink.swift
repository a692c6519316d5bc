import Synchronization

/// A way to the centre that counts what goes over it.
///
/// An answer here is any answer with status 2xx; whether it was a signed receipt is the forwarder's to judge.
package final class ObservedLink: CentreLink {
    struct Counts: Equatable, Sendable {
        var answered = 0
        var failed = 0
        /// When the last answer came, since the link was made.
        var answeredAt: Duration?
    }

    private let link: any CentreLink
    private let elapsed: @Sendable () -> Duration
    private let state = Mutex(Counts())

    init(_ link: any CentreLink, elapsed: @escaping @Sendable () -> Duration) {
        self.link = link
        self.elapsed = elapsed
    }

    var counts: Counts { state.withLock { $0 } }

    package func post(_ path: String, body: [UInt8], contentType: String) async throws -> CentreAnswer {
        do {
            let answer = try await link.post(path, body: body, contentType: contentType)
            state.withLock { counts in
                guard (200..<300).contains(answer.status) else {
                    counts.failed += 1
                    return
                }
                counts.answered += 1
                counts.answeredAt = elapsed()
            }
            return answer
        } catch {
            state.withLock { $0.failed += 1 }
            throw error
        }
    }

    package func close() async { await link.close() }
}
