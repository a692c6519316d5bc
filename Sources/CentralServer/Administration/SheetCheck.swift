import AttendanceRules
import CentralAttendance
import CentralStore
import Foundation

/// Whether a signed sheet can be what it says, line by line: asked by commands, the API and pages alike.
struct SheetCheck: Sendable {
    enum Problem: Error, Equatable {
        case notPlaced(CivilDate)
        case notInOrder(arrival: Int, departure: Int)
        case isEmpty
        case twice
        case unknownNumber
        /// What was typed is no time of a day.
        case noTime(String)
    }

    let unit: Int64
    let date: CivilDate
    let tree: UnitTree

    /// - Returns: `nil` where nothing is wrong.
    func problem(_ entry: Attestation.SheetEntry, of employee: Employee) -> Problem? {
        guard let place = employee.placement(on: date)?.unit, tree.subtree(of: unit).contains(place) else {
            return .notPlaced(date)
        }
        if let arrival = entry.arrival, let departure = entry.departure, departure <= arrival {
            return .notInOrder(arrival: arrival, departure: departure)
        }
        return entry.arrival == nil && entry.departure == nil ? .isEmpty : nil
    }
}

extension SheetCheck.Problem {
    /// For programs and the command line.
    var english: String {
        switch self {
        case .notPlaced(let date): "this employee is not placed in the unit or below it on \(date.text)"
        case .notInOrder(let arrival, let departure):
            "the departure \(MinuteOfDay.text(departure)) is not after the arrival \(MinuteOfDay.text(arrival))"
        case .isEmpty: "a line of the sheet has neither arrival nor departure"
        case .twice: "somebody stands on the sheet twice"
        case .unknownNumber: "there is no such employee"
        case .noTime(let side): "\(side) is not a time HH:MM"
        }
    }

    /// For people at pages.
    var indonesian: String {
        switch self {
        case .notPlaced(let date): "tidak ditempatkan di unit ini atau di bawahnya pada \(date.text)"
        case .notInOrder(let arrival, let departure):
            "jam pulang \(MinuteOfDay.text(departure)) tidak sesudah jam masuk \(MinuteOfDay.text(arrival))"
        case .isEmpty: "jam masuk dan pulang kosong"
        case .twice: "orang ini tertulis dua kali"
        case .unknownNumber: "NIP tidak dikenal"
        case .noTime(let side): "\(side) bukan jam seperti 07:30"
        }
    }
}
