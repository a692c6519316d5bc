import Foundation
import ZKWire

/// The system's `connect`, which `RawClient` has a method of the same name for.
private func join(_ descriptor: Int32, _ address: UnsafePointer<sockaddr>, _ size: socklen_t) -> Int32 {
    connect(descriptor, address, size)
}

/// A client on a plain POSIX socket: it shares the codec with the simulator and nothing else.
final class RawClient {
    private let descriptor: Int32
    private let isTCP: Bool
    private var decoder = EnvelopeDecoder()
    private(set) var session: UInt16 = 0
    private var counter = ReplyCounter()
    /// How many bytes each read of the socket gave.
    private(set) var segments: [Int] = []

    struct Failure: Error {
        let what: String
    }

    convenience init(tcp port: Int?) throws { try self.init(port, SOCK_STREAM) }

    convenience init(udp port: Int?) throws { try self.init(port, SOCK_DGRAM) }

    private init(_ port: Int?, _ type: __socket_type) throws {
        guard let port, let number = in_port_t(exactly: port) else { throw Failure(what: "no port") }
        descriptor = socket(AF_INET, Int32(type.rawValue), 0)
        isTCP = type == SOCK_STREAM
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = number.bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        let size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { join(descriptor, $0, size) }
        }
        guard result == 0 else { throw Failure(what: "connect: errno \(errno)") }
    }

    deinit { close(descriptor) }

    func send(_ frame: Frame) throws { try send(bytes: isTCP ? frame.enveloped() : frame.payload()) }

    func send(bytes: [UInt8]) throws {
        guard write(descriptor, bytes, bytes.count) == bytes.count else { throw Failure(what: "write: errno \(errno)") }
    }

    /// The next frame, checksum and all; `nil` where the device closed, or nothing came within `limit` milliseconds.
    func next(limit: Int32 = 5000) throws -> ReceivedFrame? {
        while true {
            if isTCP, let payload = try decoder.next() { return try ReceivedFrame(payload: payload) }
            var poller = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            guard poll(&poller, 1, limit) == 1 else { return nil }
            var buffer = [UInt8](repeating: 0, count: 70_000)
            let count = read(descriptor, &buffer, buffer.count)
            guard count > 0 else { return nil }
            segments.append(count)
            if !isTCP { return try ReceivedFrame(payload: Array(buffer.prefix(count))) }
            decoder.append(buffer.prefix(count))
        }
    }

    func frame() throws -> Frame {
        guard let received = try next() else { throw Failure(what: "nothing came") }
        guard received.isIntact else { throw Failure(what: "checksum") }
        return received.frame
    }

    /// Sends a command and gives its reply number.
    @discardableResult
    func request(_ command: Command, _ data: [UInt8] = []) throws -> UInt16 {
        let reply = counter.take()
        try send(Frame(command, session: session, reply: reply, data: data))
        return reply
    }

    func ask(_ command: Command, _ data: [UInt8] = []) throws -> Frame {
        try request(command, data)
        return try frame()
    }

    /// CONNECT, and AUTH where it is asked for.
    @discardableResult
    func connect(key: CommKey = .none) throws -> Frame {
        let answer = try ask(.connect)
        session = answer.session
        guard answer.command == .ackUnauthorised else { return answer }
        return try ask(.auth, key.scrambled(session: session))
    }

    /// The frames of one burst, PREPARE_DATA first, ACK last.
    func burst() throws -> [Frame] {
        var frames = [try frame()]
        while let last = frames.last?.command, last != .ackOK, !last.isRefusal { frames.append(try frame()) }
        return frames
    }

    /// A dataset by 1503 and 1504; the fragments of each chunk in the order they came.
    func dataset(_ request: BufferRequest) throws -> [UInt8] {
        let first = try ask(.prepareBuffer, request.bytes)
        if first.command == .data { return first.data }
        let size = try BufferAnnouncement(first.data).size
        var bytes: [UInt8] = []
        let chunk = isTCP ? 65_472 : 16_384
        while bytes.count < size {
            try self.request(.readBuffer, BufferRange(offset: bytes.count, size: min(chunk, size - bytes.count)).bytes)
            let piece = try burst().filter { $0.command == .data }.flatMap(\.data)
            guard !piece.isEmpty else { throw Failure(what: "an empty chunk at \(bytes.count) of \(size)") }
            bytes += piece
        }
        _ = try ask(.freeData)
        return bytes
    }

    func time() throws -> String {
        guard let value = try ask(.getTime).data.leadingU32 else { throw Failure(what: "no time") }
        return PackedTime(rawValue: value).deviceText
    }
}
