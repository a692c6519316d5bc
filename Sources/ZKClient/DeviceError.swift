import ZKWire

/// Why a device could not be read or written: what, where, and what a person can do next.
///
/// Every cause in zk-field-notes section 1 has a code of its own.
package struct DeviceError: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Code: String, Sendable, CaseIterable {
        case nameNotFound = "name_not_found"
        case refused = "connection_refused"
        case unreachable
        case noAnswer = "no_answer"
        case newHandshake = "new_handshake"
        case accessPanel = "access_panel"
        case keyRefused = "key_refused"
        case sessionTaken = "session_taken"
        case linkLost = "link_lost"
        case timedOut = "timed_out"
        case busy
        case framingLost = "framing_lost"
        case commandRefused = "command_refused"
        case incomplete
        case layoutUnknown = "layout_unknown"
        case otherDevice = "other_device"
        case noSerial = "no_serial"
        case writeFailed = "write_failed"
        case notPluggedIn = "not_plugged_in"
        case notPermitted = "not_permitted"
        case heldByOther = "held_by_other"
        case stalled
        case unstable
        case unsupported
        case noWebService = "no_web_service"
        case logDoubtful = "log_doubtful"
    }

    package let code: Code
    /// What was being done: `connect`, `read attendance`.
    package let operation: String
    package let detail: String
    /// The dataset nobody could read. It may hold fingerprints: only its size and hash may be told.
    package let dataset: Redacted?

    package init(_ code: Code, _ operation: String, _ detail: String = "", dataset: [UInt8]? = nil) {
        self.code = code
        self.operation = operation
        self.detail = detail
        self.dataset = dataset.map { Redacted($0) }
    }

    /// Whether trying again without a person's help can succeed.
    package var isRetryable: Bool {
        switch code {
        case .newHandshake, .accessPanel, .keyRefused, .layoutUnknown, .otherDevice, .noSerial, .commandRefused,
            .notPermitted, .unsupported, .noWebService, .logDoubtful:
            false
        default: true
        }
    }

    package var description: String {
        let what = detail.isEmpty ? explanation : "\(explanation) (\(detail))"
        return "\(operation): \(what). \(hint)"
    }

    private var explanation: String {
        switch code {
        case .nameNotFound: "the device's name has no address"
        case .refused: "the address refuses connections on this port"
        case .unreachable: "the address cannot be reached"
        case .noAnswer: "the device does not answer"
        case .newHandshake: "the device answers 6001: its firmware wants a newer handshake"
        case .accessPanel: "this is an access-control panel, which speaks another protocol"
        case .keyRefused: "the device refuses the comm key"
        case .sessionTaken: "the device ended the session"
        case .linkLost: "the connection was lost"
        case .timedOut: "the device stopped answering"
        case .busy: "another command of this session is not done"
        case .framingLost: "the device sent bytes that are no frame"
        case .commandRefused: "the device refuses the command"
        case .incomplete: "the device sent less or more than it announced"
        case .layoutUnknown: "the record layout is not known"
        case .otherDevice: "another device answers at this address"
        case .noSerial: "the device does not tell its serial number"
        case .writeFailed: "the device did not keep what was written"
        case .notPluggedIn: "the device is not on this computer's USB"
        case .notPermitted: "this program may not open the USB device"
        case .heldByOther: "another program holds the USB device"
        case .stalled: "the device's USB side has stopped"
        case .unstable: "the device leaves the USB again and again"
        case .unsupported: "this USB device is not one hadir can read"
        case .noWebService: "what answers there is not a device's web service"
        case .logDoubtful: "the log is not the one that was read before"
        }
    }

    /// What to do next.
    package var hint: String {
        switch code {
        case .nameNotFound: "Write the device's IP address instead of a name."
        case .refused:
            "Check the port; some models speak only one of TCP and UDP: try udp:// instead of tcp://, or tcp://."
        case .unreachable: "Check the network cable and the device's address in its menu."
        case .noAnswer: "Another program may hold its only session, or it speaks only the other of TCP and UDP."
        case .newHandshake: "Use push mode (ADMS) for this model."
        case .accessPanel: "It is not supported."
        case .keyRefused: "Compare the comm key with the device's menu."
        case .sessionTaken: "It restarted, or another program connected; nothing was taken half."
        case .linkLost, .timedOut: "Nothing was taken half; the next reading gets what is missing."
        case .busy: "Wait until it is done: one command at a time."
        case .framingLost: "If it stays so, note the model and firmware."
        case .commandRefused: "If the log is meant, check that the device type in its menu is time attendance."
        case .incomplete: "Nothing was taken; the next reading tries again."
        case .layoutUnknown: "Nothing was guessed; note the model and firmware."
        case .otherDevice: "If the device was replaced, enroll the new one: hadir device enroll."
        case .noSerial: "Without it hadir cannot tell devices apart."
        case .writeFailed: "Read it again and compare."
        case .notPluggedIn: "Plug its cable in and switch it on; it is then read at once."
        case .notPermitted:
            "Install systemd/60-hadir-usb.rules, and for the service systemd/hadird-usb.conf; then plug it in again."
        case .heldByOther: "Close the vendor's program or the virtual machine that has it."
        case .stalled: "Switch the device off and on at its power; nothing else wakes it."
        case .unstable:
            "Give it its own power adapter; on a Raspberry Pi, put a USB 2.0 hub between."
        case .unsupported: "docs/usb.md lists what is."
        case .logDoubtful:
            "Was it cleared? What it shows is kept, and taken for the log once later readings show the same."
        case .noWebService:
            "Switch the web server on in the device's menu and check the port; models without one are read by tcp:// or udp://."
        }
    }

    /// What a failed connection means, for links that hold no session.
    package static func connecting(_ error: any Error, _ operation: String) -> DeviceError {
        from(.connecting(error), operation)
    }

    package static func from(_ error: TransportError, _ operation: String) -> DeviceError {
        switch error.code {
        case .nameNotFound: DeviceError(.nameNotFound, operation, error.detail)
        case .refused: DeviceError(.refused, operation, error.detail)
        case .unreachable: DeviceError(.unreachable, operation, error.detail)
        case .connectTimedOut: DeviceError(.unreachable, operation, "no connection in time")
        case .closedByDevice, .closed: DeviceError(.linkLost, operation, error.detail)
        case .accessPanel: DeviceError(.accessPanel, operation, error.detail)
        case .framingLost: DeviceError(.framingLost, operation, error.detail)
        case .flooded: DeviceError(.framingLost, operation, error.detail)
        case .notPluggedIn: DeviceError(.notPluggedIn, operation, error.detail)
        case .notPermitted: DeviceError(.notPermitted, operation, error.detail)
        case .heldByOther: DeviceError(.heldByOther, operation, error.detail)
        case .stalled: DeviceError(.stalled, operation, error.detail)
        case .timedOut: DeviceError(.timedOut, operation, error.detail)
        case .unstable: DeviceError(.unstable, operation, error.detail)
        case .unsupported: DeviceError(.unsupported, operation, error.detail)
        }
    }

    static func from(_ failure: SessionFailure, _ operation: String) -> DeviceError {
        switch failure {
        case .notOpen, .linkLost: DeviceError(.linkLost, operation)
        case .busy: DeviceError(.busy, operation)
        case .noAnswerToConnect: DeviceError(.noAnswer, operation)
        case .timedOut(let command): DeviceError(.timedOut, operation, "no answer to \(command)")
        case .newHandshake: DeviceError(.newHandshake, operation)
        case .keyRefused: DeviceError(.keyRefused, operation)
        case .sessionTaken: DeviceError(.sessionTaken, operation)
        case .refused(let command, let answer):
            DeviceError(.commandRefused, operation, "\(command) answered \(answer)")
        }
    }

    static func from(_ failure: TransferFailure, _ operation: String) -> DeviceError {
        switch failure {
        case .short(let got, let expected): DeviceError(.incomplete, operation, "\(got) of \(expected) bytes")
        case .tooLarge(let size): DeviceError(.incomplete, operation, "\(size) bytes are more than may come")
        case .misplaced(let index): DeviceError(.incomplete, operation, "fragment \(index) is out of place")
        case .malformed: DeviceError(.incomplete, operation, "malformed announcement")
        case .endless: DeviceError(.incomplete, operation, "the answer does not end")
        case .unauthorised: DeviceError(.sessionTaken, operation)
        }
    }
}
