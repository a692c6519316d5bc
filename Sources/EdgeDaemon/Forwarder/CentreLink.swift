/// The way to the centre: one request at a time, one connection kept.
package protocol CentreLink: Sendable {
    /// Posts `body` and returns whatever answered, whoever that was.
    ///
    /// - Throws: `CentreLinkError`, `CancellationError`.
    func post(_ path: String, body: [UInt8], contentType: String) async throws -> CentreAnswer
    func close() async
}

/// An HTTP answer, not yet believed.
package struct CentreAnswer: Equatable, Sendable {
    package let status: Int
    /// Seconds, where the answer said so in digits.
    package let retryAfter: Int?
    package let body: [UInt8]

    package init(status: Int, retryAfter: Int? = nil, body: [UInt8]) {
        self.status = status
        self.retryAfter = retryAfter
        self.body = body
    }
}

/// Why no answer came: what, where, what next.
package struct CentreLinkError: Error, Equatable, CustomStringConvertible {
    package enum Code: String, Sendable {
        case badAddress = "bad_address"
        case nameNotFound = "name_not_found"
        case unreachable
        case tls
        case wrongKey = "wrong_key"
        case timedOut = "timed_out"
        case lost
        case answerTooLarge = "answer_too_large"
    }

    package let code: Code
    package let detail: String

    package init(_ code: Code, _ detail: String) {
        self.code = code
        self.detail = detail
    }

    package var description: String {
        let what =
            switch code {
            case .badAddress: "the centre's address cannot be used"
            case .nameNotFound: "the centre's name has no address: check DNS and the network"
            case .unreachable: "the centre cannot be reached: check the network"
            case .tls: "no secure connection: check this machine's date, and whether a proxy is in between"
            case .wrongKey: "the server's TLS key is not the one this node was enrolled with"
            case .timedOut: "the centre did not answer in time"
            case .lost: "the connection to the centre was lost"
            case .answerTooLarge: "the answer is larger than any receipt"
            }
        return detail.isEmpty ? what : "\(what) (\(detail))"
    }
}
