import Foundation

/// Pages of the network that only some may open; raw values are their paths without the slash.
package enum NetworkPage: String, CaseIterable, Sendable {
    /// Codes for new computers of offices, and shutting out old ones.
    case enrolment = "jaringan/pendaftaran"
    /// Files from sticks that wait for somebody to accept them.
    case files = "jaringan/berkas"
    /// What offices without a link carried here, and the receipts to carry back.
    case bundles = "jaringan/kiriman"
    /// Where the scan of a person is: of the help desk, which has no other page about persons.
    case trace = "jejak"
}

/// What `/jaringan/pendaftaran` shows.
package struct EnrolmentModel: Sendable {
    /// A code just made: it is shown this once.
    package struct Made: Sendable {
        package var code: String
        package var unit: String
        package var expires: Date

        package init(code: String, unit: String, expires: Date) {
            self.code = code
            self.unit = unit
            self.expires = expires
        }
    }

    package struct Open: Sendable {
        package var unit: String
        package var created: Date
        package var expires: Date

        package init(unit: String, created: Date, expires: Date) {
            self.unit = unit
            self.created = created
            self.expires = expires
        }
    }

    /// By name.
    package var units: [String]
    /// What was chosen, where the form comes back.
    package var unit: String
    /// Where offices reach the centre.
    package var address: String
    package var made: Made?
    /// What was wrong with the form, in Indonesian.
    package var mistake: String?
    /// What was done just now, in Indonesian.
    package var done: String?
    package var open: [Open]
    package var nodes: [NodeLine]

    package init(
        units: [String], unit: String = "", address: String, made: Made? = nil, mistake: String? = nil,
        done: String? = nil, open: [Open] = [], nodes: [NodeLine] = []
    ) {
        self.units = units
        self.unit = unit
        self.address = address
        self.made = made
        self.mistake = mistake
        self.done = done
        self.open = open
        self.nodes = nodes
    }
}

/// Asks before a node is shut out.
package struct RevocationModel: Sendable {
    package var node: NodeLine
    /// How the unit's devices are called.
    package var devices: [String]
    /// The unit has another node that is heard.
    package var hasOther: Bool
    package var mistake: String?

    package init(node: NodeLine, devices: [String], hasOther: Bool, mistake: String? = nil) {
        self.node = node
        self.devices = devices
        self.hasOther = hasOther
        self.mistake = mistake
    }
}

/// What `/jaringan/berkas` shows.
package struct FilesModel: Sendable {
    /// One file, of one device or several.
    package struct File: Sendable {
        package struct Part: Sendable {
            package var device: String
            package var serial: String
            package var unit: String
            package var scans: Int
            package var people: Int
            /// As the device wrote them: `2026-11-20T07:31:05`; `nil` where no scan has a date.
            package var first: String?
            package var last: String?

            package init(
                device: String, serial: String, unit: String, scans: Int, people: Int, first: String?, last: String?
            ) {
                self.device = device
                self.serial = serial
                self.unit = unit
                self.scans = scans
                self.people = people
                self.first = first
                self.last = last
            }
        }

        /// In hex, as the edge says.
        package var sha256: String
        package var by: String
        package var arrived: Date
        package var parts: [Part]

        package init(sha256: String, by: String, arrived: Date, parts: [Part]) {
            self.sha256 = sha256
            self.by = by
            self.arrived = arrived
            self.parts = parts
        }
    }

    package struct Accepted: Sendable {
        package var sha256: String
        package var document: String
        package var by: String
        package var at: Date

        package init(sha256: String, document: String, by: String, at: Date) {
            self.sha256 = sha256
            self.document = document
            self.by = by
            self.at = at
        }
    }

    package var waiting: [File]
    /// There are more than are shown.
    package var isCut: Bool
    /// Newest first.
    package var accepted: [Accepted]
    package var done: String?
    package var mistake: String?
    /// What was typed, where the form comes back: of which file.
    package var typed: (sha256: String, document: String, reason: String)?

    package init(
        waiting: [File], isCut: Bool = false, accepted: [Accepted] = [], done: String? = nil, mistake: String? = nil,
        typed: (sha256: String, document: String, reason: String)? = nil
    ) {
        self.waiting = waiting
        self.isCut = isCut
        self.accepted = accepted
        self.done = done
        self.mistake = mistake
        self.typed = typed
    }
}
