import Attendance
import CentralAttendance
import CentralStore
import Foundation
import PageSupport

/// `hadir-central link list`.
package struct LinksAnswer: Encodable, Sendable {
    struct Item: Encodable {
        struct Link: Encodable {
            let id: Int64
            let scope, number, name, from: String
            let to: String?
        }

        let serial, unit, user_id, state: String
        let device_name, first, last: String?
        let scans: Int
        let links: [Link]
    }

    let user_ids: [Item]

    init(_ ids: [LinkedUserID], _ people: People) {
        let employees = Dictionary(people.employees.map { ($0.id, $0) }) { first, _ in first }
        user_ids = ids.map { id in
            Item(
                serial: id.seen.serial, unit: id.unit, user_id: id.seen.userID.text, state: id.state.rawValue,
                device_name: id.seen.deviceName, first: id.seen.first, last: id.seen.last, scans: id.seen.scans,
                links: id.links.map { link in
                    let scope = if case .device = link.scope { "device" } else { "unit" }
                    return Item.Link(
                        id: link.id, scope: scope, number: employees[link.employee]?.number ?? "",
                        name: employees[link.employee]?.name ?? "", from: link.span.from.text,
                        to: link.span.to?.text)
                })
        }
    }

    package var text: String {
        TextTable.text(
            head: ["UNIT", "PERANGKAT", "PIN", "NAMA DI MESIN", "SCAN", "PERTAMA", "TERAKHIR", "KEADAAN", "TAUTAN"],
            rows: user_ids.map { item in
                [
                    PageText.shown(item.unit, longest: 30), PageText.shown(item.serial), PageText.shown(item.user_id),
                    PageText.shown(item.device_name ?? "-"), String(item.scans), PageText.shown(item.first ?? "-"),
                    PageText.shown(item.last ?? "-"), Self.words[item.state] ?? item.state,
                    item.links.map { link in
                        "\(link.id): \(PageText.shown(link.name, longest: 30)) sejak \(link.from)"
                            + (link.to.map { " sampai \($0)" } ?? "")
                    }.joined(separator: " | "),
                ]
            })
    }

    private static let words = ["unknown": "belum dikenal", "linked": "tertaut", "claimed": "diakui dua orang"]
}

/// `hadir-central link propose`.
package struct ProposalsAnswer: Encodable, Sendable {
    struct Item: Encodable {
        struct Candidate: Encodable {
            let number, name, reason: String
            let score: Int
        }

        let serial, unit, user_id, certainty: String
        let device_name, from: String?
        let scans: Int
        let candidates: [Candidate]
    }

    let proposals: [Item]

    init(_ proposals: [LinkProposal]) {
        self.proposals = proposals.map { proposal in
            Item(
                serial: proposal.seen.serial, unit: proposal.unit, user_id: proposal.seen.userID.text,
                certainty: proposal.certainty.rawValue, device_name: proposal.seen.deviceName,
                from: proposal.from?.text, scans: proposal.seen.scans,
                candidates: proposal.candidates.map {
                    Item.Candidate(
                        number: $0.employee.number, name: $0.employee.name, reason: $0.reason, score: $0.score)
                })
        }
    }

    /// A list as `link confirm` takes it. Only one person alone is proposed: where several fit, a person writes the NIP.
    package var list: String {
        let head = ["Perangkat", "PIN", "Nama di Mesin", "NIP", "Nama", "Mulai", "Nilai", "Alasan"]
        let rows = proposals.map { item in
            let best = item.candidates.first
            let isOne = item.certainty == "exact" || item.certainty == "likely"
            let others = item.candidates.map { "\($0.name) (\($0.number), \($0.reason))" }.joined(separator: "; ")
            let reason = isOne ? best?.reason ?? "" : best == nil ? "tidak ada yang cocok" : "rancu: " + others
            return [
                item.serial, item.user_id, item.device_name ?? "", isOne ? best?.number ?? "" : "",
                isOne ? best?.name ?? "" : "", isOne ? item.from ?? "" : "", isOne ? String(best?.score ?? 0) : "",
                reason,
            ]
        }
        return ([head] + rows).map { $0.map(Self.cell).joined(separator: ",") }.joined(separator: "\n")
    }

    /// What a device calls somebody is typed by anybody: no spreadsheet shall take it for a formula.
    private static func cell(_ text: String) -> String {
        CSVText.quotedCell(PageText.shown(text, longest: 600))
    }
}
