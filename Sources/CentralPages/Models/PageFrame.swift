import Foundation
import PageSupport

/// What is around every page of a signed-in person.
package struct PageFrame: Sendable {
    /// Of the government, such as "Pemerintah Kabupaten Pesisir Selatan".
    package var government: String
    package var account: String
    /// In Indonesian: what the account may do.
    package var role: String
    /// Goes into every form.
    package var formToken: String
    package var moment: Date
    package var words: Indonesian
    /// Those that the person may enter.
    package var areas: [PageArea]
    package var activeAlarms: Int
    package var quarantined: Int
    /// Whether the pages of the network are among those the person may open, and which of the others beside them.
    package var readsNetwork: Bool
    package var networkPages: Set<NetworkPage>

    package init(
        government: String, account: String, role: String, formToken: String, moment: Date, words: Indonesian,
        areas: [PageArea] = PageArea.allCases, activeAlarms: Int = 0, quarantined: Int = 0, readsNetwork: Bool = true,
        networkPages: Set<NetworkPage> = []
    ) {
        self.government = government
        self.account = account
        self.role = role
        self.formToken = formToken
        self.moment = moment
        self.words = words
        self.areas = areas
        self.activeAlarms = activeAlarms
        self.quarantined = quarantined
        self.readsNetwork = readsNetwork
        self.networkPages = networkPages
    }
}

/// The parts of the pages, in the order of the navigation; raw values are the paths of their first pages without the
/// slash.
package enum PageArea: String, CaseIterable, Sendable {
    case board = ""
    case own = "saya"
    case people = "pegawai"
    case personnel = "kepegawaian"
    case downloads = "unduhan"
    case network = "jaringan"
    case accounts = "akun"
    case audit = "audit"
}

/// Where a page stands: in which area, under which title, beside which others.
package struct PagePlace: Sendable {
    /// A page of the same area, as the second line of the navigation shows it.
    package struct Neighbour: Sendable {
        package var path: String
        package var label: String
        /// Of `icons.mustache`; empty for none.
        package var icon: String
        /// What waits there; 0 shows nothing.
        package var count: Int
        package var countWord: String
        /// `bad` or `warn`.
        package var tone: String

        package init(
            path: String, label: String, icon: String = "", count: Int = 0, countWord: String = "",
            tone: String = "warn"
        ) {
            self.path = path
            self.label = label
            self.icon = icon
            self.count = count
            self.countWord = countWord
            self.tone = tone
        }
    }

    /// A page above this one.
    package struct Crumb: Sendable {
        package var path: String
        package var label: String

        package init(path: String, label: String) {
            self.path = path
            self.label = label
        }
    }

    package var area: PageArea
    /// With the slash.
    package var path: String
    package var title: String
    /// One sentence below the title; may be empty.
    package var lead: String
    /// Class of `main`: `page-…`.
    package var style: String
    package var neighbours: [Neighbour]
    /// Path of the page's event stream; `nil` for a page that stays as it was loaded.
    package var stream: String?
    /// Names under `/aset/`, loaded in this order before `hadir.js`.
    package var scripts: [String]
    /// Pages above, from the top.
    package var crumbs: [Crumb]
    /// Another look at the same, offered beside the title where the screen is wide.
    package var action: Neighbour?

    package init(
        area: PageArea, path: String, title: String, lead: String = "", style: String, neighbours: [Neighbour] = [],
        stream: String? = nil, scripts: [String] = [], crumbs: [Crumb] = [], action: Neighbour? = nil
    ) {
        self.area = area
        self.path = path
        self.title = title
        self.lead = lead
        self.style = style
        self.neighbours = neighbours
        self.stream = stream
        self.scripts = scripts
        self.crumbs = crumbs
        self.action = action
    }
}

/// The pages of the network; raw values are their paths without the slash.
package enum PageName: String, CaseIterable, Sendable {
    case summary = "jaringan"
    case offices = "kantor"
    case devices = "perangkat"
    case coverage = "kelengkapan"
    case alarms = "peringatan"
    case quarantine = "karantina"
}

/// One part of a page that is sent again when it changed: its element's `data-section`, and the HTML inside.
package struct PageSection: Equatable, Sendable {
    package let id: String
    package let html: String

    package init(id: String, html: String) {
        self.id = id
        self.html = html
    }
}

package struct LoginForm: Sendable {
    package var government: String
    package var formToken: String
    /// What was typed, to be shown again.
    package var account: String
    /// A sentence, where the last try failed or the session is over.
    package var message: String?
    /// The path to go to afterwards.
    package var next: String

    package init(
        government: String, formToken: String, account: String = "", message: String? = nil, next: String = "/"
    ) {
        self.government = government
        self.formToken = formToken
        self.account = account
        self.message = message
        self.next = next
    }
}
