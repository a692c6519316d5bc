import CFuzzer
import Glibc

/// `hadir-fuzz TARGET [options of libFuzzer]`; without a target, the list of them.
@main
enum Fuzzer {
    /// Chosen before libFuzzer begins, and never changed after.
    nonisolated(unsafe) static var run: ([UInt8]) -> Void = { _ in }  // safe: one thread, written once

    static func main() {
        var words = CommandLine.arguments
        let word = words.count > 1 ? words.remove(at: 1) : ""
        guard let target = FuzzTarget.all.first(where: { $0.name == word }) ?? targetOfParent() else {
            for target in FuzzTarget.all { print(target.name, target.longest) }
            exit(word.isEmpty ? 0 : 64)
        }
        if word.hasPrefix("-") { words.insert(word, at: 1) }
        setenv(variable, target.name, 1)
        letLibFuzzerCatchSignals()
        run = target.run
        var arguments = ([words[0], "-max_len=\(target.longest)"] + words.dropFirst()).map { strdup($0) }
        var count = Int32(arguments.count)
        arguments.append(nil)
        arguments.withUnsafeMutableBufferPointer { buffer in
            var base = buffer.baseAddress
            exit(
                LLVMFuzzerRunDriver(&count, &base) { data, size in
                    Fuzzer.run(Array(UnsafeBufferPointer(start: data, count: size)))
                    return 0
                })
        }
    }

    /// A merge starts this program again, with options of libFuzzer only.
    private static func targetOfParent() -> FuzzTarget? {
        guard let name = getenv(variable).map({ String(cString: $0) }) else { return nil }
        return FuzzTarget.all.first { $0.name == name }
    }

    private static let variable = "HADIR_FUZZ_TARGET"

    /// Where Swift's runtime catches traps to print a trace, libFuzzer does not, and the input is lost: so begin again
    /// without.
    private static func letLibFuzzerCatchSignals() {
        let name = "SWIFT_BACKTRACE", off = "enable=no"
        if let there = getenv(name), String(cString: there) == off { return }
        setenv(name, off, 1)
        var arguments = CommandLine.arguments.map { strdup($0) } + [nil]
        execv("/proc/self/exe", &arguments)
    }
}
