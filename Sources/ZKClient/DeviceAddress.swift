import Foundation

/// Where a device is reached: `tcp://host:4370` or `udp://host:4370`.
package struct DeviceAddress: Hashable, Sendable, CustomStringConvertible {
    package enum Link: String, Sendable, CaseIterable {
        case tcp, udp
    }

    package let link: Link
    package let host: String
    package let port: Int

    package static let usualPort = 4370

    package init(link: Link, host: String, port: Int = usualPort) {
        self.link = link
        self.host = host
        self.port = port
    }

    /// Reads a URL; the port may be left out. IPv6 addresses stand in brackets.
    package init(parsing text: String) throws(DeviceAddressError) {
        guard let mark = text.range(of: "://") else { throw DeviceAddressError(text: text, reason: "has no scheme") }
        let scheme = String(text[..<mark.lowerBound]).lowercased()
        guard let link = Link(rawValue: scheme) else {
            throw DeviceAddressError(text: text, reason: "scheme \(scheme) is not tcp or udp")
        }
        let rest = text[mark.upperBound...]
        let host: Substring
        let port: Substring?
        if rest.first == "[" {
            guard let end = rest.firstIndex(of: "]") else {
                throw DeviceAddressError(text: text, reason: "has no closing bracket")
            }
            host = rest[rest.index(after: rest.startIndex)..<end]
            let after = rest[rest.index(after: end)...]
            guard after.isEmpty || after.first == ":" else {
                throw DeviceAddressError(text: text, reason: "has text after the bracket")
            }
            port = after.isEmpty ? nil : after.dropFirst()
        } else {
            let parts = rest.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            host = parts[0]
            port = parts.count > 1 ? parts[1] : nil
        }
        let unusual: Set<Character> = ["/", "?", "#", "@", " "]
        guard !host.isEmpty, host.utf8.count <= 255, !host.contains(where: { unusual.contains($0) }) else {
            throw DeviceAddressError(text: text, reason: "has no usable host name")
        }
        let number = port.map { Int($0) } ?? Self.usualPort
        guard let number, (1...65_535).contains(number) else {
            throw DeviceAddressError(text: text, reason: "port is not 1 to 65535")
        }
        self.init(link: link, host: String(host), port: number)
    }

    package var description: String {
        host.contains(":") ? "\(link.rawValue)://[\(host)]:\(port)" : "\(link.rawValue)://\(host):\(port)"
    }
}

package struct DeviceAddressError: Error, Hashable, Sendable, CustomStringConvertible {
    package let text: String
    package let reason: String

    package var description: String {
        "device address \"\(text)\" \(reason); write it as tcp://192.168.1.201:4370 or udp://192.168.1.201:4370"
    }
}
