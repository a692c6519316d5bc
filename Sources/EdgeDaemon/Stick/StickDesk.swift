import Attendance
import DeviceFormats
import EdgeStore
import FailPoints
import Foundation

/// Imports files from flash disks: looks, then journals. It belongs to whoever may write the journal.
package struct StickDesk: Sendable {
    let store: EdgeStore
    package let folder: ImportFolder
    let devices: @Sendable () -> [DeviceConfiguration]
    let now: @Sendable () -> Date

    package init(
        store: EdgeStore, state: StateDirectory, devices: @escaping @Sendable () -> [DeviceConfiguration],
        now: @escaping @Sendable () -> Date
    ) {
        self.store = store
        folder = ImportFolder(state)
        self.devices = devices
        self.now = now
    }

    // MARK: Which device

    struct Device: Equatable, Sendable {
        var name: String?
        var serial: DeviceSerial
        var isKnown: Bool
    }

    /// The device that `word` names: a stanza, a serial that is known, or else an explicit serial.
    ///
    /// - Throws: `ImportError`: a file's device is never guessed.
    func device(_ word: String) throws -> Device {
        let word = word.trimmingCharacters(in: .whitespaces)
        let stanzas = devices()
        if let stanza = stanzas.first(where: { $0.name == word }) {
            let serial =
                try stanza.journalSerial ?? store.firstSerial(of: word).flatMap { stanza.journalSerial(of: $0) }
            guard let serial else {
                throw ImportError(
                    "the serial of \(word) is not known: it was never read; give its serial instead, as its menu shows it",
                    isUnknownDevice: true)
            }
            return Device(name: word, serial: serial, isKnown: true)
        }
        let named = try stanzas.compactMap { stanza in
            let serial = try stanza.journalSerial ?? store.firstSerial(of: stanza.name).flatMap(stanza.journalSerial)
            return serial.map { (name: stanza.name, own: stanza.serial, journal: $0) }
        }
        let matching = named.filter {
            $0.journal.text.lowercased() == word.lowercased() || $0.own?.text.lowercased() == word.lowercased()
        }
        guard matching.count <= 1 else {
            throw ImportError(
                "several devices share the serial \(word): name one of \(matching.map(\.name).joined(separator: ", "))",
                isUnknownDevice: true)
        }
        if let match = matching.first { return Device(name: match.name, serial: match.journal, isKnown: true) }
        if let serial = try store.knownSerial(word) { return Device(serial: serial, isKnown: true) }
        guard StickName.isSerialLike(word), let serial = DeviceSerial(word) else {
            throw ImportError(
                "no device is called \"\(word)\": give a name from devices.conf, or the whole serial as its menu shows it",
                isUnknownDevice: true)
        }
        return Device(serial: serial, isKnown: false)
    }

    /// - Throws: `ImportError` where the file's name has the serial of another device.
    private func device(_ word: String, for name: String) throws -> Device {
        let device = try device(word)
        let told = StickName(name)
        guard !told.contradicts(device.serial) else {
            throw ImportError(
                "\(name) is of the device \(told.serial?.text ?? ""), by its name, not of \(device.serial): "
                    + "import it for that device", isOtherDevice: true)
        }
        return device
    }

    // MARK: Looking

    /// - Parameters:
    ///   - name: the file's, which may tell the serial.
    ///   - word: a name from `devices.conf`, or a serial.
    /// - Throws: `ImportError`, `StickRefusal`, `EdgeStoreError`.
    package func preview(_ sha: String, name: String, device word: String) throws -> StickPreview {
        try preview(bytes: folder.bytes(sha), name: name, device: word)
    }

    /// The same of a file that is stored nowhere.
    package func preview(bytes: [UInt8], name: String, device word: String) throws -> StickPreview {
        let device = try device(word, for: name)
        let log = try StickFile.attendance(bytes, name: name)
        let list = try store.userIDs(of: device.serial)
        var preview = StickPreview(
            sha256: ImportFolder.sha256(of: bytes), name: name, device: device.name, serial: device.serial.text,
            isKnownDevice: device.isKnown, records: log.count, known: 0, users: 0, unknownUsers: [],
            unknownUserCount: 0, isUserListKnown: !list.isEmpty, nobody: 0, undated: 0, undatedLines: [], future: 0,
            unreadable: log.unreadableCount, unreadableLines: log.unreadable,
            annotations: log.annotations.map(\.text))
        // A day of grace: which zone the device shows does not matter then.
        let tomorrow = String(UTC.text(now().addingTimeInterval(86_400)).prefix(19))
        var users: Set<UserID> = []
        var pieces = StickPunches(log, serial: device.serial)
        while let (punches, numbers) = pieces.next() {
            preview.known += try store.known(punches.map(\.key), of: device.serial)
            for (punch, number) in zip(punches, numbers) {
                preview.add(punch, number: number, tomorrow: tomorrow)
                if !punch.userID.isNobody { users.insert(punch.userID) }
            }
        }
        let unknown =
            list.isEmpty ? [] : users.subtracting(list).sorted { $0.bytes.lexicographicallyPrecedes($1.bytes) }
        preview.users = users.count
        preview.unknownUsers = unknown.prefix(StickPreview.mostUsers).map(\.text)
        preview.unknownUserCount = unknown.count
        return preview
    }

    // MARK: Journaling

    /// Journals the scans of a file that waits, or that was imported before: then nothing is new.
    ///
    /// - Parameter account: who said yes.
    /// - Throws: `ImportError`, `StickRefusal`, `EdgeStoreError`: nothing is journaled then.
    package func commit(_ sha: String, name: String, device word: String, by account: String) throws -> StickResult {
        let device = try device(word, for: name)
        let log = try StickFile.attendance(folder.bytes(sha), name: name)
        try folder.keep(sha)
        FailPoint.reach("edge.stick.kept")
        var result = StickResult(sha256: sha, serial: device.serial.text, records: log.count, new: 0)
        var pieces = StickPunches(log, serial: device.serial, file: FileOrigin(sha256: sha, by: account))
        // No coverage and no cursor: a file is only text, and says nothing of what it leaves out. So it need not be one
        // transaction either: after a kill, the next yes journals the rest.
        while let (punches, _) = pieces.next() {
            let moment = now()
            result.new += try store.append(
                Reading(serial: device.serial, source: .stick, extent: .some, startedAt: moment, punches: punches),
                at: moment
            ).newPunches
            FailPoint.reach("edge.stick.part_journaled")
        }
        return result
    }
}
