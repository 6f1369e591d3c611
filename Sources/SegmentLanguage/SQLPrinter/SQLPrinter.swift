internal import CustomerSchema
package import SQLBuilder

/// Writes the answers of many rules as one set-based query.
///
/// Every collection is read once per stage: all aggregates over it are conditional aggregates of
/// one grouping by customer. A stage holds what needs only values of the stages before, such as
/// `count(orders where amount > average_basket)` after `average_basket`. What several rules share
/// is computed once.
package struct SQLPrinter: Sendable {
  package let program: SegmentProgram
  package let relations: SegmentRelations

  package init(_ program: SegmentProgram, relations: SegmentRelations = SegmentRelations()) {
    self.program = program
    self.relations = relations
  }

  /// A query of `customer_id`, a boolean `m0`, `m1`… for each of `rules` in their order, and
  /// `next_due`: an instant after `asOf` before which no answer changes by the passing of time
  /// alone; null for never.
  ///
  /// - Parameters:
  ///   - asOf: µs since 1970-01-01T00:00:00Z.
  ///   - rules: positions in `program.rules`; nil for all.
  ///   - includesNextDue: without it `next_due` is left out, which reads less.
  package func answers(
    asOf: Int64, snapshot: PopulationSnapshot, rules: [Int]? = nil, includesNextDue: Bool = true
  ) -> SQL {
    let roots = (rules ?? Array(program.rules.indices)).map { program.roots[$0] }
    var query = QueryPrinter(
      program, relations, asOf: asOf, snapshot: snapshot, roots: roots,
      includesNextDue: includesNextDue)
    let values = query.relation()
    var columns: [SQL] = ["customer_id"]
    for (index, root) in roots.enumerated() {
      columns.append("\(query.column(root)) AS \(identifier: "m\(index)")")
    }
    if includesNextDue {
      // Beyond what an engine's instants can say is never.
      columns.append(
        """
        list_transform([\(query.nextDue())], lambda x: CASE WHEN x < 9000000000000000000 \
        THEN make_timestamptz(CAST(x AS BIGINT)) END)[1] AS next_due
        """)
    }
    return "\(query.with()) SELECT \(columns.joined()) FROM \(values)"
  }

  /// How many customers there are and how many pass one rule: columns `customers` and `members`.
  package func count(rule: Int, asOf: Int64, snapshot: PopulationSnapshot) -> SQL {
    """
    SELECT count(*) AS customers, count(*) FILTER (WHERE m0) AS members \
    FROM (\(answers(asOf: asOf, snapshot: snapshot, rules: [rule], includesNextDue: false)))
    """
  }

  /// The customers whose id's hash falls into a share of all: the same ones for every rule.
  ///
  /// - Parameter perMille: 1 to 1000.
  package static func sample(of customers: SQL, perMille: Int) -> SQL {
    "(SELECT customer_id FROM \(customers) WHERE hash(customer_id) % 1000 < \(perMille))"
  }
}
