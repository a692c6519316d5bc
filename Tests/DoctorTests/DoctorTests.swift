import Foundation
import Testing

@testable import Doctor

@Suite("What a doctor says")
struct FindingTableTests {
    @Test("Every finding has one row, with words in both languages")
    func whole() {
        let ids = FindingTable.all.map(\.id)
        #expect(ids.count == Set(ids).count && Set(ids) == Set(FindingID.allCases))
        for row in FindingTable.all {
            for text in row.english.all + row.indonesian.all { #expect(!text.isEmpty, "\(row.id.rawValue)") }
            #expect(row.verdict != .ok)
            #expect(row.english != row.indonesian)
            let shape = row.id.rawValue.wholeMatch(of: /[a-z]+\.[a-z_]+/)
            #expect(shape != nil, "\(row.id.rawValue)")
        }
    }

    @Test("Both languages of a finding tell the same facts")
    func sameFacts() {
        for row in FindingTable.all {
            func names(_ words: FindingWords) -> Set<String> {
                Set(words.all.joined().matches(of: /\{[a-z]+\}/).map { String($0.output) })
            }
            #expect(names(row.english) == names(row.indonesian), "\(row.id.rawValue)")
        }
    }

    @Test("Indonesian where the environment says so, English otherwise")
    func language() {
        #expect(Language(variables: ["LANG": "id_ID.UTF-8"]) == .indonesian)
        #expect(Language(variables: ["LANG": "en_US.UTF-8", "LC_ALL": "id_ID"]) == .indonesian)
        #expect(Language(variables: ["LANG": "id_ID.UTF-8", "LC_ALL": "C"]) == .english)
        #expect(Language(variables: ["LANG": "idx_XX"]) == .english)
        #expect(Language(variables: [:]) == .english)
    }

    @Test("docs/doctor.md is what the table says; HADIR_WRITE_GOLDEN=1 writes it anew")
    func document() throws {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let file = root.appending(path: "docs/doctor.md")
        let made = DoctorDocument.table
        var text = try String(contentsOf: file, encoding: .utf8)
        let (start, end) = ("<!-- begin of the table -->\n", "<!-- end of the table -->")
        let from = try #require(text.range(of: start)).upperBound
        let to = try #require(text.range(of: end)).lowerBound
        if ProcessInfo.processInfo.environment["HADIR_WRITE_GOLDEN"] != nil {
            text.replaceSubrange(from..<to, with: made)
            try Data(text.utf8).write(to: file)
        } else {
            #expect(String(text[from..<to]) == made, "HADIR_WRITE_GOLDEN=1 swift test --filter FindingTableTests")
        }
    }
}

@Suite("An examination")
struct ExaminationTests {
    @Test("Faults come first, then warnings, then what nobody saw, then what is well")
    func order() async {
        let report = await Examination([
            Check(.config) { CheckOutcome([Finding(.notPermitted, "x")]) },
            Check(.clock) { CheckOutcome([Finding(.clockUnsynchronised)]) },
            Check(.network) { CheckOutcome([], ["interfaces": .text("eth0")]) },
            Check(.disk) { CheckOutcome([Finding(.diskFull, "", ["path": .text("/"), "free": .bytes(5 << 20)])]) },
        ]).run()
        #expect(report.findings.map(\.id) == [.diskFull, .clockUnsynchronised, .notPermitted])
        #expect(!report.isWell && report.count(.fault) == 1 && report.count(.warning) == 1)
        let text = report.text(in: .indonesian)
        #expect(text.hasPrefix("GANGGUAN       Penyimpanan / penuh: tersisa 5 MiB."))
        #expect(
            text.hasSuffix(
                "1 gangguan, 1 perhatian, 1 baik. Mulai dari gangguan paling atas, lalu jalankan pemeriksaan ini lagi.")
        )
        #expect(text.contains("baik           jaringan: tersambung lewat eth0"))
        #expect(!text.contains("{"))
    }

    @Test("A check that hangs is given up after its limit and holds up no other")
    func hangs() async {
        let report = await Examination([
            Check(.disk, limit: .milliseconds(50), late: .diskHangs) {
                await withCheckedContinuation { (never: CheckedContinuation<Void, Never>) in Held.keep(never) }
                return CheckOutcome()
            },
            Check(.clock) { CheckOutcome() },
            Check(.device, "lobby", limit: .milliseconds(50)) {
                await withCheckedContinuation { (never: CheckedContinuation<Void, Never>) in Held.keep(never) }
                return CheckOutcome()
            },
        ]).run()
        #expect(report.findings.map(\.id) == [.diskHangs, .tooLong])
        #expect(report.results.map(\.verdict) == [.fault, .ok, .warning])
        Held.release()
    }

    @Test("One fault that several checks see is told once")
    func once() async {
        let same = Finding(.dnsFails, "", ["host": .text("pusat.example")])
        let again = Finding(.dnsFails, "", ["host": .text("https://pusat.example")], detail: "pusat.example")
        let report = await Examination([
            Check(.dns) { CheckOutcome([same]) }, Check(.centre) { CheckOutcome([again]) },
        ]).run()
        #expect(report.findings == [same])
    }

    @Test("Nothing in a name or an error moves the cursor")
    func harmless() async {
        let finding = Finding(.deviceTrouble, "lob\u{1B}[2Jby", detail: "a\u{202E}b\r\nc")
        let report = await Examination([Check(.device, "lob\u{1B}by") { CheckOutcome([finding]) }]).run()
        let text = report.text(in: .english)
        #expect(text.contains("lob?[2Jby") && text.contains("a?b??c"))
        let page = report.page(in: .english)
        #expect(page.findings.first?.subject == "lob?[2Jby" && page.findings.first?.detail == "a?b??c")
        #expect(page.ok == false && page.checks == [.init(check: "device", subject: "lob?by", verdict: "fault")])
    }
}

/// A continuation nobody resumes until the test is over.
private enum Held {
    private static let lock = NSLock()
    nonisolated(unsafe) private static var kept: [CheckedContinuation<Void, Never>] = []  // safe: behind the lock.

    static func keep(_ continuation: CheckedContinuation<Void, Never>) { lock.withLock { kept.append(continuation) } }

    static func release() {
        lock.withLock {
            for continuation in kept { continuation.resume() }
            kept = []
        }
    }
}
