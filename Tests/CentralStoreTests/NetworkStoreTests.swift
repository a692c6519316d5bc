import Attendance
import CentralStore
import Crypto
import Foundation
import Testing

@Suite("What those who look after nodes ask the store")
struct NetworkStoreTests {
    private static let serial = "CJ9L170560001"

    private func code() -> EnrolmentCode {
        EnrolmentCode(
            url: "https://centre.example", id: RandomText.hex(bytes: 8), secret: [UInt8](repeating: 9, count: 16),
            centreFingerprint: centreFingerprint, tlsPin: nil)
    }

    @Test("A code is open until it is used or its time is over", arguments: StoreKind.allCases)
    func codes(kind: StoreKind) async throws {
        try await kind.withStore { store in
            let (one, other) = (code(), code())
            try await store.addEnrolmentCode(one.kept(unit: "Dinas Contoh", at: monday))
            try await store.addEnrolmentCode(other.kept(unit: "Kecamatan Contoh", at: monday + 60))
            let both = try await store.openCodes(at: monday + 100)
            #expect(both.map(\.unit) == ["Dinas Contoh", "Kecamatan Contoh"])
            #expect(
                both.first
                    == OpenEnrolmentCode(
                        id: one.id, unit: "Dinas Contoh", createdAt: monday, expiresAt: monday + 86_400))
            let request = EnrolmentRequest(code: one, nodeKey: Curve25519.Signing.PrivateKey().publicKey)
            let node = try await store.enrol(
                request, nodeName: "n1", centreFingerprint: centreFingerprint, at: monday + 100)
            #expect(node != nil)
            #expect(try await store.openCodes(at: monday + 100).map(\.id) == [other.id])
            #expect(try await store.openCodes(at: monday + 60 + 86_400) == [])
        }
    }

    @Test(
        "A file is listed with what nothing better has shown, until somebody accepts it", arguments: StoreKind.allCases)
    func files(kind: StoreKind) async throws {
        try await kind.withStore { store in
            try await store.enrolNode("n1", unit: "Dinas Contoh")
            let file = FileOrigin(sha256: String(repeating: "ab", count: 32), by: "clerk")
            var journal = Journal(node: "n1")
            journal.write(
                try device(),
                .punch(try punch("7", "2026-03-02T07:30:00", source: .stick, file: file)),
                .punch(try punch("7", "2026-03-02T16:00:00", source: .stick, file: file)),
                .punch(try punch("8", "2026-02-27T07:29:00", source: .stick, file: file)),
                .punch(try punch("9", "ffffffff", source: .stick, flags: [.noDate], file: file)))
            _ = try await store.append(journal.run(), receivedAt: monday)
            let expected = StickFile(
                sha256: file.sha256, serial: Self.serial, device: "lobby", unit: "Dinas Contoh", by: "clerk",
                arrivedAt: monday, scans: 4, people: 3, first: "2026-02-27T07:29:00", last: "2026-03-02T16:00:00")
            #expect(try await store.stickFiles(limit: 10) == [expected])
            // The device itself shows one of them.
            var later = Journal(node: "n1")
            later.write(.punch(try punch("7", "2026-03-02T16:00:00")))
            _ = try await store.append(later.run(), receivedAt: monday + 60)
            let rest = try #require(try await store.stickFiles(limit: 10).first)
            #expect(rest.scans == 3 && rest.last == "2026-03-02T07:30:00")
            let person = Actor(name: "siti", role: "admin")
            let ids = try await store.add(
                [NewAttestation(content: .file(sha256: file.sha256), document: "BA 1", reason: "cocok")], by: person,
                at: monday + 120)
            #expect(try await store.stickFiles(limit: 10) == [])
            let id = try #require(ids.first)
            #expect(try await store.withdraw(attestation: id, reason: "salah", by: person, at: monday + 180))
            #expect(try await store.stickFiles(limit: 10) == [rest])
            #expect(try await store.stickFiles(limit: 0) == [])
        }
    }

    @Test("A clock is off since the first bad reading after the last good one", arguments: StoreKind.allCases)
    func clocks(kind: StoreKind) async throws {
        try await kind.withStore { store in
            try await store.enrolNode("n1", unit: "Dinas Contoh")
            let serial = try #require(DeviceSerial(Self.serial))
            let shown = try #require(DeviceTime(text: "2026-03-02T07:30:00"))
            var journal = Journal(node: "n1")
            func read(_ offset: Int?, after seconds: Double) {
                journal.write(
                    .clock(
                        ClockReading(serial: serial, deviceTime: shown, offset: offset, monotonic: 1, bootID: "b")),
                    at: monday + seconds)
            }
            func since() async throws -> Date? {
                _ = try await store.append(journal.run(), receivedAt: monday)
                return try await store.clockOffSince(ofDevices: [Self.serial, "NOBODY"])[Self.serial]
            }
            journal.write(try device())
            #expect(try await since() == nil, "no reading yet")
            read(2820, after: 10)
            read(12, after: 100)
            #expect(try await since() == nil)
            read(2820, after: 200)
            read(nil, after: 300)
            #expect(try await since() == monday + 200)
            read(-300, after: 400)
            #expect(try await since() == nil, "300 s are within what counts")
        }
    }
}
