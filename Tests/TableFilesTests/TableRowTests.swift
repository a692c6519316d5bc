import TableFiles
import Testing

@Suite struct TableRowTests {
    @Test func rowsOfOneLineAreOneRow() { #expect(TableRow(line: 1, cells: ["a"]) != TableRow(line: 2, cells: ["a"])) }
}
