import Attendance
import EdgeDaemon
import EdgeStore
import Foundation
import ZKClient

/// Why a command ends with another code than 0: what, where, what next.
package struct CommandFailure: Error, Equatable, CustomStringConvertible {
    /// The codes of sysexits(3), as `hadir --help` tells them.
    package enum Code: Int32, Sendable {
        /// The command did its work and found something wrong.
        case finding = 1
        case usage = 64
        case data = 65
        case unavailable = 69
        case io = 74
        /// Another process holds the state directory.
        case busy = 75
        case permission = 77
        case configuration = 78
    }

    /// What is told of a device, with its name once.
    static func told(_ problem: String, of device: String) -> String {
        problem.hasPrefix(device) ? problem : "\(device): \(problem)"
    }

    package let code: Code
    package let description: String

    package init(_ code: Code, _ description: String) {
        self.code = code
        self.description = description
    }

    /// What went wrong with one device of several.
    init(_ error: any Error, of device: String) {
        let failure = CommandFailure(error)
        self.init(failure.code, Self.told(failure.description, of: device))
    }

    /// Any error a command meets.
    package init(_ error: any Error) {
        switch error {
        case let error as CommandFailure: self = error
        case let error as ImportError: self.init(.io, error.description)
        case let error as DeviceError: self.init(.unavailable, error.description)
        case let error as DeviceAddressError: self.init(.usage, error.description)
        case let error as EnrolmentError: self.init(.data, error.description)
        case let error as CentreLinkError: self.init(.unavailable, error.description)
        case let error as EdgeStoreError:
            self.init(error.code == .busy ? .busy : .io, error.description)
        case let error as StateDirectoryError: self.init(.io, error.description)
        case EdgeDaemonError.alreadyRunning(let path):
            self.init(.busy, EdgeDaemonError.alreadyRunning(path).description)
        case let error as EdgeDaemonError: self.init(.io, error.description)
        case let error as ControlError: self.init(error.isPermission ? .permission : .unavailable, error.description)
        case let error as DevicesFileError: self.init(.configuration, error.description)
        case let error as CarriedReceipts.Refusal: self.init(.data, error.description)
        case let error as BundleExport.Failure: self.init(.data, error.description)
        case let error as NodeEnrolmentError:
            self.init(error.status == 403 ? .permission : .unavailable, error.description)
        default: self.init(.io, "\(error)")
        }
    }
}

extension CommandFailure.Code {
    /// Of a command of several devices: the one they have in common, or else that some cannot be used.
    ///
    /// - Returns: `nil` where none failed.
    init?(of codes: [CommandFailure.Code]) {
        guard let first = codes.first else { return nil }
        self = codes.allSatisfy { $0 == first } ? first : .unavailable
    }
}
