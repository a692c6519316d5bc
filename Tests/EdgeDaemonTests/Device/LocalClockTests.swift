import EdgeDaemon
import Foundation
import Testing
import ZKWire

@Suite struct LocalClockTests {
    private let jakarta = LocalClock(timezone: "Asia/Jakarta")
    /// 2026-03-02 07:00:00 in Jakarta.
    private let seven = Date(timeIntervalSince1970: 1_772_409_600)

    private func time(_ second: Int) throws -> PackedTime {
        try #require(PackedTime(.init(year: 2026, month: 3, day: 2, hour: 7, minute: 0, second: second)))
    }

    @Test("a device that is right is 0 s off, wherever in its second it is asked", arguments: [0, 0.01, 0.5, 0.99])
    func right(fraction: Double) throws {
        #expect(jakarta.offset(of: try time(30), at: seven.addingTimeInterval(30 + fraction)) == 0)
    }

    @Test("fast is positive, slow negative")
    func off() throws {
        #expect(jakarta.offset(of: try time(40), at: seven.addingTimeInterval(30.3)) == 10)
        #expect(jakarta.offset(of: try time(20), at: seven.addingTimeInterval(30.3)) == -10)
    }

    @Test("a date that does not exist has no offset")
    func noDate() throws {
        let february = try #require(PackedTime(.init(year: 2026, month: 2, day: 30, hour: 8, minute: 0, second: 0)))
        #expect(jakarta.offset(of: february, at: seven) == nil)
    }
}
