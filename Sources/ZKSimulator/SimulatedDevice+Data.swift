import Foundation
import ZKWire

/// Reading of large data: 1503 and 1504, and the direct commands of old firmware (zk-protocol, section 9).
extension SimulatedDevice {
    mutating func prepare(_ frame: Frame, _ session: DeviceSession, _ peer: Peer, _ now: Date) -> [Frame] {
        sessions[peer]?.prepared = nil
        guard profile.hasBuffer, !fire(.noBuffer, at: now) else { return [reply(.ackUnknown, to: frame)] }
        guard let request = try? BufferRequest(frame.data), let body = dataset(request) else { return [refused(frame)] }
        if let answer = withheld(request, frame, now) { return answer }
        let prepared = PreparedDataset(body: body)
        if prepared.isEmpty, let fault = faults.active(.emptyAnswer, at: now),
            let answer = Fault.EmptyAnswer(rawValue: fault.word), fire(.emptyAnswer, at: now)
        {
            switch answer {
            case .inline: break
            case .error: return [refused(frame)]
            case .noSessionBuffer: return [reply(.noSessionBuffer, to: frame)]
            }
        }
        if prepared.size <= DeviceProfile.inlineLimit {
            return [reply(.data, to: frame, data: prepared.bytes(BufferRange(offset: 0, size: prepared.size)))]
        }
        sessions[peer]?.prepared = prepared
        return [ok(frame, data: BufferAnnouncement(size: prepared.size).bytes)]
    }

    /// What faults make of the question for a dataset.
    private mutating func withheld(_ request: BufferRequest, _ frame: Frame, _ now: Date) -> [Frame]? {
        if request == .users, fire(.noUsers, at: now) { return [refused(frame)] }
        if request == .operations, fire(.noOperations, at: now) { return [refused(frame)] }
        if request == .operations, fire(.hangOperations, at: now) { return [] }
        guard fire(.hugeSize, at: now) else { return nil }
        return [ok(frame, data: BufferAnnouncement(size: Int(UInt32.max)).bytes)]
    }

    mutating func readBuffer(_ frame: Frame, _ session: DeviceSession, _ peer: Peer, _ now: Date) -> [Frame] {
        guard profile.hasBuffer else { return [reply(profile.unknownCommand, to: frame)] }
        let longest = peer.link == .udp ? DeviceProfile.longestChunkUDP : DeviceProfile.longestChunkTCP
        guard let asked = try? BufferRange(frame.data), asked.size <= longest, let prepared = session.prepared else {
            return [refused(frame)]
        }
        let range = fire(.ignoreOffset, at: now) ? BufferRange(offset: 0, size: asked.size) : asked
        let bytes = prepared.bytes(range)
        if bytes.count <= packetLimit(peer), fire(.bareData, at: now) { return [reply(.data, to: frame, data: bytes)] }
        return burst(bytes, answering: frame, peer: peer)
    }

    /// The direct commands: the device answers at once with the whole dataset.
    mutating func readDirectly(_ frame: Frame, _ session: DeviceSession, _ peer: Peer, _ now: Date) -> [Frame] {
        let request: BufferRequest
        switch (frame.command, frame.data.first) {
        case (.attendanceRead, _):
            if fire(.garbage13, at: now) { return burst(garbage(), answering: frame, peer: peer) }
            request = .attendance
        case (.userTemplateRead, 5) where frame.data.count == 1: request = .users
        case (.userTemplateRead, _): return readTemplate(frame, peer)
        case (.operationsRead, _): request = .operations
        case (_, let type): request = BufferRequest(inner: .databaseRead, dataType: UInt32(type ?? 0))
        }
        guard let body = dataset(request), !body.isEmpty else { return [refused(frame)] }
        let prepared = PreparedDataset(body: body)
        let whole = prepared.bytes(BufferRange(offset: 0, size: prepared.size))
        return burst(whole, answering: frame, peer: peer)
    }

    /// Records of one kind; `nil` for a kind that there is not.
    private mutating func dataset(_ request: BufferRequest) -> [UInt8]? {
        switch (request.inner, request.dataType) {
        case (.attendanceRead, _), (.databaseRead, 1): return log.bytes
        case (.userTemplateRead, 5), (.databaseRead, 5): return users.records()
        case (.operationsRead, _), (.databaseRead, 4): return operations.flatMap(\.bytes)
        case (.databaseRead, 2): return templateEntries()
        default: return nil
        }
    }

    /// PREPARE_DATA, DATA with the fragment's number in the session field, and the closing ACK with that of the last.
    func burst(_ bytes: [UInt8], answering frame: Frame, peer: Peer) -> [Frame] {
        let limit = packetLimit(peer)
        let head = TransferAnnouncement(size: bytes.count, packet: limit)
        var frames = [reply(.prepareData, to: frame, data: head.bytes)]
        var fragment: UInt16 = 0
        for start in stride(from: 0, to: bytes.count, by: limit) {
            let piece = Array(bytes[start..<min(start + limit, bytes.count)])
            frames.append(Frame(.data, session: fragment, reply: frame.reply, data: piece))
            fragment &+= 1
        }
        let last = bytes.isEmpty ? frame.session : fragment &- 1
        frames.append(Frame(.ackOK, session: last, reply: frame.reply))
        return frames
    }

    private func packetLimit(_ peer: Peer) -> Int {
        peer.link == .udp ? DeviceProfile.udpPacketLimit : max(64, profile.packetLimit)
    }

    /// A dataset with a right first word and no record in it.
    private mutating func garbage() -> [UInt8] {
        let body = (0..<120).map { _ in UInt8(truncatingIfNeeded: random.next()) }
        return PreparedDataset(body: body).bytes(BufferRange(offset: 0, size: 124))
    }

    // MARK: Uploads

    /// A client's buffer: 1500 with the size, 1501 with pieces, then what to do with it.
    mutating func takeUpload(_ frame: Frame, _ session: DeviceSession, _ peer: Peer, _ now: Date) -> [Frame] {
        switch frame.command {
        case .prepareData:
            guard let size = frame.data.leadingU32, size <= Upload.longest else { return [refused(frame)] }
            sessions[peer]?.upload = Upload(size: Int(size))
        case .data:
            guard let upload = session.upload, frame.data.count <= upload.size - upload.bytes.count else {
                return [refused(frame)]
            }
            sessions[peer]?.upload?.bytes += frame.data
        case .checksumBuffer:
            guard let upload = session.upload else { return [refused(frame)] }
            // The real algorithm is not published; clients ignore the answer (zk-protocol, section 13.4).
            let sum = upload.bytes.reduce(UInt32(0)) { $0 &+ UInt32($1) }
            return [ok(frame, data: PackedTime(rawValue: sum).bytes)]
        case .templateWrite:
            guard let upload = session.upload, let slot = Self.slot(frame.data), users.user(index: slot.index) != nil
            else { return [refused(frame)] }
            templates[slot] = upload.bytes
        default:
            guard let upload = session.upload, saveUsers(upload.bytes, at: now) else { return [refused(frame)] }
            sessions[peer]?.upload = nil
        }
        return [ok(frame)]
    }

    /// The commit of users with templates (110): three lengths, users behind a 02, a table, templates.
    private mutating func saveUsers(_ bytes: [UInt8], at now: Date) -> Bool {
        guard let userBytes = bytes.leadingU32.map(Int.init), let tableBytes = bytes.word(at: 4),
            let templateBytes = bytes.word(at: 8), userBytes + tableBytes + templateBytes == bytes.count - 12
        else { return false }
        let entry = profile.users.size + 1
        let table = 12 + userBytes
        guard userBytes.isMultiple(of: entry), tableBytes.isMultiple(of: 8) else { return false }
        var written: [UserRecord] = []
        for start in stride(from: 12, to: table, by: entry) {
            guard bytes[start] == 2, let user = try? UserRecord(bytes, at: start + 1, layout: profile.users) else {
                return false
            }
            written.append(user)
        }
        for user in written where !write(user, at: now) { return false }
        for start in stride(from: table, to: table + tableBytes, by: 8) {
            guard let offset = bytes.word(at: start + 4) else { return false }
            let from = table + tableBytes + offset
            guard offset <= templateBytes, let size = bytes.half(at: from), from + 2 + size <= bytes.count,
                let index = bytes.half(at: start + 1)
            else { return false }
            let slot = TemplateSlot(index: UInt16(truncatingIfNeeded: index), finger: bytes[start + 3] & 0x0F)
            templates[slot] = Array(bytes[(from + 2)..<(from + 2 + size)])
        }
        return true
    }
}

extension [UInt8] {
    /// Little-endian numbers at an offset; `nil` beyond the end.
    fileprivate func word(at offset: Int) -> Int? {
        guard offset >= 0, offset <= count - 4 else { return nil }
        return Array(self[offset..<(offset + 4)]).leadingU32.map(Int.init)
    }

    fileprivate func half(at offset: Int) -> Int? {
        guard offset >= 0, offset <= count - 2 else { return nil }
        return Int(self[offset]) | Int(self[offset + 1]) << 8
    }
}
