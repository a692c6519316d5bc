import AttendanceRules
import Foundation

/// Why one change is refused; its place in the set is put to it where the set is gone through.
struct Refused: Error {
    let reason: ChangeRefusal.Reason

    init(_ reason: ChangeRefusal.Reason) { self.reason = reason }

    static func malformed(_ text: String) -> Refused { Refused(.malformed(text)) }
}

/// What every text and span must be before it is kept.
enum ChangeCheck {
    /// In bytes.
    static let longestText = 200
    static let longestReason = 2000

    /// - Throws: where it is empty, longer than 200 bytes, or has control characters.
    static func text(_ text: String, _ what: String) throws(Refused) {
        guard text.utf8.contains(where: { $0 != 0x20 }) else { throw .malformed("\(what) is empty") }
        try note(text, what)
    }

    /// The same, where nothing may be said, too.
    static func note(_ text: String, _ what: String, longest: Int = longestText) throws(Refused) {
        guard text.utf8.count <= longest else { throw .malformed("\(what) is longer than \(longest) bytes") }
        guard text.unicodeScalars.allSatisfy({ $0.properties.generalCategory != .control }) else {
            throw .malformed("\(what) has control characters")
        }
    }

    /// A number is text, and what cannot be seen makes no other one of it.
    static func number(_ number: String) throws(Refused) {
        try text(number, "the number")
        let ends = [number.unicodeScalars.first, number.unicodeScalars.last].compactMap { $0 }
        guard !ends.contains(where: \.properties.isWhitespace),
            !number.unicodeScalars.contains(where: { $0.properties.generalCategory == .format })
        else { throw .malformed("the number has spaces at its ends or characters that cannot be seen") }
    }

    static func span(_ span: DateSpan) throws(Refused) {
        guard span.isSane else { throw .malformed("the span ends before it begins") }
    }
}

extension ChangeRefusal.Reason: CustomStringConvertible {
    package var description: String {
        switch self {
        case .changedMeanwhile: "somebody else changed something in the meantime; plan again and look at the result"
        case .unknownUnit(let name): "there is no unit \(Self.quoted(name))"
        case .unknownEmployee(let number): "there is no employee \(Self.quoted(number))"
        case .unknownDevice(let serial): "there is no device \(Self.quoted(serial))"
        case .unknownLink(let id): "there is no link \(id)"
        case .unknownFile(let digest): "no scan came from a file \(Self.quoted(digest))"
        case .circle(let unit): "the unit \(Self.quoted(unit)) would be above itself"
        case .codeTaken(let code): "the code \(Self.quoted(code)) is another unit's"
        case .numberTaken(let number): "the number \(Self.quoted(number)) is another person's"
        case .claimed(let userID, let number, let span):
            "the user id \(Self.quoted(userID)) is \(Self.quoted(number))'s \(Self.days(span))"
        case .leaveOverlaps(let id, let span): "leave \(id) has some of these days: \(Self.days(span))"
        case .malformed(let text): text
        }
    }

    private static func days(_ span: DateSpan) -> String {
        span.to.map { "from \(span.from) to \($0)" } ?? "from \(span.from) on"
    }

    /// What was typed or came from a device, as JSON: nothing of it can steer a terminal.
    private static func quoted(_ text: String) -> String {
        let shown = String(text.unicodeScalars.prefix(80))
        let scalars = shown.unicodeScalars.map { scalar in
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .surrogate, .unassigned:
                "\\u{\(String(scalar.value, radix: 16))}"
            default: String(scalar)
            }
        }
        return "\"\(scalars.joined())\""
    }
}
