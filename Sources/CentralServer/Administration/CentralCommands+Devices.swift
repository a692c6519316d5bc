import Attendance
import AttendanceRules
import CentralAttendance
import CentralStore
import Foundation
import PageSupport

/// Which devices there are and since when, and until when, a scan could be expected of each.
package struct ServedDevicesAnswer: Encodable, Sendable {
    struct Item: Encodable {
        let serial, unit, from: String
        let to, timezone: String?
    }

    let devices: [Item]

    init(_ people: People) {
        let units = Dictionary(people.units.map { ($0.id, $0.name) }) { first, _ in first }
        devices = people.devices.sorted { $0.serial < $1.serial }.map { device in
            Item(
                serial: device.serial, unit: units[device.unit] ?? "", from: device.service.from.text,
                to: device.service.to?.text, timezone: device.timezone)
        }
    }

    package var text: String {
        guard !devices.isEmpty else { return "Belum ada mesin absen." }
        return TextTable.text(
            head: ["SERIAL", "UNIT", "MULAI", "SAMPAI", "ZONA"],
            rows: devices.map { [$0.serial, $0.unit, $0.from, $0.to ?? "-", $0.timezone ?? "-"] })
    }
}

extension CentralCommands {
    package static func devices(in state: StateDirectory) async throws -> ServedDevicesAnswer {
        ServedDevicesAnswer(try await read(state) { store in try await store.people() })
    }

    /// Says since when, and until when, a device serves its unit.
    package static func setService(
        of serial: String, from: String, to: String?, document: String, in state: StateDirectory
    ) async throws {
        let span = DateSpan(from: try date(from, "--from"), to: try to.map { try date($0, "--to") })
        guard span.isSane else { throw CentralError(.usage, "--to is before --from") }
        let change = PeopleChange.service(serial: serial, span: span, document: document)
        switch try await perform(.attendance(.people([change], revision: nil)), in: state) {
        case .attendance(.refused(_, let text)):
            throw CentralError(
                .usage, "device \(PageText.shown(serial)): \(text); `hadir-central device list` shows all")
        case .attendance: return
        default: throw CentralError(.unavailable, "the server gave another kind of answer")
        }
    }
}
