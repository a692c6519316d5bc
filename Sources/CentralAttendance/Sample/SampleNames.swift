/// Names nobody has on purpose: common given names, and second names put together from syllables.
enum SampleNames {
    static let women = [
        "Sri", "Siti", "Dewi", "Rina", "Fitri", "Wulan", "Ratna", "Yuni", "Lestari", "Indah", "Nurul", "Ayu", "Endang",
        "Mega", "Putri", "Rahma", "Tri", "Wahyuni", "Yanti", "Novi", "Intan", "Kartika", "Murni", "Hesti",
    ]
    static let men = [
        "Agus", "Budi", "Joko", "Slamet", "Eko", "Dwi", "Andi", "Rudi", "Hadi", "Bambang", "Rizki", "Fajar", "Dedi",
        "Iwan", "Yusuf", "Arif", "Hendra", "Wawan", "Surya", "Teguh", "Imam", "Bayu", "Dimas", "Gunawan",
    ]
    private static let first = [
        "Bra", "Cah", "Da", "Gan", "Har", "Jat", "Kus", "La", "Man", "Nar", "Pra", "Ran", "Sam", "Tan", "Wi", "Yud",
    ]
    private static let middle = ["ma", "di", "ra", "ti", "sa", "gu", "lo", "me", "na", "wi"]
    private static let last = [
        "ndra", "wan", "tara", "sih", "moko", "ngga", "yasa", "lira", "dono", "gara", "miko", "ntoro",
    ]
    private static let places = [
        "Mekarjati", "Sidolarang", "Tanjungwira", "Banyulangit", "Karangmentari", "Sukarimba", "Wanatirta", "Girimanuk",
        "Lembahsari", "Padangsurya", "Rawakemuning", "Bukitlanang", "Argosekar", "Telukcempaka", "Kedungmawar",
        "Sumberlintang",
    ]

    static func person(isWoman: Bool, _ random: inout SampleRandom) -> String {
        let given = random.pick(isWoman ? women : men, otherwise: "Sri")
        let second =
            random.pick(first, otherwise: "Bra") + (random.chance(6000) ? random.pick(middle, otherwise: "ma") : "")
            + random.pick(last, otherwise: "ndra")
        return random.chance(2500)
            ? "\(given) \(random.pick(isWoman ? women : men, otherwise: "Tri")) \(second)" : "\(given) \(second)"
    }

    /// Of a kecamatan, kelurahan or puskesmas; the second time round with a word behind it.
    static func place(_ number: Int) -> String {
        let suffixes = ["", " Utara", " Selatan", " Timur", " Barat", " Tengah"]
        let round = number / places.count
        let suffix = suffixes.indices.contains(round) ? suffixes[round] : " \(round)"
        return places[number % places.count] + suffix
    }
}
