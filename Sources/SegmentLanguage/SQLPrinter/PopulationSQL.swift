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
    var groups: [Counted: [Int]] = [:]
    for index in wanted {
      let requirement = program.requirements[index]
      groups[Counted(value: requirement.value, among: requirement.among), default: []]
        .append(index)
    }
    var columns: [SQL] = []
    var parts: [SQL] = []
    for (place, (counted, indices)) in groups.sorted(by: { $0.value[0] < $1.value[0] }).enumerated()
    {
      let among = counted.among.map { query.column($0) } ?? "true"
      let value = query.column(counted.value)
      let column: SQL = "\(identifier: "v\(place)")"
      // One column each: null for who is not counted.
      columns.append("CASE WHEN \(among) AND isfinite(\(value)) THEN \(value) END AS \(column)")
      parts += numbers(of: indices, column)
    }
    query.addPart("told_values", "SELECT \(columns.joined()) FROM \(values)")
    return "\(query.with()) \(parts.joined(separator: " UNION ALL "))"
  }

  private struct Counted: Hashable {
    let value: NodeID
    let among: NodeID?
  }

  /// The numbers of one value: those that go by place come from one sorting.
  private func numbers(of requirements: [Int], _ column: SQL) -> [SQL] {
    var result: [SQL] = []
    var placed: [SQL] = []
    var indices: [SQL] = []
    var values: [SQL] = []
    func at(_ place: SQL) -> SQL { "max(CASE WHEN n = \(place) THEN v END)" }
    /// The quantile of type 7 (Hyndman and Fan 1996), its place told in whole numbers.
    func add(quantile percent: SQLDecimal, _ index: Int) {
      let (units, whole) = Self.fraction(percent)
      let (low, high, rest): (SQL, SQL, SQL) = (
        "\(identifier: "low\(index)")", "\(identifier: "high\(index)")",
        "\(identifier: "rest\(index)")"
      )
      placed += [
        "\(at("\(units) * (c - 1) // \(whole) + 1")) AS \(low)",
        "\(at("\(units) * (c - 1) // \(whole) + 2")) AS \(high)",
        "any_value(\(units) * (c - 1) % \(whole)) AS \(rest)",
      ]
      values.append(
        """
        CASE WHEN \(rest) = 0 THEN \(low) ELSE \(low) + (\(high) - \(low)) \
        * (CAST(\(rest) AS DOUBLE) / CAST(\(whole) AS DOUBLE)) END
        """)
    }
    for index in requirements {
      let requirement: SQL = "CAST(\(index) AS BIGINT)"
      switch program.requirements[index].statistic {
      case .statistic(.average):
        // Summed in whole units of 10^−8, so that the order of rows does not show.
        result.append(
          """
          SELECT * FROM (SELECT \(requirement) AS requirement, \
          CAST(sum(TRY_CAST(round(\(column) * CAST(1e8 AS DOUBLE)) AS HUGEINT)) \
          FILTER (WHERE abs(\(column)) < CAST(1e20 AS DOUBLE)) AS DOUBLE) \
          / count(*) FILTER (WHERE abs(\(column)) < CAST(1e20 AS DOUBLE)) / CAST(1e8 AS DOUBLE) \
          AS value FROM told_values) WHERE isfinite(value)
          """)
        continue
      case .cut(let direction, let size):
        let place: SQL
        switch size {
        case .customers(let count): place = "least(CAST(\(count) AS BIGINT), c)"
        case .percent(let percent):
          // Whole customers, rounded up, in whole numbers.
          let (units, whole) = Self.fraction(percent)
          place = "least((\(units) * c + \(whole) - 1) // \(whole), c)"
        }
        let cut: SQL = "\(identifier: "cut\(index)")"
        placed.append("\(at(direction == .top ? "c + 1 - \(place)" : place)) AS \(cut)")
        values.append(cut)
      case .statistic(.median): add(quantile: SQLDecimal(units: 50, scale: 0), index)
      case .statistic(.percentile(let percent)): add(quantile: percent, index)
      }
      indices.append(requirement)
    }
    guard !values.isEmpty else { return result }
    result.append(
      """
      SELECT * FROM (SELECT unnest([\(indices.joined())]) AS requirement, \
      unnest([\(values.joined())]) AS value FROM (SELECT \(placed.joined()) FROM \
      (SELECT \(column) AS v, row_number() OVER (ORDER BY \(column)) AS n, \
      (SELECT count(\(column)) FROM told_values) AS c FROM told_values WHERE \(column) IS NOT NULL))) \
      WHERE value IS NOT NULL
      """)
    return result
  }

  /// A percentage as whole units over a whole.
  private static func fraction(_ percent: SQLDecimal) -> (units: SQL, whole: SQL) {
    let scale = min(percent.scale, 9)
    let units = Int64(clamping: percent.rescaled(to: scale).units)
    let whole = Int64(clamping: 100 * powerOfTen(Int(scale)))
    return ("CAST(\(.int(units)) AS HUGEINT)", "CAST(\(.int(whole)) AS HUGEINT)")
  }
}
