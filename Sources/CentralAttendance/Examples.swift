/// Texts that come with the program: schedules, rule sets, calendars.
package enum Examples {
    package static let names: [String] = []
}
