import ZKWire

/// Users of a simulated device: invented people with names common in Indonesia.
enum InventedPeople {
    private static let first = [
        "Budi", "Siti", "Agus", "Dewi", "Eko", "Sri", "Joko", "Rina", "Wayan", "Putu", "Andi", "Nur", "Hendra",
        "Maya", "Rudi", "Lestari", "Yusuf", "Fitri", "Bambang", "Ratna", "Dedi", "Indah", "Made", "Yanti", "Slamet",
        "Wati", "Ahmad", "Kartini", "Markus", "Yohana",
    ]
    private static let last = [
        "Santoso", "Wulandari", "Pratama", "Lestari", "Hidayat", "Rahayu", "Saputra", "Anggraini", "Siregar",
        "Nasution", "Wibowo", "Kusuma", "Simanjuntak", "Halim", "Setiawan", "Permata", "Gunawan", "Utami", "Lubis",
        "Tambunan", "Maulana", "Safitri", "Suryadi", "Mokoginta", "Tuhumury", "Rumbiak",
    ]

    static let most = 60_000

    /// Users with the ids 1 … `count`. The first is an administrator; now and then there is a card or a password.
    ///
    /// A user's index is `count + 1 − user id`, so that code which takes one for the other is found out.
    static func users(_ count: Int, seed: UInt64) -> [UserRecord] {
        var random = SeededRandom(seed: seed ^ 0x7573_6572)
        let count = min(max(0, count), most)
        return (0..<count).map { position in
            let name = "\(first[random.below(first.count)]) \(last[random.below(last.count)])"
            let hasCard = random.below(8) == 0
            let hasPassword = random.below(10) == 0
            return UserRecord(
                index: UInt16(truncatingIfNeeded: count - position), privilege: position == 0 ? 14 : 0,
                password: hasPassword ? Array(String(1000 + random.below(9000)).utf8) : [],
                name: Array(name.utf8), card: hasCard ? UInt32(1_000_000 + random.below(9_000_000)) : 0,
                userID: Array(String(position + 1).utf8))
        }
    }
}
