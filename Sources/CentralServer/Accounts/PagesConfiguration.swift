import AttendanceRules
import CentralAttendance
import Foundation
import PageSupport
import Synchronization
import TableFiles

/// What the pages are told from outside: by `serve`'s options and the configuration file.
package struct PagesConfiguration: Equatable, Sendable {
    /// Of the government, as pages show it.
    package var government = "Pemerintah Daerah"
    /// Of whoever reads the pages.
    package var zone = Indonesian.zone(named: "WIB") ?? .gmt
    /// Where people reach the pages; `nil` where that is just where the server listens.
    package var publicURL: PublicURL?
    /// Whose `X-Forwarded-For` and `X-Forwarded-Proto` are believed; nobody's where it is empty.
    package var trustedProxies: [AddressRange] = []
    /// The folder of JavaScript packages, for the files in `CentralPages.systemAssets`.
    package var assets = "/usr/share/javascript"

    /// Before the date of a signature; empty leaves dots.
    package var place = ""
    /// What stands in the cells of a daftar hadir.
    package var printCodes = PrintCodes.standard
    package var paper = TablePaper.a4

    package init() {}

    /// In the government's zone.
    func date(of moment: Date) -> CivilDate {
        Moment(seconds: Int64(moment.timeIntervalSince1970.rounded(.down)))
            .date(offset: zone.secondsFromGMT(for: moment))
    }
}

/// What the pages are told now; a reload replaces it.
package final class PagesSettings: Sendable {
    private let state: Mutex<PagesConfiguration>

    package init(_ value: PagesConfiguration = PagesConfiguration()) { state = Mutex(value) }

    package var value: PagesConfiguration { state.withLock { $0 } }

    package func replace(with value: PagesConfiguration) { state.withLock { $0 = value } }
}

/// `https://hadir.example.go.id`: scheme, host and port, without a path.
package struct PublicURL: Equatable, Sendable {
    package let isSecure: Bool
    /// In small letters, with the port where it is not the scheme's own: as browsers send `Host`.
    package let host: String

    /// - Throws: `CentralError.configuration`.
    package init(parsing text: String) throws(CentralError) {
        let wrong = CentralError(.configuration, "\(text): not an address such as https://hadir.example.go.id")
        guard text.utf8.count <= 512, let parts = URLComponents(string: text), let name = parts.host, !name.isEmpty,
            parts.user == nil, parts.password == nil, parts.query == nil, parts.fragment == nil,
            parts.path.isEmpty || parts.path == "/"
        else { throw wrong }
        switch parts.scheme?.lowercased() {
        case "https": isSecure = true
        // Passwords and cookies go there.
        case "http" where ListenAddress.isLoopback(name.trimmingCharacters(in: ["[", "]"])): isSecure = false
        default: throw wrong
        }
        let own = isSecure ? 443 : 80
        guard let port = parts.port, port != own else {
            host = name.lowercased()
            return
        }
        guard (1...65_535).contains(port) else { throw wrong }
        host = "\(name.lowercased()):\(port)"
    }

    /// As browsers send `Origin`.
    package var origin: String { (isSecure ? "https://" : "http://") + host }
}
