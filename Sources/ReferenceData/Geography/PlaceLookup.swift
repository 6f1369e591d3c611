internal import Foundation

extension Geography {
  /// Where an address is, from any of its postal code, its city and its country as written.
  ///
  /// Nothing is guessed: what several communes share is told as ambiguous, with what they have in
  /// common. Some microseconds an address; callers with many look up each distinct one once.
  package func place(
    postalCode: String?, city: String?, country: String? = nil
  ) throws(ReferenceDataError) -> PlaceAnswer {
    var country = try country.flatMap { text throws(ReferenceDataError) in try Country.code(text) }
    let name = city.map { CityName($0) }
    var written = Folding.key(postalCode ?? "")
    if let cedex = written.range(of: "CEDEX") { written.removeSubrange(cedex.lowerBound...) }
    // « F-75001 » and « B-1000 »: the former sign of the country.
    if let prefix = Self.countrySigns.first(where: {
      written.hasPrefix($0.key)
        && written.dropFirst($0.key.utf8.count).utf8.allSatisfy(Self.isDigit)
        && written.utf8.count > $0.key.utf8.count
    }) {
      written.removeFirst(prefix.key.count)
      country = country ?? prefix.value
    }
    if let country, !Country.french.contains(country) {
      return answer(.foreign(country: country), .country)
    }
    guard !written.isEmpty else {
      guard let name, !name.key.isEmpty else { return answer(.unknown(.nothingGiven), .none) }
      return byName(name, in: nil)
    }
    guard written.utf8.allSatisfy(Self.isDigit), (4...5).contains(written.utf8.count) else {
      return country == nil
        ? answer(.foreign(country: nil), .codeForm) : answer(.unknown(.noSuchCode), .none)
    }
    if written.utf8.count == 5 { return french(written, name, isZeroRestored: false) }
    let padded = "0" + written
    let entries = postal.entries[padded] ?? []
    let isFrench =
      country != nil
      || name.map { !PostalIndex.matches($0.key, in: entries).entries.isEmpty } ?? false
    if isFrench, !entries.isEmpty { return french(padded, name, isZeroRestored: true) }
    return answer(.unknown(.shortCode), .none)
  }

  private func french(_ code: String, _ name: CityName?, isZeroRestored: Bool) -> PlaceAnswer {
    if code.hasPrefix("00") { return answer(.military, .codeForm) }
    if let entries = postal.entries[code] {
      return known(entries, name, isZeroRestored: isZeroRestored)
    }
    if Self.collectivities[String(code.prefix(3))] != nil {
      return answer(.collectivity(code: String(code.prefix(3))), .codeForm)
    }
    guard let department = Self.departmentCode(ofPostalCode: code).flatMap(department) else {
      return answer(.unknown(.noSuchCode), .none)
    }
    guard let name, !name.key.isEmpty else { return answer(.unknown(.noSuchCode), .none) }
    let found = byName(name, in: department.code)
    switch found.outcome {
    case .commune, .ambiguous: return found
    default:
      return name.isCedex
        ? PlaceAnswer(
          outcome: .department, basis: .codeForm, department: department, isZeroRestored: false)
        : answer(.unknown(.noSuchCode), .none)
    }
  }

  private func known(
    _ entries: [PostalIndex.Entry], _ name: CityName?, isZeroRestored: Bool
  ) -> PlaceAnswer {
    if entries[0].code.hasPrefix("99") { return answer(.foreign(country: "MC"), .codeForm) }
    if entries[0].commune == nil {
      let code = String(entries[0].code.prefix(3))
      return answer(.collectivity(code: code), .codeAlone)
    }
    if let name, !name.key.isEmpty {
      let (matches, isExact) = PostalIndex.matches(name.key, in: entries)
      if !matches.isEmpty {
        return answer(
          matches, isExact ? .codeAndCity : .codeAndSimilarCity, isZeroRestored: isZeroRestored)
      }
      return answer(entries, .codeDespiteCity, isZeroRestored: isZeroRestored)
    }
    return answer(entries, .codeAlone, isZeroRestored: isZeroRestored)
  }

  private func byName(_ name: CityName, in department: String?) -> PlaceAnswer {
    let positions = (postal.byName[name.key] ?? []).filter {
      department == nil || communes[$0].department == department
    }
    let basis: PlaceAnswer.Basis = department == nil ? .cityAlone : .departmentAndCity
    guard let first = positions.first else { return answer(.unknown(.noSuchCity), .none) }
    if positions.count > 1 { return ambiguous(positions, basis, isZeroRestored: false) }
    let commune = communes[first]
    let district = name.district.flatMap { number in
      districts.first {
        $0.commune == commune.code && Int($0.code.suffix(2)) == Self.offset(number, $0)
      }
    }
    return PlaceAnswer(
      outcome: .commune(commune, district: name.isCedex ? nil : district), basis: basis,
      department: self.department(commune.department), isZeroRestored: false)
  }

  /// The last two digits of an arrondissement's code: 101 to 120 in Paris, 381 to 389 in Lyon, 201 to
  /// 216 in Marseille.
  private static func offset(_ number: Int, _ district: MunicipalDistrict) -> Int {
    district.commune == "69123" ? 80 + number : number
  }

  private func answer(
    _ entries: [PostalIndex.Entry], _ basis: PlaceAnswer.Basis, isZeroRestored: Bool
  ) -> PlaceAnswer {
    var positions: [Int] = []
    for entry in entries {
      if let commune = entry.commune, !positions.contains(commune) { positions.append(commune) }
    }
    guard positions.count == 1 else {
      return ambiguous(positions, basis, isZeroRestored: isZeroRestored)
    }
    let commune = communes[positions[0]]
    let district = entries.count == 1 ? entries[0].district.map { districts[$0] } : nil
    return PlaceAnswer(
      outcome: .commune(commune, district: district), basis: basis,
      department: department(commune.department), isZeroRestored: isZeroRestored)
  }

  private func ambiguous(
    _ positions: [Int], _ basis: PlaceAnswer.Basis, isZeroRestored: Bool
  ) -> PlaceAnswer {
    let candidates = positions.map { communes[$0] }.sorted {
      $0.population != $1.population ? $0.population > $1.population : $0.code < $1.code
    }
    let codes = Set(candidates.map(\.department))
    return PlaceAnswer(
      outcome: .ambiguous(candidates), basis: basis,
      department: codes.count == 1 ? codes.first.flatMap(department) : nil,
      isZeroRestored: isZeroRestored)
  }

  private func answer(
    _ outcome: PlaceAnswer.Outcome, _ basis: PlaceAnswer.Basis
  ) -> PlaceAnswer {
    PlaceAnswer(outcome: outcome, basis: basis, department: nil, isZeroRestored: false)
  }

  /// The department of a postal code by its first digits alone: right for all but some twenty codes,
  /// so only for codes that no table has. Nil where there is none.
  static func departmentCode(ofPostalCode code: String) -> String? {
    guard code.utf8.count == 5 else { return nil }
    if code.hasPrefix("200") || code.hasPrefix("201") { return "2A" }
    if code.hasPrefix("20") { return "2B" }
    return code.hasPrefix("97") || code.hasPrefix("98")
      ? String(code.prefix(3)) : String(code.prefix(2))
  }

  private static let countrySigns: [String: String] = [
    "F": "FR", "FR": "FR", "B": "BE", "BE": "BE", "CH": "CH", "D": "DE", "DE": "DE", "L": "LU",
    "LU": "LU", "E": "ES", "ES": "ES", "I": "IT", "IT": "IT", "A": "AT", "AT": "AT", "NL": "NL",
    "MC": "MC",
  ]

  private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
}
