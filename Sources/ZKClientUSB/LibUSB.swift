import Clibusb
import Synchronization
import ZKClient

/// The only part that calls libusb. No string descriptor is asked for anywhere.
final class LibUSB: USBBus {
    static let shared = LibUSB()

    private let plugs = LibUSBPlugs()

    /// One `libusb_context`. Each look at the bus and each open device has one of its own: what is plugged in is then
    /// what was just found, and a transfer that hangs in the system holds up no other device.
    final class Context: Sendable {
        // safe: libusb's functions on a context may be called from any thread; it is set once
        nonisolated(unsafe) let pointer: OpaquePointer

        init() throws(USBFault) {
            var pointer: OpaquePointer?
            let result = libusb_init(&pointer)
            guard result == 0, let pointer else {
                throw USBFault(.noUSB, LibUSB.words(result))
            }
            self.pointer = pointer
        }

        deinit { libusb_exit(pointer) }
    }

    func list() throws(USBFault) -> [USBDevice] {
        try withDevices(of: try Context()) { pointer in Self.describe(pointer) }
    }

    func open(_ device: USBDevice) throws(USBFault) -> any USBHandle {
        let context = try Context()
        let results = try withDevices(of: context) { pointer -> Result<LibUSBHandle, USBFault>? in
            guard Self.describe(pointer) == device else { return nil }
            var handle: OpaquePointer?
            let result = libusb_open(pointer, &handle)
            guard result == 0, let handle else { return .failure(Self.fault(result)) }
            return .success(LibUSBHandle(handle, interface: Self.interface(of: pointer), context: context))
        }
        guard let result = results.first else { throw USBFault(.gone) }
        return try result.get()
    }

    func arrivals() -> AsyncStream<USBDevice> { plugs.arrivals() }

    /// What `body` makes of each device; the pointers are good inside it only.
    private func withDevices<Value>(
        of context: Context, _ body: (OpaquePointer) -> Value?
    ) throws(USBFault) -> [Value] {
        var list: UnsafeMutablePointer<OpaquePointer?>?
        let count = libusb_get_device_list(context.pointer, &list)
        guard count >= 0, let list else { throw Self.fault(Int32(truncatingIfNeeded: count)) }
        defer { libusb_free_device_list(list, 1) }
        return UnsafeBufferPointer(start: list, count: count).compactMap { $0.flatMap(body) }
    }

    static func describe(_ device: OpaquePointer) -> USBDevice? {
        var descriptor = libusb_device_descriptor()
        guard libusb_get_device_descriptor(device, &descriptor) == 0 else { return nil }
        // Seven hubs deep is the most there is (USB 2.0).
        var ports = [UInt8](repeating: 0, count: 7)
        let depth = libusb_get_port_numbers(device, &ports, Int32(ports.count))
        return USBDevice(
            vendor: descriptor.idVendor, product: descriptor.idProduct, bus: libusb_get_bus_number(device),
            port: ports.prefix(max(0, Int(depth))).map { "\($0)" }.joined(separator: "."),
            number: libusb_get_device_address(device))
    }

    /// Class and first bulk endpoints of interface 0, alternate setting 0, of the active configuration.
    private static func interface(of device: OpaquePointer) -> USBInterface {
        let none = USBInterface(deviceClass: 0, bulkOut: nil, bulkIn: nil)
        var descriptor: UnsafeMutablePointer<libusb_config_descriptor>?
        guard libusb_get_active_config_descriptor(device, &descriptor) == 0, let descriptor else { return none }
        defer { libusb_free_config_descriptor(descriptor) }
        guard descriptor.pointee.bNumInterfaces > 0, let interface = descriptor.pointee.interface?.pointee,
            interface.num_altsetting > 0, let setting = interface.altsetting?.pointee
        else { return none }
        let endpoints = UnsafeBufferPointer(start: setting.endpoint, count: Int(setting.bNumEndpoints))
        let bulk = endpoints.filter { $0.bmAttributes & 0x03 == UInt8(LIBUSB_TRANSFER_TYPE_BULK.rawValue) }
            .map(\.bEndpointAddress)
        return USBInterface(
            deviceClass: setting.bInterfaceClass, bulkOut: bulk.first { $0 & 0x80 == 0 },
            bulkIn: bulk.first { $0 & 0x80 != 0 })
    }

    static func fault(_ result: Int32) -> USBFault {
        let code: USBFault.Code =
            switch result {
            case LIBUSB_ERROR_NO_DEVICE.rawValue, LIBUSB_ERROR_NOT_FOUND.rawValue: .gone
            case LIBUSB_ERROR_ACCESS.rawValue: .notPermitted
            case LIBUSB_ERROR_BUSY.rawValue: .busy
            case LIBUSB_ERROR_PIPE.rawValue: .stalled
            case LIBUSB_ERROR_TIMEOUT.rawValue: .timedOut
            case LIBUSB_ERROR_OVERFLOW.rawValue: .overflow
            default: .other
            }
        return USBFault(code, words(result))
    }

    static func words(_ result: Int32) -> String {
        // safe: libusb gives a name that lives as long as the program, for any number
        String(cString: libusb_error_name(result))
    }
}

/// One device opened by libusb.
final class LibUSBHandle: USBHandle {
    let interface: USBInterface
    // safe: used by one device's thread only; `close` takes it out
    private let handle: Mutex<Opened?>
    private let context: LibUSB.Context

    private struct Opened: @unchecked Sendable {  // safe: libusb's handles may be used from any thread
        let pointer: OpaquePointer
        var isClaimed = false
    }

    init(_ pointer: OpaquePointer, interface: USBInterface, context: LibUSB.Context) {
        handle = Mutex(Opened(pointer: pointer))
        self.interface = interface
        self.context = context
    }

    deinit { close() }

    private func pointer() throws(USBFault) -> OpaquePointer {
        guard let opened = handle.withLock({ $0 }) else { throw USBFault(.gone) }
        return opened.pointer
    }

    func claim() throws(USBFault) {
        let result = libusb_claim_interface(try pointer(), 0)
        guard result == 0 else { throw LibUSB.fault(result) }
        handle.withLock { $0?.isClaimed = true }
    }

    func controlOut(request: UInt8, value: UInt16, timeout: Duration) throws(USBFault) {
        let vendorOut = UInt8(LIBUSB_REQUEST_TYPE_VENDOR.rawValue)
        let result = libusb_control_transfer(
            try pointer(), vendorOut, request, value, 0, nil, 0, Self.milliseconds(timeout))
        guard result >= 0 else { throw LibUSB.fault(result) }
    }

    func bulkOut(_ endpoint: UInt8, _ bytes: [UInt8], timeout: Duration) throws(USBFault) -> Int {
        let pointer = try pointer()
        var bytes = bytes
        var moved: Int32 = 0
        let count = Int32(clamping: bytes.count)
        let result = bytes.withUnsafeMutableBufferPointer {
            libusb_bulk_transfer(pointer, endpoint, $0.baseAddress, count, &moved, Self.milliseconds(timeout))
        }
        guard result == 0 else { throw LibUSB.fault(result) }
        return Int(moved)
    }

    func bulkIn(_ endpoint: UInt8, _ count: Int, timeout: Duration) throws(USBFault) -> [UInt8] {
        let pointer = try pointer()
        var result: Int32 = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            var moved: Int32 = 0
            result = libusb_bulk_transfer(
                pointer, endpoint, buffer.baseAddress, Int32(clamping: count), &moved, Self.milliseconds(timeout))
            filled = min(max(0, Int(moved)), count)
        }
        // What came before the time was over did come.
        guard result == 0 || (result == LIBUSB_ERROR_TIMEOUT.rawValue && !bytes.isEmpty) else {
            throw LibUSB.fault(result)
        }
        return bytes
    }

    func release() {
        let opened = handle.withLock { handle in
            defer { handle?.isClaimed = false }
            return handle
        }
        if let opened, opened.isClaimed { libusb_release_interface(opened.pointer, 0) }
    }

    func close() {
        let opened = handle.withLock { handle in
            defer { handle = nil }
            return handle
        }
        if let opened { libusb_close(opened.pointer) }
    }

    /// 0 would mean for ever.
    private static func milliseconds(_ duration: Duration) -> UInt32 {
        UInt32(clamping: max(1, duration / .milliseconds(1) < 4e9 ? Int64(duration / .milliseconds(1)) : .max))
    }
}
