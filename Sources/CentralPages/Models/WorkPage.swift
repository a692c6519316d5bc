/// A page of those who keep the records: what waits, tables, and forms. Texts may come from anywhere: the view makes
/// them harmless.
package struct WorkPage: Sendable {
    package enum Block: Sendable {
        case notice(Notice)
        case tiles([Tile])
        case table(Table)
        case form(Form)
    }

    package var place: PagePlace
    package var blocks: [Block]

    package init(_ place: PagePlace, _ blocks: [Block]) {
        self.place = place
        self.blocks = blocks
    }

    /// `ok`, `warn` and `bad` are also the names of icons.
    package enum Tone: String, Sendable { case ok, warn, bad, idle }

    /// A sentence on what happened or what is wrong, with details line by line.
    package struct Notice: Sendable {
        package var tone: Tone
        package var text: String
        package var lines: [String]

        package init(_ tone: Tone, _ text: String, lines: [String] = []) {
            self.tone = tone
            self.text = text
            self.lines = lines
        }
    }

    /// A number and where it leads.
    package struct Tile: Sendable {
        package var label: String
        package var value: Int
        package var note: String
        package var tone: Tone
        package var link: String

        package init(_ label: String, _ value: Int, note: String, tone: Tone, link: String) {
            self.label = label
            self.value = value
            self.note = note
            self.tone = tone
            self.link = link
        }
    }

    package struct Table: Sendable {
        package var title: String
        package var lead: String
        package var columns: [Column]
        package var rows: [[Cell]]
        /// In place of a table without rows.
        package var empty: String
        /// Links below: to more rows, to files.
        package var links: [Link]
        /// Two columns, a name and what it is: the first says all that a heading would.
        package var isFacts = false

        package init(
            _ title: String, lead: String = "", columns: [Column], rows: [[Cell]], empty: String, links: [Link] = []
        ) {
            self.title = title
            self.lead = lead
            self.columns = columns
            self.rows = rows
            self.empty = empty
            self.links = links
        }
    }

    package struct Column: Sendable, ExpressibleByStringLiteral {
        package var title: String
        package var isNumber: Bool

        package init(_ title: String, isNumber: Bool = false) {
            self.title = title
            self.isNumber = isNumber
        }

        package init(stringLiteral title: String) { self.init(title) }
    }

    package struct Link: Sendable {
        package var text: String
        /// A path with its slash.
        package var path: String

        package init(_ text: String, _ path: String) {
            self.text = text
            self.path = path
        }
    }

    /// What stands in a table: a text with a smaller one below, a link, a state, a field to fill in.
    package struct Cell: Sendable, ExpressibleByStringLiteral {
        package var text: String
        package var note = ""
        package var link: String?
        package var pill: Tone?
        package var field: Field?
        /// A small form with one button, such as to withdraw the row.
        package var form: Form?
        /// Steps to the right: for trees.
        package var depth = 0

        package init(_ text: String, note: String = "", link: String? = nil, depth: Int = 0) {
            self.text = text
            self.note = note
            self.link = link
            self.depth = depth
        }

        package init(stringLiteral text: String) { self.init(text) }

        package static func pill(_ tone: Tone, _ word: String, note: String = "", link: String? = nil) -> Cell {
            var cell = Cell(word, note: note, link: link)
            cell.pill = tone
            return cell
        }

        package static func field(_ field: Field, note: String = "") -> Cell {
            var cell = Cell("", note: note)
            cell.field = field
            return cell
        }

        package static func form(_ form: Form) -> Cell {
            var cell = Cell("")
            cell.form = form
            return cell
        }
    }

    package struct Form: Sendable {
        package enum Method: Sendable {
            /// A question: it stands in the address.
            case ask
            case send
            /// As `send`, with a file.
            case upload
        }

        package var title: String
        package var lead: String
        package var path: String
        package var method: Method
        package var fields: [Field]
        /// With fields in their cells.
        package var tables: [Table]
        /// The first is the one that Enter presses.
        package var buttons: [Button]

        package init(
            _ title: String, lead: String = "", path: String, method: Method = .send, fields: [Field],
            tables: [Table] = [], buttons: [Button]
        ) {
            self.title = title
            self.lead = lead
            self.path = path
            self.method = method
            self.fields = fields
            self.tables = tables
            self.buttons = buttons
        }
    }

    package struct Button: Sendable {
        package var text: String
        /// Of the field `aksi`; empty for none.
        package var action: String
        package var isMain: Bool

        package init(_ text: String, action: String = "", isMain: Bool = true) {
            self.text = text
            self.action = action
            self.isMain = isMain
        }
    }

    package struct Field: Sendable {
        package enum Kind: Sendable {
            case text, date, month, number, clock, file, hidden, check
            /// - isNew: one to be chosen. What was typed is never shown again.
            case password(isNew: Bool)
            case select([Option])
        }

        package struct Option: Sendable {
            package var value: String
            package var text: String

            package init(_ value: String, _ text: String) {
                self.value = value
                self.text = text
            }
        }

        package var name: String
        package var label: String
        package var value: String
        package var kind: Kind
        package var hint: String
        package var isNeeded: Bool
        /// In characters.
        package var longest: Int
        /// What is wrong with what was typed; empty where nothing is.
        package var problem = ""

        package init(
            _ name: String, _ label: String, _ value: String = "", kind: Kind = .text, hint: String = "",
            isNeeded: Bool = false, longest: Int = 200
        ) {
            self.name = name
            self.label = label
            self.value = value
            self.kind = kind
            self.hint = hint
            self.isNeeded = isNeeded
            self.longest = longest
        }
    }
}
