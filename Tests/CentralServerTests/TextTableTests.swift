import Testing

@testable import CentralServer

@Suite("Tables of text")
struct TextTableTests {
    @Test("a cell stands under its heading, also where the first cell of the row is empty")
    func emptyFirstCell() throws {
        let text = TextTable.text(
            head: ["KODE", "UNIT", "TK"],
            rows: [["1.02", "Dinas Contoh", "3"], ["", "Bagian Umum", "1"], ["", "JUMLAH", "4"]])
        let lines = text.split(separator: "\n")
        let places = lines.map(\.count)
        #expect(lines.count == 4 && Set(places.dropFirst()).count == 1, "\(text)")
        #expect(text.contains("\n      Bagian Umum"))
        #expect(!lines.contains { $0.last == " " })
    }
}
