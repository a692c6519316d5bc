import Attendance
import AttendanceRules
import CentralStore
import Foundation
import Glibc
import PageSupport

/// What one person is handed: shown once, kept nowhere.
package struct Slip: Codable, Equatable, Sendable {
    package let account: String
    package let password: String
    /// UTC.
    package let ends: String
    /// Empty where the account is nobody's of the records.
    package let person: String
    package let number: String
    package let unit: String
}

/// Whose accounts are made.
package struct IssueRequest: Codable, Equatable, Sendable {
    /// People placed in this unit or below it today; `nil` for everybody.
    package var unit: String?
    /// Also those who have an account and have not begun: their first password is replaced.
    package var again: Bool
    /// The employee to go on behind, in the order of ids.
    package var after: Int64
    package var most: Int

    package init(unit: String? = nil, again: Bool = false, after: Int64 = 0, most: Int = 500) {
        self.unit = unit
        self.again = again
        self.after = after
        self.most = most
    }
}

package struct SlipBatch: Codable, Equatable, Sendable {
    package struct Skipped: Codable, Equatable, Sendable {
        package let person: String
        package let number: String
        package let why: String

        /// For a terminal.
        package var words: String { "\(PageText.shown(number)) \(PageText.shown(person)): \(why)" }
    }

    package var slips: [Slip] = []
    package var skipped: [Skipped] = []
    /// Where to go on; `nil` where nobody is left.
    package var last: Int64?
    /// People behind `last` who get a slip.
    package var left = 0
}

/// Makes accounts for people of the records, with first passwords.
package struct SlipIssuer: Sendable {
    let store: any CentralStore
    let derive: PasswordHasher.Derive
    let now: @Sendable () -> Date

    static let mostAtOnce = 1000

    package init(
        store: any CentralStore, derive: PasswordHasher.Derive? = nil, now: @escaping @Sendable () -> Date
    ) {
        self.store = store
        self.derive = derive ?? PasswordHasher.scrypt
        self.now = now
    }

    fileprivate struct Candidate {
        let employee: Employee
        let number: String
        let unit: String
        /// Of one who has not begun.
        let account: String?
    }

    /// - Parameters:
    ///   - people: as they are now.
    ///   - units: people placed in these today; `nil` for all.
    func issue(_ request: IssueRequest, _ people: People, units: Set<Int64>?, today: CivilDate) async throws
        -> SlipBatch
    {
        let candidates = try await candidates(request, people, units: units, today: today)
        var batch = SlipBatch()
        let moment = now()
        let chosen = Array(candidates.prefix(min(max(1, request.most), Self.mostAtOnce)))
        batch.left = candidates.count - chosen.count
        batch.last = batch.left > 0 ? chosen.last?.employee.id : nil
        let named = chosen.filter { AccountName.isValid($0.number) || $0.account != nil }
        let passwords = named.map { _ in FirstPassword.make() }
        let hashes = try await Self.hashes(passwords, derive)
        let ends = moment.addingTimeInterval(FirstPassword.lifetime)
        let new = zip(named, hashes).filter { $0.0.account == nil }.map { candidate, hash in
            NewAccount(
                name: candidate.number, role: .employee, employee: candidate.employee.id, password: hash,
                firstPasswordEnds: ends, createdAt: moment)
        }
        var added = Set<String>()
        for (account, isAdded) in zip(new, try await store.addAccounts(new)) where isAdded {
            added.insert(account.name)
        }
        for (index, candidate) in named.enumerated() where hashes.indices.contains(index) {
            if let account = candidate.account {
                guard try await store.change(account: account, .password(hashes[index], firstEnds: ends), at: moment)
                else { continue }
            } else if !added.contains(candidate.number) {
                batch.skipped.append(candidate.skipped("another account has this name"))
                continue
            }
            batch.slips.append(
                candidate.slip(password: passwords[index], ends: ends))
        }
        batch.skipped += chosen.filter { !AccountName.isValid($0.number) && $0.account == nil }
            .map { $0.skipped("the number cannot be the name of an account") }
        return batch
    }

    /// A new first password for one account, whoever it is; its sessions end.
    ///
    /// - Returns: `nil` where there is no such account.
    func renew(_ name: String, _ people: People, today: CivilDate) async throws -> Slip? {
        guard let account = try await store.account(named: name) else { return nil }
        let moment = now()
        let ends = moment.addingTimeInterval(FirstPassword.lifetime)
        let password = FirstPassword.make()
        guard let hash = try await Self.hashes([password], derive).first,
            try await store.change(account: account.name, .password(hash, firstEnds: ends), at: moment)
        else { return nil }
        return slip(of: account, password, ends, people, today)
    }

    /// An account somebody fills in a form for, with a first password.
    ///
    /// - Returns: `nil` where the name is taken.
    func add(
        _ name: String, _ duty: Duty, employee: Int64?, _ people: People, today: CivilDate
    ) async throws -> Slip? {
        let moment = now()
        let ends = moment.addingTimeInterval(FirstPassword.lifetime)
        let password = FirstPassword.make()
        guard let hash = try await Self.hashes([password], derive).first,
            try await store.addAccount(
                NewAccount(
                    name: name, role: duty.role, unit: duty.unit, employee: employee, password: hash,
                    firstPasswordEnds: ends, createdAt: moment)),
            let account = try await store.account(named: name)
        else { return nil }
        return slip(of: account, password, ends, people, today)
    }

    private func slip(
        of account: Account, _ password: String, _ ends: Date, _ people: People, _ today: CivilDate
    ) -> Slip {
        let employee = account.employee.flatMap { id in people.employees.first { $0.id == id } }
        let placed = employee?.placement(on: today)?.unit
        return Slip(
            account: account.name, password: password, ends: UTC.text(ends), person: employee?.name ?? "",
            number: employee.map { $0.employment(on: today)?.number ?? $0.number } ?? "",
            unit: people.units.first { $0.id == account.unit ?? placed }?.name ?? "")
    }

    private func candidates(
        _ request: IssueRequest, _ people: People, units: Set<Int64>?, today: CivilDate
    ) async throws -> [Candidate] {
        var accounts: [Int64: [PersonAccount]] = [:]
        for account in try await store.personAccounts() { accounts[account.employee, default: []].append(account) }
        let names = Dictionary(people.units.map { ($0.id, $0.name) }) { first, _ in first }
        return people.employees.filter { $0.id > request.after }.sorted { $0.id < $1.id }.compactMap { employee in
            guard let employment = employee.employment(on: today), let unit = employee.placement(on: today)?.unit,
                units?.contains(unit) ?? true
            else { return nil }
            let own = accounts[employee.id] ?? []
            let unbegun = own.first { $0.role == .employee && $0.hasFirstPassword && !$0.isDisabled }
            guard own.isEmpty || request.again && unbegun != nil else { return nil }
            return Candidate(
                employee: employee, number: employment.number, unit: names[unit] ?? "", account: unbegun?.name)
        }
    }

    /// On a thread of their own, with less right to the processor than whoever stores batches.
    private static func hashes(
        _ passwords: [String], _ derive: @escaping PasswordHasher.Derive
    ) async throws -> [PasswordHash] {
        try await withCheckedThrowingContinuation { (done: CheckedContinuation<[PasswordHash], any Error>) in
            Thread.detachNewThread {
                // On Linux this is of the calling thread only.
                _ = setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, 10)
                done.resume(with: Result { try passwords.map { try FirstPassword.hash($0, derive: derive) } })
            }
        }
    }
}

extension SlipIssuer.Candidate {
    fileprivate func slip(password: String, ends: Date) -> Slip {
        Slip(
            account: account ?? number, password: password, ends: UTC.text(ends), person: employee.name, number: number,
            unit: unit)
    }

    fileprivate func skipped(_ why: String) -> SlipBatch.Skipped {
        SlipBatch.Skipped(person: employee.name, number: number, why: why)
    }
}
