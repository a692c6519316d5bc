import ArgumentParser
import Foundation
import Testing

@testable import HadirCommands

/// Help is a promise: a change of it must be seen. `HADIR_WRITE_GOLDEN=1 swift test --filter HelpTests` writes the
/// files anew.
@Suite("hadir --help")
struct HelpTests {
    private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appending(path: "Golden")

    private static func commands(
        _ command: any ParsableCommand.Type, _ path: [String]
    ) -> [(path: [String], type: any ParsableCommand.Type)] {
        let children = command.configuration.subcommands.flatMap { child in
            commands(child, path + [child.configuration.commandName ?? "?"])
        }
        return [(path, command)] + children
    }

    private static let all = commands(HadirCommand.self, ["hadir"])

    @Test("Every command's help is as it was", arguments: all.map(\.path))
    func golden(path: [String]) throws {
        let type = try #require(Self.all.first { $0.path == path }).type
        let help = HadirCommand.helpMessage(for: type, columns: 100)
        let file = Self.folder.appending(path: path.joined(separator: "-") + ".txt")
        if ProcessInfo.processInfo.environment["HADIR_WRITE_GOLDEN"] != nil {
            try Data(help.utf8).write(to: file)
        }
        let golden = try String(contentsOf: file, encoding: .utf8)
        #expect(help == golden, "HADIR_WRITE_GOLDEN=1 writes the golden files anew")
        #expect(!help.contains("\t"))
    }

    @Test("No golden file is left of a command that is gone")
    func leftovers() throws {
        let files = try FileManager.default.contentsOfDirectory(atPath: Self.folder.path)
        #expect(Set(files) == Set(Self.all.map { $0.path.joined(separator: "-") + ".txt" }))
    }

    @Test("--help goes to standard output and is no failure; a wrong word is 64 and goes to standard error")
    func streams() async {
        let help = await Shell.run("device", "probe", "--help")
        #expect(help.code == 0 && help.out.contains("USAGE: hadir device probe") && help.err.isEmpty)
        let wrong = await Shell.run("device", "prob")
        #expect(wrong.code == 64 && wrong.out.isEmpty && wrong.err.contains("prob"))
        let bare = await Shell.run([])
        #expect(bare.code == 0 && bare.out.contains("SUBCOMMANDS"))
    }
}
