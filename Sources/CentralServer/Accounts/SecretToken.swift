import Attendance
import Crypto
import Foundation
import Hummingbird

/// 256 random bits that a browser holds in a cookie; the centre keeps their SHA-256.
struct SecretToken: Equatable, Sendable {
    /// 64 hex digits.
    let text: String

    init() { text = RandomText.hex(bytes: 32) }

    /// `nil` for text that no centre has made.
    init?(_ text: String) {
        guard text.utf8.count == 64, Hex.decode(text) != nil else { return nil }
        self.text = text
    }

    var hash: [UInt8] { Array(SHA256.hash(data: Data(text.utf8))) }

    /// What goes into the forms of whoever holds this token. Made from it, so nothing more has to be kept, and it
    /// tells nothing of it.
    var formToken: String {
        Hex.encode(
            Array(
                HMAC<SHA256>.authenticationCode(
                    for: Data("hadir-form-1".utf8), using: SymmetricKey(data: Data(text.utf8)))))
    }
}

/// Comparisons that take the same time wherever the two differ.
enum Secret {
    static func areEqual(_ one: some Sequence<UInt8>, _ other: some Sequence<UInt8>) -> Bool {
        let (one, other) = (Array(one), Array(other))
        guard one.count == other.count else { return false }
        return zip(one, other).reduce(0) { $0 | ($1.0 ^ $1.1) } == 0
    }
}

/// The cookies of the pages, under the names that fit the connection.
struct CookieJar: Sendable {
    enum Name: String {
        case session = "hadir"
        /// Of a browser in which somebody has signed in.
        case browser = "hadir-browser"
        /// Before a login.
        case form = "hadir-form"
    }

    /// `__Host-` cookies can be set by this very host only, over TLS only.
    let isSecure: Bool

    private func name(_ name: Name) -> String { (isSecure ? "__Host-" : "") + name.rawValue }

    func token(_ name: Name, _ request: Request) -> SecretToken? {
        request.cookies[self.name(name)].flatMap { SecretToken($0.value) }
    }

    /// Whether the browser sent such a cookie, whatever is in it.
    func has(_ name: Name, _ request: Request) -> Bool { request.cookies[self.name(name)] != nil }

    /// - Parameter seconds: `nil` for as long as the browser runs.
    func set(_ name: Name, to token: SecretToken, for seconds: Int? = nil, _ response: inout Response) {
        add("\(self.name(name))=\(token.text)" + (seconds.map { "; Max-Age=\($0)" } ?? ""), &response)
    }

    func clear(_ name: Name, _ response: inout Response) { add("\(self.name(name))=; Max-Age=0", &response) }

    private func add(_ cookie: String, _ response: inout Response) {
        response.headers[values: .setCookie].append(
            cookie + "; Path=/; HttpOnly; SameSite=Lax" + (isSecure ? "; Secure" : ""))
    }
}
