import Attendance
import EdgeDaemon
import Testing
import ZKClient
import ZKWire

@testable import HadirCommands

@Suite("Roster plans")
struct RosterPlanTests {
    private func user(_ id: Int, _ name: String = "", privilege: UInt8 = 0, card: UInt32 = 0) -> UserRecord {
        UserRecord(
            index: UInt16(id), privilege: privilege, name: Array(name.utf8), card: card, zones: [0, 0, 0, 0],
            userID: Array("\(id)".utf8))
    }

    private func list(_ users: [UserRecord]) -> DeviceUserList {
        DeviceUserList(users: users, layout: .u72, pinWidth: 9, capacity: 5000)
    }

    private func plan(
        _ csv: String, _ users: [UserRecord], _ change: (inout RosterPlan.Limits) -> Void = { _ in }
    ) throws -> RosterPlan {
        var limits = RosterPlan.Limits(deletesOthers: true)
        change(&limits)
        let wanted = RosterPlan.wanted(try RosterFile(csv, name: "x.csv").changes, layout: .u72, encoding: .utf8)
        return RosterPlan(wanted: wanted, list: list(users), limits: limits, encoding: .utf8)
    }

    private func csv(_ ids: some Sequence<Int>) -> String { "user_id\n" + ids.map { "\($0)\n" }.joined() }

    @Test("A plan says in words what it adds, changes field by field, and deletes")
    func words() throws {
        let there = [user(1, "Sari", privilege: 14), user(2, "Budi", card: 7), user(3, "Agus")]
        let plan = try plan(
            "user_id,name,privilege,card,group,disabled\n1,,,,,\n2,Budi Santoso,,none,4,yes\n4,Dewi,enroller,12,,\n",
            there)
        #expect(plan.refusals.isEmpty)
        #expect(plan.summary == "1 to add, 1 to change, 1 to delete, 1 unchanged")
        #expect(
            plan.lines == [
                "  + 4  Dewi  enroller",
                "  ~ 2  Budi  name: Budi → Budi Santoso; disabled: no → yes; card: one → none; group: 1 → 4",
                "  - 3  Agus",
            ])
        #expect(!plan.lines.joined().contains("12") && !plan.lines.joined().contains(" 7"), "no card number is shown")
    }

    @Test("An empty roster deletes nobody, whatever else is allowed")
    func empty() throws {
        for text in ["user_id,name\n", "# hadir users 1\nuser_id\n\n\n"] {
            let plan = try plan(text, (1...30).map { user($0) }) {
                $0.maxDeletions = 1000
                $0.allowShrink = 1
                $0.allowNoAdmin = true
            }
            #expect(plan.refusals.first == .empty)
        }
    }

    @Test("A roster below half, and one that deletes over a tenth, are refused until somebody says the number")
    func bounds() throws {
        let there = (1...100).map { user($0) }
        #expect(try plan(csv(1...90), there).refusals.isEmpty)
        #expect(try plan(csv(1...89), there).refusals == [.tooManyDeletions(11, most: 10)])
        #expect(try plan(csv(1...89), there) { $0.maxDeletions = 11 }.refusals.isEmpty)
        #expect(try plan(csv(1...50), there) { $0.maxDeletions = 50 }.refusals.isEmpty)
        #expect(try plan(csv(1...49), there) { $0.maxDeletions = 51 }.refusals == [.shrunken(roster: 49, device: 100)])
        #expect(
            try plan(csv(1...49), there) {
                $0.maxDeletions = 51
                $0.allowShrink = 49
            }.refusals.isEmpty)
        #expect(try plan(csv(1...4), (1...5).map { user($0) }).refusals.isEmpty, "one may always go")
        // Other people altogether, as many as before: a roster of another office.
        #expect(try plan(csv(1001...1100), there).refusals == [.tooManyDeletions(100, most: 10)])
    }

    @Test("The last administrator stays")
    func administrator() throws {
        let there = [user(1, privilege: 14)] + (2...20).map { user($0) }
        #expect(try plan(csv(2...20), there).refusals == [.noAdministrator])
        #expect(
            try plan("user_id,privilege\n1,user\n" + (2...20).map { "\($0),\n" }.joined(), there).refusals == [
                .noAdministrator
            ])
        #expect(try plan(csv(2...20), there) { $0.allowNoAdmin = true }.refusals.isEmpty)
        #expect(try plan("user_id,privilege\n2,admin\n" + (3...20).map { "\($0),\n" }.joined(), there).refusals.isEmpty)
        let removing = RosterPlan(
            deleting: [UserID("1")], list: list(there), limits: .init(), encoding: .utf8)
        #expect(removing.refusals == [.noAdministrator])
    }

    @Test("What cannot be written is told before anything is: ids, cards, twice the same id on the device")
    func unfit() throws {
        let there = [user(1, card: 55), user(2)]
        func codes(_ plan: RosterPlan) -> [UserEditError.Code] {
            plan.refusals.compactMap { if case .unfit(let error) = $0 { error.code } else { nil } }
        }
        #expect(codes(try plan("user_id,card\n1,\n2,55\n", there)) == [.cardTaken])
        #expect(codes(try plan("user_id\n1\n2\n1234567890\n", there)) == [.idTooLong])
        // A card goes from one to another in one plan.
        #expect(try plan("user_id,card\n1,none\n2,55\n", there).refusals.isEmpty)
        #expect(try plan("user_id\n1\n", [user(1), user(1)]).refusals.contains(.twiceOnDevice("1")))
    }

    @Test(
        "Carried out on paper, any plan leaves exactly the roster, and a second plan has nothing to do",
        arguments: 0..<200)
    func property(seed: Int) throws {
        var random = Seeded(state: UInt64(seed) &* 0x9E37_79B9 &+ 1)
        let there = (1...60).shuffled(using: &random).prefix(40).map { id in
            user(
                id, ["", "Sari", "Budi"].randomElement(using: &random) ?? "",
                privilege: [0, 0, 2, 14, 1].randomElement(using: &random) ?? 0,
                card: Bool.random(using: &random) ? UInt32(1000 + id) : 0)
        }
        let ids = (1...80).shuffled(using: &random).prefix(30)
        let rows = ids.map { id in
            "\(id),\(["", "Dewi", "Agus"].randomElement(using: &random) ?? ""),"
                + "\(["", "user", "admin"].randomElement(using: &random) ?? ""),"
                + "\(["", "none", "\(2000 + id)"].randomElement(using: &random) ?? "")"
        }
        let text = "user_id,name,privilege,card\n" + rows.joined(separator: "\n")
        let everything: (inout RosterPlan.Limits) -> Void = {
            $0.maxDeletions = 1000
            $0.allowNoAdmin = true
        }
        let first = try plan(text, there, everything)
        #expect(first.refusals.isEmpty)
        var paper = list(there)
        for edit in first.edits {
            if let after = try paper.checked(edit, layout: .u72) {
                paper.users.removeAll { $0.userID == after.userID }
                paper.users.append(UserLayout.u72.fitted(after))
            } else {
                paper.users.removeAll { $0.userID == edit.userID }
            }
        }
        #expect(Set(paper.users.map(\.id.text)) == Set(ids.map { "\($0)" }))
        #expect(Set(paper.users.map(\.index)).count == paper.users.count)
        let second = try plan(text, paper.users, everything)
        #expect(second.isEmpty && second.unchanged == 30)
        // Whoever stays keeps their place, and with it their fingers.
        for old in there where ids.contains(Int(old.id.text) ?? 0) {
            #expect(paper.users.first { $0.userID == old.userID }?.index == old.index)
        }
    }

    @Test("A password that does not fit an old device is refused and never cut: nobody could use half of one")
    func passwords() throws {
        for (digits, isTaken) in [("12345", true), ("123456", false)] {
            var change = UserChange(userID: "5")
            change.password = Redacted(Array(digits.utf8))
            let old = DeviceUserList(users: [], layout: .u28)
            let plan = RosterPlan(
                wanted: RosterPlan.wanted([change], layout: .u28, encoding: .utf8), list: old, limits: .init(),
                encoding: .utf8)
            #expect(plan.refusals.isEmpty == isTaken)
            let record = try #require(plan.edits.first?.after)
            let restored = RosterPlan(
                wanted: RosterPlan.wanted([record], layout: .u72, target: .u28), list: old, limits: .init(),
                encoding: .utf8)
            #expect(restored.refusals.isEmpty == isTaken)
        }
    }

    @Test("Names are cut behind a whole character, and a name that was cut is no change the second time")
    func names() throws {
        let long = "Ñandú Pérez Íñiguez de la Cruz"
        for (layout, longest) in [(UserLayout.u72, 23), (.u28, 8)] {
            var change = UserChange(userID: "5")
            change.name = long
            let user = try change.record(nil, layout: layout, encoding: .utf8).get()
            #expect(user.name.bytes.count <= longest && String(validating: user.name.bytes, as: UTF8.self) != nil)
            #expect(long.utf8.starts(with: user.name.bytes))
            #expect(try change.record(user, layout: layout, encoding: .utf8).get() == user)
        }
        var chinese = UserChange(userID: "5")
        chinese.name = "张伟"
        #expect(try chinese.record(nil, layout: .u72, encoding: .gbk).get().name.bytes == [0xD5, 0xC5, 0xCE, 0xB0])
        guard case .failure(let error) = chinese.record(nil, layout: .u72, encoding: .latin1) else {
            return #expect(Bool(false))
        }
        #expect(error.code == .nameTooLong && error.description.contains("latin-1"))
    }
}

@Suite("Files of users")
struct RosterFileTests {
    @Test("What export writes, import reads, and nothing changes; formulas stay text")
    func roundTrip() throws {
        let users = [
            UserRecord(
                index: 1, privilege: 14, name: Array("Sari, \"S\"".utf8), card: 5, group: 2, userID: Array("007".utf8)),
            UserRecord(index: 2, privilege: 1, name: Array("=1+1".utf8), userID: Array("8".utf8)),
        ]
        let text = RosterFile.text(users, cards: true) { String(decoding: $0.name.bytes, as: UTF8.self) }
        #expect(text.hasPrefix("# hadir users 1\nuser_id,name,privilege,card,group,disabled\n007,"))
        #expect(text.contains(",'=1+1,"))
        for text in [text, text.replacing("\n", with: "\r\n"), "\u{FEFF}" + text + "\n\n"] {
            for (change, user) in zip(try RosterFile(text, name: "x").changes, users) {
                #expect(try change.record(user, layout: .u72, encoding: .utf8).get() == user)
            }
        }
        #expect(!RosterFile.text(users, cards: false) { _ in "" }.contains(",5,"))
    }

    @Test("Semicolons, as an Indonesian spreadsheet writes them")
    func semicolons() throws {
        let file = try RosterFile("user_id;name;card\n1;Sari, S.Kom;\"12\"\n\n2;Budi;\n", name: "x")
        #expect(file.changes.map(\.userID) == ["1", "2"] && file.changes[0].name == "Sari, S.Kom")
        #expect(file.changes[0].card == 12 && file.changes[1].card == nil && file.rows.map(\.line) == [2, 4])
    }

    @Test(
        "Every finding has its line, and nothing is taken half",
        arguments: [
            ("user_id,name\n1,A\n1,B\n", "x.csv:3: user id 1 stands in line 2 already"),
            ("user_id,password\n1,1234\n", "passwords do not belong into files"),
            ("name\nSari\n", "the column user_id is missing"),
            ("user_id,nama\n1,S\n", "\"nama\" is not one of"),
            ("user_id,card\n1,x\n", "x.csv:2: a card is a number"),
            ("user_id,privilege\n1,boss\n", "privilege \"boss\" is not"),
            ("user_id,group\n1,256\n", "group \"256\""),
            ("user_id,disabled\n1,maybe\n", "disabled \"maybe\""),
            ("user_id,name\n,Sari\n", "the user id is missing"),
            ("user_id,name\n1,Sari,extra\n", "3 cells"),
            ("user_id,user_id\n1,2\n", "a column stands there twice"),
            ("", "is empty"), ("# hadir users 9\nuser_id\n1\n", "another version"),
        ])
    func findings(text: String, expected: String) {
        do {
            _ = try RosterFile(text, name: "x.csv")
            Issue.record("\(text) was taken")
        } catch {
            #expect(CommandFailure(error).description.contains(expected))
            #expect(CommandFailure(error).code == .data)
        }
    }

    @Test("Any bytes are read or refused, never a crash", arguments: 0..<300)
    func anything(seed: Int) {
        var random = Seeded(state: UInt64(seed) &+ 77)
        let alphabet = Array("user_id,name;card\"\n\r\t'=+-@#1 2é\u{0}\u{FEFF}")
        let text = String((0..<200).compactMap { _ in alphabet.randomElement(using: &random) })
        _ = try? RosterFile("user_id,name,card\n" + text, name: "x")
        _ = try? RosterFile(text, name: "x")
    }
}

/// Seeded, so that a failure comes again.
struct Seeded: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
