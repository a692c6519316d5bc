import Attendance
import NIOCore

/// An IP address as bytes: four, or sixteen; an IPv4 address in IPv6 clothes counts as IPv4.
package struct NetworkAddress: Equatable, Sendable {
    package let bytes: [UInt8]

    package init?(_ text: some StringProtocol) {
        guard text.utf8.count <= 64 else { return nil }
        switch try? SocketAddress(ipAddress: String(text), port: 0) {
        case .v4(let address): bytes = withUnsafeBytes(of: address.address.sin_addr) { Array($0) }
        case .v6(let address):
            let all = withUnsafeBytes(of: address.address.sin6_addr) { Array($0) }
            let mapped = [UInt8](repeating: 0, count: 10) + [0xFF, 0xFF]
            bytes = all.starts(with: mapped) ? Array(all.suffix(4)) : all
        default: return nil
        }
    }

    /// Whoever has one IPv6 address has its whole /64.
    var counted: [UInt8] { bytes.count == 16 ? Array(bytes.prefix(8)) : bytes }

    var isLoopback: Bool {
        bytes.count == 4 ? bytes.first == 127 : bytes == [UInt8](repeating: 0, count: 15) + [1]
    }
}

/// `10.1.2.3`, `10.0.0.0/8`, `fd00::/8`.
package struct AddressRange: Equatable, Sendable {
    private let address: NetworkAddress
    private let bits: Int

    /// - Throws: `CentralError.configuration`.
    package init(parsing text: String) throws(CentralError) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count <= 2, let address = parts.first.flatMap({ NetworkAddress($0) }),
            let bits = parts.count == 2 ? Self.number(parts[1]) : address.bytes.count * 8,
            (0...address.bytes.count * 8).contains(bits)
        else { throw CentralError(.configuration, "\(text): not an address or a range such as 10.0.0.0/8") }
        self.address = address
        self.bits = bits
    }

    private static func number(_ text: Substring) -> Int? {
        text.utf8.count <= 3 && text.utf8.allSatisfy { (0x30...0x39).contains($0) } ? Int(text) : nil
    }

    package func contains(_ other: NetworkAddress) -> Bool {
        guard other.bytes.count == address.bytes.count else { return false }
        return zip(address.bytes, other.bytes).enumerated().allSatisfy { index, pair in
            let counted = min(8, max(0, bits - index * 8))
            return (pair.0 ^ pair.1) >> UInt8(8 - counted) == 0
        }
    }
}
