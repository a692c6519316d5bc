import Foundation

/// Whether a request's Host is this computer's own name for itself.
///
/// A web site may give its own name the address 127.0.0.1 (DNS rebinding); a browser then lets its scripts read what
/// answers there. The name in the Host header gives it away.
enum OfficeHost {
    /// - Parameter header: `nil` where the request has none.
    static func isOurs(_ header: String?, _ address: EdgeConfiguration.ListenAddress) -> Bool {
        guard let host = header.flatMap(name)?.lowercased() else { return false }
        return host == address.host.lowercased() || DevicesFileReader.isLoopback(host[...])
    }

    /// Without the port, and without the brackets of an IPv6 address.
    private static func name(_ header: String) -> String? {
        if header.first == "[" {
            guard let end = header.firstIndex(of: "]"), isPort(header[header.index(after: end)...]) else { return nil }
            return String(header[..<end].dropFirst())
        }
        let host = header.prefix { $0 != ":" }
        return isPort(header[host.endIndex...]) ? String(host) : nil
    }

    private static func isPort(_ text: Substring) -> Bool {
        text.isEmpty || (text.first == ":" && text.dropFirst().utf8.allSatisfy { (0x30...0x39).contains($0) })
    }
}
