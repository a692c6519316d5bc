import ZKClient

/// What this computer's USB can do for us: the narrow seam behind which libusb, or a test's script, stands.
///
/// All calls block; none of them is made on Swift's own threads. String descriptors are never read: they are broken on
/// these terminals (zk-usb, section 3.1).
package protocol USBBus: Sendable {
    /// What is plugged in. Opens nothing.
    func list() throws(USBFault) -> [USBDevice]

    /// - Throws: `USBFault`: `gone` where it is not there any more, `notPermitted`, `busy`.
    func open(_ device: USBDevice) throws(USBFault) -> any USBHandle

    /// Each device that is plugged in from now on. Ends at once where the system does not tell.
    func arrivals() -> AsyncStream<USBDevice>
}

/// One opened device. Used from one thread at a time.
package protocol USBHandle: Sendable {
    /// Of interface 0, alternate setting 0.
    var interface: USBInterface { get }

    func claim() throws(USBFault)

    /// A vendor request to the device, without data.
    func controlOut(request: UInt8, value: UInt16, timeout: Duration) throws(USBFault)

    /// - Returns: how many bytes went out.
    func bulkOut(_ endpoint: UInt8, _ bytes: [UInt8], timeout: Duration) throws(USBFault) -> Int

    /// - Returns: 1 to `count` bytes, or none for an empty packet; what came before a time-out is returned.
    func bulkIn(_ endpoint: UInt8, _ count: Int, timeout: Duration) throws(USBFault) -> [UInt8]

    func release()

    /// Safe to call more than once; whatever fails then is over anyway.
    func close()
}

/// One device on the bus, as far as it can be told without opening it.
package struct USBDevice: Hashable, Sendable, CustomStringConvertible {
    package let vendor: UInt16
    package let product: UInt16
    package let bus: UInt8
    /// The chain of hub ports, such as `2.3`; empty for a root hub.
    package let port: String
    /// Given anew at each plugging in.
    package let number: UInt8

    package init(vendor: UInt16, product: UInt16, bus: UInt8, port: String, number: UInt8) {
        self.vendor = vendor
        self.product = product
        self.bus = bus
        self.port = port
        self.number = number
    }

    package var pair: String { USBPlace(vendor: vendor, product: product).pair }

    /// As it is written into an address to mean this one and no other.
    package var description: String {
        USBPlace(vendor: vendor, product: product, bus: bus, port: port.isEmpty ? nil : port).description
    }

    package func isAt(_ place: USBPlace) -> Bool {
        vendor == place.vendor && product == place.product && (place.bus ?? bus) == bus && (place.port ?? port) == port
    }
}

/// What interface 0 says of itself.
package struct USBInterface: Hashable, Sendable {
    package let deviceClass: UInt8
    /// The first bulk endpoints; `nil` where there is none.
    package let bulkOut: UInt8?
    package let bulkIn: UInt8?

    package init(deviceClass: UInt8, bulkOut: UInt8?, bulkIn: UInt8?) {
        self.deviceClass = deviceClass
        self.bulkOut = bulkOut
        self.bulkIn = bulkIn
    }

    package static let vendorClass: UInt8 = 0xFF
    /// What the one published description has (zk-usb, section 3.1).
    package static let expected = USBInterface(deviceClass: vendorClass, bulkOut: 0x03, bulkIn: 0x82)
}

/// How a call to the bus failed.
package struct USBFault: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Code: String, Sendable, CaseIterable {
        /// Unplugged, or switched off.
        case gone
        case notPermitted
        case busy
        case stalled
        case timedOut
        /// More came than was asked for: "babble".
        case overflow
        /// This computer's USB cannot be used at all.
        case noUSB
        case other
    }

    package let code: Code
    package let detail: String

    package init(_ code: Code, _ detail: String = "") {
        self.code = code
        self.detail = detail
    }

    package var description: String { detail.isEmpty ? code.rawValue : "\(code.rawValue): \(detail)" }
}

extension TransportError {
    /// A failed call in our words.
    init(_ fault: USBFault, while what: String) {
        let detail = fault.detail.isEmpty ? what : "\(what): \(fault.detail)"
        switch fault.code {
        case .gone: self.init(.closedByDevice, "the device left the USB; \(detail)")
        case .notPermitted: self.init(.notPermitted, detail)
        case .busy: self.init(.heldByOther, detail)
        case .stalled: self.init(.stalled, detail)
        case .timedOut: self.init(.timedOut, detail)
        case .overflow: self.init(.framingLost, "the device sent more than was asked for; \(detail)")
        case .noUSB: self.init(.notPermitted, "this computer's USB cannot be used at all; \(detail)")
        case .other: self.init(.closedByDevice, detail)
        }
    }
}
