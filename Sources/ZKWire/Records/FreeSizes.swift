/// How full a device is: the answer to `getFreeSizes`, an array of u32 (zk-protocol, section 8).
package struct FreeSizes: Hashable, Sendable {
    package var users, fingers, attendance, operations, admins, passwords: UInt32
    package var fingerCapacity, userCapacity, attendanceCapacity: UInt32
    package var fingersFree, usersFree, attendanceFree: UInt32
    /// Present in answers of 92 bytes and more.
    package var faces: UInt32?
    package var faceCapacity: UInt32?

    enum Offset {
        static let users = 16
        static let fingers = 24
        static let attendance = 32
        static let operations = 40
        static let admins = 48
        static let passwords = 52
        static let fingerCapacity = 56
        static let userCapacity = 60
        static let attendanceCapacity = 64
        static let fingersFree = 68
        static let usersFree = 72
        static let attendanceFree = 76
        static let faces = 80
        static let faceCapacity = 88
    }

    package static let shortSize = 80
    package static let faceSize = 92
    package static let longSize = 112

    package init(
        users: UInt32, userCapacity: UInt32, attendance: UInt32, attendanceCapacity: UInt32, fingers: UInt32 = 0,
        fingerCapacity: UInt32 = 3000, operations: UInt32 = 0, admins: UInt32 = 0, passwords: UInt32 = 0,
        faces: UInt32? = nil, faceCapacity: UInt32? = nil
    ) {
        self.users = users
        self.fingers = fingers
        self.attendance = attendance
        self.operations = operations
        self.admins = admins
        self.passwords = passwords
        self.fingerCapacity = fingerCapacity
        self.userCapacity = userCapacity
        self.attendanceCapacity = attendanceCapacity
        fingersFree = fingerCapacity.subtractingOrZero(fingers)
        usersFree = userCapacity.subtractingOrZero(users)
        attendanceFree = attendanceCapacity.subtractingOrZero(attendance)
        self.faces = faces
        self.faceCapacity = faceCapacity
    }

    /// `nil` for a short answer, such as the four zero bytes of the AK3750: counts are then unknown, never zero.
    package init?(_ data: [UInt8]) {
        guard let fields = try? Fields(data, size: Self.shortSize, of: "sizes") else { return nil }
        users = fields.u32(Offset.users)
        fingers = fields.u32(Offset.fingers)
        attendance = fields.u32(Offset.attendance)
        operations = fields.u32(Offset.operations)
        admins = fields.u32(Offset.admins)
        passwords = fields.u32(Offset.passwords)
        fingerCapacity = fields.u32(Offset.fingerCapacity)
        userCapacity = fields.u32(Offset.userCapacity)
        attendanceCapacity = fields.u32(Offset.attendanceCapacity)
        fingersFree = fields.u32(Offset.fingersFree)
        usersFree = fields.u32(Offset.usersFree)
        attendanceFree = fields.u32(Offset.attendanceFree)
        let long = try? Fields(data, size: Self.faceSize, of: "sizes")
        faces = long?.u32(Offset.faces)
        faceCapacity = long?.u32(Offset.faceCapacity)
    }

    /// Used is not above capacity, and used plus free is capacity, for users and attendance; else the counts
    /// are unknown.
    package var isPlausible: Bool {
        func holds(_ used: UInt32, _ capacity: UInt32, _ free: UInt32) -> Bool {
            capacity > 0 && used <= capacity && UInt64(used) + UInt64(free) == UInt64(capacity)
        }
        return holds(users, userCapacity, usersFree) && holds(attendance, attendanceCapacity, attendanceFree)
    }

    /// An answer of `size` bytes: 80, 92 or 112.
    package func bytes(size: Int) -> [UInt8] {
        var words = [UInt32](repeating: 0, count: size / 4)
        let values: [(Int, UInt32)] = [
            (Offset.users, users), (Offset.fingers, fingers), (Offset.attendance, attendance),
            (Offset.operations, operations), (Offset.admins, admins), (Offset.passwords, passwords),
            (Offset.fingerCapacity, fingerCapacity), (Offset.userCapacity, userCapacity),
            (Offset.attendanceCapacity, attendanceCapacity), (Offset.fingersFree, fingersFree),
            (Offset.usersFree, usersFree), (Offset.attendanceFree, attendanceFree), (Offset.faces, faces ?? 0),
            (Offset.faceCapacity, faceCapacity ?? 0),
        ]
        for (offset, value) in values where offset / 4 < words.count { words[offset / 4] = value }
        return words.reduce(into: []) { $0.append(littleEndian: $1) }
    }
}

extension UInt32 {
    fileprivate func subtractingOrZero(_ other: UInt32) -> UInt32 { self > other ? self - other : 0 }
}
