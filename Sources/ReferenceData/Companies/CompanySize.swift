/// The size classes of the decree n° 2008-1354 (article 3) that applies the law of modernisation of
/// the economy. A microenterprise (TPE) is also an SME (PME) in the law; here it is its own class.
package enum CompanySize: String, Sendable, Hashable, CaseIterable, Codable, Comparable {
  case microenterprise = "MIC"
  case smallOrMedium = "PME"
  case intermediate = "ETI"
  case large = "GE"

  /// Headcount below, and turnover or balance-sheet total at most (euros).
  private var ceilings: (headcount: Double, turnover: Double, balance: Double)? {
    switch self {
    case .microenterprise: (10, 2e6, 2e6)
    case .smallOrMedium: (250, 50e6, 43e6)
    case .intermediate: (5000, 1.5e9, 2e9)
    case .large: nil
    }
  }

  package static func < (left: CompanySize, right: CompanySize) -> Bool {
    allCases.firstIndex(of: left)! < allCases.firstIndex(of: right)!
  }

  /// The class by the decree, from what is known of the whole company (not of one establishment).
  ///
  /// - Parameters:
  ///   - headcount: employees, or the lowest and highest of a band; nil when unknown.
  ///   - turnover: yearly turnover in euros; nil when unknown.
  ///   - balance: balance-sheet total in euros; nil when unknown.
  /// - Returns: the class, and whether the decree's rule decides it with these figures; nil when
  ///   nothing decides or estimates it. A negative or non-finite figure counts as unknown.
  package static func classify(
    headcount: ClosedRange<Double>?, turnover: Double?, balance: Double?
  ) -> (size: CompanySize, isCertain: Bool)? {
    let headcount = headcount.flatMap { $0.lowerBound >= 0 ? $0 : nil }
    let turnover = turnover.flatMap { $0.isFinite && $0 >= 0 ? $0 : nil }
    let balance = balance.flatMap { $0.isFinite && $0 >= 0 ? $0 : nil }
    guard headcount != nil || turnover != nil || balance != nil else { return nil }
    // Every class that some completion of the unknown figures would give.
    var possible: [CompanySize] = []
    for size in allCases {
      guard let ceilings = size.ceilings else {
        possible.append(size)
        break
      }
      let staff = test(headcount, below: ceilings.headcount)
      let money = either(
        turnover.map { $0 <= ceilings.turnover }, balance.map { $0 <= ceilings.balance })
      if staff == false || money == false { continue }
      possible.append(size)
      if staff == true, money == true { break }
    }
    guard let first = possible.first else { return nil }
    if possible.count == 1 { return (first, true) }
    // Without money, headcount alone estimates; without headcount, nothing does.
    guard let headcount else { return nil }
    let middle = headcount.upperBound.isFinite ? headcount.upperBound : headcount.lowerBound
    let estimate = possible.first { size in size.ceilings.map { middle < $0.headcount } ?? true }
    return (estimate ?? .large, false)
  }

  /// True or false when every value of the range agrees; nil when unknown.
  private static func test(_ range: ClosedRange<Double>?, below ceiling: Double) -> Bool? {
    guard let range else { return nil }
    if range.upperBound < ceiling { return true }
    return range.lowerBound >= ceiling ? false : nil
  }

  /// True when one is true; false only when both are known to be false.
  private static func either(_ left: Bool?, _ right: Bool?) -> Bool? {
    if left == true || right == true { return true }
    return left == false && right == false ? false : nil
  }
}

/// A headcount band of the Sirene register.
package struct HeadcountBand: Sendable, Hashable {
  /// `NN` (no employees), `00` to `53`.
  package let code: String
  package let frenchLabel: String
  /// Employees; `maximum` is nil for the last band. `NN` is 0 to 0.
  package let minimum: Int
  package let maximum: Int?

  /// As `CompanySize.classify` takes it.
  package var range: ClosedRange<Double> {
    Double(minimum)...(maximum.map(Double.init) ?? .infinity)
  }

  /// The 16 bands in their order.
  package static func all() throws(ReferenceDataError) -> [HeadcountBand] { try bands.get() }

  private static let bands = Lazy<[HeadcountBand]> { () throws(ReferenceDataError) in
    try ReferenceTable("companies/headcount_bands.csv").records(
      ["code", "label_fr", "minimum", "maximum"]
    ) { row in
      HeadcountBand(
        code: row[0], frenchLabel: row[1], minimum: row.int(2) ?? 0,
        maximum: row[0] == "NN" ? 0 : row.int(3))
    }
  }

  /// The band of a code as written (`1` for `01`) ; nil when there is none.
  package static func named(_ code: some StringProtocol) throws(ReferenceDataError)
    -> HeadcountBand?
  {
    let bare = Folding.key(code)
    let padded = bare.count == 1 ? "0" + bare : bare
    return try all().first { $0.code == padded }
  }

  /// The band of a number of employees; nil for a negative number.
  package static func holding(employees: Int) throws(ReferenceDataError) -> HeadcountBand? {
    try all().first {
      $0.code != "NN" && employees >= $0.minimum && employees <= ($0.maximum ?? .max)
    }
  }
}
