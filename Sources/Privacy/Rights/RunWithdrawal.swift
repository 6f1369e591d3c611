internal import SQLBuilder
package import Warehouse

/// Takes out of the files of a run those whom the workspace may not profile: people who object or
/// restrict the use of their data, and people who were erased.
///
/// Their orders stay in the totals, as those of customers nobody knows do.
package struct RunWithdrawal: Sendable {
  private let session: any QuerySession
  private let erased: ErasedIdentifiers?

  /// - Parameter session: with the store attached.
  package init(_ session: any QuerySession, erased: ErasedIdentifiers?) {
    self.session = session
    self.erased = erased
  }

  /// - Parameters:
  ///   - table: a temporary table with the customer's id as a file has it.
  ///   - deletes: whether their rows go; otherwise they lose their customer.
  package func run(on table: String, deletes: Bool) async throws {
    let name: SQL = "temp.\(identifier: table)"
    var filters: [SQL] = [
      """
      customer IN (
        SELECT i.value FROM quartier.identifier AS i
        WHERE i.type IN ('customer', 'email')
          AND i.customer_id NOT IN (SELECT customer_id FROM quartier.profiled_customer))
      """
    ]
    if let erased {
      // Files of a run are of the main system: nothing says otherwise.
      let isErased = erased.isErased(
        source: "main", type: "customer", value: "customer",
        email: "CASE WHEN contains(customer, '@') THEN customer END")
      filters.append(
        """
        customer IN (SELECT customer FROM (
          SELECT DISTINCT customer FROM \(name) WHERE customer IS NOT NULL) WHERE \(isErased))
        """)
    }
    let condition = filters.joined(separator: " OR ")
    if deletes {
      try await session.execute("DELETE FROM \(name) WHERE \(condition)")
    } else {
      try await session.execute("UPDATE \(name) SET customer = NULL WHERE \(condition)")
    }
  }
}
