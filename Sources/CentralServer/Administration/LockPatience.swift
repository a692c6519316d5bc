/// How long whoever needs the state directory waits for another process that has it: a command is over in a moment,
/// and a server that begins answers on its socket soon after.
struct LockPatience {
    static let longest = Duration.seconds(5)
    static let pause = Duration.milliseconds(50)

    private let clock: any Clock<Duration>

    init(_ clock: any Clock<Duration>) { self.clock = clock }

    /// Tries until there is a value; `nil` where none came for `longest`.
    func first<Value>(_ attempt: () async throws -> Value?) async throws -> Value? {
        for _ in 0..<Int(Self.longest / Self.pause) {
            if let value = try await attempt() { return value }
            try await clock.sleep(for: Self.pause)
        }
        return try await attempt()
    }
}
