/// What one person is handed on paper to begin with.
package struct SlipModel: Sendable {
    package var account: String
    package var password: String
    /// Empty where the account is nobody's of the records.
    package var person: String
    package var number: String
    package var unit: String
    /// Of the pages, such as "https://hadir.example.go.id".
    package var address: String
    /// How long the first password opens the account.
    package var days: Int

    package init(
        account: String, password: String, person: String, number: String, unit: String, address: String, days: Int
    ) {
        self.account = account
        self.password = password
        self.person = person
        self.number = number
        self.unit = unit
        self.address = address
        self.days = days
    }
}

/// The slips that did not fit on one page.
package struct NextSlips: Sendable {
    /// As the form names it.
    package var unit: String
    package var again: Bool
    package var after: Int64
    package var left: Int

    package init(unit: String, again: Bool, after: Int64, left: Int) {
        self.unit = unit
        self.again = again
        self.after = after
        self.left = left
    }
}
