import Foundation

#if canImport(Glibc)
    import Glibc
#endif

/// The network as this computer has it: interfaces, routes, names, ports.
package struct NetworkProbe: Sendable {
    /// Names of interfaces that are up and have an address; loopback is none.
    package var interfaces: @Sendable () -> [String]
    /// Whether anything beyond the office's own network has a route.
    package var hasDefaultRoute: @Sendable () -> Bool
    /// Whether a name has an address.
    package var resolves: @Sendable (String) -> Bool

    package init(
        interfaces: @escaping @Sendable () -> [String] = Self.systemInterfaces,
        hasDefaultRoute: @escaping @Sendable () -> Bool = Self.systemRoute,
        resolves: @escaping @Sendable (String) -> Bool = Self.systemResolves
    ) {
        self.interfaces = interfaces
        self.hasDefaultRoute = hasDefaultRoute
        self.resolves = resolves
    }

    /// - Parameter needsRoute: false where all that is wanted is in this office.
    package func look(needsRoute: Bool) async -> CheckOutcome {
        let probe = self
        return await onOwnThread {
            let names = probe.interfaces()
            guard !names.isEmpty else { return CheckOutcome([Finding(.networkNoInterface)]) }
            let facts: [String: Fact] = ["interfaces": .text(names.joined(separator: ", "))]
            guard !needsRoute || probe.hasDefaultRoute() else {
                return CheckOutcome([Finding(.networkNoRoute, "", facts)])
            }
            return CheckOutcome([], facts)
        }
    }

    package func look(for host: String) async -> CheckOutcome {
        let probe = self
        let facts: [String: Fact] = ["host": .text(host)]
        return await onOwnThread { CheckOutcome(probe.resolves(host) ? [] : [Finding(.dnsFails, "", facts)], facts) }
    }

    package static let systemInterfaces: @Sendable () -> [String] = {
        var first: UnsafeMutablePointer<ifaddrs>?
        guard getifaddrs(&first) == 0 else { return [] }
        defer { freeifaddrs(first) }
        var names: Set<String> = []
        var next = first
        while let entry = next?.pointee {
            next = entry.ifa_next
            let flags = Int32(bitPattern: entry.ifa_flags)
            let wanted = Int32(IFF_UP) | Int32(IFF_RUNNING)
            guard flags & wanted == wanted, flags & Int32(IFF_LOOPBACK) == 0,
                let family = entry.ifa_addr?.pointee.sa_family, [AF_INET, AF_INET6].contains(Int32(family))
            else { continue }
            names.insert(String(cString: entry.ifa_name))
        }
        return names.sorted()
    }

    /// From the kernel's own tables: IPv4 destinations are hex, IPv6 has 32 zeros and the length 00.
    package static let systemRoute: @Sendable () -> Bool = {
        let four = (try? String(contentsOfFile: "/proc/net/route", encoding: .utf8)) ?? ""
        let six = (try? String(contentsOfFile: "/proc/net/ipv6_route", encoding: .utf8)) ?? ""
        return four.split(separator: "\n").dropFirst().contains { line in
            let words = line.split(whereSeparator: \.isWhitespace)
            return words.count > 7 && words[1] == "00000000" && words[7] == "00000000"
        }
            || six.split(separator: "\n").contains { line in
                let words = line.split(whereSeparator: \.isWhitespace)
                return words.count > 9 && words[1] == "00" && words[0].allSatisfy { $0 == "0" } && words[9] != "lo"
            }
    }

    package static let systemResolves: @Sendable (String) -> Bool = { host in
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var found: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(host, nil, &hints, &found) == 0 else { return false }
        freeaddrinfo(found)
        return true
    }

    /// Whether somebody takes connections at a port, within three seconds.
    package static func isTaken(host: String, port: Int) async -> Bool {
        await onOwnThread {
            guard let socket = connected(host, port) else { return false }
            close(socket)
            return true
        }
    }

    /// Whether somebody takes connections at a socket of this computer.
    package static func isServed(socket path: String) async -> Bool {
        await onOwnThread {
            var address = sockaddr_un()
            address.sun_family = sa_family_t(AF_UNIX)
            let bytes = Array(path.utf8)
            guard bytes.count < MemoryLayout.size(ofValue: address.sun_path) else { return false }
            withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
            let socket = Glibc.socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
            guard socket >= 0 else { return false }
            defer { close(socket) }
            return withUnsafePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    connect(socket, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) == 0
                }
            }
        }
    }

    /// The status with which plain HTTP answers, within three seconds; `nil` for none.
    package static func status(host: String, port: Int, path: String) async -> Int? {
        await onOwnThread { () -> Int? in
            guard let socket = connected(host, port) else { return nil }
            defer { close(socket) }
            let request = Array("GET \(path) HTTP/1.1\r\nHost: \(host):\(port)\r\nConnection: close\r\n\r\n".utf8)
            guard send(socket, request, request.count, Int32(MSG_NOSIGNAL)) == request.count else { return nil }
            var bytes = [UInt8](repeating: 0, count: 64)
            let count = recv(socket, &bytes, bytes.count, 0)
            guard count > 12 else { return nil }
            let words = String(decoding: bytes.prefix(count), as: UTF8.self).split(separator: " ")
            return words.count > 1 && words[0].hasPrefix("HTTP/1.") ? Int(words[1]) : nil
        }
    }

    /// A socket that the caller closes.
    private static func connected(_ host: String, _ port: Int) -> Int32? {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var found: UnsafeMutablePointer<addrinfo>?
        // Who listens everywhere listens here, too.
        let here = ["0.0.0.0": "127.0.0.1", "::": "::1"][host] ?? host
        guard getaddrinfo(here, "\(port)", &hints, &found) == 0, let address = found?.pointee else { return nil }
        defer { freeaddrinfo(found) }
        let socket = Glibc.socket(address.ai_family, address.ai_socktype | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard socket >= 0 else { return nil }
        // On Linux the limit of sending bounds connecting, too.
        var limit = timeval(tv_sec: 3, tv_usec: 0)
        for option in [SO_SNDTIMEO, SO_RCVTIMEO] {
            setsockopt(socket, SOL_SOCKET, option, &limit, socklen_t(MemoryLayout<timeval>.size))
        }
        guard connect(socket, address.ai_addr, address.ai_addrlen) == 0 else {
            close(socket)
            return nil
        }
        return socket
    }
}
