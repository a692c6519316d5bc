import AttendanceRules
import CentralAttendance
import CentralPages
import CentralStore
import Foundation
import Hummingbird

/// The own days, those of others within the scope, and where a scan is.
struct PersonPages: Sendable {
    let parts: PageParts
    let index: PeopleIndexCache

    init(parts: PageParts) {
        self.parts = parts
        index = PeopleIndexCache()
    }

    var routes: [PageRoute] { ownRoutes + otherRoutes + writingRoutes }

    private var ownRoutes: [PageRoute] {
        [
            PageRoute(.get, "saya", .readSelf) { call in
                try await month(try PersonSubject(own: call, parts), call)
            },
            PageRoute(.get, "saya/jejak", .readSelf) { call in
                try await trace(try PersonSubject(own: call, parts), call)
            },
            PageRoute(.get, "saya/{date}", .readSelf) { call in
                try await day(try PersonSubject(own: call, parts), call)
            },
        ]
    }

    private var otherRoutes: [PageRoute] {
        [
            PageRoute(.get, "pegawai", .readPeople) { call in try await search(call, isTrace: false) },
            PageRoute(.get, "jejak", .trace) { call in try await search(call, isTrace: true) },
            PageRoute(.get, "pegawai/{employee}", .readWorkdays) { call in
                let subject = try PersonSubject(named: call, parts)
                try await noteView(of: subject, "month", call)
                return try await month(subject, call)
            },
            PageRoute(.get, "pegawai/{employee}/hari/{date}", .readWorkdays) { call in
                let subject = try PersonSubject(named: call, parts)
                try await noteView(of: subject, "day", call)
                return try await day(subject, call)
            },
            PageRoute(.get, "pegawai/{employee}/jejak", .trace) { call in
                let subject = try PersonSubject(named: call, parts)
                try await noteView(of: subject, "trace", call)
                return try await trace(subject, call)
            },
        ]
    }

    private var writingRoutes: [PageRoute] {
        [
            PageRoute(.post, "pegawai/{employee}/hari/{date}/koreksi", .writeCorrection) { call in
                let subject = try PersonSubject(named: call, parts)
                try await noteView(of: subject, "day", call)
                return try await correct(subject, call)
            },
            PageRoute(.post, "pegawai/{employee}/hari/{date}/batal", .withdraw) { call in
                try await withdraw(try PersonSubject(named: call, parts), call)
            },
            PageRoute(.get, "pegawai/{employee}/cuti", .writeLeave) { call in
                let subject = try PersonSubject(named: call, parts)
                try await noteView(of: subject, "leave", call)
                return try await leave(subject, call, LeaveForm(), status: .ok)
            },
            PageRoute(.post, "pegawai/{employee}/cuti", .writeLeave) { call in
                let subject = try PersonSubject(named: call, parts)
                try await noteView(of: subject, "leave", call)
                return try await addLeave(subject, call)
            },
        ]
    }

    /// Whoever looks at another, also by a preview or a refused form, leaves a line in the audit log, and the page is not shown where the line is not kept.
    private func noteView(of subject: PersonSubject, _ what: String, _ call: PageCall) async throws {
        guard call.authority.employee != subject.employee.id else { return }
        try await parts.store.note(
            .viewPerson, object: "employee:\(subject.employee.id)", detail: #"{"page":"\#(what)"}"#, by: call.actor,
            from: call.address, at: parts.now())
    }
}
