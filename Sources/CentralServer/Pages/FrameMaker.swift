import CentralPages
import CentralStore
import Foundation
import PageSupport

/// Puts what all pages have around a page.
struct FrameMaker: Sendable {
    let settings: PagesSettings

    func frame(for visitor: Visitor, _ authority: Authority, at moment: Date) -> PageFrame {
        let configuration = settings.value
        return PageFrame(
            government: configuration.government, account: visitor.account,
            role: Self.role(visitor.role), formToken: visitor.formToken, moment: moment,
            words: Indonesian(zone: configuration.zone),
            areas: visitor.mustChangePassword ? [] : Self.areas(authority),
            readsNetwork: authority.may(.readNetwork), networkPages: NetworkPages.others(authority))
    }

    /// For parts that are the same for everybody who may open the same pages of the network.
    func frame(_ overview: Overview, pages: Set<NetworkPage> = []) -> PageFrame {
        let configuration = settings.value
        return PageFrame(
            government: configuration.government, account: "", role: "", formToken: "", moment: overview.moment,
            words: Indonesian(zone: configuration.zone),
            activeAlarms: overview.alarms.count { !$0.isOver }, quarantined: overview.quarantine.count,
            networkPages: pages)
    }

    /// For parts that are the same for everybody who has these areas.
    func frame(areas: [PageArea], at moment: Date) -> PageFrame {
        let configuration = settings.value
        return PageFrame(
            government: configuration.government, account: "", role: "", formToken: "", moment: moment,
            words: Indonesian(zone: configuration.zone), areas: areas)
    }

    /// The areas that have something for the visitor; each by the permission of its first page.
    static func areas(_ authority: Authority) -> [PageArea] {
        PageArea.allCases.filter { authority.may(permission(of: $0)) }
    }

    static func permission(of area: PageArea) -> Permission {
        switch area {
        case .board: .readBoard
        case .own: .readSelf
        case .people: .readPeople
        case .personnel: .readAttestations
        case .downloads: .export
        case .network: .readNetwork
        case .accounts: .manageAccounts
        case .audit: .readActs
        }
    }

    static func role(_ role: AccountRole) -> String {
        switch role {
        case .admin: "Pengelola"
        case .viewer: "Pemantau"
        case .executive: "Pimpinan"
        case .personnel: "Kepegawaian"
        case .auditor: "Pemeriksa"
        case .clerk: "Petugas unit"
        case .head: "Kepala unit"
        case .employee: "Pegawai"
        }
    }
}
