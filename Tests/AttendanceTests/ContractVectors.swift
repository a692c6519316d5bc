import Foundation
import Testing

@testable import Attendance

/// `Vectors/contract.json`, and the form in which Swift's own samples go to the Python script.
///
/// A `refusal` of `nil` means: to be accepted. Names in JSON are these in snake case.
struct ContractVectors: Codable {
    struct PunchKeyItem: Codable {
        var name, serial: String
        /// The bytes of a text field, or the number.
        var userField: String?
        var userNumber: UInt32?
        var time: [Int]
        /// The time as the device packs it, hex.
        var packed: String
        var deviceTime: String
        var occurrence: Int
        var key: String
    }

    struct Chain: Codable {
        struct Entry: Codable {
            var seq: Int64
            var kind, body, hash: String
            /// Of a punch.
            var key: String?
        }

        var name, epoch, start: String
        var entries: [Entry]
    }

    struct BodyItem: Codable {
        var name: String
        var refusal: String?
        var text, textHex: String?
    }

    struct BatchItem: Codable {
        var name, nodeKey: String
        var refusal: String?
        var batch: String?
        var first, last: Int64?
        var endHash: String?
        var text, textHex: String?
    }

    struct Addressed: Codable {
        var batch, node, epoch: String
    }

    struct ReceiptItem: Codable {
        var name, centreKey: String
        var to: Addressed
        var refusal: String?
        var answer: String?
        var highWater: Int64?
        var endHash: String?
        var accepted, duplicate: Int?
        var text, textHex: String?
    }

    struct AuditChain: Codable {
        struct Note: Codable {
            var seq: Int64
            /// at, by_name, by_role, address, what, object, detail
            var fields: [String]
            var hash: String
        }

        var name, start: String
        var notes: [Note]
    }

    struct CodeItem: Codable {
        var name: String
        var refusal: String?
        var url, code, secret, centre, pin: String?
        var text: String
    }

    struct EnrolmentKeyItem: Codable {
        var name, secret, code, key: String
    }

    struct RequestItem: Codable {
        var name: String
        var refusal: String?
        var key, centre: String
        var publicKey: String?
        var request: String
    }

    struct AnswerItem: Codable {
        var name: String
        var refusal: String?
        var codeText, request: String
        var node, unit: String?
        var text, textHex: String?
    }

    var punchKeys: [PunchKeyItem]
    var chains: [Chain]
    var bodies: [BodyItem]
    var batches: [BatchItem]
    var receipts: [ReceiptItem]
    var auditChains: [AuditChain]
    var enrolmentCodes: [CodeItem]
    var enrolmentKeys: [EnrolmentKeyItem]
    var enrolmentRequests: [RequestItem]
    var enrolmentAnswers: [AnswerItem]

    static func load() throws -> ContractVectors {
        let folder = Bundle.module.bundleURL.appending(path: "Vectors")
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return try decoder.decode(Self.self, from: Data(contentsOf: folder.appending(path: "contract.json")))
    }

    func encoded() throws -> Data {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        return try encoder.encode(self)
    }
}

/// The bytes of a text of the vectors, which stands in hex where it is not UTF-8.
func bytes(_ text: String?, _ hex: String?) -> [UInt8]? {
    text.map { Array($0.utf8) } ?? hex.flatMap { Hex.decode($0) }
}

/// The bytes of hex that a test relies on.
func unhex(_ text: String) throws -> [UInt8] {
    try #require(Hex.decode(text), "\(text) is not hex")
}

extension BatchError {
    /// The word the vectors use.
    var word: String {
        switch self {
        case .malformed: "malformed"
        case .brokenChain: "broken_chain"
        }
    }
}

extension ReceiptError {
    var word: String {
        switch self {
        case .notAReceipt: "not_a_receipt"
        case .notSigned: "not_signed"
        case .otherBatch: "other_batch"
        }
    }
}

extension EnrolmentError {
    var word: String {
        switch self {
        case .notACode: "not_a_code"
        case .mistyped: "mistyped"
        case .notAnAnswer: "not_an_answer"
        case .notTheCentre: "not_the_centre"
        }
    }
}
