import Attendance
import EdgeDaemon
import EdgeStore
import Foundation
import ZKClient
import ZKWire

extension DeviceTarget {
    /// Asks who the device is and refuses any but the configured one, before anything is done to it.
    ///
    /// - Returns: the serial its entries carry.
    func identify(_ session: DeviceSession, _ way: Way) async throws -> DeviceSerial {
        let text = try await session.serialNumber()
        guard let serial = DeviceSerial(text) else { throw DeviceError(.noSerial, "identify", "it tells \"\(text)\"") }
        if let expected = way.serial, expected != serial.text {
            throw DeviceError(.otherDevice, "identify", "serial \(serial) instead of \(expected)")
        }
        guard let tag = way.serialTag else { return serial }
        guard let tagged = serial.tagged(tag) else { throw DeviceError(.noSerial, "identify", "the tag is too long") }
        return tagged
    }

    /// Journals what the command did. The device was changed: where the journal cannot say so, the person must know.
    ///
    /// A device that is no office's, named by its address on a computer without a journal, is told of nowhere.
    func note(_ operation: Attendance.Operation) async throws {
        guard !isAddress || FileManager.default.fileExists(atPath: state.directory.journal) else {
            return Terminal.say("there is no journal at \(state.directory.path): no entry tells of this")
        }
        do {
            try await CommandJournal.append([operation], state: state.directory)
        } catch {
            throw CommandFailure(
                CommandFailure(error).code,
                "done, and not journaled: write down who did \(operation.what) and when (\(error))")
        }
    }
}

extension DeviceSession {
    func sizesOrRefuse(_ operation: String) async throws -> FreeSizes {
        guard let sizes = try await freeSizes() else {
            throw DeviceError(.commandRefused, operation, "the device does not say how many records it has")
        }
        return sizes
    }
}
