import Attendance
import AttendanceRules
import CentralAttendance
import Foundation
import Hummingbird

/// A request's body: an object each of whose names is asked for once, with the type it must have.
package struct APIBody {
    private let fields: [String: JSONValue]
    /// Where it stands in the body, for messages.
    private let place: String

    package init(_ bytes: [UInt8]) throws {
        // People send JSON on several lines; the strict reader takes one.
        let line = bytes.map { byte in [0x09, 0x0A, 0x0D].contains(byte) ? 0x20 : byte }.drop { $0 == 0x20 }
        guard case .object(let fields)? = JSONReading.decode(JSONValue.self, from: Array(line)) else {
            throw HTTPError(
                .badRequest, message: "the body is not an object of JSON, with each name once and whole numbers")
        }
        self.init(fields, place: "")
    }

    private init(_ fields: [String: JSONValue], place: String) {
        self.fields = fields
        self.place = place
    }

    /// - Throws: `HTTPError` 400 where there is any other name.
    func only(_ names: String...) throws {
        guard Set(fields.keys).isSubset(of: names) else {
            throw HTTPError(
                .badRequest, message: "\(place)unknown field; known here: \(names.joined(separator: ", "))")
        }
    }

    private func value(_ name: String) -> JSONValue? { fields[name].flatMap { $0 == .null ? nil : $0 } }

    private func wrong(_ name: String, _ what: String) -> HTTPError {
        HTTPError(.badRequest, message: "\(place)\(name) is not \(what)")
    }

    func has(_ name: String) -> Bool { value(name) != nil }

    /// Without characters that steer a terminal or hide what is around them.
    func text(_ name: String, upTo most: Int = 200) throws -> String {
        guard case .text(let text)? = value(name), let plain = Self.plain(text, upTo: most) else {
            throw wrong(name, "a text of 1 to \(most) bytes without control characters")
        }
        return plain
    }

    /// Without spaces around it; `nil` where nothing is left, it is too long, or has other characters than text has.
    static func plain(_ text: String, upTo most: Int) -> String? {
        guard text.utf8.count <= most, isPlain(text) else { return nil }
        let trimmed = text.trimmingCharacters(in: .whitespaces)
        return trimmed.isEmpty ? nil : trimmed
    }

    static func isPlain(_ text: String) -> Bool {
        text.unicodeScalars.allSatisfy { scalar in
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse, .unassigned: false
            default: true
            }
        }
    }

    func date(_ name: String) throws -> CivilDate {
        guard case .text(let text)? = value(name), let date = CivilDate(text: text) else {
            throw wrong(name, "a date YYYY-MM-DD that exists")
        }
        return date
    }

    func moment(_ name: String) throws -> Date {
        guard case .text(let text)? = value(name), let moment = UTC.operatorsDate(text) else {
            throw wrong(name, "a UTC time such as 2026-03-02T00:00:00Z")
        }
        return moment
    }

    /// Minutes from midnight of the date, as `HH:MM`; `nil` where absent. Hours over 23 are the day after.
    func minute(_ name: String) throws -> Int? {
        guard let value = value(name) else { return nil }
        guard case .text(let text) = value, let minute = MinuteOfDay.parse(text) else {
            throw wrong(name, "a time HH:MM from 00:00 to 47:59")
        }
        return minute
    }

    func word<Word: RawRepresentable & CaseIterable>(_ name: String, _ type: Word.Type) throws -> Word
    where Word.RawValue == String {
        guard case .text(let text)? = value(name), let word = Word(rawValue: text) else {
            throw wrong(name, "one of " + Word.allCases.map(\.rawValue).joined(separator: ", "))
        }
        return word
    }

    func list(_ name: String, upTo most: Int) throws -> [APIBody] {
        guard case .array(let values)? = value(name), (1...most).contains(values.count) else {
            throw wrong(name, "a list of 1 to \(most) objects")
        }
        return try values.enumerated().map { index, value in
            guard case .object(let fields) = value else { throw wrong("\(name)[\(index)]", "an object") }
            return APIBody(fields, place: "\(place)\(name)[\(index)].")
        }
    }
}

extension UTC {
    /// People leave the milliseconds out.
    package static func operatorsDate(_ text: String) -> Date? {
        date(text) ?? date(text.replacing(/Z$/, with: ".000Z"))
    }
}
