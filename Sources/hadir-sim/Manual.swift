import ZKSimulator

/// The long part of `hadir-sim run --help`.
enum Manual {
    static let discussion = """
        When it listens, one line for each device goes to standard output:

          hadir-sim: SERIAL profile PROFILE tcp HOST:PORT udp HOST:PORT soap HOST:PORT control PATH

        PROFILES
        \(profiles)

        FAULTS
          NAME[=VALUE][@AFTER][*TIMES]. AFTER is a number of commands (@10), or of seconds since the start (@30s).
          TIMES is how often it happens; without it, once for those marked "once", else always. Chance follows from
          --seed.

        \(faults)

        CONTROL
          One command a line at the socket given by --control, one answer each: "ok …" or "error: …".

        \(commands)

        EXAMPLES
          A colour-screen device with 100,000 scans on the usual port:
            hadir-sim run --tcp 0.0.0.0:4370 --udp 0.0.0.0:4370 --users 200 --records 100000

          Somebody scans every five seconds; a script makes user 17 come in:
            hadir-sim run --tcp 127.0.0.1:0 --scan-every 5 --control /tmp/sim.ctl
            echo 'scan 17 in' | nc -U -q 1 /tmp/sim.ctl

          A bad line, a key, and a restart in the middle of things:
            hadir-sim run --udp 127.0.0.1:4370 --comm-key 1234 --fault drop=0.1,dup=0.05 --fault reboot@40

          An older device that is read over its web service, with a key, whose log breaks off once:
            hadir-sim run --soap 127.0.0.1:8080 --records 5000 --comm-key 1234 --fault soap-cut=row*1

          A thousand devices on free ports, a hundred more that take connections and say nothing:
            hadir-sim run --tcp 127.0.0.1:0 --devices 1000 --serial SIM0001
            hadir-sim run --tcp 127.0.0.1:0 --devices 100 --serial SIM1001 --fault silent

        EXIT STATUS
          0 after a signal, 1 where an address cannot be bound, 64 where the options are wrong.
        """

    private static let profiles = DeviceProfile.known.map { profile in
        "  \(pad(profile.name, 7)) \(profile.attendance.size)-byte records, \(profile.users.size)-byte users, "
            + (profile.hasTCP ? "TCP and UDP" : "UDP only")
            + (profile.hasBuffer ? "" : ", direct commands only")
    }.joined(separator: "\n")

    private static let faults = Fault.Name.allCases.map { name in
        "  \(pad(name.rawValue, 18)) \(name.summary)"
    }.joined(separator: "\n")

    private static let commands = SimulatorControl.help.map { "  \($0)" }.joined(separator: "\n")

    private static func pad(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }
}
