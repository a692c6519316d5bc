import Attendance
import CentralPages
import Crypto
import Foundation
import Hummingbird
import Logging
import NIOCore

/// The files that pages ask for under `/aset/`: a fixed table, read once at the start.
struct AssetTable: Sendable {
    private struct Item {
        let type: String
        let bytes: ByteBuffer
        /// In quotes, as in headers.
        let tag: String
    }

    private let items: [String: Item]
    private static let mostBytes = 8 << 20

    /// - Parameter folder: of the system's JavaScript packages.
    init(folder: String, logger: Logger) {
        var items: [String: Item] = [:]
        for asset in CentralPages.assets { items[asset.name] = Self.item(asset.type, asset.bytes) }
        for asset in CentralPages.systemAssets {
            let path = folder + "/" + asset.path
            if let bytes = Self.read(path) {
                items[asset.name] = Self.item(asset.type, bytes)
            } else {
                logger.warning(
                    "page.file_missing",
                    metadata: ["file": "\(path)", "package": "\(asset.package)"])
            }
        }
        self.items = items
    }

    func answer(_ request: Request, _ context: CentralContext) throws -> Response {
        guard let name = context.parameters.get("name"), let item = items[name] else { throw HTTPError(.notFound) }
        let isNamed = request.uri.queryParameters["v"].map { "\"\($0)\"" == item.tag } ?? false
        let headers: HTTPFields = [
            .eTag: item.tag,
            // Under its own version a file never changes; else a browser asks again soon, and gets 304.
            .cacheControl: isNamed ? "public, max-age=31536000, immutable" : "public, max-age=300",
            .contentType: item.type,
        ]
        let known = request.headers[.ifNoneMatch]?.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }
        guard known?.contains(item.tag) != true else { return Response(status: .notModified, headers: headers) }
        return Response(status: .ok, headers: headers, body: ResponseBody(byteBuffer: item.bytes))
    }

    private static func item(_ type: String, _ bytes: [UInt8]) -> Item {
        let tag = Hex.encode(Array(SHA256.hash(data: Data(bytes)).prefix(8)))
        return Item(type: type, bytes: ByteBuffer(bytes: bytes), tag: "\"\(tag)\"")
    }

    private static func read(_ path: String) -> [UInt8]? {
        guard let file = FileHandle(forReadingAtPath: path) else { return nil }
        defer { try? file.close() }
        guard let data = try? file.read(upToCount: mostBytes + 1), data.count <= mostBytes else { return nil }
        return Array(data)
    }
}
