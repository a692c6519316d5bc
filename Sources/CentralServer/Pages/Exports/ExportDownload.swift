import Foundation
import Glibc
import Hummingbird
import NIOCore
import NIOPosix

/// A finished file, open: taken away meanwhile, it is still sent whole.
final class ExportDownload: Sendable {
    private let descriptor: Int32
    private let size: Int

    private static let piece = 256 << 10
    /// A reader that takes nothing for so long is gone.
    private static let longestWrite = TimeAmount.seconds(60)

    init?(_ path: String) {
        descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else { return nil }
        var facts = stat()
        guard fstat(descriptor, &facts) == 0 else {
            close(descriptor)
            return nil
        }
        size = Int(facts.st_size)
    }

    deinit { close(descriptor) }

    func body(over channel: any Channel) -> ResponseBody {
        ResponseBody(contentLength: size) { writer in
            var sent = 0
            while sent < self.size {
                let buffer = try await self.read(at: sent)
                guard buffer.readableBytes > 0 else { throw CentralError(.io, "an export became shorter") }
                sent += buffer.readableBytes
                let limit = channel.eventLoop.scheduleTask(in: Self.longestWrite) { channel.close(promise: nil) }
                defer { limit.cancel() }
                try await writer.write(buffer)
            }
            try await writer.finish(nil)
        }
    }

    private func read(at offset: Int) async throws -> ByteBuffer {
        try await NIOThreadPool.singleton.runIfActive { [descriptor, size] in
            var buffer = ByteBuffer()
            let most = min(Self.piece, size - offset)
            try buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: most) { space in
                let count = pread(descriptor, space.baseAddress, most, off_t(offset))
                guard count >= 0 else { throw CentralError(.io, String(cString: strerror(errno))) }
                return count
            }
            return buffer
        }
    }
}
