import Testing
import ZKClient
import ZKSimulator
import ZKWire

@Suite("Writing users")
struct UserWriteTests {
    private func person(_ id: String, _ name: String = "Sari", card: UInt32 = 0) -> UserRecord {
        UserRecord(index: 0, name: Array(name.utf8), card: card, group: 1, userID: Array(id.utf8))
    }

    private func ids(_ device: SimulatorServer) -> [String] { device.users.map(\.userID.textBeforeNUL) }

    @Test(
        "Add, change and delete: every profile over every link, read back, the device enabled",
        arguments: DeviceProfile.all.flatMap { profile in
            (profile.hasTCP ? [DeviceAddress.Link.tcp, .udp] : [.udp]).map { (profile, $0) }
        })
    func everyProfile(profile: DeviceProfile, link: DeviceAddress.Link) async throws {
        try await withDevice(profile, records: 3, users: 6) { device in
            let before = device.users
            let done = try await session(with: device, over: link) { session in
                let list = try await session.userList()
                var renamed = list.users[1]
                renamed.name = Redacted(Array("Budi".utf8))
                let edits: [UserEdit] = [
                    .add(person("77001", card: 4_000_000_000)), .change(list.users[1], to: renamed),
                    .delete(list.users[2]),
                ]
                let done = await session.apply(edits, word: OperatorWord(for: [.deleteUser]))
                let isLeftDisabled = await session.mustEnable
                #expect(!isLeftDisabled, "enabled before the list is read back, not at the session's end")
                return done
            }
            #expect(done.stopped == nil && done.outcomes.map(\.state) == [.confirmed, .confirmed, .confirmed])
            let after = device.users
            #expect(after.count == before.count)
            let new = after.first { $0.userID == Array("77001".utf8) }
            #expect(new?.name.bytes == Array("Sari".utf8) && new?.card == 4_000_000_000)
            // What was not named stays: card, group, zones, password.
            var expected = before[1]
            expected.name = Redacted(Array("Budi".utf8))
            #expect(after.contains(expected))
            #expect(!after.contains { $0.userID == before[2].userID })
            #expect(device.statistics.disables == 1 && !device.isDisabled)
        }
    }

    @Test("Nobody is overwritten: a place taken meanwhile, an id that is there, a card somebody has")
    func refusals() async throws {
        try await withDevice(users: 4) { device in
            let before = device.users
            let taken = before[0]
            let done = try await session(with: device) { session in
                var stranger = person("500")
                stranger.index = taken.index
                var ours = before[1]
                ours.card = 4242
                var theirs = person("501")
                theirs.card = 4242
                var stale = before[2]
                stale.group = 9
                var letters = person("502")
                letters.password = Redacted(Array("geheim".utf8))
                return await session.apply([
                    .add(stranger), .add(UserRecord(index: 0, userID: taken.userID)), .change(before[1], to: ours),
                    .add(theirs), .change(stale, to: taken), .delete(person("nobody")), .add(person("1234567890")),
                    .add(person("000")), .add(letters),
                ])
            }
            let codes = done.outcomes.map { outcome -> UserEditError.Code? in
                if case .refused(let error) = outcome.state { error.code } else { nil }
            }
            #expect(
                codes == [
                    .indexTaken, .idTaken, nil, .cardTaken, .changedMeanwhile, .noSuchUser, .idTooLong, .idEmpty,
                    .passwordUnfit,
                ])
            var expected = before
            expected[1].card = 4242
            #expect(device.users == expected && !device.isDisabled)
        }
    }

    @Test("Without a person's word nobody is deleted, and the device is enabled all the same")
    func noWord() async throws {
        try await withDevice(users: 3) { device in
            let before = device.users
            let done = try await session(with: device) { await $0.apply([.delete(before[0])]) }
            #expect(done.stopped?.code == .commandRefused)
            #expect(device.users == before && !device.isDisabled && device.statistics.destructive == 0)
        }
    }

    @Test("Old devices keep numbers: a leading zero or a letter would be another person, and is refused")
    func numbers() async throws {
        try await withDevice(.legacy, users: 2) { device in
            let done = try await session(with: device) {
                await $0.apply([.add(person("007")), .add(person("A7")), .add(person("4294967295")), .add(person("7"))])
            }
            let codes = done.outcomes.map { outcome -> UserEditError.Code? in
                if case .refused(let error) = outcome.state { error.code } else { nil }
            }
            #expect(codes == [.idNotNumeric, .idNotNumeric, .idTooLong, nil])
            #expect(ids(device).last == "7")
        }
    }

    @Test("A device without users takes its first ones in its own layout", arguments: [DeviceProfile.tft, .legacy])
    func emptyDevice(profile: DeviceProfile) async throws {
        try await withDevice(profile, records: 0, users: 0) { device in
            let done = try await session(with: device) { await $0.apply([.add(person("1")), .add(person("2"))]) }
            #expect(done.outcomes.map(\.state) == [.confirmed, .confirmed])
            #expect(ids(device) == ["1", "2"])
        }
    }

    @Test("A device that is full says so before anything is written")
    func full() async throws {
        var small = DeviceProfile.tft
        small.userCapacity = 3
        try await withDevice(small, users: 3) { device in
            let done = try await session(with: device) { await $0.apply([.add(person("900"))]) }
            guard case .refused(let error) = done.outcomes[0].state else { return #expect(Bool(false)) }
            #expect(error.code == .deviceFull)
        }
    }

    @Test("A device that writes only on refresh is refreshed; one that forgets is never called confirmed")
    func lazy() async throws {
        try await withDevice(users: 3, faults: "lazy-writes") { device in
            let done = try await session(with: device) { await $0.apply([.add(person("900"))]) }
            #expect(done.outcomes[0].state == .confirmed)
        }
    }

    /// What a device that dies after so many commands leaves, and what the next run makes of it.
    @Test("A device that dies at any command is finished by the next run, and left enabled", arguments: 0..<28)
    func dies(at command: Int) async throws {
        for fault in ["reboot", "unauth-mid-session"] {
            try await withDevice(users: 6) { device in
                let start = device.users
                let target = start.dropFirst(2).map(\.userID) + ["901", "902", "903"].map { Array($0.utf8) }
                @Sendable func edits(_ list: DeviceUserList) -> [UserEdit] {
                    list.users.filter { !target.contains($0.userID) }.map { .delete($0) }
                        + target.filter { list.user($0) == nil }.map { .add(person($0.textBeforeNUL)) }
                }
                device.setFaults(try Fault.list("\(fault)@\(command)"))
                // It may die before the first write, too.
                let first = try? await session(with: device) { session in
                    let list = try await session.userList()
                    return await session.apply(edits(list), word: OperatorWord(for: [.deleteUser]))
                }
                device.setFaults([])
                if first?.outcomes.allSatisfy({ $0.state == .confirmed }) ?? false {
                    #expect(Set(device.users.map(\.userID)) == Set(target))
                }
                for user in start.dropFirst(2) { #expect(device.users.contains(user), "nobody else was touched") }
                let second = try await session(with: device, mustEnable: true) { session in
                    let list = try await session.userList()
                    return await session.apply(edits(list), word: OperatorWord(for: [.deleteUser]))
                }
                #expect(second.stopped == nil && second.outcomes.allSatisfy { $0.state == .confirmed })
                #expect(Set(device.users.map(\.userID)) == Set(target) && device.users.count == target.count)
                #expect(!device.isDisabled)
            }
        }
    }

    @Test("When the time is over no further batch is begun, and what was sent is read back all the same")
    func limit() async throws {
        try await withDevice(users: 1) { device in
            let done = try await session(with: device) {
                await $0.apply((0..<230).map { person("\(5000 + $0)") }.map { .add($0) }, limit: .zero)
            }
            #expect(done.stopped?.code == .timedOut)
            #expect(
                done.outcomes.map(\.state) == Array(repeating: .confirmed, count: 200)
                    + Array(repeating: .notSent, count: 30))
            #expect(device.users.count == 201 && !device.isDisabled)
        }
    }

    @Test("Lost datagrams cost time and no user")
    func lossy() async throws {
        try await withDevice(.legacy, users: 5, faults: "drop=0.1") { device in
            let first = device.users[0]
            let done = try await session(with: device, over: .udp, .lossy) { session in
                await session.apply(
                    [.delete(first)] + (0..<20).map { .add(person("\(8000 + $0)")) },
                    word: OperatorWord(for: [.deleteUser]))
            }
            #expect(done.stopped == nil && done.outcomes.allSatisfy { $0.state == .confirmed })
            #expect(device.users.count == 24)
        }
    }
}

@Suite("Fingers")
struct FingerTests {
    private func template(_ size: Int) -> Redacted {
        Redacted((0..<size).map { UInt8(truncatingIfNeeded: $0 * 7 + 1) })
    }

    @Test("Written, read one and all, deleted: read back each time, the device enabled", arguments: DeviceProfile.all)
    func roundTrip(profile: DeviceProfile) async throws {
        try await withDevice(profile, users: 4) { device in
            let user = device.users[2]
            try await session(with: device) { session in
                for (finger, size) in [(6, 1400), (1, 500)] {
                    let one = FingerTemplate(
                        index: user.index, finger: UInt8(finger), flag: 1, template: template(size))
                    #expect(try await session.write(one) == .confirmed)
                }
                let all = try await session.templates()
                #expect(all.map(\.finger).sorted() == [1, 6] && all.allSatisfy { $0.index == user.index })
                #expect(try await session.template(index: user.index, finger: 6) == template(1400))
                #expect(try await session.template(index: user.index, finger: 3) == nil)
                let word = OperatorWord(for: [.deleteTemplate, .deleteUserTemplate])
                #expect(
                    try await session.deleteTemplate(
                        index: user.index, userID: user.userID, finger: 6, word: word) == .confirmed)
                #expect(
                    try await session.deleteTemplate(index: user.index, userID: user.userID, finger: 6, word: word)
                        == .refused("no such finger"))
                #expect(try await session.templates().map(\.finger) == [1])
                #expect(
                    try await session.write(FingerTemplate(index: 999, finger: 1, flag: 1, template: template(9)))
                        != .confirmed)
            }
            #expect(!device.isDisabled)
        }
    }

    @Test("A template shows in no description")
    func redacted() {
        let one = FingerTemplate(index: 1, finger: 2, flag: 1, template: Redacted(Array("SECRETFINGER".utf8)))
        var dumped = ""
        dump(one, to: &dumped)
        for text in ["\(one)", String(reflecting: one), dumped] {
            #expect(!text.contains("SECRET") && !text.contains("83, 69"))
        }
    }
}
