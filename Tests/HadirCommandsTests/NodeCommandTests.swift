import Attendance
import Crypto
import EdgeStore
import Foundation
import NIOCore
import NIOHTTP1
import NIOHTTPCompression
import NIOPosix
import Testing

@testable import HadirCommands

@Suite("hadir node enroll")
struct NodeCommandTests {
    private let signing = Curve25519.Signing.PrivateKey()
    private let sealing = Curve25519.KeyAgreement.PrivateKey()

    private func code(port: Int) -> EnrolmentCode {
        EnrolmentCode(
            url: "http://127.0.0.1:\(port)", id: "0011223344556677", secret: Array(repeating: 9, count: 16),
            centreFingerprint: Array(SHA256.hash(data: signing.publicKey.rawRepresentation)), tlsPin: nil)
    }

    /// A centre that answers every enrolment with `status`.
    private func withCentre(_ status: Int = 200, _ body: (EnrolmentCode) async throws -> Void) async throws {
        let (signing, sealing) = (signing, sealing)
        let centre = try await OneAnswer.listen { request in
            guard status == 200, let asked = try? JSONDecoder().decode(EnrolmentRequest.self, from: Data(request))
            else {
                return (status, Array("{\"error\":\"refused\"}".utf8))
            }
            let key = EnrolmentKey(secret: Array(repeating: 9, count: 16), codeID: asked.code)
            let fingerprint = Array(SHA256.hash(data: signing.publicKey.rawRepresentation))
            guard asked.verifiedKey(key, centreFingerprint: fingerprint) != nil else { return (403, []) }
            let answer = EnrolmentAnswer(
                code: asked.code, publicKey: asked.public_key, node: "n7", unit: "Dinas \u{202E}Contoh",
                signingKey: signing.publicKey, sealingKey: sealing.publicKey)
            return (200, (try? answer.sign(with: signing)) ?? [])
        }
        do {
            try await body(code(port: centre.localAddress?.port ?? 0))
            try await centre.close()
        } catch {
            try await centre.close()
            throw error
        }
    }

    @Test("The code on the command line, or in a file: the node's identity is kept, its key readable by nobody else")
    func enrolls() async throws {
        try await withCentre { code in
            let office = try OfficeFolder()
            let done = await Shell.run("node", "enroll", code.text, "--state", office.state, "--json")
            #expect(done.code == 0, "\(done.err)")
            #expect(done.object["node"] as? String == "n7")
            let state = StateDirectory(path: office.state)
            let identity = try #require(try NodeIdentity.load(from: state))
            #expect(identity.node == "n7" && identity.url == code.url)
            let mode = try FileManager.default.attributesOfItem(atPath: state.nodeKey)[.posixPermissions] as? Int
            #expect(mode == 0o600)
            // A lost answer: the same command again keeps the key.
            let file = office.path + "/code.txt"
            try Data((code.text + "\n").utf8).write(to: URL(filePath: file))
            let again = await Shell.run("node", "enroll", file, "--state", office.state)
            #expect(again.code == 0 && again.out.contains("enrolled as node n7 of unit Dinas ?Contoh"))
            let kept = try NodeIdentity.load(from: state)
            #expect(kept?.key.rawRepresentation == identity.key.rawRepresentation)
        }
    }

    @Test("Refusals have their words and codes; nothing of them is kept", arguments: [403, 429, 500])
    func refused(status: Int) async throws {
        try await withCentre(status) { code in
            let office = try OfficeFolder()
            let done = await Shell.run("node", "enroll", code.text, "--state", office.state)
            #expect(done.code == (status == 403 ? 77 : 69))
            let words = [403: "hadir-central node add", 429: "wait a minute", 500: "is this the centre's address"]
            let expected = try #require(words[status])
            #expect(done.err.contains(expected), "\(done.err)")
            let kept = try NodeIdentity.load(from: StateDirectory(path: office.state))
            #expect(kept?.node == nil)
        }
    }

    @Test("A code that is none, or mistyped, or of another centre")
    func wrongCodes() async throws {
        let office = try OfficeFolder()
        #expect(await Shell.run("node", "enroll", "hadir1-nonsense", "--state", office.state).code == 65)
        #expect(await Shell.run("node", "enroll", "/nonexistent/code", "--state", office.state).code == 65)
        try await withCentre { code in
            let mistyped = String(code.text.dropLast()) + (code.text.last == "A" ? "B" : "A")
            let wrong = await Shell.run("node", "enroll", mistyped, "--state", office.state)
            #expect(wrong.code == 65)
            let other = EnrolmentCode(
                url: code.url, id: code.id, secret: code.secret, centreFingerprint: Array(repeating: 1, count: 32),
                tlsPin: nil)
            let foreign = await Shell.run("node", "enroll", other.text, "--state", office.state)
            #expect(foreign.code != 0)
            let kept = try NodeIdentity.load(from: StateDirectory(path: office.state))
            #expect(kept?.node == nil)
        }
    }

    @Test("While hadird holds the state directory it is 75")
    func held() async throws {
        try await withCentre { code in
            let office = try OfficeFolder()
            let state = StateDirectory(path: office.state)
            try state.create()
            let lock = try #require(try state.lock())
            #expect(await Shell.run("node", "enroll", code.text, "--state", office.state).code == 75)
            withExtendedLifetime(lock) {}
        }
    }
}

/// A server that answers each request by a function of its body.
private final class OneAnswer: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart
    typealias Answering = @Sendable ([UInt8]) -> (status: Int, body: [UInt8])

    private let answer: Answering
    private var body: [UInt8] = []

    private init(_ answer: @escaping Answering) { self.answer = answer }

    static func listen(_ answer: @escaping Answering) async throws -> any Channel {
        try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline()
                    try channel.pipeline.syncOperations.addHandler(NIOHTTPRequestDecompressor(limit: .size(1 << 20)))
                    try channel.pipeline.syncOperations.addHandler(OneAnswer(answer))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head: body = []
        case .body(let part): body += part.readableBytesView
        case .end:
            let (status, bytes) = answer(body)
            var head = HTTPResponseHead(version: .http1_1, status: .init(statusCode: status))
            head.headers.add(name: "content-length", value: "\(bytes.count)")
            context.write(wrapOutboundOut(.head(head)), promise: nil)
            context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: bytes)))), promise: nil)
            context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        }
    }
}
