import Foundation
import Logging
import Testing

@testable import ServiceSupport

@Suite("The log")
struct ServiceLogTests {
    @Test("One line per event: time or priority, level, name, fields in order")
    func lines() {
        let fields = ["device": "lobby", "code": "device_no_answer", "problem": "it says \"no\""]
        #expect(
            ServiceLog.line("device.failed", .warning, fields, at: Date(timeIntervalSince1970: 1_795_392_000))
                == "2026-11-23T00:00:00Z warning device.failed code=device_no_answer device=lobby problem=\"it says \\\"no\\\"\"\n"
        )
        #expect(ServiceLog.line("device.failed", .critical, [:], at: nil) == "<2>device.failed\n")
    }

    @Test(
        "H13 What came from outside ends no line, moves no cursor and turns no text",
        arguments: ["a\nb", "\u{1b}[2J", "\u{202e}x", "\u{0}", "\r", "\u{2028}"])
    func hostile(text: String) {
        let line = ServiceLog.line("device.failed", .info, ["problem": text], at: nil)
        #expect(
            line.dropLast().unicodeScalars.allSatisfy { $0.value >= 32 && $0.value != 0x202e && $0.value != 0x2028 })
        #expect(line.hasSuffix("\"\n"))
    }

    @Test("G6 A pipe that nobody empties holds up nobody; what was dropped is counted when it flows again")
    func fullPipe() throws {
        var ends: [Int32] = [0, 0]
        try #require(pipe(&ends) == 0)
        let (reading, writing) = (ends[0], ends[1])
        let output = ServiceLog.Output(descriptor: writing, isJournal: true)
        let long = String(repeating: "x", count: 1000)
        for number in 0..<3000 { output.write("\(number) \(long)\n") }
        // The pipe takes 64 KiB, a thousand lines wait, the rest is gone; we are here all the same.
        output.flush()
        var text = ""
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while !text.contains("log.dropped") {
            let count = read(reading, &buffer, buffer.count)
            try #require(count > 0)
            text += String(decoding: buffer.prefix(count), as: UTF8.self)
        }
        let lines = text.split(separator: "\n")
        let dropped = try #require(Int(lines.last?.split(separator: "=").last ?? ""))
        #expect(lines.last?.hasPrefix("<4>log.dropped lines=") == true)
        #expect(lines.count - 1 + dropped == 3000)
        #expect(dropped > 1000)
        close(reading)
        close(writing)
    }
}
