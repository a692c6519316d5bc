import Foundation
import NIOCore
import NIOExtras
import NIOHTTP1
import NIOPosix
import NIOSSL

/// Why no answer came: what, where, what next.
package struct CentreLinkError: Error, Equatable, CustomStringConvertible {
    package enum Code: String, Sendable {
        case badAddress = "bad_address"
        case nameNotFound = "name_not_found"
        case unreachable
        case tls
        case certificateExpired = "certificate_expired"
        case certificateNotYetValid = "certificate_not_yet_valid"
        case certificateOtherName = "certificate_other_name"
        case certificateUntrusted = "certificate_untrusted"
        case wrongKey = "wrong_key"
        case proxyRefused = "proxy_refused"
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

    package var description: String { detail.isEmpty ? what : "\(what) (\(detail))" }

    private var what: String {
        switch code {
        case .badAddress: "the centre's address cannot be used"
        case .nameNotFound: "the centre's name has no address: check DNS and the network"
        case .unreachable: "the centre cannot be reached: check the network"
        case .tls: "no secure connection: check this machine's date, and whether a proxy is in between"
        case .certificateExpired: "the centre's certificate has expired: renew it, or set this machine's date"
        case .certificateNotYetValid:
            "the centre's certificate is not valid yet: this machine's date is wrong, or the centre's was; set it"
        case .certificateOtherName:
            "the certificate is for another name: check the address, and whether something is in between"
        case .certificateUntrusted:
            "the certificate is signed by nobody this machine trusts: a proxy that reads the traffic is in between, "
                + "or the centre does not send its whole chain"
        case .wrongKey: "the server's TLS key is not the one this node was enrolled with"
        case .proxyRefused: "the proxy refuses to connect us: check proxy and proxy_auth_file in [centre]"
        case .timedOut: "the centre did not answer in time"
        case .lost: "the connection to the centre was lost"
        case .answerTooLarge: "the answer is larger than any receipt"
        }
    }

    /// Whatever the parts below call it.
    package init(_ error: any Error) {
        switch error {
        case let error as CentreLinkError: self = error
        case let error as NIOConnectionError:
            self =
                error.connectionErrors.isEmpty
                ? CentreLinkError(.nameNotFound, error.host)
                : CentreLinkError(.unreachable, Self.reasons(error))
        case let error as ChannelError where error == .ioOnClosedChannel || error == .alreadyClosed || error == .eof:
            self.init(.lost, "")
        case let error as ChannelError: self.init(.unreachable, "\(error)")
        case let error as NIOSSLExtraError where error == .failedToValidateHostname:
            self.init(.certificateOtherName, "")
        case let error as NIOSSLExtraError: self.init(.tls, "\(error)")
        case let error as NIOSSLError: self.init(.tls, "\(error)")
        case let error as BoringSSLError: self.init(.tls, "\(error)")
        case let error as NIOHTTP1ProxyConnectHandler.Error: self.init(proxy: error)
        case is NIOHTTPObjectAggregatorError: self.init(.answerTooLarge, "")
        case let error as HTTPParserError: self.init(.lost, "the answer is not HTTP: \(error)")
        default: self.init(.lost, "\(error)")
        }
    }

    /// `centre.example:443: Connection refused`, each reason once.
    private static func reasons(_ error: NIOConnectionError) -> String {
        let reasons = error.connectionErrors.map { failure in
            let code = (failure.error as? IOError)?.errnoCode
            return code.map { String(cString: strerror($0)) } ?? "\(failure.error)"
        }
        let each = reasons.enumerated().filter { !reasons.prefix($0.offset).contains($0.element) }.map(\.element)
        return "\(error.host):\(error.port): \(each.joined(separator: "; "))"
    }

    private init(proxy error: NIOHTTP1ProxyConnectHandler.Error) {
        typealias Trouble = NIOHTTP1ProxyConnectHandler.Error
        if error == Trouble.httpProxyHandshakeTimeout() {
            self.init(.timedOut, "the proxy does not answer")
        } else if error == Trouble.remoteConnectionClosed() || error == Trouble.channelUnexpectedlyInactive() {
            self.init(.lost, "the proxy closed the connection")
        } else if error == Trouble.proxyAuthenticationRequired() {
            self.init(.proxyRefused, "it wants a name and password")
        } else {
            // The library tells the status only in its description.
            let status = "\(error)".firstMatch(of: /\b[1-5][0-9][0-9]\b/).map { "it answered \($0.output)" }
            self.init(.proxyRefused, status ?? "its answer is not one of a proxy")
        }
    }
}
