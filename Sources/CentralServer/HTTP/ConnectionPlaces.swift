import HummingbirdCore
import Logging
import NIOCore
import ServiceSupport
import Synchronization

/// How many connections one address holds: there are places for all, and nobody may take most of them.
final class ConnectionPlaces: Sendable {
    private let most: Int
    private let isExempt: @Sendable (NetworkAddress) -> Bool
    private let taken = Mutex<[[UInt8]: Int]>([:])

    /// - Parameter isExempt: addresses behind which many are, such as a proxy's.
    init(most: Int, isExempt: @escaping @Sendable (NetworkAddress) -> Bool) {
        self.most = most
        self.isExempt = isExempt
    }

    /// - Returns: `false` where all of this address are taken; otherwise `leave` is due.
    func take(_ address: String?) -> Bool {
        guard let key = key(address) else { return true }
        return taken.withLock { taken in
            guard taken[key, default: 0] < most else { return false }
            taken[key, default: 0] += 1
            return true
        }
    }

    func leave(_ address: String?) {
        guard let key = key(address) else { return }
        taken.withLock { taken in
            let left = taken[key, default: 1] - 1
            taken[key] = left > 0 ? left : nil
        }
    }

    private func key(_ address: String?) -> [UInt8]? {
        guard let address = address.flatMap({ NetworkAddress($0) }), !isExempt(address) else { return nil }
        return address.counted
    }
}

/// Ends a connection at once where its address has too many, or the last handles are not for connections.
struct BoundedChannel<Base: ServerChildChannel>: ServerChildChannel {
    let base: Base
    let places: ConnectionPlaces

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Base.Value> {
        base.setup(channel: channel, logger: logger)
    }

    func handle(value: Base.Value, logger: Logger) async {
        let address = value.channel.remoteAddress?.ipAddress
        guard !Handles.areScarce(), places.take(address) else {
            logger.debug("too many connections", metadata: ["address": "\(address ?? "")"])
            value.channel.close(promise: nil)
            // Its streams want their end.
            return await base.handle(value: value, logger: logger)
        }
        defer { places.leave(address) }
        await base.handle(value: value, logger: logger)
    }
}
