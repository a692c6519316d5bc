import Foundation

#if canImport(Glibc)
    import Glibc
#endif

/// Memory that a large reading needed and nobody needs now.
enum SpareMemory {
    /// More records than this in one reading leave enough behind to be worth the walk through the heap.
    static let manyRecords = 5000

    /// Hands it back to the system. glibc keeps what was freed in small pieces: ten logs of 100,000 records read at
    /// once left 172 MiB with the daemon for good, and 7 MiB with this (docs/benchmarks.md).
    static func giveBack() {
        // Not in the C library's Swift module, and not in every C library.
        guard let symbol = dlsym(nil, "malloc_trim") else { return }
        typealias Trim = @convention(c) (_ kept: Int) -> Int32
        _ = unsafeBitCast(symbol, to: Trim.self)(0)
    }
}
