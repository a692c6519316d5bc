import Foundation

/// Where a device is reached, or who it is that reaches us.
///
/// `tcp://HOST[:4370]`, `udp://HOST[:4370]`, `usb://1b55:0a01[?bus=1&port=2.3]`, `soap://HOST[:80]`, and
/// `push://[HOST]` for a device that reports to us, from anywhere or from one address only.
package struct DeviceAddress: Hashable, Sendable, CustomStringConvertible {
    package enum Link: String, Sendable, CaseIterable {
        case tcp, udp, usb, soap, push

        /// Whether a session of the device protocol is held over it.
        package var hasSessions: Bool {
            switch self {
            case .tcp, .udp, .usb: true
            case .soap, .push: false
            }
        }
    }

    package let link: Link
    /// A name or an IP address; for USB the VID:PID pair; empty for a push device that may report from anywhere.
    package let host: String
    /// 0 where the link has no ports.
    package let port: Int
    /// Which of several devices of one VID:PID pair; `nil` for the others.
    package let usb: USBPlace?
    /// The communication key written into a SOAP address. A secret: it is in no description.
    package let comKey: UInt32?

    package static let usualPort = 4370
    package static let usualSOAPPort = 80

    package init(link: Link, host: String, port: Int = usualPort, comKey: UInt32? = nil) {
        self.link = link
        self.host = host
        self.port = port
        self.comKey = comKey
        usb = nil
    }

    package init(_ place: USBPlace) {
        link = .usb
        host = place.pair
        port = 0
        comKey = nil
        usb = place
    }

    /// Reads a URL; the port may be left out. IPv6 addresses stand in brackets.
    package init(parsing text: String) throws(DeviceAddressError) {
        let parts = try URLParts(text)
        switch parts.link {
        case .tcp, .udp:
            guard parts.query.isEmpty else { throw DeviceAddressError(text: parts.text, reason: "has a query") }
            let (host, port) = try parts.hostAndPort(usual: Self.usualPort)
            self.init(link: parts.link, host: host, port: port)
        case .soap:
            let (host, port) = try parts.hostAndPort(usual: Self.usualSOAPPort)
            self.init(link: .soap, host: host, port: port, comKey: try parts.comKey())
        case .push:
            guard parts.query.isEmpty else { throw DeviceAddressError(text: parts.text, reason: "has a query") }
            let (host, port) = parts.authority.isEmpty ? ("", 0) : try parts.hostAndPort(usual: 0)
            guard port == 0 else {
                throw DeviceAddressError(text: parts.text, reason: "has a port: it is the device's own")
            }
            self.init(link: .push, host: host, port: 0)
        case .usb: self.init(try USBPlace(parts))
        }
    }

    /// Whether both could lead to one device: by whichever link of a network, or on USB where neither says a bus or
    /// port that the other contradicts.
    package func mayBeSamePlace(as other: DeviceAddress) -> Bool {
        switch (usb, other.usb) {
        case (let usb?, let other?):
            usb.pair == other.pair && (usb.bus == nil || other.bus == nil || usb.bus == other.bus)
                && (usb.port == nil || other.port == nil || usb.port == other.port)
        // Without a host it is anybody's: devices that report to us from anywhere.
        case (nil, nil):
            link != .push && other.link != .push && host.lowercased() == other.host.lowercased() && port == other.port
        default: false
        }
    }

    package var description: String {
        let name = host.contains(":") && link != .usb ? "[\(host)]" : host
        return switch link {
        case .tcp, .udp, .soap: "\(link.rawValue)://\(name):\(port)"
        case .push: "push://\(name)"
        case .usb: usb?.description ?? "usb://\(host)"
        }
    }
}

/// A USB device by its ids and, where several are alike, by where it is plugged in.
package struct USBPlace: Hashable, Sendable, CustomStringConvertible {
    package let vendor: UInt16
    package let product: UInt16
    /// Number of the bus, as `lsusb` tells it; `nil` takes any.
    package let bus: UInt8?
    /// The chain of hub ports, such as `2.3`; `nil` takes any.
    package let port: String?

    package init(vendor: UInt16, product: UInt16, bus: UInt8? = nil, port: String? = nil) {
        self.vendor = vendor
        self.product = product
        self.bus = bus
        self.port = port
    }

    /// `1b55:0a01`
    package var pair: String { "\(Self.hex(vendor)):\(Self.hex(product))" }

    package var description: String {
        let query = [bus.map { "bus=\($0)" }, port.map { "port=\($0)" }].compactMap { $0 }.joined(separator: "&")
        return "usb://\(pair)" + (query.isEmpty ? "" : "?\(query)")
    }

    private static func hex(_ id: UInt16) -> String {
        let digits = String(id, radix: 16)
        return String(repeating: "0", count: 4 - digits.count) + digits
    }

    fileprivate init(_ parts: URLParts) throws(DeviceAddressError) {
        let ids = parts.authority.split(separator: ":", omittingEmptySubsequences: false)
        guard ids.count == 2, ids.allSatisfy({ $0.utf8.count == 4 }), let vendor = UInt16(ids[0], radix: 16),
            let product = UInt16(ids[1], radix: 16)
        else { throw DeviceAddressError(text: parts.text, reason: "has no VID:PID pair of four hex digits each") }
        var bus: UInt8?
        var port: String?
        for (key, value) in parts.query {
            switch key {
            case "bus" where UInt8(value) != nil: bus = UInt8(value)
            case "port" where Self.isPort(value): port = value
            default: throw DeviceAddressError(text: parts.text, reason: "has a query other than bus=1 and port=2.3")
            }
        }
        self.init(vendor: vendor, product: product, bus: bus, port: port)
    }

    /// At most seven hubs deep, each port 1 to 255 (USB 2.0).
    private static func isPort(_ text: String) -> Bool {
        let ports = text.split(separator: ".", omittingEmptySubsequences: false)
        return (1...7).contains(ports.count) && ports.allSatisfy { UInt8($0).map { $0 > 0 } ?? false }
    }
}

/// The pieces of an address before they mean anything.
private struct URLParts {
    let text: String
    let link: DeviceAddress.Link
    let authority: String
    let query: [(key: String, value: String)]

    init(_ whole: String) throws(DeviceAddressError) {
        // A query can hold a key, under whichever scheme somebody wrote it: no error shows one.
        text = String(whole.prefix { $0 != "?" })
        guard whole.utf8.count <= 512 else { throw DeviceAddressError(text: text, reason: "is too long") }
        guard let mark = whole.range(of: "://") else { throw DeviceAddressError(text: text, reason: "has no scheme") }
        let scheme = String(whole[..<mark.lowerBound]).lowercased()
        guard let link = DeviceAddress.Link(rawValue: scheme) else {
            let known = DeviceAddress.Link.allCases.map(\.rawValue).joined(separator: ", ")
            throw DeviceAddressError(text: text, reason: "scheme \(scheme) is not one of \(known)")
        }
        self.link = link
        let rest = whole[mark.upperBound...]
        let split = rest.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        authority = String(split.first ?? "")
        query = (split.count > 1 ? split[1] : "").split(separator: "&").map { pair in
            let sides = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            return (String(sides.first ?? ""), sides.count > 1 ? String(sides[1]) : "")
        }
    }

    func comKey() throws(DeviceAddressError) -> UInt32? {
        guard let only = query.first else { return nil }
        guard query.count == 1, only.key == "com_key", let key = UInt32(only.value) else {
            throw DeviceAddressError(text: text, reason: "has a query other than com_key=NUMBER")
        }
        return key
    }

    func hostAndPort(usual: Int) throws(DeviceAddressError) -> (String, Int) {
        let host: Substring
        let port: Substring?
        if authority.first == "[" {
            guard let end = authority.firstIndex(of: "]") else {
                throw DeviceAddressError(text: text, reason: "has no closing bracket")
            }
            host = authority[authority.index(after: authority.startIndex)..<end]
            let after = authority[authority.index(after: end)...]
            guard after.isEmpty || after.first == ":" else {
                throw DeviceAddressError(text: text, reason: "has text after the bracket")
            }
            port = after.isEmpty ? nil : after.dropFirst()
        } else {
            let sides = authority.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            host = sides.first ?? ""
            port = sides.count > 1 ? sides[1] : nil
        }
        let unusual: Set<Character> = ["/", "#", "@", " "]
        guard !host.isEmpty, host.utf8.count <= 255, !host.contains(where: { unusual.contains($0) }) else {
            throw DeviceAddressError(text: text, reason: "has no usable host name")
        }
        guard let port else { return (String(host), usual) }
        guard let number = Int(port), (1...65_535).contains(number) else {
            throw DeviceAddressError(text: text, reason: "port is not 1 to 65535")
        }
        return (String(host), number)
    }
}

package struct DeviceAddressError: Error, Hashable, Sendable, CustomStringConvertible {
    package let text: String
    package let reason: String

    package var description: String {
        "device address \"\(text)\" \(reason); write it as tcp://192.168.1.201:4370, udp://192.168.1.201:4370, "
            + "usb://1b55:0a01, soap://192.168.1.201:80 or push://"
    }
}
