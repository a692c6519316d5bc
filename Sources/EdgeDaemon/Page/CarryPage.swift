import Attendance
import EdgeStore
import Foundation
import Logging
import PageSupport

/// The clerk's page for carrying the journal to the centre: a look at what waits, the file to take along, and the
/// receipts that come back. It works without scripts; what it changes, it changes for a form of its own.
struct CarryPage: Sendable {
    static let path = "/kirim"
    static let downloadPath = "/kirim/unduh"
    static let receiptsPath = "/kirim/terima"
    /// A file of receipts, and the form around it.
    static let mostBytes = 4 << 20

    enum Answer: Sendable {
        case page(status: Int, html: String)
        case file(name: String, bytes: [UInt8])
    }

    static let files = ["kirim": PackageResources.kirim_mustache]

    private let store: EdgeStore
    private let state: StateDirectory
    private let forwarder: Forwarder?
    private let devices: @Sendable () -> [NodeStatus.Device]
    private let configuration: CurrentConfiguration
    private let logger: Logger
    private let token: FormToken
    private let templates: PageTemplates?

    init(
        store: EdgeStore, state: StateDirectory, forwarder: Forwarder?, configuration: CurrentConfiguration,
        logger: Logger, devices: @escaping @Sendable () -> [NodeStatus.Device]
    ) {
        self.store = store
        self.state = state
        self.forwarder = forwarder
        self.devices = devices
        self.configuration = configuration
        self.logger = logger
        token = FormToken()
        templates = try? PageTemplates(Self.files)
    }

    // MARK: What waits

    /// - Parameter query: of the address; `dari` says where the part begins.
    func show(_ query: String) async -> Answer {
        let from = EncodedFields(query).flatMap { Int64($0["dari"]) }
        return await look(from, CarryView.News())
    }

    private struct Look: Sendable {
        var part: CarryView.Part?
        var isEnrolled = false
    }

    private func look(_ from: Int64?, _ news: CarryView.News, status: Int = 200) async -> Answer {
        do {
            let look = try await onJournal { try read(from) }
            return page(status, look.part, isEnrolled: look.isEnrolled, news)
        } catch {
            return page(422, nil, isEnrolled: false, CarryView.News(refusal: words(error)))
        }
    }

    private func read(_ from: Int64?) throws -> Look {
        guard let identity = try NodeIdentity.load(from: state) else { return Look() }
        let status = try store.status()
        var export = try BundleExport(store, identity, from: from)
        guard let file = try export.next() else { return Look(isEnrolled: true) }
        let isMore = export.remaining > 0
        return Look(
            part: CarryView.Part(
                first: file.first, last: file.last, bytes: file.bytes.count, waiting: status.pending,
                oldest: status.oldestPending, name: file.name, next: isMore ? file.last + 1 : nil), isEnrolled: true)
    }

    // MARK: Taking it along

    func download(_ body: [UInt8], contentType: String?) async -> Answer {
        guard let form = SmallForm(body, contentType: contentType) else { return incomplete }
        guard token.is(form["token"]) else { return foreign }
        do {
            let devices = devices()
            let from = Int64(form["dari"])
            let file = try await onJournal {
                guard let identity = try NodeIdentity.load(from: state) else { return BundleExport.File?.none }
                var export = try BundleExport(store, identity, devices: devices, from: from)
                return try export.next()
            }
            guard let file else { return await look(nil, CarryView.News()) }
            logger.notice("carry.exported", metadata: ["first": "\(file.first)", "last": "\(file.last)"])
            return .file(name: file.name, bytes: file.bytes)
        } catch {
            return await look(nil, CarryView.News(refusal: words(error)), status: 422)
        }
    }

    // MARK: What came back

    func receipts(_ body: [UInt8], contentType: String?) async -> Answer {
        guard let form = MultipartForm(body, contentType: contentType) else { return incomplete }
        guard token.is(form.text("token")) else { return foreign }
        guard let forwarder else {
            return await look(nil, CarryView.News(refusal: CarryWords.notEnrolled), status: 422)
        }
        guard let file = form["berkas"], let name = file.fileName, !name.isEmpty else {
            return await look(nil, CarryView.News(refusal: CarryWords.noFile), status: 422)
        }
        var outcomes: [CarriedReceipts.Outcome] = []
        do {
            for text in try CarriedReceipts.split(file.bytes) {
                outcomes.append(try await forwarder.take(carried: text))
            }
        } catch {
            return await look(nil, CarryView.News(rows: outcomes, refusal: words(error)), status: 422)
        }
        let isGood = outcomes.allSatisfy(\.isGood)
        return await look(
            nil,
            CarryView.News(
                rows: outcomes, result: isGood ? CarryWords.applied(outcomes) : nil,
                refusal: isGood ? nil : CarryWords.applied(outcomes)))
    }

    // MARK: Answers

    /// For what is refused before its body is read.
    func refusal(_ status: Int, _ sentence: String) -> Answer {
        page(status, nil, isEnrolled: true, CarryView.News(refusal: sentence))
    }

    private var incomplete: Answer { refusal(400, CarryWords.incomplete) }

    private var foreign: Answer { refusal(403, CarryWords.foreign) }

    private func words(_ error: any Error) -> String { CarryWords.sentence(error, help: help) }

    private var help: String { OfficeView.contact(configuration.value.help) }

    private func page(_ status: Int, _ part: CarryView.Part?, isEnrolled: Bool, _ news: CarryView.News) -> Answer {
        let current = configuration.value
        let view = CarryView(
            part, isEnrolled: isEnrolled, news, unit: current.unit, token: token.text, help: help,
            words: Indonesian(zone: TimeZone(identifier: current.timezone) ?? .gmt))
        return .page(status: status, html: templates?.render(view, with: "kirim") ?? "")
    }

    private func onJournal<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await Task(executorPreference: JournalThreads.shared) {
            defer { SpareMemory.giveBack() }
            return try body()
        }.value
    }
}

/// Shows that a form is one of this process's own pages: another site's page cannot read it.
struct FormToken: Sendable {
    let text: String

    init() {
        var random = SystemRandomNumberGenerator()
        text = (0..<4).map { _ in String(format: "%016lx", random.next()) }.joined()
    }

    /// Whoever guesses learns nothing from how long it takes.
    func `is`(_ told: String) -> Bool {
        let own = Array(text.utf8)
        let told = Array(told.utf8)
        guard own.count == told.count else { return false }
        return zip(own, told).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
    }
}
