import Foundation
import ServiceSupport
import Testing

@Suite("File handles that connections leave to the rest")
struct HandlesTests {
    /// The number that the next handle has.
    private static func next() -> Int {
        let descriptor = open("/dev/null", O_RDONLY | O_CLOEXEC)
        defer { close(descriptor) }
        return Int(descriptor)
    }

    @Test("far from the limit they are not scarce")
    func many() { #expect(!Handles.areScarce(most: Self.next() + 1000)) }

    @Test("where the next one is of the reserve, they are scarce")
    func few() {
        #expect(Handles.areScarce(most: Self.next() + Handles.reserve - 16))
        #expect(Handles.areScarce(most: 0))
    }

    @Test("handles that are taken count, and those that come back")
    func taken() {
        let most = Self.next() + Handles.reserve + 24
        let held = (0..<64).map { _ in open("/dev/null", O_RDONLY | O_CLOEXEC) }
        #expect(Handles.areScarce(most: most))
        for descriptor in held { close(descriptor) }
        #expect(!Handles.areScarce(most: most))
    }

    @Test("asking keeps none")
    func keepsNone() {
        let before = Self.next()
        for _ in 0..<100 { _ = Handles.areScarce() }
        #expect(Self.next() < before + 50)
    }
}
