import NIOCore

/// `HOST:PORT` of `--listen`; port 0 lets the system choose one.
package struct ListenAddress: Equatable, Sendable {
    package let host: String
    package let port: Int

    package init(host: String, port: Int) {
        self.host = host
        self.port = port
    }

    /// `127.0.0.1:8443`, `[::1]:8443`, `name:8443`.
    package init(parsing text: String) throws(CentralError) {
        let wrong = CentralError(.usage, "--listen \(text): not HOST:PORT, such as 127.0.0.1:8443 or [::1]:8443")
        guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]) else {
            throw wrong
        }
        var host = text[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = host.dropFirst().dropLast()
        } else if host.contains(":") {
            throw wrong
        }
        guard !host.isEmpty else { throw wrong }
        self.init(host: String(host), port: Int(port))
    }

    package var isLoopback: Bool { Self.isLoopback(host) }

    /// Only what cannot leave this machine: `localhost`, 127.0.0.0/8, ::1.
    static func isLoopback(_ host: String) -> Bool {
        if host == "localhost" { return true }
        switch try? SocketAddress(ipAddress: host, port: 0) {
        case .v4: return host.hasPrefix("127.")
        case .v6(let address):
            let bytes = withUnsafeBytes(of: address.address.sin6_addr) { Array($0) }
            return bytes == [UInt8](repeating: 0, count: 15) + [1]
        default: return false
        }
    }
}
