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

    @Test("Marks stacked on one letter are cut, those of real words are not")
    func marks() {
        #expect(PageText.shown("e\u{301}\u{323}a") == "e\u{301}\u{323}a")
        let stacked = PageText.shown("Z" + String(repeating: "\u{489}", count: 50) + "b")
        #expect(stacked.unicodeScalars.count == 7 && stacked.unicodeScalars.last == "b")
        #expect(PageText.shown("abc", longest: -1) == "…" && PageText.shown("", longest: 0) == "")
    }

    @Test("Moments near and far, and in the form machines read")
    func moments() throws {
        let wib = Indonesian(zone: try #require(Indonesian.zone(named: "WIB")))
        let moment = Date(timeIntervalSince1970: 1_795_307_465)
        #expect(Indonesian.machine(moment) == "2026-11-22T00:31:05Z" && wib.wall(moment) == "2026-11-22T07:31:05")
        #expect(wib.near(moment, to: moment.addingTimeInterval(60)) == "07.31")
        #expect(wib.near(moment, to: moment.addingTimeInterval(86400)) == "22 Nov 07.31")
        #expect(wib.near(moment, to: moment.addingTimeInterval(90 * 86400)) == "22 Nov 2026 07.31")
        #expect(wib.hour(moment) == 7 && Indonesian.month(11) == "November" && Indonesian.month(.min) == nil)
        for seconds in [-Double.infinity, -1e300, 1e300, .infinity] {
            #expect(wib.wall(Date(timeIntervalSince1970: seconds)).utf8.count == 19)
        }
    }

    @Test("Sizes and shares")
    func sizes() {
        #expect(Indonesian.bytes(512) == "512 byte" && Indonesian.bytes(12_340_000_000) == "12,3 GB")
        #expect(Indonesian.bytes(999_999) == "1 MB" && Indonesian.bytes(.min) == "0 byte")
        #expect(Indonesian.bytes(.max) == "9,2 EB" && Indonesian.decimal(-0.04) == "0")
        #expect(Indonesian.percent(0.999) == ">\u{A0}99%" && Indonesian.percent(1) == "100%")
        #expect(
            Indonesian.percent(0.001) == "<\u{A0}1%")
        #expect(Indonesian.percent(.nan) == "–" && Indonesian.percent(-4) == "0%")
        #expect(
            Indonesian.percent(0.01) == "1%" && Indonesian.percent(0.99) == "99%" && Indonesian.percent(7) == "100%")
        #expect(Indonesian.span(.nan) == "–")
    }

    @Test("A template's last line end is not shown")
    func lineEnd() throws {
        let templates = try PageTemplates(["outer": Array("a{{> inner}}b\n".utf8), "inner": Array("{{name}}\n".utf8)])
        #expect(templates.render(View(name: "x"), with: "outer") == "axb")
    }
}
