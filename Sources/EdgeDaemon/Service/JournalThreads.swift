import NIOPosix

/// Threads of our own for tasks that write the journal: a disk that takes seconds for a write then holds up these,
/// and not timers, the status server and the watchdog, which share one thread per core with everybody else.
package final class JournalThreads: TaskExecutor {
    package static let shared = JournalThreads(count: 8)

    private let pool: NIOThreadPool

    private init(count: Int) {
        pool = NIOThreadPool(numberOfThreads: count)
        pool.start()
    }

    package func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        let executor = asUnownedTaskExecutor()
        pool.submit { _ in job.runSynchronously(on: executor) }
    }
}
