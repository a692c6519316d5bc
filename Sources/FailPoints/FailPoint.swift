/// Named places in the programs where a test ends, holds or breaks them.
///
/// They are there in a debug build only. In a release build a call is an empty function that is inlined: neither the
/// call nor its name is in the program (`Tests/Torture/absent.py` proves it). Public, because functions of `package`
/// access are not inlined into other modules, whatever they say.
public enum FailPoint {
    #if FAIL_POINTS
        /// Ends or holds the process here where `HADIR_FAIL_POINTS` says so.
        ///
        /// `HADIR_FAIL_POINTS` has `;` between its parts: `NAME=kill`, `NAME=stop` (SIGSTOP), `NAME=stall:MILLISECONDS`,
        /// each with `@N` for the N-th time the place is reached, counted from 1 (without it: the first time).
        public static func reach(_ name: StaticString) { FaultPlan.shared?.reach("\(name)") }
    #else
        @inlinable @inline(__always) public static func reach(_ name: StaticString) {}
    #endif
}

/// A deliberate fault in the programs, switched on by a rig that must catch it.
///
/// A rig that cannot go red proves nothing. As with ``FailPoint``, a release build has neither the switch nor its name.
public enum Sabotage {
    #if FAIL_POINTS
        /// Whether `HADIR_SABOTAGE`, names with `;` between them, has this one.
        public static func isOn(_ name: StaticString) -> Bool { FaultPlan.shared?.sabotages("\(name)") ?? false }
    #else
        @inlinable @inline(__always) public static func isOn(_ name: StaticString) -> Bool { false }
    #endif
}
