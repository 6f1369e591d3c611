package import CustomerSchema
internal import Foundation
internal import ReferenceData
internal import SQLBuilder
package import Warehouse

/// Describes the customers of a workspace the way France describes people and companies, from what
/// files say and from what customers do, and keeps the answers as attributes with their history.
///
/// Only customers with new, changed or removed rows are described, unless the way of doing it has
/// changed. A value that a file says itself is never replaced.
package struct CustomerDescriber: Sendable {
  /// The source of computed values in the history.
  private static let source = AttributeStore.computedSource

  /// Raised when the same inputs give other answers.
  private static let version = 1

  private let stores: [StoreLocation]
  private let suggestsSex: Bool

  /// - Parameters:
  ///   - stores: what distances are measured to.
  ///   - suggestsSex: whether first names may suggest a sex, as a probability only.
  package init(stores: [StoreLocation] = [], suggestsSex: Bool = false) {
    self.stores = stores
    self.suggestsSex = suggestsSex
  }

  /// What a description did.
  package struct Report: Sendable, Hashable {
    /// Customers looked at.
    package var customers = 0
    /// Customers of whom something changed.
    package var changed = 0
    /// Attributes that the workspace did not have.
    package var defined: [String] = []
  }

  private struct State {
    var change = 0
    var row = 0
    var isKnown = false
  }

  /// Describes whoever changed.
  ///
  /// - Parameters:
  ///   - session: with the store attached as `quartier`, outside a transaction.
  ///   - now: µs since the epoch.
  ///   - today: the day of `now` in the workspace's zone.
  package func run(
    _ session: any QuerySession, now: Int64, today: LocalDate
  ) async throws -> Report {
    let state = try await state(session)
    let end = try await marks(session, state)
    try await chooseCustomers(session, state)
    var report = Report()
    report.customers =
      try await session.value("SELECT count(*) FROM description_customer").int ?? 0
    guard report.customers > 0 || end.row > state.row || !state.isKnown else {
      try await session.execute("DROP TABLE description_customer")
      return report
    }
    try await VisitedDevices(session: session).fill(after: state.isKnown ? state.row : -1)
    if report.customers > 0 {
      let isSingle = try await DescriptionInputs.create(in: session, source: Self.source)
      try await DescriptionLookups(
        session: session, stores: stores, suggestsSex: suggestsSex, today: today
      ).create()
      try await BehaviourDescription(session: session, now: now).create()
      let writer = DescribedValues(session: session, source: Self.source, now: now)
      try await writer.prepare(isSingle: isSingle)
      report.defined = try await writer.define()
      report.changed = try await session.transaction {
        let changed = try await writer.write()
        try await keep(session, end)
        return changed
      }
      try await writer.clear()
    } else {
      try await session.transaction { try await keep(session, end) }
    }
    try await session.execute("DROP TABLE description_customer")
    return report
  }

  /// What the answers depend on besides the data.
  private var method: String {
    let places = stores.map { "\($0.name)\u{1F}\($0.point.latitude)\u{1F}\($0.point.longitude)" }
    return (["\(Self.version)", suggestsSex ? "sex" : ""] + places).joined(separator: "\u{1E}")
  }

  private func state(_ session: any QuerySession) async throws -> State {
    let rows = try await session.query(
      """
      SELECT absorbed_change, absorbed_row FROM quartier.description_state
      WHERE method = \(method)
      """
    ).rows
    guard let row = rows.first else { return State() }
    return State(change: row[0].int ?? 0, row: row[1].int ?? 0, isKnown: true)
  }

  /// How far the data go now.
  private func marks(_ session: any QuerySession, _ state: State) async throws -> State {
    let row = try await session.row(
      """
      SELECT (SELECT max(change_id) FROM quartier.touched_customer),
        (SELECT max(row_id) FROM quartier.events)
      """)
    return State(
      change: max(state.change, row[0].int ?? 0), row: max(state.row, row[1].int ?? 0),
      isKnown: true)
  }

  private func chooseCustomers(_ session: any QuerySession, _ state: State) async throws {
    let changed: SQL =
      state.isKnown
      ? """
      WHERE customer_id IN (
        SELECT customer_id FROM quartier.touched_customer WHERE change_id > \(state.change))
      """ : ""
    try await session.execute(
      """
      CREATE OR REPLACE TEMP TABLE description_customer AS
      SELECT customer_id FROM quartier.profiled_customer \(changed)
      """)
  }

  private func keep(_ session: any QuerySession, _ end: State) async throws {
    // What this description touched itself is no reason for another.
    let change = try await session.value("SELECT max(change_id) FROM quartier.touched_customer")
    try await session.execute("DELETE FROM quartier.description_state")
    try await session.execute(
      """
      INSERT INTO quartier.description_state VALUES (
        \(max(end.change, change.int ?? 0)), \(end.row), \(method), now())
      """)
  }
}
