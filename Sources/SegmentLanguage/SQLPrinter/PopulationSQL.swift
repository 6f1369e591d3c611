internal import CustomerSchema
package import SQLBuilder

extension SegmentProgram {
  /// How many levels of population numbers there are: each needs those of the levels before.
  package var populationLevels: Int { (requirements.map(\.level).max() ?? -1) + 1 }
}

extension SQLPrinter {
  /// A query of the numbers that rules need of all customers: `requirement`, a position in
  /// `program.requirements`, and `value`, a double. A requirement has no row where no customer has
  /// the value.
  ///
  /// - Parameters:
  ///   - level: from 0; the numbers of the levels before are in `snapshot`.
  /// - Returns: nil for a level without requirements.
  package func population(level: Int, asOf: Int64, snapshot: PopulationSnapshot) -> SQL? {
    let wanted = program.requirements.indices.filter { program.requirements[$0].level == level }
    guard !wanted.isEmpty else { return nil }
    let roots = wanted.flatMap { index -> [NodeID] in
      let requirement = program.requirements[index]
      return [requirement.value] + (requirement.among.map { [$0] } ?? [])
    }
    var query = QueryPrinter(
      program, relations, asOf: asOf, snapshot: snapshot, roots: roots, includesNextDue: false)
    let values = query.relation()
    var columns: [SQL] = []
    var parts: [SQL] = []
    for index in wanted {
      let requirement = program.requirements[index]
      let among = requirement.among.map { query.column($0) } ?? "true"
      let value = query.column(requirement.value)
      // One column each: null for who is not counted.
      columns.append(
        "CASE WHEN \(among) AND isfinite(\(value)) THEN \(value) END AS \(identifier: "v\(index)")")
      parts.append(Self.number(requirement.statistic, index))
    }
    query.addPart("told_values", "SELECT \(columns.joined()) FROM \(values)")
    return "\(query.with()) \(parts.joined(separator: " UNION ALL "))"
  }

  private static func number(_ statistic: PopulationRequirement.Statistic, _ index: Int) -> SQL {
    let value: SQL = "\(identifier: "v\(index)")"
    let requirement: SQL = "CAST(\(index) AS BIGINT) AS requirement"
    func placed(_ order: SQL) -> SQL {
      """
      (SELECT \(value) AS v, row_number() OVER (ORDER BY \(value) \(order)) AS n, \
      count(*) OVER () AS c FROM told_values WHERE \(value) IS NOT NULL)
      """
    }
    switch statistic {
    case .cut(let direction, let size):
      let place: SQL
      switch size {
      case .customers(let count): place = "\(count)"
      case .percent(let percent):
        // Whole customers, rounded up, in whole numbers.
        let (units, whole) = fraction(percent)
        place = "(\(units) * c + \(whole) - 1) // \(whole)"
      }
      return """
        SELECT \(requirement), v AS value FROM \(placed(direction == .top ? "DESC" : "ASC")) \
        WHERE n = least(\(place), c)
        """
    case .statistic(.average):
      // Summed in whole units of 10^−8, so that the order of rows does not show.
      return """
        SELECT * FROM (SELECT \(requirement), CAST(sum(TRY_CAST(round(\(value) * CAST(1e8 AS DOUBLE)) \
        AS HUGEINT)) FILTER (WHERE abs(\(value)) < CAST(1e20 AS DOUBLE)) AS DOUBLE) \
        / count(*) FILTER (WHERE abs(\(value)) < CAST(1e20 AS DOUBLE)) / CAST(1e8 AS DOUBLE) \
        AS value FROM told_values) WHERE isfinite(value)
        """
    case .statistic(.median):
      return quantile(SQLDecimal(units: 50, scale: 0), requirement, placed("ASC"))
    case .statistic(.percentile(let percent)):
      return quantile(percent, requirement, placed("ASC"))
    }
  }

  /// The quantile of type 7 (Hyndman and Fan 1996), its place told in whole numbers.
  private static func quantile(_ percent: SQLDecimal, _ requirement: SQL, _ placed: SQL) -> SQL {
    let (units, whole) = fraction(percent)
    return """
      SELECT * FROM (SELECT \(requirement), CASE WHEN rest = 0 THEN low \
      ELSE low + (high - low) * (CAST(rest AS DOUBLE) / CAST(\(whole) AS DOUBLE)) END AS value \
      FROM (SELECT max(v) FILTER (WHERE n = \(units) * (c - 1) // \(whole) + 1) AS low, \
      max(v) FILTER (WHERE n = \(units) * (c - 1) // \(whole) + 2) AS high, \
      any_value(\(units) * (c - 1) % \(whole)) AS rest FROM \(placed))) WHERE value IS NOT NULL
      """
  }

  /// A percentage as whole units over a whole.
  private static func fraction(_ percent: SQLDecimal) -> (units: SQL, whole: SQL) {
    let scale = min(percent.scale, 9)
    let units = Int64(clamping: percent.rescaled(to: scale).units)
    let whole = Int64(clamping: 100 * powerOfTen(Int(scale)))
    return ("CAST(\(.int(units)) AS HUGEINT)", "CAST(\(.int(whole)) AS HUGEINT)")
  }
}
