import Foundation
import PageSupport
import Testing

@Suite("Templates and text of pages")
struct PageTemplatesTests {
    private struct View {
        let name: String
    }

    private func render(_ name: String) throws -> String {
        let templates = try PageTemplates([
            "outer": Array("<a title=\"{{name}}\">{{> inner}}</a>".utf8), "inner": Array("{{name}}".utf8),
        ])
        return templates.render(View(name: name), with: "outer")
    }

    @Test(
        "H11 No value becomes markup, also where a combining mark makes another character of a quote or a bracket",
        arguments: ["<script>", "\"\u{301} onclick=x", "'\u{20DD}", "<\u{338}b>", "&lt;", "a\u{0}b"])
    func escaped(value: String) throws {
        let html = try render(value)
        let inside = html.dropFirst("<a title=\"".count).dropLast("</a>".count)
        let parts = inside.unicodeScalars.split(separator: ">", maxSplits: 1).map(String.init)
        for part in [String(parts[0].unicodeScalars.dropLast()), parts[1]] {
            #expect(!part.unicodeScalars.contains { "<>\"'".unicodeScalars.contains($0) })
        }
    }

    @Test("A template that asks for raw output is refused")
    func rawOutput() {
        for text in ["{{{name}}}", "{{& name}}", "{{% CONTENT_TYPE: TEXT}}"] {
            #expect(throws: PageTemplates.Problem.self) { try PageTemplates(["page": Array(text.utf8)]) }
        }
    }

    @Test("Control and bidi characters are shown, not obeyed; long text is cut")
    func shown() {
        #expect(PageText.shown("a\u{202E}b\u{1B}[2Jc\n") == "a\u{FFFD}b\u{FFFD}[2Jc\u{FFFD}")
        #expect(PageText.shown("abcdef", longest: 3) == "abc…")
    }

    @Test("Times, spans and numbers")
    func indonesian() throws {
        let wib = Indonesian(zone: try #require(Indonesian.zone(named: "WIB")))
        let moment = Date(timeIntervalSince1970: 1_795_307_465)
        #expect(wib.zoneName == "WIB")
        #expect(wib.longDate(moment) == "Minggu, 22 November 2026")
        #expect(wib.time(moment) == "07.31.05" && wib.short(moment) == "22 Nov 07.31")
        #expect(Indonesian.span(59) == "59 detik" && Indonesian.span(-5) == "0 detik")
        #expect(Indonesian.span(3600) == "1 jam" && Indonesian.span(.infinity) == "sangat lama")
        #expect(Indonesian.number(1_234_567) == "1.234.567" && Indonesian.number(-12) == "−12")
    }
}
