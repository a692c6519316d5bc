import ArgumentParser
import EdgeDaemon

/// How far a roster may go; shared by the commands that make a device's list the same as a given one.
struct RosterOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Delete up to so many users (default: a tenth of the device's, at least 1).", valueName: "n"))
    var maxDeletions: Int?

    @Option(
        help: ArgumentHelp(
            "Believe a list of at least so many users, though the device has over twice as many.", valueName: "n"))
    var allowShrink: Int?

    @Flag(help: "Let the device have no administrator.")
    var allowNoAdmin = false

    func validate() throws {
        if let maxDeletions, maxDeletions < 0 { throw ValidationError("--max-deletions is 0 or more") }
        if let allowShrink, allowShrink < 1 { throw ValidationError("--allow-shrink is 1 or more") }
    }

    var limits: RosterPlan.Limits {
        RosterPlan.Limits(
            deletesOthers: true, maxDeletions: maxDeletions, allowShrink: allowShrink, allowNoAdmin: allowNoAdmin)
    }
}
