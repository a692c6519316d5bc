import ZKWire

/// One `<Row>` of a reply: its elements by name. Nothing in it is trusted to be what its name says.
///
/// Firmware does not escape: a name may have a raw `&`, `<` or control bytes in it (zk-soap, section 3). Elements are
/// therefore taken one behind the other, so that what looks like a tag inside a name is part of the name.
package struct SOAPRow: Sendable {
    package struct Element: Sendable {
        package let name: ArraySlice<UInt8>
        package let value: ArraySlice<UInt8>

        package init(name: ArraySlice<UInt8>, value: ArraySlice<UInt8>) {
            self.name = name
            self.value = value
        }
    }

    package let elements: [Element]

    package init(elements: [Element]) { self.elements = elements }

    /// More than any row has.
    static let mostElements = 64
    /// Never kept, not even for the moment.
    private static let secrets = ["Password", "Template"].map { Array($0.utf8) }
    private static let nameElement = Array("Name".utf8)

    /// - Parameter bytes: what stands between `<Row>` and `</Row>`.
    package init(_ bytes: ArraySlice<UInt8>) {
        var elements: [Element] = []
        var rest = bytes
        while elements.count < Self.mostElements, let open = rest.firstIndex(of: Mark.open) {
            rest = rest[open...].dropFirst()
            guard let close = rest.firstIndex(of: Mark.close) else { break }
            let tag = rest[..<close]
            rest = rest[close...].dropFirst()
            let name = tag.prefix { !Mark.isSpace($0) && $0 != Mark.slash }
            guard !name.isEmpty else { continue }
            var value = rest.prefix(0)
            if tag.last != Mark.slash { value = Self.value(of: name, cutFrom: &rest) }
            if !Self.secrets.contains(where: { name.elementsEqual($0) }) {
                elements.append(Element(name: name, value: value))
            }
        }
        self.elements = elements
    }

    /// Up to the closing tag, which is taken away, too; where it is missing, up to the next tag.
    private static func value(
        of name: ArraySlice<UInt8>, cutFrom rest: inout ArraySlice<UInt8>
    ) -> ArraySlice<UInt8> {
        let end = Mark.closing(name)
        // A name may hold anything a person could type: its last closing tag is the real one.
        let found = name.elementsEqual(nameElement) ? rest.lastRange(of: end) : rest.firstRange(of: end)
        guard let found else {
            let value = rest.prefix { $0 != Mark.open }
            rest = rest[value.endIndex...]
            return value
        }
        defer { rest = rest[found.upperBound...] }
        return rest[..<found.lowerBound]
    }

    /// The first element of that name; `nil` where there is none.
    package subscript(name: String) -> ArraySlice<UInt8>? {
        elements.first { $0.name.elementsEqual(name.utf8) }?.value
    }

    /// `nil` where it is missing or no number of up to nine digits.
    package func number(_ name: String) -> Int? {
        guard let value = self[name].map(Mark.trimmed), (1...9).contains(value.count),
            value.allSatisfy({ Mark.digits.contains($0) })
        else { return nil }
        return value.reduce(0) { $0 * 10 + Int($1 - Mark.digits.lowerBound) }
    }
}

extension SOAPRow {
    /// A row of `GetAttLog`.
    ///
    /// `PIN` is the number the person types (zk-soap, section 3). What is missing or unreadable is kept as such, and
    /// flagged where punches are made of it: no row is dropped. Its evidence is the values with tabs between, because a
    /// row has 130 bytes and a punch keeps 64.
    package var scan: TextScan {
        var raw: [UInt8] = []
        for element in elements where raw.count < 64 {
            if !raw.isEmpty { raw.append(UInt8(ascii: "\t")) }
            raw += element.value.prefix(64 - raw.count)
        }
        return TextScan(
            userID: Mark.trimmed(self["PIN"] ?? []), time: Mark.trimmed(self["DateTime"] ?? []),
            verify: number("Verified") ?? 0,
            state: number("Status") ?? 255,
            workCode: self["WorkCode"].map { SOAPText.text(Mark.trimmed($0)) }, raw: raw)
    }

    /// A row of the user list; `nil` where it names nobody.
    package var user: SOAPUser? {
        let typed = Mark.trimmed(self["PIN2"] ?? [])
        let userID = typed.isEmpty ? Mark.trimmed(self["PIN"] ?? []) : typed
        guard !userID.isEmpty else { return nil }
        return SOAPUser(
            index: number("PIN"), userID: Array(userID), name: Redacted(Array(Mark.trimmed(self["Name"] ?? []))),
            privilege: number("Privilege") ?? 0, card: number("Card"), group: number("Group"))
    }

    /// The clock of a `GetDate` reply; `nil` where no date can be read.
    package var clock: PackedTime? {
        guard let date = self["Date"], let time = self["Time"] else { return nil }
        let numbers = [(date, UInt8(ascii: "-")), (time, UInt8(ascii: ":"))].flatMap { text, mark in
            Mark.trimmed(text).split(separator: mark, omittingEmptySubsequences: false).map { SOAPText.number($0) }
        }
        let parts = numbers.compactMap { $0 }
        guard numbers.count == 6, parts.count == 6 else { return nil }
        return PackedTime(
            PackedTime.Parts(
                year: parts[0], month: parts[1], day: parts[2], hour: parts[3], minute: parts[4], second: parts[5]))
    }

    /// Whether a command was carried out: by its number, because the words differ (zk-soap, section 3).
    package var succeeded: Bool { number("Result") == 1 }

    /// The value of a `GetOption` reply; empty where the device does not tell (the X100-C; zk-soap, section 2).
    package var option: String { SOAPText.text(Mark.trimmed(self["Value"] ?? [])) }
}

/// One person of a device's user list, without password and templates.
package struct SOAPUser: Hashable, Sendable, CustomStringConvertible {
    package let index: Int?
    /// The number the person types: `PIN2`, or `PIN` where the device has no other.
    package let userID: [UInt8]
    package let name: Redacted
    package let privilege: Int
    package let card: Int?
    package let group: Int?

    package var description: String { "user \(index.map { "\($0)" } ?? "without index")" }
}

package enum SOAPText {
    /// UTF-8 where it is, else Latin-1: replies do not say (zk-soap, section 3).
    package static func text(_ bytes: some Collection<UInt8>) -> String {
        String(validating: bytes, as: UTF8.self)
            ?? String(String.UnicodeScalarView(bytes.map { Unicode.Scalar($0) }))
    }

    static func number(_ text: ArraySlice<UInt8>) -> Int? {
        guard (1...4).contains(text.count), text.allSatisfy({ Mark.digits.contains($0) }) else { return nil }
        return text.reduce(0) { $0 * 10 + Int($1 - Mark.digits.lowerBound) }
    }
}

/// The few bytes that mean something in a reply.
enum Mark {
    static let open = UInt8(ascii: "<")
    static let close = UInt8(ascii: ">")
    static let slash = UInt8(ascii: "/")
    static let digits = UInt8(ascii: "0")...UInt8(ascii: "9")

    static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }

    static func closing(_ name: some Collection<UInt8>) -> [UInt8] { [open, slash] + name + [close] }

    static func trimmed(_ text: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        var text = text.drop(while: isSpace)
        while let last = text.last, isSpace(last) { text.removeLast() }
        return text
    }
}

extension ArraySlice<UInt8> {
    /// Where `wanted` stands first.
    func firstRange(of wanted: [UInt8]) -> Range<Int>? {
        guard let first = wanted.first else { return nil }
        var from = self[...]
        while let start = from.firstIndex(of: first) {
            from = from[start...]
            guard from.count >= wanted.count else { return nil }
            if from.prefix(wanted.count).elementsEqual(wanted) { return start..<(start + wanted.count) }
            from = from.dropFirst()
        }
        return nil
    }

    /// Where `wanted` stands last.
    func lastRange(of wanted: [UInt8]) -> Range<Int>? {
        var found: Range<Int>?
        var from = self[...]
        while let next = from.firstRange(of: wanted) {
            found = next
            from = from[next.upperBound...]
        }
        return found
    }
}
