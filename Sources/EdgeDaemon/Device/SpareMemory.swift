import Foundation

#if canImport(Glibc)
    import Glibc
#endif

/// Memory that a large reading needed and nobody needs now.
///
/// glibc keeps what was freed: ten logs of 100,000 records read at once left 172 MiB with the daemon for good
/// (docs/benchmarks.md). Its own functions mend that; they are not in the C library's Swift module, nor in every C
/// library, so they are looked up by name.
package enum SpareMemory {
    /// More records than this in one reading leave enough behind to be worth the walk through the heap.
    static let manyRecords = 5000

    /// Large pieces come from the system and go back to it, and the free end of a heap goes, too. Without this the
    /// limits grow with the largest piece ever freed, up to 64 MiB for each thread's heap. Called when a program starts.
    package static func keepLittle() {
        guard let symbol = dlsym(nil, "mallopt") else { return }
        typealias Option = @convention(c) (_ name: Int32, _ value: Int32) -> Int32
        let set = unsafeBitCast(symbol, to: Option.self)
        // M_TRIM_THRESHOLD and M_MMAP_THRESHOLD of malloc.h.
        for name: Int32 in [-1, -3] { _ = set(name, 1 << 20) }
    }

    /// Hands back what lies free in whole pages.
    static func giveBack() {
        guard let symbol = dlsym(nil, "malloc_trim") else { return }
        typealias Trim = @convention(c) (_ kept: Int) -> Int32
        _ = unsafeBitCast(symbol, to: Trim.self)(0)
    }
}
