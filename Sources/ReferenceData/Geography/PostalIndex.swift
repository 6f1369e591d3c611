/// Postal codes with their communes and the names under which mail reaches them.
struct PostalIndex: Sendable {
  struct Entry: Sendable {
    /// Position in `Geography.communes`; nil for a collectivity or Monaco.
    let commune: Int?
    /// Position in `Geography.districts`.
    let district: Int?
    /// INSEE's code, for what is no commune of a department.
    let code: String
    /// Keys of the routing label and of the commune's name.
    let keys: [String]
  }

  let entries: [String: [Entry]]
  /// Communes by the key of their name and by routing labels.
  let byName: [String: [Int]]

  init(
    communes: [Commune], positions: [String: Int], districts: [MunicipalDistrict]
  ) throws(ReferenceDataError) {
    let nameKeys = communes.map { CityName($0.name).key }
    let districtPositions = Dictionary(
      districts.enumerated().map { ($1.code, $0) }, uniquingKeysWith: { first, _ in first })
    var entries: [String: [Entry]] = [:]
    var byName: [String: [Int]] = [:]
    for (position, key) in nameKeys.enumerated() { byName[key, default: []].append(position) }
    let rows = try ReferenceTable("geography/postal_codes.csv").records([
      "postal_code", "commune", "label",
    ]) { (postal: $0[0], code: $0[1], label: $0[2]) }
    for row in rows {
      let district = districtPositions[row.code]
      let commune = positions[row.code] ?? district.flatMap { positions[districts[$0].commune] }
      let label = CityName(row.label).key
      var keys = [label]
      if let commune {
        if nameKeys[commune] != label { keys.append(nameKeys[commune]) }
        if byName[label]?.contains(commune) != true { byName[label, default: []].append(commune) }
      }
      // A commune with several labels under one code is one entry.
      if let index = entries[row.postal]?.firstIndex(where: { $0.code == row.code }) {
        let old = entries[row.postal]![index]
        entries[row.postal]![index] = Entry(
          commune: old.commune, district: old.district, code: old.code,
          keys: old.keys + keys.filter { !old.keys.contains($0) })
      } else {
        entries[row.postal, default: []].append(
          Entry(commune: commune, district: district, code: row.code, keys: keys))
      }
    }
    self.entries = entries
    self.byName = byName
  }

  /// The entries of a code that a city name means: equal, else one that continues it or is continued
  /// by it at eight letters or more, else the only one within one or two slips.
  static func matches(_ key: String, in entries: [Entry]) -> (entries: [Entry], isExact: Bool) {
    let equal = entries.filter { $0.keys.contains(key) }
    if !equal.isEmpty { return (equal, true) }
    guard key.utf8.count >= 4 else { return ([], false) }
    let continued = entries.filter { entry in
      entry.keys.contains { $0.hasPrefix(key) || ($0.utf8.count >= 5 && key.hasPrefix($0)) }
    }
    if !continued.isEmpty { return (continued, false) }
    let bytes = Array(key.utf8)
    let limit = bytes.count >= 8 ? 2 : 1
    let near = entries.filter { entry in
      entry.keys.contains {
        abs($0.utf8.count - bytes.count) <= limit
          && Spelling.distance(Array($0.utf8), bytes) <= limit
      }
    }
    return (near, false)
  }
}
