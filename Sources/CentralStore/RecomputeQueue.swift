import AttendanceRules
import Foundation
import GRDB

/// What must be computed again because of one transaction, written at its end: one row for each who and why and run
/// of days.
struct RecomputeQueue {
    enum Scope: Hashable {
        case employee(Int64)
        case device(Int64)
        case userID(device: Int64, [UInt8])
        case unit(Int64)
        /// By its bytes: names that Swift holds equal can be two groups.
        case group([UInt8])
        case everyone
    }

    private struct Key: Hashable {
        let scope: Scope
        let why: RecomputeItem.Why
    }

    private struct Days {
        var from: Int
        var to: Int
    }

    /// Runs of days that lie no further apart are one row: a device's backlog of a month is not thirty of them.
    private static let nearness = 7
    private static let noEnd = Int.max

    private var keys: [Key] = []
    private var days: [Key: [Days]] = [:]

    static func group(_ name: String) -> Scope { .group(Array(name.utf8)) }

    /// - Parameter to: `nil` for no end. Days that are none are left out.
    mutating func add(_ scope: Scope, from: Int, to: Int?, _ why: RecomputeItem.Why) {
        guard from <= to ?? Self.noEnd else { return }
        let key = Key(scope: scope, why: why)
        if days[key] == nil { keys.append(key) }
        days[key, default: []].append(Days(from: from, to: to ?? Self.noEnd))
    }

    mutating func add(_ scope: Scope, _ span: DateSpan, _ why: RecomputeItem.Why) {
        add(scope, from: span.from.dayNumber, to: span.to?.dayNumber, why)
    }

    func write(_ db: Database) throws {
        guard !keys.isEmpty else { return }
        let insert = try db.cachedStatement(
            sql: """
                INSERT INTO recompute_queue (scope, employee_id, device_id, user_id, unit_id, schedule_group, from_day,
                    to_day, why) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
                """)
        for key in keys {
            for run in Self.joined(days[key] ?? []) {
                let to = run.to == Self.noEnd ? nil : run.to
                try insert.execute(arguments: key.scope.columns + [run.from, to, key.why.rawValue])
            }
        }
    }

    private static func joined(_ all: [Days]) -> [Days] {
        var runs: [Days] = []
        for next in all.sorted(by: { $0.from < $1.from }) {
            if let last = runs.last, last.to == noEnd || next.from <= last.to + nearness {
                runs[runs.count - 1].to = max(last.to, next.to)
            } else {
                runs.append(next)
            }
        }
        return runs
    }
}

extension RecomputeQueue.Scope {
    /// scope, employee_id, device_id, user_id, unit_id, schedule_group.
    fileprivate var columns: StatementArguments {
        switch self {
        case .employee(let id): ["employee", id, nil, nil, nil, nil]
        case .device(let id): ["device", nil, id, nil, nil, nil]
        case .userID(let device, let bytes): ["user_id", nil, device, Data(bytes), nil, nil]
        case .unit(let id): ["unit", nil, nil, nil, id, nil]
        case .group(let name): ["group", nil, nil, nil, nil, String(decoding: name, as: UTF8.self)]
        case .everyone: ["everyone", nil, nil, nil, nil, nil]
        }
    }
}
