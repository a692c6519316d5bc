import Testing

@testable import ZKWire

/// What a vector's bytes mean, in the file's own keys, and the bytes our own encoder makes of it.
struct Meaning {
    var fields: [String: JSON]
    /// `nil` where the layout has bytes this version does not read.
    var emitted: [UInt8]?

    init(_ fields: [String: JSON], emitted: [UInt8]? = nil) {
        self.fields = fields
        self.emitted = emitted
    }
}

/// The bytes a check reads: a frame's data, a record's bytes, or what a transfer's frames carry together.
struct Subject {
    let vector: Vector
    let frames: [ReceivedFrame]
    let data: [UInt8]

    var frame: Frame {
        get throws { try #require(frames.first).frame }
    }

    init(_ vector: Vector) throws {
        self.vector = vector
        switch vector.kind {
        case .record:
            frames = []
            data = vector.bytes
        case .frame:
            let received = try ReceivedFrame(payload: vector.payload)
            frames = [received]
            data = received.frame.data
        case .stream:
            var decoder = EnvelopeDecoder()
            decoder.append(vector.bytes)
            var frames: [ReceivedFrame] = []
            while let payload = try decoder.next() { frames.append(try ReceivedFrame(payload: payload)) }
            self.frames = frames
            data = frames.filter { $0.frame.command == .data }.flatMap(\.frame.data)
        case .datagrams:
            frames = try vector.segments.map { try ReceivedFrame(payload: $0) }
            let parts = frames.filter { $0.frame.command == .data }.map(\.frame).sorted { $0.session < $1.session }
            data = parts.flatMap(\.data)
        }
    }

    func fields(_ size: Int) throws -> Fields { try Fields(data, size: size, of: vector.id) }
}

typealias FieldCheck = @Sendable (Subject) throws -> Meaning

@Suite("Published vectors: fields")
struct VectorFieldTests {
    /// Keys of the file that are remarks for the reader, not something the bytes say.
    static let remarks: Set<String> = [
        "note", "data_layout", "reading_preferred", "accepted_for", "template_magic", "order", "counts_known",
        "must_reject", "nul_terminated",
    ]

    /// Vectors whose `decoded.fields` is null: the header says all there is to say.
    static let headerOnly: Set<String> = [
        "connect-req", "exit-req", "connect-req-udp", "auth-accepted-rep", "sizes-req", "free-data-req",
        "k40-connect-req-reply1", "d2-unknown-option-rep", "d2-sizes-req", "udp-ack-error", "udp-attlog-req",
        "restart-req", "version-req", "get-time-req", "disable-req", "refresh-req", "bulk-save-req-110",
        "clear-attlog-req", "clear-all-req", "cancel-capture-req", "start-verify-req", "event-ack",
        "refresh-option-req", "fp-upload-prepare", "opt-unknown-2001", "err-4989", "err-6001", "cks-carry",
        "cks-reply-0", "cks-reply-65534", "lcd-clear-req",
    ]

    static let checks: [String: FieldCheck] = [
        RequestChecks.table, ReplyChecks.table, EventChecks.table, RecordChecks.table, TransferChecks.table,
    ].reduce(into: [:]) { $0.merge($1) { first, _ in first } }

    @Test(
        "Fields read as published, and our encoder makes the same bytes of them",
        arguments: Vector.all.filter { $0.fields != nil })
    func fields(_ vector: Vector) throws {
        let check = try #require(Self.checks[vector.id], "no field check for \(vector.id)")
        let subject = try Subject(vector)
        let meaning = try check(subject)
        let published = try #require(vector.fields).filter { !Self.remarks.contains($0.key) }
        for key in Set(published.keys).union(meaning.fields.keys).sorted() {
            #expect(meaning.fields[key] == published[key], "\(vector.id), \(key)")
        }
        if let emitted = meaning.emitted { #expect(hexText(emitted) == hexText(subject.data), "\(vector.id)") }
    }

    @Test("Every vector has a field check, or the file says it has no fields")
    func everyVector() {
        let silent = Set(Vector.all.filter { $0.fields == nil }.map(\.id))
        #expect(silent == Self.headerOnly)
        let checked = Set(Self.checks.keys)
        #expect(checked.union(silent) == Set(Vector.all.map(\.id)))
        #expect(checked.isDisjoint(with: silent))
    }
}
