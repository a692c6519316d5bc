/// Why a reply of the web service was not taken. What the device wrote is not in it.
package enum SOAPError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The connection ended before the closing tag: some rows are missing, nobody knows how many.
    case truncated(rows: Int)
    case noAnswer
    case notHTTP
    case status(Int)
    /// A page for people, or another service's answer, with status 200.
    case otherService
    /// The words in use for a wrong comm key (zk-soap, section 3: its exact form is not known).
    case keyRefused
    /// What stands between two rows, or the end of one, is not what devices write.
    case malformed(row: Int)
    case tooLong(String, Int)
    case noRow

    package var description: String {
        switch self {
        case .truncated(let rows): "the reply breaks off after \(rows) rows, before its closing tag"
        case .noAnswer: "the connection was closed without an answer"
        case .notHTTP: "what answers there does not speak HTTP"
        case .status(let status): "the web server answers with status \(status)"
        case .otherService: "a web page or another service answers there"
        case .keyRefused: "it speaks of a wrong ComKey"
        case .malformed(let row): "the reply is damaged at row \(row)"
        case .tooLong(let what, let most): "\(what) is over \(most)"
        case .noRow: "the reply has no row that tells it"
        }
    }
}
