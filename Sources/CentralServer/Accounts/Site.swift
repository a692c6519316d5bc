import HTTPTypes
import Hummingbird

/// Where the pages are reached, as far as one request tells and as far as it is believed.
struct Site: Sendable {
    let settings: PagesSettings
    let isTLS: Bool
    let listensOnLoopback: Bool

    var configuration: PagesConfiguration { settings.value }

    // MARK: Who asks, and how

    /// The sender's address: behind a trusted proxy, the nearest one that is none.
    func address(_ request: Request, peer: String) -> String {
        guard isTrusted(peer) else { return peer }
        let hops = request.headers[values: .forwardedFor].joined(separator: ",").split(separator: ",").suffix(32)
        for hop in hops.reversed() {
            let hop = hop.trimmingCharacters(in: .whitespaces)
            guard NetworkAddress(hop) != nil else { return peer }
            guard isTrusted(hop) else { return hop }
        }
        return peer
    }

    func isSecure(_ request: Request, peer: String) -> Bool {
        if isTLS || configuration.publicURL?.isSecure == true { return true }
        guard isTrusted(peer), let last = request.headers[values: .forwardedProto].last else { return false }
        return last.split(separator: ",").last?.trimmingCharacters(in: .whitespaces).lowercased() == "https"
    }

    private func isTrusted(_ address: String) -> Bool {
        guard !configuration.trustedProxies.isEmpty, let address = NetworkAddress(address) else { return false }
        return configuration.trustedProxies.contains { $0.contains(address) }
    }

    // MARK: Under which name

    /// Whether the request names this server. A page of another name that was made to lead here (DNS rebinding) does
    /// not; where no name is known and the server is open to the network, any name will do: TLS has checked it.
    func isOwnHost(_ request: Request) -> Bool {
        let host = request.head.authority?.lowercased() ?? ""
        if let publicURL = configuration.publicURL {
            return host == publicURL.host || listensOnLoopback && Self.isLoopback(host)
        }
        return listensOnLoopback ? Self.isLoopback(host) : !host.isEmpty
    }

    /// Where whoever sent the request reaches the server: for a form that proposes an address.
    func origin(_ request: Request, peer: String) -> String {
        if let publicURL = configuration.publicURL { return publicURL.origin }
        return (isSecure(request, peer: peer) ? "https://" : "http://") + (request.head.authority?.lowercased() ?? "")
    }

    /// - Parameter origin: of the page that sent the request, as its browser says.
    func isOwnOrigin(_ origin: String, _ request: Request, peer: String) -> Bool {
        let host = request.head.authority?.lowercased() ?? ""
        if let publicURL = configuration.publicURL, origin == publicURL.origin { return true }
        guard configuration.publicURL == nil || listensOnLoopback && Self.isLoopback(host), !host.isEmpty else {
            return false
        }
        return origin == "http://\(host)" && !isTLS
            || origin == "https://\(host)" && isSecure(request, peer: peer)
    }

    private static func isLoopback(_ host: String) -> Bool {
        var name = host[...]
        if name.hasPrefix("["), let end = name.firstIndex(of: "]") {
            name = name[name.index(after: name.startIndex)..<end]
        } else if let colon = name.lastIndex(of: ":") {
            name = name[..<colon]
        }
        return name == "localhost" || NetworkAddress(name)?.isLoopback == true
    }
}

extension HTTPField.Name {
    /// A name of letters and hyphens is always one.
    private static func known(_ name: String) -> HTTPField.Name { HTTPField.Name(name) ?? .trailer }

    static let forwardedFor = known("x-forwarded-for")
    static let forwardedProto = known("x-forwarded-proto")
    static let secFetchSite = known("sec-fetch-site")
    static let referrerPolicy = known("referrer-policy")
}
