import CentralStore
import Foundation
import Hummingbird
import HummingbirdTesting
import Testing

@testable import CentralServer

@Suite("Guessing", .timeLimit(.minutes(1)))
struct AccountsGuessTests {
    /// Behind a proxy that is trusted, so that a test may come from anywhere.
    private static var proxied: PagesConfiguration {
        get throws {
            var configuration = PagesConfiguration()
            configuration.trustedProxies = [try AddressRange(parsing: "127.0.0.0/8"), try AddressRange(parsing: "::1")]
            return configuration
        }
    }

    private func seconds(_ answer: GuessGuard.Answer) -> Int {
        if case .wait(let seconds) = answer { seconds } else { 0 }
    }

    @Test("H17 three failures are free, then each next try waits twice as long, up to five minutes; success forgets")
    func delays() {
        let clock = TestClock()
        let guesses = GuessGuard(limits: SignInLimits(), now: clock.now)
        func next() -> GuessGuard.Answer { guesses.begin(account: "siti", address: "10.0.0.1", browser: nil) }
        var waits: [Int] = []
        var last: GuessGuard.Try?
        for _ in 0..<14 {
            let answer = next()
            waits.append(seconds(answer))
            clock.pass(TimeInterval(seconds(answer)))
            guard case .go(let attempt) = waits.last == 0 ? answer : next() else { break }
            last = attempt
        }
        #expect(waits == [0, 0, 0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300])
        #expect(seconds(next()) == 300)
        // A clock that was set back makes nobody wait longer.
        clock.pass(-86_400)
        #expect(seconds(next()) == 300)
        clock.pass(300)
        #expect(seconds(next()) == 0)
        if let last { guesses.succeeded(last) }
        for _ in 0..<3 { #expect(seconds(next()) == 0) }
        clock.pass(25 * 3600)
        for _ in 0..<3 { #expect(seconds(next()) == 0) }
    }

    @Test("H17 an attacker who never rests gets few tries: from one address, on many accounts, from many addresses")
    func rates() {
        /// Tries that are let through in a day, one asked for each second.
        func tries(_ account: (Int) -> String, _ address: (Int) -> String) -> Int {
            let clock = TestClock()
            let guesses = GuessGuard(limits: SignInLimits(), now: clock.now)
            var count = 0
            for second in 0..<86_400 {
                clock.pass(1)
                if case .go = guesses.begin(account: account(second), address: address(second), browser: nil) {
                    count += 1
                }
            }
            return count
        }
        #expect(tries({ _ in "siti" }, { _ in "203.0.113.7" }) < 310)
        #expect(tries({ "a\($0)" }, { _ in "203.0.113.7" }) < 8_700)
        #expect(tries({ _ in "siti" }, { "2001:db8::\(String($0 % 65_000, radix: 16))" }) < 310)
        #expect(tries({ _ in "siti" }, { "203.0.\($0 / 250 % 250).\($0 % 250)" }) < 2_900)
    }

    @Test("H17 the tables are bounded, whatever is typed and wherever it comes from, and go on slowing")
    func bounded() {
        var limits = SignInLimits()
        limits.mostEntries = 50
        let clock = TestClock()
        let guesses = GuessGuard(limits: limits, now: clock.now)
        var count = 0
        for number in 0..<5_000 {
            let answer = guesses.begin(
                account: "name\(number)", address: "10.0.\(number / 250).\(number % 250)", browser: nil)
            if case .go = answer { count += 1 }
        }
        #expect(count <= 50 + 30)
        #expect(guesses.entries.allSatisfy { $0 <= 50 })
        clock.pass(86_400)
        #expect(seconds(guesses.begin(account: "siti", address: "192.0.2.1", browser: nil)) == 0)
    }

    @Test("H17 10,000 tries: the person whose account is attacked signs in on the browser used before, at once")
    func noLockOut() async throws {
        try await PagesRig.run(try Self.proxied) { rig, client in
            try await rig.add("siti")
            var owner = Browser(client, from: "192.0.2.10")
            #expect(try await owner.signIn().status == .seeOther)
            let calls = rig.hash.calls
            let sessions = rig.sessions()
            // The tries of a botnet, and of somebody behind the same address as the owner.
            var refused = 0
            for number in 0..<10_000 {
                rig.clock.pass(0.1)
                let address = number.isMultiple(of: 2) ? "192.0.2.10" : "203.0.\(number / 250).\(number % 250)"
                let outcome = try await sessions.signIn(
                    SignInRequest(account: "siti", password: "guess \(number)", address: address, browser: nil))
                if case .refused = outcome { refused += 1 }
            }
            #expect(refused == rig.hash.calls - calls && refused < 60)
            owner.cookies["hadir"] = nil
            let known = try #require(SecretToken(owner.cookies["hadir-browser"] ?? ""))
            let outcome = try await sessions.signIn(
                SignInRequest(account: "siti", password: PagesRig.right, address: "192.0.2.10", browser: known))
            guard case .signedIn = outcome else { throw FixtureError(what: "locked out: \(outcome)") }
            // A stolen or invented browser token has no more than others, and a known one is slowed as well.
            let strange = try await sessions.signIn(
                SignInRequest(
                    account: "siti", password: PagesRig.right, address: "192.0.2.10", browser: SecretToken()))
            guard case .wait = strange else { throw FixtureError(what: "not slowed: \(strange)") }
            var waits = 0
            for number in 0..<10 {
                let outcome = try await sessions.signIn(
                    SignInRequest(account: "siti", password: "\(number)", address: "192.0.2.10", browser: known))
                if case .wait = outcome { waits += 1 }
            }
            #expect(waits == 7)
        }
    }

    @Test(
        "H17 within a wait the right password is not tried; the answer says in Indonesian how long, and then it works")
    func waits() async throws {
        try await PagesRig.run { rig, client in
            try await rig.add("siti")
            var browser = Browser(client)
            for _ in 0..<3 {
                let wrong = try await browser.signIn("siti", "bukan ini sandinya")
                #expect(wrong.status == .forbidden && wrong.alert == "Nama akun atau kata sandi salah.")
                #expect(wrong.text.contains(#"value="siti""#))
            }
            let calls = rig.hash.calls
            let wait = try await browser.signIn()
            #expect(wait.status == .tooManyRequests && wait.headers[.retryAfter] == "1")
            #expect(wait.alert == "Terlalu banyak percobaan. Coba lagi dalam 1 detik.")
            #expect(rig.hash.calls == calls && browser.cookies["hadir"] == nil)
            rig.clock.pass(1)
            #expect(try await browser.signIn().status == .seeOther)
            // From another address nobody has to wait.
            var other = Browser(client)
            #expect(try await other.signIn().status == .seeOther)
        }
    }

    @Test("H17 no account, a disabled one, a wrong password: the same work, the same answer, the same words")
    func enumeration() async throws {
        try await PagesRig.run(try Self.proxied) { rig, client in
            try await rig.add("siti")
            try await rig.add("budi")
            _ = await rig.administration.perform(.account(.disable(name: "budi")))
            var answers: Set<String> = []
            var bodies: Set<String> = []
            let typed = ["siti", "budi", "nobody", "kata sandi saya", String(repeating: "x", count: 5000), "", "a'--"]
            for (number, name) in typed.enumerated() {
                var browser = Browser(client, from: "192.0.2.\(number)")
                let calls = rig.hash.calls
                let password = name == "budi" ? PagesRig.right : "bukan ini sandinya"
                let answer = try await browser.signIn(name, password)
                #expect(rig.hash.calls == calls + 1, "\(name.prefix(20))")
                let body = answer.text.replacing(/name="token" value="[0-9a-f]{64}"/, with: "")
                    .replacing(#"value="\#(name)""#, with: #"value="""#)
                answers.insert("\(answer.status) \(answer.headers[values: .setCookie].count) \(answer.alert)")
                // What can be no name is not shown again, whoever is there.
                if AccountName.isValid(name) { bodies.insert(body) }
            }
            #expect(answers.count == 1 && bodies.count == 1)
            // What was typed in the wrong field is not in the log; an account that is there may be.
            #expect(rig.log.text.contains("siti") && !rig.log.text.contains("nobody"))
            for secret in ["kata sandi saya", PagesRig.right, "bukan ini"] { #expect(!rig.log.text.contains(secret)) }
        }
    }

    @Test("H18 200 logins at once: two hashes at a time, few wait, the rest is told when to come; batches go on")
    func flood() async throws {
        let hash = CountedHash(isHeld: true)
        try await PagesRig.run(hash: hash) { rig, client in
            var limits = SignInLimits()
            limits.hashesAtOnce = 2
            let sessions = rig.sessions(limits: limits)
            let outcomes = AsyncStream.makeStream(of: String.self)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<200 {
                    group.addTask {
                        let outcome = try await sessions.signIn(
                            SignInRequest(
                                account: "name\(number)", password: "sandi yang salah", address: "192.0.2.\(number)",
                                browser: nil))
                        switch outcome {
                        case .busy: outcomes.continuation.yield("busy")
                        case .refused: outcomes.continuation.yield("refused")
                        default: outcomes.continuation.yield("\(outcome)")
                        }
                    }
                }
                var told = outcomes.stream.makeAsyncIterator()
                // All but those that run and wait are answered while nothing moves.
                for _ in 0..<190 { #expect(await told.next() == "busy") }
                var edge = try await rig.enrolledEdge()
                edge.write(try device(), try punch())
                #expect(try await client.send(try edge.batch()).status == .ok)
                #expect(try await client.execute(uri: "/readyz", method: .get).status == .ok)
                hash.open()
                for _ in 0..<10 { #expect(await told.next() == "refused") }
                try await group.waitForAll()
            }
            #expect(hash.calls == 10 && hash.most == 2)
            // Nobody is slowed for what was never tried.
            guard
                case .refused = try await sessions.signIn(
                    SignInRequest(account: "name150", password: "x", address: "192.0.2.150", browser: nil))
            else { throw FixtureError(what: "not tried") }
        }
    }

    @Test("H18 a browser that is known waits in front of strangers, and has room when they have none")
    func knownFirst() async throws {
        let hash = CountedHash(isHeld: true)
        var limits = SignInLimits()
        limits.hashesAtOnce = 1
        limits.waitingStrangers = 1
        limits.waiting = 2
        let hasher = PasswordHasher(limits: limits, derive: hash.derive)
        let kept = PasswordHash(hash: [], salt: [], cost: .standard)
        await withTaskGroup(of: Void.self) { group in
            func start(_ name: String, isKnown: Bool, waiting: Int) async {
                group.addTask { _ = try? await hasher.matches(name, kept, isKnown: isKnown) }
                while hasher.waiting != waiting { await Task.yield() }
            }
            await start("first", isKnown: false, waiting: 0)
            while hash.calls == 0 { await Task.yield() }
            await start("stranger", isKnown: false, waiting: 1)
            await #expect(throws: Admission.Busy.self) { try await hasher.matches("x", kept, isKnown: false) }
            await start("known", isKnown: true, waiting: 2)
            await #expect(throws: Admission.Busy.self) { try await hasher.matches("x", kept, isKnown: true) }
            hash.open()
        }
        #expect(hash.passwords == ["first", "known", "stranger"] && hash.most == 1)
    }
}
