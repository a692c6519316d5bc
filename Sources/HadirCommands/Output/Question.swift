import Foundation

#if canImport(Glibc)
    import Glibc
#endif

/// What a person is asked at the terminal.
enum Question {
    /// Who answers. Tests put somebody else here.
    @TaskLocal static var answers: @Sendable (String) -> String? = { question in
        guard isatty(0) == 1 else { return nil }
        Terminal.write(toStandardError: TableText.harmless(question) + " ")
        return readLine()
    }

    /// - Parameter flag: what a script writes instead.
    /// - Throws: `CommandFailure` where nobody is there to answer.
    static func ask(_ question: String, insteadOf flag: String) throws -> String {
        guard let answer = answers(question) else {
            throw CommandFailure(.usage, "nobody is at the terminal to confirm: add \(flag)")
        }
        return answer.trimmingCharacters(in: .whitespaces)
    }

    /// - Throws: `CommandFailure` where the answer is not yes.
    static func confirm(_ question: String) throws {
        let answer = try ask("\(question) [y/N]", insteadOf: "--yes").lowercased()
        guard ["y", "yes", "ya"].contains(answer) else { throw CommandFailure(.usage, "nothing was done") }
    }
}
