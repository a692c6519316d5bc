#if FAIL_POINTS
    import Foundation
    import Glibc
    import Synchronization

    /// What the environment asks of fail points and sabotages; `nil` where it asks nothing.
    ///
    /// Every point that acts and every sabotage that is asked for the first time while it is on is written, a line each,
    /// to the file `HADIR_FAIL_LOG`, so that a rig knows that the place was met.
    final class FaultPlan: Sendable {
        static let shared = FaultPlan(ProcessInfo.processInfo.environment)

        enum Action: Equatable {
            case kill
            case stop
            case stall(milliseconds: UInt32)
        }

        struct Rule: Equatable {
            let action: Action
            /// Counted from 1.
            let time: Int
        }

        private let rules: [String: Rule]
        private let sabotages: Set<String>
        private let log: String?
        private let reached = Mutex<[String: Int]>([:])
        private let told = Mutex<Set<String>>([])

        init?(_ environment: [String: String]) {
            let points = environment["HADIR_FAIL_POINTS"] ?? ""
            let switches = environment["HADIR_SABOTAGE"] ?? ""
            guard !points.isEmpty || !switches.isEmpty else { return nil }
            rules = Self.rules(points)
            sabotages = Set(switches.split(separator: ";").map(String.init))
            log = environment["HADIR_FAIL_LOG"]
        }

        /// Of parts such as `edge.append.before_commit=stall:500@3`; a part that is none is left out.
        static func rules(_ text: String) -> [String: Rule] {
            var rules: [String: Rule] = [:]
            for part in text.split(separator: ";") {
                let sides = part.split(separator: "=", maxSplits: 1)
                guard sides.count == 2 else { continue }
                let words = sides[1].split(separator: "@", maxSplits: 1)
                let time = words.count == 2 ? Int(words[1]) ?? 1 : 1
                let action: Action? =
                    switch words.first {
                    case "kill": .kill
                    case "stop": .stop
                    case let word? where word.hasPrefix("stall:"):
                        UInt32(word.dropFirst(6)).map { .stall(milliseconds: $0) }
                    default: nil
                    }
                if let action { rules[String(sides[0])] = Rule(action: action, time: time) }
            }
            return rules
        }

        func reach(_ name: String) {
            guard let rule = rules[name] else { return }
            let time = reached.withLock { reached in
                reached[name, default: 0] += 1
                return reached[name]
            }
            guard time == rule.time else { return }
            write(name)
            switch rule.action {
            case .kill: kill(getpid(), SIGKILL)
            case .stop: kill(getpid(), SIGSTOP)
            case .stall(let milliseconds): usleep(milliseconds * 1000)
            }
        }

        func sabotages(_ name: String) -> Bool {
            guard sabotages.contains(name) else { return false }
            if told.withLock({ $0.insert(name).inserted }) { write(name) }
            return true
        }

        private func write(_ name: String) {
            guard let log else { return }
            let file = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
            guard file >= 0 else { return }
            let line = Array("\(name)\n".utf8)
            _ = line.withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
            close(file)
        }
    }
#endif
