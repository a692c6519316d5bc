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
    package var activeAlarms: Int
    package var quarantined: Int

    package init(
        government: String, account: String, role: String, formToken: String, moment: Date, words: Indonesian,
        activeAlarms: Int, quarantined: Int
    ) {
        self.government = government
        self.account = account
        self.role = role
        self.formToken = formToken
        self.moment = moment
        self.words = words
        self.activeAlarms = activeAlarms
        self.quarantined = quarantined
    }
}

/// The pages behind the login; raw values are their paths without the slash.
package enum PageName: String, CaseIterable, Sendable {
    case summary = ""
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
