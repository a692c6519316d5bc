import Attendance
import ZKWire

/// What frames say, as JSON in the keys of the published vectors: bytes in, value out.
package enum WireDescription {
    package enum Transport: String, CaseIterable, Sendable {
        case tcp, udp
    }

    /// A TCP byte stream: one frame, or several glued.
    ///
    /// - Parameter request: the command the frames answer. Without it a reply is read only as far as its bytes
    ///   alone are certain.
    package static func tcp(_ bytes: [UInt8], request: Command? = nil) throws(WireInputError) -> WireValue {
        var decoder = EnvelopeDecoder()
        decoder.append(bytes)
        var frames: [ReceivedFrame] = []
        do {
            while let payload = try decoder.next() { frames.append(try ReceivedFrame(payload: payload)) }
        } catch {
            throw WireInputError("after \(frames.count) frames: \(error)")
        }
        guard decoder.pending == 0, let first = frames.first else {
            throw WireInputError(
                "after \(frames.count) frames: \(decoder.pending) bytes of a frame that is not whole; give the rest too"
            )
        }
        guard frames.count > 1 else {
            var single = header(first)
            single["tcp_length"] = WireValue(Frame.headerSize + first.frame.data.count)
            return .object(single.merging(whole(first, request: request)) { value, _ in value })
        }
        return stream(frames, named: "frames", request: request)
    }

    /// UDP datagrams, each one frame.
    package static func udp(_ datagrams: [[UInt8]], request: Command? = nil) throws(WireInputError) -> WireValue {
        var frames: [ReceivedFrame] = []
        for (number, datagram) in datagrams.enumerated() {
            do {
                frames.append(try ReceivedFrame(payload: datagram))
            } catch {
                throw WireInputError("datagram \(number + 1): \(error)")
            }
        }
        guard let first = frames.first else { throw WireInputError("no datagram given") }
        guard frames.count > 1 else {
            return .object(header(first).merging(whole(first, request: request)) { value, _ in value })
        }
        return stream(frames, named: "datagrams", request: request)
    }

    /// TCP where the bytes begin with its mark, else UDP.
    package static func transport(of bytes: [UInt8]) -> Transport {
        bytes.starts(with: Envelope.mark) ? .tcp : .udp
    }

    private static func header(_ received: ReceivedFrame) -> [String: WireValue] {
        [
            "command": WireValue(received.frame.command.rawValue),
            "command_name": .text(received.frame.command.name),
            "checksum": WireValue(received.checksum),
            "session": WireValue(received.frame.session),
            "reply": WireValue(received.frame.reply),
            "data_length": WireValue(received.frame.data.count),
            "checksum_ok": .bool(received.isIntact),
        ]
    }

    private static func whole(_ received: ReceivedFrame, request: Command?) -> [String: WireValue] {
        var told: [String: WireValue] = ["data_hex": .text(Hex.encode(received.frame.data))]
        told["fields"] = fields(received, request: request).map { .object($0) }
        return told
    }

    /// A frame whose checksum is wrong is not read: nothing in it is certain.
    private static func fields(_ received: ReceivedFrame, request: Command?) -> [String: WireValue]? {
        guard received.isIntact else { return ["must_reject": .bool(true)] }
        let frame = received.frame
        return EventDescription.fields(frame) ?? ReplyDescription.fields(frame, request: request)
            ?? RequestDescription.fields(frame)
    }

    private static func stream(_ frames: [ReceivedFrame], named name: String, request: Command?) -> WireValue {
        var told: [String: WireValue] = [name: .list(frames.map { .object(header($0)) })]
        if let transfer = TransferDescription.fields(frames) {
            told["fields"] = .object(transfer)
        } else {
            let each = frames.map { fields($0, request: request).map { WireValue.object($0) } ?? .null }
            if each.contains(where: { $0 != .null }) { told["fields"] = [name: .list(each)] }
        }
        return .object(told)
    }
}
