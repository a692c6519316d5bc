import Attendance
import DeviceFormats
import NIOCore
import ZKWire

extension FuzzTarget {
    /// What a device sends over TCP, UDP and USB.
    static let wire: [FuzzTarget] = [
        FuzzTarget("frames", longest: 256, frames),
        FuzzTarget("transfer", longest: 256, transfer),
        FuzzTarget("session", longest: 256, session),
        FuzzTarget("packed-times", longest: 12, packedTimes),
        FuzzTarget("records", longest: 256, records),
        FuzzTarget("layout", longest: 512, layout),
        FuzzTarget("users", longest: 300, users),
        FuzzTarget("answers", longest: 256, answers),
    ]

    /// A stream cut anywhere gives the same frames; a frame written is the frame read.
    @Sendable private static func frames(_ bytes: [UInt8]) {
        var input = FuzzInput(bytes)
        let cut = Int(input.u8()) + 1
        let stream = input.rest
        let whole = payloads(of: stream, inPiecesOf: max(1, stream.count))
        hold(whole == payloads(of: stream, inPiecesOf: cut), "frames do not depend on segments")
        let taken = whole.reduce(0) { $0 + $1.count + Envelope.size }
        hold(taken <= stream.count, "no more comes out than went in")
        for payload in whole + [stream] {
            guard let received = try? ReceivedFrame(payload: payload) else {
                hold(payload.count < Frame.headerSize, "a payload with a header is a frame")
                continue
            }
            let written = received.frame.payload()
            hold(!received.isIntact || written == payload, "an intact frame is written as it was read")
            let again = try? ReceivedFrame(payload: written)
            hold(again?.isIntact == true && again?.frame == received.frame, "what is written is read")
            _ = RealtimeEvent(received.frame)
        }
    }

    private static func payloads(of stream: [UInt8], inPiecesOf size: Int) -> [[UInt8]] {
        var decoder = EnvelopeDecoder()
        var payloads: [[UInt8]] = []
        var rest = stream[...]
        repeat {
            decoder.append(rest.prefix(size))
            rest = rest.dropFirst(size)
            while let payload = try? decoder.next() { payloads.append(payload) }
            hold(decoder.pending <= stream.count, "no more is held than came")
        } while !rest.isEmpty
        return payloads
    }

    /// A sequence of frames: what is finished is made of bytes that came, as many as were asked for.
    @Sendable private static func transfer(_ bytes: [UInt8]) {
        var input = FuzzInput(bytes)
        let isDatagram = input.u8() & 1 == 1
        let size = Int(input.u8())
        let purpose = input.one(of: [TransferStateMachine.Purpose.prepare, .chunk(size), .burst])
        var machine = TransferStateMachine(purpose, isDatagram: isDatagram)
        let commands: [Command] = [.prepareData, .data, .ackData, .ackOK, .ackUnauthorised, .ackError]
        var sent = 0
        while !input.isEmpty {
            let command = input.one(of: commands)
            let index = UInt16(input.u8())
            let data = input.take(Int(input.u8() & 31))
            sent += data.count
            switch machine.received(Frame(command, session: index, data: data)) {
            case .wait, .waitBriefly: break
            case .finished(let whole):
                hold(whole.count <= sent, "no byte comes out that was not sent")
                if case .chunk(let size) = purpose { hold(whole.count <= size, "no chunk is larger than asked for") }
                return
            case .announced(let size):
                hold(size <= TransferStateMachine.mostBytes, "no dataset is larger than the bound")
                return
            case .refused, .fail: return
            }
            hold(machine.count <= sent, "progress is of bytes that came")
        }
    }

    /// Frames, time-outs and wishes in any order: a device that was disabled is given back before the goodbye.
    @Sendable private static func session(_ bytes: [UInt8]) {
        var input = FuzzInput(bytes)
        let flags = input.u8()
        var machine = SessionStateMachine(
            SessionStateMachine.Configuration(
                commKey: CommKey(flags & 1 == 1 ? 1234 : 0), attempts: Int(flags >> 1 & 3) + 1,
                looseReplies: flags & 8 == 8))
        var last = Frame(.connect)
        var isClosed = false
        while !input.isEmpty {
            let wasOpen = machine.phase == .open && machine.mustEnable
            let choice = input.u8()
            let action: SessionStateMachine.Action
            switch choice % 8 {
            case 0: action = machine.connect(mustEnable: choice & 128 == 128)
            case 1: action = machine.command(.disableDevice)
            case 2: action = machine.command(Command(rawValue: input.u16()), data: input.take(4))
            case 3: action = machine.timedOut()
            case 4:
                action = machine.leave()
                if wasOpen, case .send(let frame) = action {
                    hold(frame.command == .enableDevice, "whoever leaves enables the device first")
                }
            case 5 where choice == 253: action = machine.linkLost()
            case 6:
                action = machine.received(
                    Frame(Command(rawValue: input.u16()), session: input.u16(), reply: last.reply, data: input.take(4)))
            default:
                let replies: [Command] = [.ackOK, .ackUnauthorised, .ackError, .ackData, .registerEvent, .prepareData]
                action = machine.received(
                    Frame(input.one(of: replies), session: UInt16(input.u8()), reply: last.reply))
            }
            switch action {
            case .send(let frame), .resend(let frame):
                hold(frame.reply != .max, "no command has the number that libraries leave out")
                last = frame
            default: break
            }
            hold(!isClosed || machine.phase == .closed || choice % 8 == 0, "a closed session stays closed")
            isClosed = machine.phase == .closed
        }
    }

    /// Every packed time is its parts, and a date is one in every form or in none.
    @Sendable private static func packedTimes(_ bytes: [UInt8]) {
        var input = FuzzInput(bytes)
        let time = PackedTime(rawValue: input.u32())
        hold(PackedTime(time.parts) == time, "parts are packed to the same number")
        let moment = DeviceTime(time)
        hold(moment.isCalendarDate == time.parts.isCalendarDate, "both know which dates there are")
        hold(DeviceTime(text: moment.text) == moment, "its text is read again")
        if moment.isCalendarDate {
            let scan = TextScan(userID: [], time: time.parts.text.utf8, verify: 0, state: 0)
            hold(scan.deviceTime == moment && scan.packedTime == time, "as text it is the same moment")
        }
        let parts = PackedTime.Parts(
            year: 2000 + Int(input.u8()), month: Int(input.u8()), day: Int(input.u8()), hour: Int(input.u8()),
            minute: Int(input.u8()), second: Int(input.u8()))
        if let event = EventTime(parts) {
            hold(event.parts == parts, "the six bytes are the parts")
            hold(
                event.packed.map { $0.parts == parts } ?? !parts.isCalendarDate, "and the packed time, where it can be")
        }
    }

    /// As many punches as records, each with a key of its own, and each journaled so that the centre reads it.
    @Sendable private static func records(_ bytes: [UInt8]) {
        var input = FuzzInput(bytes)
        let layout = input.one(of: AttendanceLayout.allCases)
        let body = input.rest
        guard let records = try? AttendanceRecord.all(in: body, layout: layout) else {
            broken("whole records are read")
        }
        hold(records.count == body.count / layout.size, "every whole record is one")
        for record in records {
            let again = try? AttendanceRecord(record.bytes(layout), layout: layout)
            hold(again?.who == record.who && again?.time == record.time, "user and time are written as read")
            hold(again?.verify == record.verify && again?.state == record.state, "verify and state, too")
        }
        var normaliser = PunchNormaliser(serial: Samples.serial, source: .poll)
        Samples.check(normaliser.punches(from: records), of: records.count)
    }

    /// A layout that is found divides the dataset.
    @Sendable private static func layout(_ bytes: [UInt8]) {
        var input = FuzzInput(bytes)
        let flags = input.u8()
        let count = flags & 1 == 1 ? Int(input.u8()) : nil
        let latest = PackedTime(rawValue: 862_000_000)
        let sample = input.rest
        let found = try? LayoutDetection.attendance(
            total: sample.count, sample: sample, count: count, latest: latest, sixteenVerifyFirst: flags & 2 == 2)
        if let found { hold(sample.count.isMultiple(of: found.layout.size), "records fill the dataset") }
        if let found = try? LayoutDetection.users(total: sample.count, sample: sample, count: count) {
            hold(sample.count.isMultiple(of: found.layout.size), "users fill the dataset")
        }
    }

    /// A user is written as it was read; nothing printed shows a password.
    @Sendable private static func users(_ bytes: [UInt8]) {
        var input = FuzzInput(bytes)
        let layout = input.one(of: UserLayout.allCases)
        let body = input.rest
        guard let users = try? Dataset(body: body).users(layout) else { broken("whole users are read") }
        hold(users.count == body.count / layout.size, "every whole user is one")
        for user in users {
            hold((try? UserRecord(user.bytes(layout), layout: layout)) == user, "a user is written as read")
        }
        var normaliser = PunchNormaliser(serial: Samples.serial, source: .poll, users: users)
        let records = users.map {
            AttendanceRecord(who: .index($0.index), verify: 1, time: PackedTime(rawValue: 800_000_000), state: 0)
        }
        Samples.check(normaliser.punches(from: records), of: records.count)
    }

    /// Options, counters, datasets, operations, templates, announcements and live events.
    @Sendable private static func answers(_ bytes: [UInt8]) {
        var input = FuzzInput(bytes)
        let choice = input.u8()
        let data = input.rest
        switch choice % 8 {
        case 0:
            guard let option = DeviceOption(data) else { return }
            let again = DeviceOption(option.bytes)
            hold(again == option, "an option is written as read")
        case 1:
            guard let sizes = FreeSizes(data) else { return }
            let again = FreeSizes(sizes.bytes(size: data.count >= FreeSizes.faceSize ? 112 : 80))
            hold(again == sizes, "counters are written as read")
            _ = sizes.isPlausible
        case 2:
            guard let dataset = try? Dataset(data) else { return }
            hold(dataset.body.count <= min(dataset.promised, data.count), "no more than promised, no more than came")
        case 3:
            let records = (try? OperationRecord.all(in: data)) ?? []
            hold(records.count == data.count / OperationRecord.size, "every whole operation is one")
            for record in records {
                hold((try? OperationRecord(record.bytes)) == record, "an operation is written as read")
            }
        case 4:
            guard let entries = try? TemplateEntry.all(in: data) else { return }
            hold(entries.reduce(0) { $0 + $1.template.bytes.count } <= data.count, "templates are of these bytes")
        case 5:
            if let range = try? BufferRange(data) { hold((try? BufferRange(range.bytes)) == range, "a range") }
            if let request = try? BufferRequest(data) {
                hold((try? BufferRequest(request.bytes)) == request, "a request is written as read")
            }
            _ = try? BufferAnnouncement(data)
        default:
            let codes = RealtimeEvent.Code.allCases.map(\.rawValue) + [3]
            let frame = Frame(.registerEvent, session: codes[Int(choice >> 3) % codes.count], data: data)
            guard case .attendance(let events)? = RealtimeEvent(frame)?.content else { return }
            hold(events.reduce(0) { $0 + $1.raw.count } <= data.count, "events are of these bytes")
            let normaliser = PunchNormaliser(serial: Samples.serial, source: .live)
            for event in events {
                guard let punch = normaliser.punch(from: event) else { continue }
                Samples.check(journaled: punch)
            }
        }
    }
}
