internal import Foundation
internal import SQLBuilder
package import Warehouse

/// What people decide about profiles: pairs that waited, splits, and undoing.
package struct PairDecisions: Sendable {
  private let session: any QuerySession
  private let settings: IdentitySettings
  private let now: Int64
  private let author: String

  /// - Parameters:
  ///   - now: the present, in microseconds since the epoch.
  ///   - author: who decides.
  package init(
    _ session: any QuerySession, _ settings: IdentitySettings, now: Int64, author: String
  ) {
    self.session = session
    self.settings = settings
    self.now = now
    self.author = author
  }

  private var ledger: RunLedger { RunLedger(session: session, now: now, author: author) }

  private struct Pair {
    let number: Int
    let first: Int
    let second: Int
    let weight: SQLValue
    let probability: SQLValue
    let evidence: String
  }

  private func open(_ number: Int) async throws -> Pair {
    let rows = try await session.query(
      """
      SELECT first_record, second_record, weight, probability, evidence, status
      FROM quartier.identity_pair WHERE pair_id = \(number)
      """
    ).rows
    guard let row = rows.first, let first = row[0].int, let second = row[1].int else {
      throw IdentityError.pairUnknown(number)
    }
    guard row[5].text == "open" else { throw IdentityError.pairDecided(number) }
    return Pair(
      number: number, first: first, second: second, weight: row[2], probability: row[3],
      evidence: row[4].text ?? "")
  }

  /// Joins pairs that waited; all or none.
  ///
  /// - Returns: the run.
  /// - Throws: `IdentityError.pairUnknown`, `.pairDecided`, `.saidApart`.
  package func accept(_ numbers: [Int]) async throws -> Int {
    try await session.transaction {
      let run = try await ledger.open()
      for number in numbers {
        let pair = try await open(number)
        try await session.execute(
          """
          INSERT INTO quartier.identity_link
          VALUES (\(run), \(pair.first), \(pair.second), 'person', \(pair.weight),
            \(pair.probability), \(pair.evidence), NULL)
          """)
        try await mark(pair, "accepted", run)
      }
      try await apply()
      try await refuseApart(numbers)
      try await session.settlePairs(run)
      try await ledger.close(run, action: "accept", detail: try Self.detail(numbers))
      return run
    }
  }

  /// Says that pairs that waited are not the same; no later resolution joins them.
  ///
  /// - Returns: the run.
  package func reject(_ numbers: [Int]) async throws -> Int {
    try await session.transaction {
      let run = try await ledger.open()
      for number in numbers {
        let pair = try await open(number)
        try await session.execute(
          """
          INSERT INTO quartier.identity_apart VALUES (\(run), \(pair.first), \(pair.second), NULL)
          """)
        try await mark(pair, "rejected", run)
      }
      try await ledger.close(run, action: "reject", detail: try Self.detail(numbers))
      return run
    }
  }

  /// Takes records out of their profile, and tells them apart from those that stay.
  ///
  /// - Parameter written: as typed, for errors.
  /// - Returns: the run.
  /// - Throws: `IdentityError.singleRecord`, `.notInProfile`.
  package func split(
    profile: Int, records: [Int], written: String
  ) async throws -> Int {
    try await session.transaction {
      let all = try await session.query(
        """
        SELECT record FROM quartier.profile_record WHERE customer_id = \(profile) ORDER BY record
        """
      ).rows.compactMap { $0[0].int }
      guard all.count > 1 else { throw IdentityError.singleRecord(written) }
      let leaving = Set(records)
      guard leaving.isSubset(of: all), leaving.count < all.count else {
        throw IdentityError.notInProfile(written)
      }
      let run = try await ledger.open()
      // The one that leaves and those that stay, whichever is the lower.
      for one in leaving.sorted() {
        for other in all where !leaving.contains(other) {
          try await session.execute(
            """
            UPDATE quartier.identity_link SET ended_by = \(run)
            WHERE ended_by IS NULL AND first_record = \(min(one, other))
              AND second_record = \(max(one, other))
            """)
          try await session.execute(
            """
            INSERT INTO quartier.identity_apart
            VALUES (\(run), \(min(one, other)), \(max(one, other)), NULL)
            """)
        }
      }
      try await apply()
      try await ledger.close(run, action: "split", detail: try Self.detail([profile] + records))
      return run
    }
  }

  /// Takes a run back: its links, what it told apart and what it asked; what it ended holds again.
  ///
  /// - Parameter number: nil for the last run that was not undone.
  /// - Returns: the run taken back and what it was.
  /// - Throws: `IdentityError.runUnknown`, `.runUndone`, `.nothingToUndo`.
  package func undo(_ number: Int?) async throws -> (run: Int, action: String) {
    try await session.transaction {
      let filter: SQL = number.map { "run_id = \($0)" } ?? "undone_at IS NULL"
      let rows = try await session.query(
        """
        SELECT run_id, action, undone_at IS NOT NULL FROM quartier.identity_run
        WHERE \(filter) ORDER BY run_id DESC LIMIT 1
        """
      ).rows
      guard let row = rows.first, let run = row[0].int else {
        throw number.map(IdentityError.runUnknown) ?? .nothingToUndo
      }
      guard row[2].bool == false else { throw IdentityError.runUndone(run) }
      for table in ["identity_link", "identity_apart"] {
        try await session.execute(
          """
          UPDATE quartier.\(identifier: table) SET ended_by = \(run)
          WHERE run_id = \(run) AND ended_by IS NULL
          """)
        try await session.execute(
          """
          UPDATE quartier.\(identifier: table) SET ended_by = NULL
          WHERE ended_by = \(run) AND run_id <> \(run)
          """)
      }
      try await session.execute(
        """
        UPDATE quartier.identity_pair SET status = 'open', decided_by = NULL
        WHERE decided_by = \(run)
        """)
      try await session.execute(
        "DELETE FROM quartier.identity_pair WHERE run_id = \(run) AND status = 'open'")
      try await session.execute(
        """
        UPDATE quartier.identity_run SET undone_at = \(SQLValue.instant(now)) WHERE run_id = \(run)
        """)
      try await apply()
      return (run, row[1].text ?? "")
    }
  }

  private func mark(_ pair: Pair, _ status: String, _ run: Int) async throws {
    try await session.execute(
      """
      UPDATE quartier.identity_pair SET status = \(status), decided_by = \(run)
      WHERE pair_id = \(pair.number)
      """)
  }

  private func apply() async throws {
    try await session.wantLinked(limit: settings.profileSize)
    _ = try await ProfileGraph(session, settings, now: now).apply()
  }

  /// Two that somebody told apart never come together through a third.
  private func refuseApart(_ numbers: [Int]) async throws {
    let together =
      try await session.value(
        """
        SELECT count(*) FROM quartier.identity_apart AS s
        JOIN quartier.profile_record AS x ON x.record = s.first_record
        JOIN quartier.profile_record AS y ON y.record = s.second_record
        WHERE s.ended_by IS NULL AND x.customer_id = y.customer_id
        """
      ).int ?? 0
    if together > 0 { throw IdentityError.saidApart(numbers.last ?? 0) }
  }

  private static func detail(_ numbers: [Int]) throws -> String {
    String(decoding: try JSONEncoder().encode(["of": numbers]), as: UTF8.self)
  }
}
