/// The status server of the address that is configured now.
actor StatusService {
    private let make: @Sendable (EdgeConfiguration.ListenAddress) -> StatusServer
    private var address: EdgeConfiguration.ListenAddress?
    private var task: Task<Void, Never>?
    private var isOver = false

    init(make: @escaping @Sendable (EdgeConfiguration.ListenAddress) -> StatusServer) { self.make = make }

    /// Serves at `address` from now on; at the same one it goes on.
    ///
    /// - Parameters:
    ///   - ready: called with the port when it listens.
    ///   - tried: called when it listens, or cannot, or need not.
    func apply(
        _ address: EdgeConfiguration.ListenAddress?, ready: @escaping @Sendable (Int) -> Void = { _ in },
        tried: @escaping @Sendable () -> Void = {}
    ) async {
        guard !isOver, address != self.address || task == nil else { return tried() }
        self.address = address
        let before = task
        task = nil
        before?.cancel()
        await before?.value
        guard let address, !isOver, task == nil else { return tried() }
        let server = make(address)
        task = Task { await server.run(ready: ready, tried: tried) }
    }

    func stop() async {
        isOver = true
        task?.cancel()
        await task?.value
    }
}
