import Foundation

#if canImport(Glibc)
    import Glibc
#endif

/// The file handles of this process, which connections may not use up.
package enum Handles {
    /// So many stay free of connections: for the journal's files, for devices and the centre, and for libdispatch, which
    /// ends the process (SIGILL) where it cannot open a file in /proc (`_dispatch_workq_count_runnable_workers`, a second
    /// apart, while there is more work than threads).
    package static let reserve = 32

    /// As many as the system lets this process have: a connection each for a thousand devices and some files. The
    /// usual limit of 1024 is for programs that use `select`.
    package static func allowMany() {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
        limit.rlim_cur = limit.rlim_max
        _ = setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }

    /// How many this process may have open now.
    package static func most() -> Int {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return .max }
        return Int(clamping: limit.rlim_cur)
    }

    /// Whether less than the reserve is left: a connection is to be closed then, and comes again.
    ///
    /// The system gives out the lowest number that is free, so the last numbers are free where handles are many; only
    /// where half of them are taken are all handles counted.
    package static func areScarce(most: Int = most(), reserve: Int = reserve) -> Bool {
        guard most > reserve else { return true }
        var last = (most - reserve..<most).map { pollfd(fd: Int32(clamping: $0), events: 0, revents: 0) }
        guard poll(&last, nfds_t(last.count), 0) >= 0 else { return true }
        let free = last.count { $0.revents & Int16(POLLNVAL) != 0 }
        return free < reserve / 2 && most - taken() < reserve
    }

    /// How many are open; where that cannot be told, there is none for telling.
    private static func taken() -> Int {
        guard let folder = opendir("/proc/self/fd") else { return .max / 2 }
        defer { closedir(folder) }
        var count = 0
        while readdir(folder) != nil { count += 1 }
        // `.`, `..` and the folder's own.
        return count - 3
    }
}
