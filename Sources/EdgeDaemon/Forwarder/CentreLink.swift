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
