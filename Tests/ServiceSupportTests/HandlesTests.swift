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

    @Test("where only half of the reserve is left they are scarce, and not once those that were taken come back")
    func taken() {
        let most = Self.next() + Handles.reserve + 24
        let held = (0..<40).map { _ in open("/dev/null", O_RDONLY | O_CLOEXEC) }
        #expect(Handles.areScarce(most: most))
        for descriptor in held { close(descriptor) }
        #expect(!Handles.areScarce(most: most))
        #expect(Handles.areScarce(most: 0))
    }

    @Test("handles with the last numbers do no harm while there are many below them")
    func highNumbers() {
        let most = Self.next() + 200
        let held = (most - Handles.reserve..<most).map { fcntl(0, F_DUPFD_CLOEXEC, Int32($0)) }
        #expect(!Handles.areScarce(most: most))
        for descriptor in held { close(descriptor) }
    }

    @Test("one that came back below does not hide that the others are taken")
    func oneBelow() {
        let most = Self.next() + Handles.reserve + 24
        let held = (0..<50).map { _ in open("/dev/null", O_RDONLY | O_CLOEXEC) }
        close(held[0])
        #expect(Handles.areScarce(most: most))
        for descriptor in held.dropFirst() { close(descriptor) }
    }

    @Test("asking keeps none")
    func keepsNone() {
        let before = Self.next()
        for _ in 0..<100 { _ = Handles.areScarce() }
        #expect(Self.next() < before + 50)
    }
}
