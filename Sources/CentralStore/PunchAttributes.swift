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
    /// Of a punch that a file brought.
    let file: FileOrigin?

    init(
        verify: Int, state: Int, workCode: String?, source: Punch.Source, raw: [UInt8], flags: [Punch.Flag],
        file: FileOrigin? = nil
    ) {
        self.verify = verify
        self.state = state
        // SQLite gives a text back up to its first NUL, so what is behind it could not be compared later.
        self.workCode = workCode.map(Self.upToNUL)
        self.source = source
        self.raw = raw
        self.flags = flags.isEmpty ? [] : Punch.Flag.allCases.filter(flags.contains)
        self.file = file.map { FileOrigin(sha256: Self.upToNUL($0.sha256), by: Self.upToNUL($0.by)) }
    }

    private static func upToNUL(_ text: String) -> String {
        String(decoding: text.utf8.prefix { $0 != 0 }, as: UTF8.self)
    }

    /// Nothing but files told of it: it is listed, and not counted.
    var isUnconfirmed: Bool { source.isUnconfirmed }

    init(_ punch: Punch) {
        self.init(
            verify: punch.verify, state: punch.state, workCode: punch.workCode, source: punch.source, raw: punch.raw,
            flags: punch.flags, file: punch.file)
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
        // Two files with one scan: the smaller hash, then the smaller account.
        if let file {
            line.add("file", file.sha256)
            line.add("by", file.by)
        }
        return line.finish()
    }

    /// Flags as one stored text.
    var flagText: String { flags.map(\.rawValue).joined(separator: " ") }

    static func flags(_ text: String) -> [Punch.Flag] {
        text.split(separator: " ").compactMap { Punch.Flag(rawValue: String($0)) }
    }
}
