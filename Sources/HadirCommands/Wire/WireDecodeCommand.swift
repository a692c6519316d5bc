import ArgumentParser
import Foundation
import ZKWire

/// `hadir wire`: what the bytes of a capture say.
package struct WireCommand: ParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "wire", abstract: "Look at the bytes devices send.", subcommands: [WireDecodeCommand.self])

    package init() {}
}

/// `hadir wire decode`: frames or records in, JSON out. It reads nothing but its input and reaches no device.
package struct WireDecodeCommand: ParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "decode",
        abstract: "Tell what frames or records say, as JSON.",
        discussion: """
            HEX may hold white space, colons and 0x. "-" reads it from standard input; there, with --transport udp, \
            every line is one datagram. An answer is read as far as its bytes are certain; --reply-to tells the rest.

              hadir wire decode 5050827d08000000e80317fc00000000
              hadir wire decode --reply-to CMD_GET_TIME 5050827d0c000000d007f2e4315a090022868031
              hadir wire decode --record attendance --size 40 - < record.hex
            """)

    @Option(help: "tcp or udp; by default tcp where the bytes begin with 5050827d.")
    var transport: WireDescription.Transport?

    @Option(help: "The command the frames answer, by name or number: CMD_GET_TIME or 201.")
    var replyTo: String?

    @Option(help: "Records without a frame: attendance, user, operation, template, time or authkey.")
    var record: RecordDescription.Kind?

    @Option(help: "Bytes of one attendance (8, 16, 22, 40, 49) or user record (16, 28, 72).")
    var size: Int?

    @Option(help: "The session id an authkey was made for.")
    var session: UInt16?

    @Flag(help: "One line of JSON.")
    var compact = false

    @Argument(help: "The bytes in hex, or - to read standard input.")
    var hex: String

    package init() {}

    package func validate() throws {
        if record != nil, transport != nil || replyTo != nil {
            throw ValidationError("--record has no frame around it: leave --transport and --reply-to out")
        }
        if record == nil, size != nil || session != nil {
            throw ValidationError("--size and --session go with --record")
        }
    }

    package func run() throws {
        do {
            Terminal.print(try describe(Self.text(hex)).json(pretty: !compact))
        } catch let error as WireInputError {
            Terminal.say("hadir wire decode: \(error)")
            throw ExitCode(65)  // EX_DATAERR
        }
    }

    /// What `text` says under this command's options.
    func describe(_ text: String) throws(WireInputError) -> WireValue {
        if let record {
            return try RecordDescription.describe(WireInput.bytes(text), as: record, size: size, session: session)
        }
        let request = try requestCommand()
        let lines = try WireInput.lines(text)
        let bytes = lines.flatMap { $0 }
        switch transport ?? WireDescription.transport(of: bytes) {
        case .tcp: return try WireDescription.tcp(bytes, request: request)
        case .udp: return try WireDescription.udp(lines, request: request)
        }
    }

    private func requestCommand() throws(WireInputError) -> Command? {
        guard let replyTo else { return nil }
        if let number = UInt16(replyTo) { return Command(rawValue: number) }
        let name = replyTo.uppercased()
        let found = (UInt16.min...UInt16.max).lazy.map { Command(rawValue: $0) }
            .first { $0.name == name || $0.name == "CMD_\(name)" }
        guard let found else {
            throw WireInputError("\(replyTo) is no command; give its number, or a name such as CMD_GET_TIME")
        }
        return found
    }

    private static func text(_ argument: String) throws -> String {
        guard argument == "-" else { return argument }
        // One byte more than is read tells that there is too much.
        let data = try FileHandle.standardInput.read(upToCount: WireInput.longest + 1) ?? Data()
        return String(decoding: data, as: UTF8.self)
    }
}

extension WireDescription.Transport: ExpressibleByArgument {}
extension RecordDescription.Kind: ExpressibleByArgument {}
