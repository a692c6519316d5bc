import Attendance
import CentralStore
import Crypto
import Foundation
import Logging
import Testing

@testable import CentralServer

@Suite("Workdays behind the server")
struct WorkdayServiceTests {
    private func service(_ store: any CentralStore) -> WorkdayService {
        WorkdayService(
            store: store, pages: PagesSettings(), now: { Date(timeIntervalSince1970: 1_772_409_600) },
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }

    @Test("A store that fails is asked again after 1, 2, 4 looks, not at every one")
    func backOff() async throws {
        let service = service(BrokenStore(key: Curve25519.Signing.PrivateKey().publicKey))
        for _ in 0..<8 { await service.look() }
        #expect(await service.asked == 3)
    }

    @Test("The store is asked after a transaction and once in a while; where nothing waits, nothing is written")
    func quiet() async throws {
        try await Centre.run(.router) { centre, _ in
            let service = service(centre.store)
            for _ in 0..<3 { await service.look() }
            let (asked, commits) = (await service.asked, centre.store.commits)
            for _ in 0..<(WorkdayService.quietLooks - 3) { await service.look() }
            #expect(await service.asked == asked)
            for _ in 0..<WorkdayService.quietLooks { await service.look() }
            #expect(await service.asked == asked + 1)
            #expect(centre.store.commits == commits)
            try await centre.store.checkWritable()
            await service.look()
            #expect(await service.asked == asked + 2)
        }
    }

    @Test("The bell is followed at once and counts as no look of its own; a failing store is not hurried by it")
    func bell() async throws {
        try await Centre.run(.router) { centre, _ in
            let service = service(centre.store)
            await service.look()
            let asked = await service.asked
            for _ in 0..<(2 * WorkdayService.quietLooks) { await service.look(isRung: true) }
            #expect(await service.asked == asked)
            try await centre.store.checkWritable()
            await service.look(isRung: true)
            #expect(await service.asked == asked + 1)
        }
        let failing = service(BrokenStore(key: Curve25519.Signing.PrivateKey().publicKey))
        for _ in 0..<8 { await failing.look() }
        for _ in 0..<100 { await failing.look(isRung: true) }
        #expect(await failing.asked == 3)
    }
}
