import CentralPages
import Foundation
import PageSupport

/// A morning of an invented kabupaten: offices of different fates, devices well and ill, alarms, quarantine.
struct Sample {
    /// 07.31.05 WIB on Sunday, 22 November 2026.
    static let moment = Date(timeIntervalSince1970: 1_795_307_465)
    static let words = Indonesian(zone: Indonesian.zone(named: "WIB") ?? .gmt)

    static func ago(_ seconds: Double) -> Date { moment.addingTimeInterval(-seconds) }

    static var frame: PageFrame {
        PageFrame(
            government: "Pemerintah Kabupaten Pesisir Selatan", account: "siti.rahma", role: "Admin Diskominfo",
            formToken: "dG9rZW4", moment: moment, words: words,
            activeAlarms: overview.alarms.count { !$0.isOver }, quarantined: overview.quarantine.count)
    }

    static let offices = [
        "Badan Kepegawaian dan Pengembangan Sumber Daya Manusia", "Dinas Kesehatan", "Dinas Pendidikan dan Kebudayaan",
        "Dinas Perhubungan", "Kecamatan Bayang", "Kecamatan Koto XI Tarusan", "Kecamatan Lengayang",
        "Puskesmas Air Haji", "Puskesmas Salido", "SMP Negeri 4 Painan", "Sekretariat Daerah", "Inspektorat",
    ]

    static var overview: Overview {
        Overview(
            moment: moment, scansToday: 1_284,
            hoursToday: [0, 0, 0, 0, 2, 31, 412, 839], hoursUsual: (0..<24).map { usual[$0] ?? 0 },
            scansEver: 4_812_377, nodes: nodes, units: offices + ["Kecamatan Silaut", "UPTD Pasar Painan"],
            devices: devices, scans: scans, alarms: alarms,
            quarantine: QuarantineSummary(
                count: 27,
                newest: [
                    .init(
                        at: ago(5_400), unit: "Kecamatan Bayang", node: "bayang-1", seq: 18_442,
                        reason: "not_your_device",
                        body:
                            #"{"kind":"punch","serial":"CJ9L170560044","user_id":"1207","device_time":"2026-11-22T06:01:12","occurrence":0,"verify":1,"state":0,"source":"poll"}"#
                    ),
                    .init(
                        at: ago(190_000), unit: "Dinas Perhubungan", node: "dishub-1", seq: 9_013,
                        reason: "undecodable: no value for user_id", body: #"{"kind":"punch","serial":"CJ9L17"#),
                ]))
    }

    private static let usual: [Int: Double] = [
        5: 24.5, 6: 398, 7: 1_190.25, 8: 204, 9: 31, 10: 12, 11: 44, 12: 310, 13: 280, 14: 52, 15: 460, 16: 1_105,
        17: 190, 18: 40, 19: 12,
    ]

    private static var nodes: [NodeLine] {
        var nodes = offices.enumerated().map { index, unit in
            NodeLine(
                name: "node-\(index + 1)", unit: unit, contact: .connected, lastContact: ago(Double(4 + index * 4)),
                version: "0.4.0", backlog: 0, diskFree: 21_400_000_000 + Int64(index) * 1_700_000_000,
                clockTrusted: true)
        }
        nodes[6].contact = .disconnected
        nodes[6].lastContact = ago(3 * 3600 + 240)
        nodes[6].backlog = 1_204
        nodes[6].backlogAge = 3 * 3600
        nodes[6].version = "0.3.2"
        nodes[4].contact = .disconnected
        nodes[4].lastContact = ago(4 * 86400)
        nodes[4].backlog = 212
        nodes[4].backlogAge = 4 * 86400
        nodes[1].backlog = 12
        nodes[1].backlogAge = 9
        nodes[2].clockTrusted = false
        nodes[7].contact = .never
        nodes[7].lastContact = nil
        nodes[7].version = nil
        nodes[7].backlog = nil
        nodes[7].diskFree = nil
        nodes[7].clockTrusted = nil
        nodes[8].missing = 41
        nodes[8].forks = 1
        nodes[8].diskFree = 212_000_000
        nodes[10].contact = .revoked
        return nodes
    }

    private static var devices: [DeviceLine] {
        var devices = offices.enumerated().map { index, unit in
            DeviceLine(
                serial: "CJ9L1705600\(index + 10)", unit: unit, name: index % 3 == 0 ? "lobi" : "pintu depan",
                model: "X100-C", firmware: "Ver 6.60 Jul 26 2019", lastRead: ago(Double(20 + index * 7)),
                count: 8_100 + index * 1_933, capacity: 100_000, clockOffset: [0, 3, -12, 41, 2, -7][index % 6],
                statusAt: ago(30), coveredTo: ago(Double(60 + index * 7)))
        }
        devices[3].clockOffset = 47 * 60 + 12
        devices[5].clockOffset = -140
        devices[6].problem =
            "connect: the address cannot be reached (no connection in time). Check the network cable and the device's address in its menu."
        devices[6].lastRead = ago(3 * 3600)
        devices[6].coveredTo = ago(3 * 3600)
        devices[8].count = 99_120
        devices[9].problem =
            "read attendance: the device refuses the comm key. Compare the comm key with the device's menu."
        devices[9].lastRead = nil
        devices[9].count = nil
        devices[9].clockOffset = nil
        devices[9].coveredTo = nil
        devices.append(
            DeviceLine(
                serial: "A6F5204660121", unit: "Dinas Kesehatan", name: "gudang farmasi", model: "F19",
                firmware: "Ver 8.0.4.3", lastRead: ago(40), count: 3_000, capacity: 3_000, clockOffset: 0,
                coveredTo: ago(80)))
        return devices
    }

    private static var scans: [ScanLine] {
        (0..<18).map { index in
            let at = ago(Double(2 + index * 9))
            return ScanLine(
                id: Int64(90_000 - index), unit: offices[(index * 5) % offices.count],
                device: index % 3 == 0 ? "lobi" : "pintu depan",
                userID: ["1042", "198", "77", "3301", "000512"][index % 5], deviceTime: words.wall(at), utc: at,
                receivedAt: at.addingTimeInterval([0.8, 1.6, 1.1, 64, 2.4][index % 5]),
                verify: [1, 1, 15, 2, 25][index % 5],
                state: [0, 0, 1, 0, 255, 4][index % 6], source: "live")
        } + [
            ScanLine(
                id: 12, unit: "Dinas Perhubungan", device: "lobi", userID: "44", deviceTime: "2026-11-21T16:31:05",
                utc: ago(54_000), receivedAt: ago(180), verify: 1, state: 1, source: "stick", isUnconfirmed: true),
            ScanLine(
                id: 11, unit: "Kecamatan Bayang", device: "lobi", userID: "0", deviceTime: "ffffffff", utc: nil,
                receivedAt: ago(200), verify: 99, state: 9, source: "poll"),
        ]
    }

    private static var alarms: [AlarmLine] {
        [
            AlarmLine(
                at: ago(3 * 3600), unit: "Kecamatan Lengayang", node: "node-7", device: "pintu depan",
                code: "device_unreachable",
                text: "pintu depan: connect: the address cannot be reached (no connection in time).", isOver: false),
            AlarmLine(
                at: ago(26 * 3600), unit: "Dinas Perhubungan", node: "node-4", device: "lobi", code: "clock_off",
                text: "lobi: the clock is 2832 s off, more than clock_correction allows to set: look at it",
                isOver: false),
            AlarmLine(
                at: ago(2 * 86400), unit: "Puskesmas Salido", node: "node-9", device: "pintu depan",
                code: "log_nearly_full", text: "pintu depan: 99120 of 100000 records", isOver: false),
            AlarmLine(
                at: ago(5 * 86400), unit: "Dinas Kesehatan", node: "node-2", device: nil, code: "unclear_answer",
                text: "the answer is not signed: 200 text/html", isOver: true),
        ]
    }

    static var coverage: CoverageModel {
        let span = ago(14 * 86400)..<moment
        return CoverageModel(
            span: span,
            devices: overview.devices.enumerated().map { index, device in
                let isNew = index % 5 == 4
                let from = isNew ? ago(6 * 86400) : span.lowerBound
                let to = device.coveredTo ?? from
                let gap = ago(9 * 86400)..<ago(9 * 86400 - 7_200)
                return CoverageModel.Device(
                    serial: device.serial, unit: device.unit, name: device.name, since: isNew ? from : nil,
                    covered: device.coveredTo == nil ? [] : [from..<max(from, to)],
                    holes: index == 3
                        ? [
                            .init(span: ago(26 * 3600)..<moment, why: "clock_off"), .init(span: gap, why: "device_off"),
                        ] : index % 4 == 2 ? [.init(span: gap, why: "out_of_reach")] : [])
            })
    }

    /// Nothing is enrolled yet.
    static var empty: Overview { Overview(moment: moment) }
}
