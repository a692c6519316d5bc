import Attendance
import CentralPages
import Foundation
import Hummingbird
import NIOCore
import ServiceLifecycle

/// Server-sent events for an open page of files: the list whole, whenever it changed, and a beat.
struct ExportStream: Sendable {
    let rings: AsyncStream<Void>
    let section: @Sendable () async -> PageSection
    /// Asked again and again: whether the visitor may still see the list; an open page counts as use.
    let end: @Sendable () async -> LiveEnd?
    let place: StreamPlaces.Place
    let channel: any Channel
    let now: @Sendable () -> Date

    /// Between two lists, however quickly rows are written.
    static let pause = Duration.milliseconds(400)
    static let beat = Duration.seconds(5)

    func write(_ writer: inout any ResponseBodyWriter) async throws {
        var sent = ""
        try await put("retry: 2000\n\n", &writer)
        for await _ in merged.cancelOnGracefulShutdown() {
            if let end = await end() {
                try await put(LiveStream<Void>.event("end", End(why: end.rawValue)), &writer)
                return try await writer.finish(nil)
            }
            let section = await section()
            var text = LiveStream<Void>.event("beat", Beat(now: UTC.text(now())))
            if section.html != sent {
                sent = section.html
                text = LiveStream<Void>.event("section", Section(id: section.id, html: section.html)) + text
            }
            try await put(text, &writer)
            try await Task.sleep(for: Self.pause)
        }
        try await put(LiveStream<Void>.event("end", End(why: "stopping")), &writer)
        try await writer.finish(nil)
    }

    /// Changes and beats.
    private var merged: AsyncStream<Void> {
        let (stream, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        let changes = Task { [rings] in
            for await _ in rings { continuation.yield() }
            continuation.finish()
        }
        let beats = Task {
            while !Task.isCancelled {
                try await Task.sleep(for: Self.beat)
                continuation.yield()
            }
        }
        continuation.onTermination = { _ in
            changes.cancel()
            beats.cancel()
        }
        return stream
    }

    private func put(_ text: String, _ writer: inout any ResponseBodyWriter) async throws {
        let limit = channel.eventLoop.scheduleTask(in: LiveStream<Void>.longestWrite) { [channel] in
            channel.close(promise: nil)
        }
        defer { limit.cancel() }
        try await writer.write(ByteBuffer(string: text))
    }

    private struct Section: Encodable { let id, html: String }
    private struct Beat: Encodable { let now: String }
    private struct End: Encodable { let why: String }
}
