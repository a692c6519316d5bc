/// What binds a person to the government: rule sets and thresholds attach to it (domain, section 2.4).
package enum EmployeeKind: String, Sendable, Codable, CaseIterable {
    case pns, cpns, pppk
    case pppkParuhWaktu = "pppk_paruh_waktu"
    /// Honorer, THLS, PTT, alih daya: no NIP, a contract or a letter.
    case nonASN = "non_asn"
}
