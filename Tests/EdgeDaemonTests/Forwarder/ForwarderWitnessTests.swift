import Attendance
import EdgeDaemon
import EdgeStore
import Foundation
import Testing

@Suite("The centre's audit log seen from an edge")
struct ForwarderWitnessTests {
    private func head(_ seq: Int64, _ name: String = "a") -> AuditHead {
        AuditHead(seq: seq, hash: .of(Array("\(name)\(seq)".utf8)))
    }

    private func echo(_ rig: ForwarderRig) async throws -> AuditHead? {
        try Batch(parsing: try #require(await rig.centre.posted.last)).header.status?.audit
    }

    private func alarms(_ rig: ForwarderRig) throws -> [String] {
        try rig.store.tail(50).compactMap { entry in
            guard case .alarm(let alarm) = try EntryBody.decode(entry.body).body else { return nil }
            return alarm.code
        }
    }

    @Test("the end of the log that a receipt told is stored and told back with the next batch")
    func told() async throws {
        try await withTemporaryDirectory { directory in
            let rig = try ForwarderRig(directory: directory)
            let forwarder = rig.forwarder()
            _ = try await forwarder.drain()
            #expect(try await echo(rig) == nil)
            #expect(try rig.store.witnesses().isEmpty, "a centre of an earlier version tells none")
            await rig.centre.tell(head(7), at: monday)
            _ = try await forwarder.sendNext()
            _ = try await forwarder.sendNext()
            #expect(try await echo(rig) == head(7))
            // Told again after a restart: it is on the disk.
            _ = try await rig.forwarder().sendNext()
            #expect(try await echo(rig) == head(7))
            #expect(try alarms(rig).isEmpty)
        }
    }

    @Test("a shorter log is an alarm in the journal, once, and scans go on")
    func shorter() async throws {
        try await withTemporaryDirectory { directory in
            let rig = try ForwarderRig(directory: directory)
            let forwarder = rig.forwarder()
            await rig.centre.tell(head(90), at: monday)
            _ = try await forwarder.sendNext()
            await rig.centre.tell(head(80), at: monday.addingTimeInterval(60))
            try rig.journal(3)
            #expect(try await forwarder.drain() == nil)
            #expect(try await forwarder.drain() == nil)
            #expect(try alarms(rig).filter { $0 == "audit_went_back" }.count == 1)
            #expect(try await echo(rig) == head(80))
            #expect(try rig.store.head().ackedSeq == rig.store.head().lastSeq)
            await rig.centre.tell(head(80, "b"), at: monday.addingTimeInterval(120))
            _ = try await forwarder.sendNext()
            #expect(try alarms(rig).filter { $0 == "audit_went_back" }.count == 2)
            #expect(try rig.store.witnesses().map(\.head) == [head(90), head(80), head(80, "b")])
        }
    }
}
