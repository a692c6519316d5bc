import Attendance
import Foundation
import NIOCore
import NIOSSL

/// What a refused certificate says of itself, to tell a wrong clock from an old certificate from a stranger.
struct CertificateLook: Equatable, Sendable {
    let validFrom: Date
    let validTo: Date

    init(validFrom: Date, validTo: Date) {
        self.validFrom = validFrom
        self.validTo = validTo
    }

    init(_ certificate: NIOSSLCertificate) {
        self.init(
            validFrom: Date(timeIntervalSince1970: TimeInterval(certificate.notValidBefore)),
            validTo: Date(timeIntervalSince1970: TimeInterval(certificate.notValidAfter)))
    }

    /// Takes the certificate and refuses the connection, whoever it belongs to: nothing is ever sent over it.
    static func handler(
        _ context: NIOSSLContext, host: String, _ seen: EventLoopPromise<NIOSSLCertificate>
    ) throws -> NIOSSLClientHandler {
        let name = (try? SocketAddress(ipAddress: host, port: 0)) == nil ? host : nil
        return try NIOSSLClientHandler(context: context, serverHostname: name) { certificates, decision in
            if let first = certificates.first { seen.succeed(first) } else { seen.fail(ChannelError.eof) }
            decision.succeed(NIOSSLVerificationResult.failed)
        }
    }

    /// The reason behind `error`, with both clocks, so that one sees which is wrong.
    func explain(_ error: CentreLinkError, host: String, now: Date) -> CentreLinkError {
        if now > validTo {
            return CentreLinkError(
                .certificateExpired,
                "it ended \(UTC.text(validTo)), \(Self.span(validTo, now)) before this machine's clock, \(UTC.text(now))"
            )
        }
        if now < validFrom {
            return CentreLinkError(
                .certificateNotYetValid,
                "it begins \(UTC.text(validFrom)), \(Self.span(now, validFrom)) after this machine's clock, \(UTC.text(now))"
            )
        }
        if error.code == .certificateOtherName { return CentreLinkError(.certificateOtherName, "not \(host)") }
        return CentreLinkError(.certificateUntrusted, "")
    }

    private static func span(_ from: Date, _ to: Date) -> String {
        let seconds = to.timeIntervalSince(from)
        if seconds >= 2 * 86_400 { return "\(Int(seconds / 86_400)) days" }
        if seconds >= 2 * 3600 { return "\(Int(seconds / 3600)) hours" }
        return "\(Int(seconds / 60)) minutes"
    }
}
