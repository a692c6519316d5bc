import CentralAttendance
import Testing

@Suite struct ExamplesTests {
    @Test func namesAreUnique() { #expect(Set(Examples.names).count == Examples.names.count) }
}
