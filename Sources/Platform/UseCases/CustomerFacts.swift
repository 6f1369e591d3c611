internal import CustomerSchema
internal import Features
internal import Foundation
internal import Ingestion
internal import Scoring
internal import SQLBuilder
internal import Warehouse

/// What a lifetime model is told of customers besides their purchases: static covariates, and what
/// winning and serving them costs.
package struct CustomerFacts: Sendable {
  /// A file with a row per customer; nil without one.
  package var file: String?
  /// Its column of the customer's id; nil for one of the usual names.
  package var id: String?
  package var covariates: [String] = []
  /// What winning a customer cost: an amount for everybody, or a column.
  package var acquisition: Acquisition = .unknown

  package enum Acquisition: Sendable, Hashable {
    case unknown
    case amount(Double)
    case column(String)
  }

  package init() {}

  /// The channel of the first purchase, from the orders themselves.
  static let firstChannel = "first_channel"
  private static let usualIDs = [
    "customer_id", "customer", "client_id", "id_client", "client", "customerid", "idclient", "id",
    "code_client", "numero_client", "email",
  ]

  /// Makes `customer_covariates` and `customer_costs`, and completes the costs.
  ///
  /// - Parameter scratch: a folder for prepared copies of files.
  /// - Throws: `ScoringError.unknownColumn`, `.columnNotFound`.
  func create(
    _ base: ModelBase, isWorkspace: Bool, scratch: String, costs: inout ServiceCosts
  ) async throws {
    let source = try await source(base, isWorkspace: isWorkspace, scratch: scratch)
    if !covariates.isEmpty {
      let names = covariates.map { name -> SQL in
        name == Self.firstChannel && !source.columns.contains(name)
          ? "c.channel AS \(identifier: name)"
          : "CAST(a.\(identifier: name) AS VARCHAR) AS \(identifier: name)"
      }
      for name in covariates
      where !source.columns.contains(name)
        && !(name == Self.firstChannel && base.history.columns.channel)
      {
        throw ScoringError.unknownColumn(
          name,
          known: source.columns + (base.history.columns.channel ? [Self.firstChannel] : []))
      }
      let channel: SQL =
        base.history.columns.channel
        ? """
        SELECT customer, arg_min(channel, day) AS channel FROM order_history
        WHERE is_purchase GROUP BY customer
        """ : "SELECT DISTINCT customer, NULL::VARCHAR AS channel FROM order_history"
      try await base.session.execute(
        """
        CREATE OR REPLACE TEMP TABLE customer_covariates AS
        SELECT c.customer, \(names.joined())
        FROM (\(channel)) AS c LEFT JOIN \(source.relation) AS a ON a.model_customer = c.customer
        WHERE c.customer IS NOT NULL
        """)
    }
    switch acquisition {
    case .amount(let amount): costs.acquisition = amount
    case .column(let name):
      guard source.columns.contains(name) else {
        throw ScoringError.unknownColumn(name, known: source.columns)
      }
      try await base.session.execute(
        """
        CREATE OR REPLACE TEMP TABLE customer_costs AS
        SELECT model_customer AS customer,
          TRY_CAST(replace(CAST(\(identifier: name) AS VARCHAR), ',', '.') AS DOUBLE)
            AS acquisition
        FROM \(source.relation) WHERE model_customer IS NOT NULL
        """)
      costs.acquisitionIsKnown = true
    case .unknown: break
    }
    if isWorkspace { try await storedCosts(base, &costs) }
  }

  private struct Source {
    /// A row per customer, with the column `model_customer`.
    let relation: SQL
    let columns: [String]
  }

  private func source(
    _ base: ModelBase, isWorkspace: Bool, scratch: String
  ) async throws -> Source {
    if let file {
      let columns = try await TableImporter(
        session: base.session,
        excelExtension: ResourceLocator.current.fetched(
          "extensions/excel.duckdb_extension")?.path, scratch: scratch
      ).load(file, into: "given_customers", sheet: nil)
      let found = id ?? columns.first { Self.usualIDs.contains($0.lowercased()) }
      guard let found else {
        throw ScoringError.columnNotFound(option: "--customer-id", known: columns)
      }
      guard columns.contains(found) else {
        throw ScoringError.unknownColumn(found, known: columns)
      }
      // Of several rows of one customer the first counts.
      var relation: SQL = """
        (SELECT \(identifier: found) AS model_customer, * FROM given_customers
        QUALIFY row_number() OVER (PARTITION BY \(identifier: found) ORDER BY rowid) = 1)
        """
      if isWorkspace {
        relation = """
          (SELECT CAST(customer_id AS VARCHAR) AS model_customer, g.* EXCLUDE (model_customer)
          FROM (
            SELECT customer_id, min(value) AS value FROM identifier
            WHERE value IN (SELECT \(identifier: found) FROM given_customers)
            GROUP BY customer_id) AS i
          JOIN \(relation) AS g ON g.model_customer = i.value)
          """
      }
      return Source(relation: relation, columns: columns)
    }
    guard isWorkspace else { return Source(relation: Self.nobody, columns: []) }
    let columns = try await base.session.query("DESCRIBE customer_attribute").rows
      .compactMap { $0[0].text }.filter { $0 != "customer_id" }
    return Source(
      relation: """
        (SELECT CAST(customer_id AS VARCHAR) AS model_customer, * FROM customer_attribute)
        """, columns: columns)
  }

  private static let nobody: SQL = "(SELECT NULL::VARCHAR AS model_customer LIMIT 0)"

  /// What the workspace's costs say, where nothing else was asked for: acquisition per customer, and
  /// everything else as a cost to serve per purchase.
  private func storedCosts(_ base: ModelBase, _ costs: inout ServiceCosts) async throws {
    let isAcquisition: SQL =
      "(lower(kind) LIKE '%acqui%' OR lower(kind) IN ('cac', 'marketing acquisition'))"
    let until: SQL = "CAST(local_at AS DATE) <= \(base.asOf.sqlValue)"
    if acquisition == .unknown {
      let count = try await base.session.value(
        """
        SELECT count(*) FROM costs JOIN (SELECT customer_id FROM profiled_customer) USING (customer_id)
        WHERE \(isAcquisition) AND \(until)
        """
      ).int
      if let count, count > 0 {
        try await base.session.execute(
          """
          CREATE OR REPLACE TEMP TABLE customer_costs AS
          SELECT CAST(customer_id AS VARCHAR) AS customer,
            CAST(sum(amount) AS DOUBLE) AS acquisition
          FROM costs JOIN (SELECT customer_id FROM profiled_customer) USING (customer_id)
          WHERE \(isAcquisition) AND \(until) GROUP BY customer_id
          """)
        costs.acquisitionIsKnown = true
      }
    }
    if costs.perPurchase == 0, costs.perYear == 0 {
      let row = try await base.session.row(
        """
        SELECT (SELECT CAST(coalesce(sum(amount), 0) AS DOUBLE) FROM costs
            WHERE NOT \(isAcquisition) AND \(until)
              AND CAST(local_at AS DATE) >= \(base.first.sqlValue)),
          (SELECT count(*) FROM purchase_days)
        """)
      if let total = row[0].double, let purchases = row[1].double, total > 0, purchases > 0 {
        costs.perPurchase = total / purchases
      }
    }
  }
}
