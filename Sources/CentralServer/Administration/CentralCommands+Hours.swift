import AttendanceRules
import CentralAttendance
import CentralStore
import Foundation
import ServiceSupport

/// Texts of schedules and rule sets: read, tried, kept.
extension CentralCommands {
    /// Every text that comes with the program, with its title.
    package static func samples(of kind: HoursText.Kind) throws -> [TextSummary] {
        try shipped(kind).map { try summary(kind, $0.text, path: $0.name) }
    }

    /// One text that comes with the program, as it is.
    package static func sample(_ kind: HoursText.Kind, named name: String) throws -> String {
        guard let text = shipped(kind).first(where: { $0.name == name })?.text else {
            let hint = ConfigurationText.suggestion(name, among: shipped(kind).map(\.name))
            throw CentralError(.usage, "no \(kind.noun) of that name comes with the program\(hint)")
        }
        return text
    }

    /// What a file holds.
    ///
    /// - Throws: `CentralError`, with every finding and its line.
    package static func check(_ kind: HoursText.Kind, file path: String) throws -> TextSummary {
        try summary(kind, read(path), path: path)
    }

    /// Runs the examples of a rule set's text.
    ///
    /// - Parameter schedules: files of further schedules that examples name.
    package static func test(rules path: String, schedules: [String] = []) throws -> RulesTest {
        var own: [String: Schedule] = [:]
        for file in schedules {
            let schedule = try explained { () throws(ConfigurationFileError) in
                try ScheduleFile.parse(ConfigurationText.read(path: file), path: file)
            }
            own[schedule.name] = schedule
        }
        return try test(rules: read(path), path: path, schedules: own)
    }

    private static func test(rules text: String, path: String, schedules: [String: Schedule]) throws -> RulesTest {
        try explained { () throws(ConfigurationFileError) in
            RulesTest(
                file: path,
                try RuleSetFile.parse(text, path: path) { schedules[$0] ?? Examples.schedule(named: $0) })
        }
    }

    /// Keeps a text at the centre; one of the same kind and name takes the earlier one's place.
    package static func add(
        _ kind: HoursText.Kind, file path: String, in state: StateDirectory
    ) async throws -> TextSummary {
        let text = try read(path)
        let added = try summary(kind, text, path: path)
        if kind == .rules {
            let test = try test(rules: text, path: path, schedules: try await schedules(in: state))
            guard test.isRight else {
                throw CentralError(
                    .configuration,
                    "\(path): \(test.differences) of \(test.examples.count) examples come out otherwise; nothing was kept. "
                        + "`hadir-central rules test \(path)` shows them")
            }
        }
        try await change([.text(kind, name: added.name, text: text, span: added.span)], in: state)
        return added
    }

    /// The texts in force, newest of each name.
    package static func texts(_ kind: HoursText.Kind, in state: StateDirectory) async throws -> [StoredText] {
        try await hours(in: state).texts.filter { $0.kind == kind }.sorted { $0.name < $1.name }.map { text in
            StoredText(text, try? summary(kind, text.text, path: text.name))
        }
    }

    /// Marks that steer a terminal or turn text around, which a comment may have, are shown as `?`.
    package static func text(_ kind: HoursText.Kind, named name: String, in state: StateDirectory) async throws
        -> String
    {
        let texts = try await hours(in: state).texts.filter { $0.kind == kind }
        guard let text = texts.first(where: { $0.name == name })?.text else {
            throw CentralError(.usage, "there is no \(kind.noun) \(name)\(known(texts.map(\.name), add: kind))")
        }
        return harmless(text)
    }

    static func harmless(_ text: String) -> String {
        String(
            String.UnicodeScalarView(
                text.unicodeScalars.map { scalar in
                    if scalar == "\n" || scalar == "\t" { return scalar }
                    switch scalar.properties.generalCategory {
                    case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .surrogate: return "?"
                    default: return scalar
                    }
                }))
    }

    // MARK: Parts

    package static func hours(in state: StateDirectory) async throws -> Hours {
        try await read(state) { store in try await store.hours() }
    }

    /// Those kept, by name; a text that an earlier version could read and this one cannot is left out.
    static func schedules(in state: StateDirectory) async throws -> [String: Schedule] {
        var schedules: [String: Schedule] = [:]
        for text in try await hours(in: state).texts where text.kind == .schedule {
            schedules[text.name] = try? ScheduleFile.parse(text.text, path: text.name)
        }
        return schedules
    }

    static func change(_ changes: [HoursChange], in state: StateDirectory) async throws {
        switch try await perform(.attendance(.hours(changes)), in: state) {
        case .attendance(.done): return
        case .attendance(.refused(_, let text)): throw CentralError(.usage, "nothing was changed: \(text)")
        default: throw CentralError(.unavailable, "the server gave another kind of answer")
        }
    }

    static func known(_ names: [String], add kind: HoursText.Kind) -> String {
        let command = kind == .rules ? "rules" : "schedule"
        guard !names.isEmpty else { return "; `hadir-central \(command) add FILE` keeps one" }
        return "; there are \(names.sorted().joined(separator: ", "))"
    }

    private static func shipped(_ kind: HoursText.Kind) -> [(name: String, text: String)] {
        kind == .rules ? Examples.rules : Examples.schedules
    }

    private static func read(_ path: String) throws -> String {
        guard FileManager.default.fileExists(atPath: path) else {
            throw CentralError(.usage, "\(path): there is no such file")
        }
        return try explained { () throws(ConfigurationFileError) in try ConfigurationText.read(path: path) }
    }

    private static func summary(_ kind: HoursText.Kind, _ text: String, path: String) throws -> TextSummary {
        try explained { () throws(ConfigurationFileError) in
            switch kind {
            case .schedule: TextSummary(try ScheduleFile.parse(text, path: path))
            case .rules: TextSummary(try RuleSetFile.parse(text, path: path))
            }
        }
    }

    private static func explained<Value>(_ work: () throws(ConfigurationFileError) -> Value) throws -> Value {
        do {
            return try work()
        } catch {
            throw CentralError(.configuration, error.description)
        }
    }
}

extension HoursText.Kind {
    var noun: String { self == .rules ? "rule set" : "schedule" }
}
