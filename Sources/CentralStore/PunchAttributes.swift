import Attendance

/// What a punch tells beside its key. Where observations differ, one is believed, whatever came first.
struct PunchAttributes: Equatable {
    let verify: Int
    let state: Int
    let workCode: String?
    let source: Punch.Source
    let raw: [UInt8]
    /// Each once, in the order of `Punch.Flag`.
    let flags: [Punch.Flag]

    init(verify: Int, state: Int, workCode: String?, source: Punch.Source, raw: [UInt8], flags: [Punch.Flag]) {
        self.verify = verify
        self.state = state
        // SQLite gives a text back up to its first NUL, so what is behind it could not be compared later.
        self.workCode = workCode.map { String(decoding: $0.utf8.prefix { $0 != 0 }, as: UTF8.self) }
        self.source = source
        self.raw = raw
        self.flags = flags.isEmpty ? [] : Punch.Flag.allCases.filter(flags.contains)
    }

    init(_ punch: Punch) {
        self.init(
            verify: punch.verify, state: punch.state, workCode: punch.workCode, source: punch.source, raw: punch.raw,
            flags: punch.flags)
    }

    /// The better source wins; of one source, the smaller bytes. A total order, so any order of arrival
    /// ends with the same attributes.
    func isBetter(than other: PunchAttributes) -> Bool {
        if source != other.source { return source < other.source }
        return orderBytes.lexicographicallyPrecedes(other.orderBytes)
    }

    private var orderBytes: [UInt8] {
        var line = JSONLine()
        line.add("verify", verify)
        line.add("state", state)
        if let workCode { line.add("work_code", workCode) }
        line.add("raw", Hex.encode(raw))
        line.add("flags", flags.map(\.rawValue))
        return line.finish()
    }

    /// Flags as one stored text.
    var flagText: String { flags.map(\.rawValue).joined(separator: " ") }

    static func flags(_ text: String) -> [Punch.Flag] {
        text.split(separator: " ").compactMap { Punch.Flag(rawValue: String($0)) }
    }
}
