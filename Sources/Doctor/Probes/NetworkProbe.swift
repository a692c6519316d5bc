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
            var hints = addrinfo()
            hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
            var found: UnsafeMutablePointer<addrinfo>?
            // Who listens everywhere listens here, too.
            let here = ["0.0.0.0": "127.0.0.1", "::": "::1"][host] ?? host
            guard getaddrinfo(here, "\(port)", &hints, &found) == 0, let address = found?.pointee else { return false }
            defer { freeaddrinfo(found) }
            let socket = Glibc.socket(address.ai_family, address.ai_socktype | Int32(SOCK_CLOEXEC.rawValue), 0)
            guard socket >= 0 else { return false }
            defer { close(socket) }
            // On Linux this bounds connecting, too.
            var limit = timeval(tv_sec: 3, tv_usec: 0)
            setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
            return connect(socket, address.ai_addr, address.ai_addrlen) == 0
        }
    }
}
