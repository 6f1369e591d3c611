/// Where a postal code and a city name lead.
package struct PlaceAnswer: Sendable, Hashable {
  package enum Outcome: Sendable, Hashable {
    /// One commune, with its arrondissement in Paris, Lyon and Marseille when it is known.
    case commune(Commune, district: MunicipalDistrict?)
    /// Several communes fit and nothing tells them apart; the most populous first.
    case ambiguous([Commune])
    /// Only the department is sure (a CEDEX without a city that is known).
    case department
    /// An overseas collectivity that is no department, by its three digits.
    case collectivity(code: String)
    /// A military postal sector (00xxx).
    case military
    /// Not in France; the ISO 3166 code when it is known.
    case foreign(country: String?)
    case unknown(UnknownPlace)
  }

  /// What the answer rests on.
  package enum Basis: String, Sendable, Hashable, CaseIterable, Codable {
    /// The code has this city.
    case codeAndCity = "code_and_city"
    /// The code has a city nearly written so.
    case codeAndSimilarCity = "code_and_similar_city"
    /// The code has one commune and no city is given.
    case codeAlone = "code_alone"
    /// The code has one commune and the city is another name: a hamlet, or a mistake.
    case codeDespiteCity = "code_despite_city"
    /// The code is a CEDEX or unknown; its department has one commune of this name.
    case departmentAndCity = "department_and_city"
    /// No usable code; one commune of France has this name.
    case cityAlone = "city_alone"
    case country
    /// The form of the postal code.
    case codeForm = "code_form"
    case none
  }

  package let outcome: Outcome
  package let basis: Basis
  /// The department that every possible answer shares; nil when they differ or none is French.
  package let department: Department?
  /// A leading zero was given back to a code of four digits.
  package let isZeroRestored: Bool

  package var commune: Commune? {
    if case .commune(let commune, _) = outcome { return commune }
    return nil
  }

  /// Density in seven levels that every possible commune shares.
  package var density7: Int? { shared(\.density7) }
  package var density3: Int? { shared(\.density3) }

  /// A property that all possible communes have in common; nil when they differ.
  package func shared<Value: Hashable>(_ property: KeyPath<Commune, Value>) -> Value? {
    switch outcome {
    case .commune(let commune, _): return commune[keyPath: property]
    case .ambiguous(let communes):
      let values = Set(communes.map { $0[keyPath: property] })
      return values.count == 1 ? values.first : nil
    default: return nil
    }
  }
}

/// Why a place is not known.
package enum UnknownPlace: String, Sendable, Hashable, CaseIterable, Codable {
  case nothingGiven = "nothing_given"
  /// No such postal code in France, and nothing says another country.
  case noSuchCode = "no_such_code"
  /// Four digits without a city or a country: a dropped zero, or Belgium, Switzerland…
  case shortCode = "short_code"
  case noSuchCity = "no_such_city"
}
