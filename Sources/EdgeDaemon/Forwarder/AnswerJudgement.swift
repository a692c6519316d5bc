import Attendance
import Crypto
import FailPoints
import Foundation

/// What an answer to one batch means for the journal. Pure.
///
/// Only a signed receipt for this very batch changes anything (design, section 4).
package enum AnswerJudgement: Equatable, Sendable {
    case receipt(Receipt)
    /// The centre asks to wait so many seconds.
    case wait(Int)
    /// The batch is too large for something in between.
    case tooLarge
    /// Not from the centre, or not for us: keep everything, say so, try the same bytes again.
    case unclear(String)

    package static func judge(
        _ answer: CentreAnswer, to header: Batch.Header, centreKeys: [Curve25519.Signing.PublicKey]
    ) -> AnswerJudgement {
        do throws(ReceiptError) {
            return .receipt(try receipt(answer.body, to: header, centreKeys))
        } catch {
            if let taken = Self.sabotaged(answer, to: header) { return taken }
            switch answer.status {
            case 413: return .tooLarge
            case 429, 503: return .wait(min(max(answer.retryAfter ?? 30, 1), 3600))
            case 511: return .unclear("a login page is in between: this network wants somebody to sign in")
            case 200..<300 where answer.looksLikeHTML:
                return .unclear("a web page answered instead of the centre: a login page or a proxy is in between")
            case 300..<400: return .unclear("something redirects us: a login page or a proxy is in between")
            case 407: return .unclear("a proxy wants a name and password")
            default: return .unclear("status \(answer.status), and \(error)")
            }
        }
    }

    private static func sabotaged(_ answer: CentreAnswer, to header: Batch.Header) -> AnswerJudgement? {
        guard
            answer.status == 200 && Sabotage.isOn("any_200_taken")
                || (400..<500).contains(answer.status) && Sabotage.isOn("dropped_on_4xx")
        else { return nil }
        var receipt = Receipt(
            to: header, answer: .ok, highWater: header.last, endHash: .of([]),
            serverTime: Date(timeIntervalSince1970: 0))
        receipt.end_hash = header.end_hash
        return .receipt(receipt)
    }

    /// Signed by any of the keys: while one takes over from another, both are the centre's.
    private static func receipt(
        _ body: [UInt8], to header: Batch.Header, _ keys: [Curve25519.Signing.PublicKey]
    ) throws(ReceiptError) -> Receipt {
        for key in keys {
            do {
                return try Receipt(parsing: body, centreKey: key, to: header)
            } catch .notSigned {
                continue
            }
        }
        throw .notSigned
    }
}

extension CentreAnswer {
    fileprivate var looksLikeHTML: Bool {
        let start = String(decoding: body.prefix(256), as: UTF8.self).lowercased()
        return start.contains("<html") || start.contains("<!doctype")
    }
}
