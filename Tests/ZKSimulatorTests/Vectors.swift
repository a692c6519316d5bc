import Foundation
import ZKWire

/// The published byte vectors, read from where ZKWire's tests keep them: one copy for both sides of the wire.
struct Vector: Decodable {
    let id: String
    let kind: String
    let transport: String
    let direction: String
    let hex: String
    let segments: [String]?

    static let all: [Vector] = {
        let file = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "ZKWireTests/Vectors/zk-vectors.json")
        return (try? JSONDecoder().decode([Vector].self, from: Data(contentsOf: file))) ?? []
    }()

    static func named(_ id: String) throws -> Vector {
        guard let vector = all.first(where: { $0.id == id }) else { throw Missing(id: id) }
        return vector
    }

    struct Missing: Error { let id: String }

    var bytes: [UInt8] { Self.bytes(hex) }

    /// The payload without its TCP envelope.
    var payload: [UInt8] { transport == "tcp" ? Array(bytes.dropFirst(Envelope.size)) : bytes }

    func frame() throws -> Frame { try ReceivedFrame(payload: payload).frame }

    /// All frames of a TCP stream, or of datagrams.
    func frames() throws -> [Frame] {
        if transport == "udp" {
            return try (segments ?? [hex]).map { try ReceivedFrame(payload: Self.bytes($0)).frame }
        }
        var decoder = EnvelopeDecoder()
        decoder.append(bytes)
        var frames: [Frame] = []
        while let payload = try decoder.next() { frames.append(try ReceivedFrame(payload: payload).frame) }
        return frames
    }

    private static func bytes(_ hex: String) -> [UInt8] {
        let digits = Array(hex)
        return stride(from: 0, to: digits.count - 1, by: 2).compactMap {
            UInt8(String(digits[$0...($0 + 1)]), radix: 16)
        }
    }
}
