internal import SQLBuilder
package import Warehouse

/// Finds customers by what people call them.
package struct CustomerSearch: Sendable {
  private let session: any QuerySession

  package init(_ session: any QuerySession) { self.session = session }

  /// A record, and the profile that it is part of.
  package struct Found: Sendable, Hashable {
    package let record: Int
    package let profile: Int
  }

  /// A customer by a public id, `source:id`, an id that one system uses, or the number of a record
  /// as these commands show it (`#12`). Ids of merged customers answer with their record.
  ///
  /// - Throws: `IdentityError.customerUnknown`, `.customerAmbiguous`.
  package func find(_ written: String) async throws -> Found {
    let number = written.hasPrefix("#") ? Int(written.dropFirst()) : nil
    let parts = written.split(separator: ":", maxSplits: 1).map(String.init)
    let source = parts.count == 2 ? parts[0] : nil
    let value = parts.count == 2 ? parts[1] : written
    let rows = try await session.query(
      """
      WITH found AS (
        SELECT 1 AS place, customer_id AS record FROM quartier.customer
        WHERE public_id::VARCHAR = lower(\(written))
        UNION ALL
        SELECT 1, customer_id FROM quartier.customer_alias
        WHERE public_id::VARCHAR = lower(\(written))
        UNION ALL
        SELECT 2, abs(coalesce(record_id, customer_id)) FROM quartier.identifier
        WHERE source = \(source.map(SQLValue.text) ?? .null) AND value = \(value)
        UNION ALL
        SELECT 3, abs(coalesce(record_id, customer_id)) FROM quartier.identifier
        WHERE value = \(written)
        UNION ALL
        SELECT 4, customer_id FROM quartier.customer
        WHERE customer_id = \(number.map { SQLValue.int(Int64($0)) } ?? .null)
        UNION ALL
        SELECT 4, customer_id FROM quartier.customer_alias
        WHERE customer_id = \(number.map { SQLValue.int(Int64($0)) } ?? .null))
      SELECT DISTINCT place, record FROM found
      WHERE place = (SELECT min(place) FROM found) ORDER BY record
      """
    ).rows
    guard let record = rows.first?[1].int else { throw IdentityError.customerUnknown(written) }
    guard rows.count == 1 else { throw IdentityError.customerAmbiguous(written) }
    return Found(record: record, profile: try await profile(of: record))
  }

  package func profile(of record: Int) async throws(WarehouseError) -> Int {
    try await session.query(
      "SELECT customer_id FROM quartier.profile_record WHERE record = \(record)"
    ).rows.first?[0].int ?? record
  }
}
