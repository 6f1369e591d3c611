package import SQLBuilder

extension SQLPrinter {
  /// A query of `customer_id` and a double `v0`, `v1`… for each of some requirements: the value
  /// that its statistic is of; null where a customer has none.
  ///
  /// - Parameters:
  ///   - requirements: positions in `program.requirements`.
  ///   - asOf: µs since 1970-01-01T00:00:00Z.
  package func values(
    of requirements: [Int], asOf: Int64, snapshot: PopulationSnapshot
  ) -> SQL {
    let roots = requirements.map { program.requirements[$0].value }
    var query = QueryPrinter(
      program, relations, asOf: asOf, snapshot: snapshot, roots: roots, includesNextDue: false)
    let relation = query.relation()
    let columns = roots.enumerated().map { index, root in
      "CAST(\(query.column(root)) AS DOUBLE) AS \(identifier: "v\(index)")" as SQL
    }
    return "\(query.with()) SELECT \((["customer_id"] + columns).joined()) FROM \(relation)"
  }
}
