/// What births in France say of a first name: only ever a probability.
///
/// A sex or an age found so must never be stored as declared; callers ask for it only where the
/// workspace has switched it on.
package struct FirstNames: Sendable {
  private struct Births: Sendable {
    /// By decade from 1900.
    var women: [Int]
    var men: [Int]
  }
  private let births: [String: Births]
  private static let decades = 13

  package static func load() throws(ReferenceDataError) -> FirstNames { try shared.get() }

  private static let shared = Lazy<FirstNames> { () throws(ReferenceDataError) in
    var births: [String: Births] = [:]
    let columns = (0..<decades).map { "births_\(1900 + 10 * $0)" }
    let rows = try ReferenceTable("names/first_names.csv").records(["sex", "name"] + columns) {
      row in
      (sex: row[0], name: row[1], counts: (0..<decades).map { row.int($0 + 2) ?? 0 })
    }
    for row in rows {
      let key = Folding.key(row.name)
      var known =
        births[key]
        ?? Births(
          women: [Int](repeating: 0, count: decades), men: [Int](repeating: 0, count: decades))
      for decade in 0..<decades {
        if row.sex == "F" {
          known.women[decade] += row.counts[decade]
        } else {
          known.men[decade] += row.counts[decade]
        }
      }
      births[key] = known
    }
    return FirstNames(births: births)
  }

  /// The probability that someone of this first name is a woman, among the people born in France in
  /// the given years, with the number of births it rests on; nil for a name with fewer than 50.
  ///
  /// A compound name that is not listed (« Marie-Lou ») goes by its first part.
  package func womanProbability(
    _ name: some StringProtocol, born years: ClosedRange<Int> = 1930...2029
  ) -> (probability: Double, births: Int)? {
    guard let births = births(of: name) else { return nil }
    var women = 0
    var men = 0
    for decade in 0..<Self.decades
    where years.overlaps((1900 + 10 * decade)...(1909 + 10 * decade)) {
      women += births.women[decade]
      men += births.men[decade]
    }
    guard women + men >= 50 else { return nil }
    // Rule of succession: no count makes certain.
    return ((Double(women) + 1) / (Double(women + men) + 2), women + men)
  }

  /// The share of births of each decade from 1900 to 2020, people of both sexes; nil for a rare name.
  ///
  /// Shares of births, not of the living: older decades have lost people since.
  package func decadeShares(_ name: some StringProtocol) -> [(decade: Int, probability: Double)]? {
    guard let births = births(of: name) else { return nil }
    let counts = zip(births.women, births.men).map { $0 + $1 }
    let total = counts.reduce(0, +)
    guard total >= 50 else { return nil }
    return counts.enumerated().map { (1900 + 10 * $0, Double($1) / Double(total)) }
  }

  private func births(of name: some StringProtocol) -> Births? {
    let words = Folding.words(PersonName.safe(name)).split(separator: " ")
    return births[words.joined()] ?? words.first.flatMap { births[String($0)] }
  }
}
