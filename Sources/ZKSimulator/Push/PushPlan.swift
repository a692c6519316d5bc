import Foundation

/// A simulated device that reports by itself: who it is, what it has, and what goes wrong on its way.
package struct PushPlan: Sendable {
    package enum Dialect: String, Sendable, CaseIterable {
        /// 2.4: options, results of counts, the word form of TransFlag.
        case new = "2.4"
        /// Without a version: four columns, old names of stamps.
        case old
    }

    /// What goes wrong with answers, each so often of a hundred, by the seed.
    package struct Faults: Sendable, Equatable {
        /// The connection breaks before the answer is read: the server may have taken it.
        package var loseAnswer = 0
        /// It breaks within the answer.
        package var halfAnswer = 0
        /// It breaks within the request.
        package var halfRequest = 0

        package init() {}

        /// `lose-answer=20,half-answer=10`; `nil` where a word or number is none.
        package init?(_ text: String) {
            for pair in text.split(separator: ",") {
                let sides = pair.split(separator: "=", maxSplits: 1)
                guard sides.count == 2, let value = Int(sides[1]), (0...100).contains(value) else { return nil }
                switch sides[0] {
                case "lose-answer": loseAnswer = value
                case "half-answer": halfAnswer = value
                case "half-request": halfRequest = value
                default: return nil
                }
            }
        }
    }

    package var host: String
    package var port: Int
    package var isTLS = false
    /// Before `/iclock`, without slashes at its ends; empty for nothing.
    package var path = ""
    package var serial: String
    package var dialect = Dialect.new
    package var users = 10
    package var seed: UInt64 = 1
    /// Lines in one request.
    package var batch = 128
    package var faults = Faults()
    /// Between two polls; the server's `Delay` where `nil`.
    package var delay: Duration?
    package var errorDelay = Duration.seconds(1)
    /// How long it waits for a whole answer.
    package var answerTime = Duration.seconds(20)
    package var zone = 7 * 3600

    package init(host: String, port: Int, serial: String) {
        self.host = host
        self.port = port
        self.serial = serial
    }

    /// From `http://host[:port][/path]`; `nil` for anything else.
    package init?(url text: String, serial: String) {
        guard let url = URL(string: text), let host = url.host(), url.scheme == "http" || url.scheme == "https" else {
            return nil
        }
        self.init(host: host, port: url.port ?? (url.scheme == "https" ? 443 : 80), serial: serial)
        isTLS = url.scheme == "https"
        path = url.path().split(separator: "/").joined(separator: "/")
    }
}

/// One scan of a simulated push device.
package struct PushScan: Hashable, Sendable {
    package let user: String
    /// `YYYY-MM-DD hh:mm:ss`
    package let time: String
    package let state: Int
    package let verify: Int

    package init(user: String, time: String, state: Int = 0, verify: Int = 1) {
        self.user = user
        self.time = time
        self.state = state
        self.verify = verify
    }

    func line(_ dialect: PushPlan.Dialect) -> String {
        let head = "\(user)\t\(time)\t\(state)\t\(verify)"
        return dialect == .old ? head + "\n" : head + "\t0\t0\t0\n"
    }
}
