import Foundation

/// A reply of the EasyLink SDK's local service: another maker's way to pull scans over HTTP.
///
/// Source: published examples of the SDK (one witness). `more`: whether the next request gives further ones.
package struct EasyLinkScanLog: Hashable, Sendable {
    package struct Scan: Hashable, Sendable {
        package let serial: String
        package let scan: TextScan
    }

    package let more: Bool
    package let scans: [Scan]

    package static let longestReply = 16 << 20

    /// - Throws: `SOAPError` where it is no such reply, or one that tells of a failure.
    package init(_ bytes: some Collection<UInt8>) throws(SOAPError) {
        guard bytes.count <= Self.longestReply else { throw .tooLong("the reply", Self.longestReply) }
        guard let reply = try? JSONDecoder().decode(Reply.self, from: Data(bytes)) else { throw .otherService }
        guard reply.result else { throw .noRow }
        more = reply.isSession
        scans = reply.data.map { item in
            Scan(
                serial: item.serial,
                scan: TextScan(
                    userID: item.userID.utf8, time: item.time.utf8, verify: item.verify, state: item.state,
                    workCode: "\(item.workCode)",
                    raw: "\(item.userID)\t\(item.time)\t\(item.verify)\t\(item.state)\t\(item.workCode)".utf8))
        }
    }

    private struct Reply: Decodable {
        let result, isSession: Bool
        let data: [Item]

        enum CodingKeys: String, CodingKey {
            case result = "Result"
            case isSession = "IsSession"
            case data = "Data"
        }
    }

    private struct Item: Decodable {
        let serial, time, userID: String
        let verify, state, workCode: Int

        enum CodingKeys: String, CodingKey {
            case serial = "SN"
            case time = "ScanDate"
            case userID = "PIN"
            case verify = "VerifyMode"
            case state = "IOMode"
            case workCode = "WorkCode"
        }
    }
}
