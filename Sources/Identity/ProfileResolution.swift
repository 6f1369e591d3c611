package import CustomerSchema
internal import Foundation
internal import SQLBuilder
package import Warehouse

/// Finds the records that are one person or company and makes them one profile, in one transaction.
package struct ProfileResolution {
  private let session: any ColumnarSession
  private let settings: IdentitySettings
  /// The present, in microseconds since the epoch, and the day that it is.
  private let now: Int64
  private let today: LocalDate

  /// - Throws: `WarehouseError` for an engine that hands over no columns.
  package init(
    _ session: any QuerySession, _ settings: IdentitySettings, now: Int64, today: LocalDate
  ) throws(WarehouseError) {
    guard let session = session as? any ColumnarSession else {
      throw .unexpectedResult("the engine hands over no columns")
    }
    self.session = session
    self.settings = settings
    self.now = now
    self.today = today
  }

  /// What a resolution found and did.
  package struct Report: Sendable, Hashable {
    /// Nil for a trial.
    package var run: Int?
    package var records = 0
    package var profilesBefore = 0
    package var profilesAfter = 0
    /// Links made now, by rule.
    package var links: [String: Int] = [:]
    /// Pairs that wait now, by reason: all, and those found now.
    package var waiting: [String: Int] = [:]
    package var newlyWaiting = 0
    package var candidates = 0
    package var blocks: [SkippedBlock] = []
    package var shared: [SharedValue] = []
    package var relations: [String: Int] = [:]
    package var model = MatchModel.starting
  }

  /// A way of finding pairs that had groups too large to compare.
  package struct SkippedBlock: Sendable, Hashable {
    package let block: String
    package let groups: Int
    package let records: Int
  }

  /// Values that say nothing of who it is because too many share them.
  package struct SharedValue: Sendable, Hashable {
    package let field: String
    package let values: Int
    package let records: Int
  }

  /// - Parameters:
  ///   - author: who asked for it.
  ///   - isTrial: whether everything is put back at the end.
  ///   - progress: told of each step by its word.
  package func run(
    author: String, isTrial: Bool, progress: (String) -> Void = { _ in }
  ) async throws -> Report {
    try await session.execute("BEGIN TRANSACTION")
    do {
      let report = try await resolve(author, isTrial, progress)
      try await session.execute(isTrial ? "ROLLBACK" : "COMMIT")
      return report
    } catch {
      // The first error is the one that tells.
      _ = try? await session.execute("ROLLBACK")
      throw error
    }
  }

  private func resolve(
    _ author: String, _ isTrial: Bool, _ progress: (String) -> Void
  ) async throws -> Report {
    var report = Report()
    report.profilesBefore = try await profiles()
    progress("records")
    let shared = try await RecordTable(session: session, settings: settings, today: today)
      .prepare()
    report.shared = shared.map {
      SharedValue(field: $0.field, values: $0.values, records: $0.records)
    }
    report.records = try await session.value("SELECT count(*) FROM identity_record").int ?? 0
    progress("pairs")
    let blocking = Candidates(session: session, settings: settings)
    let outcomes = try await blocking.prepare()
    report.blocks = outcomes.filter { $0.skippedGroups > 0 }.map {
      SkippedBlock(block: $0.block, groups: $0.skippedGroups, records: $0.skippedRecords)
    }
    progress("weights")
    let counts = try await blocking.patterns("identity_candidate")
    report.candidates = Int(counts.total)
    report.model = try await learn(counts, blocking)
    try await judge(counts, report.model)
    try await CompanyRules(session: session).addPairs()
    progress("profiles")
    let ledger = RunLedger(session: session, now: now, author: author)
    let run = try await ledger.open()
    try await decide(run)
    report.links = try await counted(
      "SELECT rule, count(*) FROM quartier.identity_link WHERE run_id = \(run) GROUP BY rule")
    _ = try await ProfileGraph(session, settings, now: now).apply()
    report.newlyWaiting = try await queue(run)
    report.waiting = try await counted(
      """
      SELECT reason, count(*) FROM quartier.identity_pair WHERE status = 'open' GROUP BY reason
      """)
    progress("relations")
    report.relations = try await Relations(session: session).write(run)
    report.profilesAfter = try await profiles()
    if !isTrial { report.run = run }
    try await ledger.close(run, action: "resolve", detail: try detail(report))
    for table in ["record", "candidate", "decided", "linked", "refused"] {
      try await session.execute("DROP TABLE IF EXISTS \(identifier: "identity_\(table)")")
    }
    return report
  }

  private func profiles() async throws -> Int {
    try await session.value("SELECT count(*) FROM quartier.customer").int ?? 0
  }

  private func counted(_ query: SQL) async throws -> [String: Int] {
    let rows = try await session.query(query).rows
    return Dictionary(
      rows.map { ($0[0].text ?? "", $0[1].int ?? 0) }, uniquingKeysWith: { $0 + $1 })
  }

  /// What a resolution went by, kept with it.
  private struct Detail: Codable {
    let accept: Double
    let review: Double
    let model: MatchModel
  }

  /// The weights of the last resolution that holds; nil before there is one.
  package static func lastModel(_ session: any QuerySession) async throws -> MatchModel? {
    let text = try await session.query(
      """
      SELECT detail FROM quartier.identity_run WHERE action = 'resolve' AND undone_at IS NULL
      ORDER BY run_id DESC LIMIT 1
      """
    ).rows.first?[0].text
    return try text.map { try JSONDecoder().decode(Detail.self, from: Data($0.utf8)).model }
  }

  private func detail(_ report: Report) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    let detail = Detail(accept: settings.accept, review: settings.review, model: report.model)
    return String(decoding: try encoder.encode(detail), as: UTF8.self)
  }

  // MARK: Weights

  private func learn(
    _ counts: PatternCounts, _ blocking: Candidates
  ) async throws -> MatchModel {
    var model = MatchModel.starting
    model.learnU(random: try await blocking.randomPatterns())
    model.learnM(blocks: Self.teachingBlocks(counts))
    let people =
      try await session.value("SELECT count(*) FROM identity_record WHERE kind = 'person'").int ?? 0
    model.learnPrior(
      candidates: counts, pairs: Double(people) * Double(max(0, people - 1)) / 2)
    return model
  }

  /// Whole blocks among the candidates, with the fields that each can teach.
  static func teachingBlocks(
    _ counts: PatternCounts
  ) -> [(pairs: PatternCounts, fields: Set<ComparedField>)] {
    let all = Set(ComparedField.allCases)
    return [
      (counts.filter { $0[.email] == 2 }, all.subtracting([.email])),
      (counts.filter { $0[.phone] == 2 }, all.subtracting([.phone])),
      (
        counts.filter { $0[.firstName] == 4 && $0[.birthDate] == 3 },
        all.subtracting([.firstName, .birthDate])
      ),
      (
        counts.filter { $0[.lastName] >= 3 && $0[.birthDate] == 3 },
        all.subtracting([.lastName, .birthDate])
      ),
    ]
  }

  // MARK: Decisions

  /// Makes `identity_decided`: candidates with what becomes of them, without those rejected.
  private func judge(_ counts: PatternCounts, _ model: MatchModel) async throws {
    try await session.execute(
      """
      CREATE OR REPLACE TEMP TABLE identity_verdict (pattern INTEGER, accepted BOOLEAN,
        word VARCHAR, weight DOUBLE, probability DOUBLE, evidence VARCHAR)
      """)
    let rules = PairRules(settings)
    var rows: [SQL] = []
    for pattern in counts.patterns {
      let weight = model.weight(pattern)
      let probability = model.probability(weight: weight)
      let (accepted, word): (Bool, String)
      switch rules.decide(pattern, probability: probability) {
      case .accept(let rule): (accepted, word) = (true, rule)
      case .review(let reason): (accepted, word) = (false, reason)
      case .reject: continue
      }
      rows.append(
        """
        (\(pattern.code), \(SQLValue.bool(accepted)), \(word), \(weight), \(probability),
          \(pattern.evidence))
        """)
    }
    for start in stride(from: 0, to: rows.count, by: 500) {
      let part = rows[start..<min(start + 500, rows.count)].joined()
      try await session.execute("INSERT INTO identity_verdict VALUES \(part)")
    }
    try await session.execute(
      """
      CREATE OR REPLACE TEMP TABLE identity_decided AS
      SELECT c.a, c.b, v.accepted, v.word, v.weight, v.probability, v.evidence
      FROM identity_candidate AS c JOIN identity_verdict AS v ON v.pattern = c.pattern
      """)
    try await session.execute("DROP TABLE identity_verdict")
  }

  /// Joins what is accepted, the strongest first, and writes the links of it.
  private func decide(_ run: Int) async throws {
    let known = try await session.query(
      "SELECT first_record, second_record FROM quartier.identity_link WHERE ended_by IS NULL"
    ).rows
    let proposed = try await session.query(
      """
      SELECT d.a, d.b FROM identity_decided AS d
      ANTI JOIN quartier.identity_link AS l
        ON l.first_record = d.a AND l.second_record = d.b AND l.ended_by IS NULL
      WHERE d.accepted ORDER BY d.weight DESC NULLS LAST, d.a, d.b
      """
    ).rows
    let apart = try await session.query(
      "SELECT first_record, second_record FROM quartier.identity_apart WHERE ended_by IS NULL"
    ).rows
    var positions: [Int: Int] = [:]
    var records: [Int] = []
    func position(_ value: SQLValue) -> Int {
      let record = value.int ?? 0
      if let place = positions[record] { return place }
      positions[record] = records.count
      records.append(record)
      return records.count - 1
    }
    let old = known.map { (position($0[0]), position($0[1])) }
    let new = proposed.map { (position($0[0]), position($0[1])) }
    var enemies: [Int: Set<Int>] = [:]
    for row in apart {
      let (a, b) = (position(row[0]), position(row[1]))
      enemies[a, default: []].insert(b)
      enemies[b, default: []].insert(a)
    }
    var clusters = Clustering(
      traits: try await traits(of: records), apart: enemies, limit: settings.profileSize)
    for (a, b) in old { clusters.join(a, b) }
    var refused: [(Int64, Int64)] = []
    for (a, b) in new where clusters.propose(a, b) == .refused {
      refused.append((Int64(records[a]), Int64(records[b])))
    }
    try await session.execute(
      "CREATE OR REPLACE TEMP TABLE identity_refused (a BIGINT, b BIGINT)")
    try await session.append(pairs: refused, to: "identity_refused")
    try await session.execute(
      """
      INSERT INTO quartier.identity_link
      SELECT \(run), d.a, d.b, d.word, d.weight, d.probability, d.evidence, NULL
      FROM identity_decided AS d
      ANTI JOIN identity_refused AS r ON r.a = d.a AND r.b = d.b
      ANTI JOIN quartier.identity_link AS l
        ON l.first_record = d.a AND l.second_record = d.b AND l.ended_by IS NULL
      WHERE d.accepted ORDER BY d.a, d.b
      """)
    try await session.want(&clusters, records)
  }

  private func traits(of records: [Int]) async throws -> [RecordTraits] {
    try await session.execute(
      "CREATE OR REPLACE TEMP TABLE identity_linked (place BIGINT, record BIGINT)")
    try await session.append(
      pairs: records.enumerated().map { (Int64($0), Int64($1)) }, to: "identity_linked")
    let rows = try await session.query(
      """
      SELECT l.place, r.first, r.last, r.birth FROM identity_linked AS l
      JOIN identity_record AS r ON r.record = l.record
      """
    ).rows
    var traits = [RecordTraits](repeating: RecordTraits(), count: records.count)
    for row in rows {
      guard let place = row[0].int else { continue }
      traits[place] = RecordTraits(first: row[1].text, last: row[2].text, birth: row[3].days)
    }
    return traits
  }

  /// Puts doubtful pairs of different profiles in the queue, each once.
  private func queue(_ run: Int) async throws -> Int {
    try await session.settlePairs(run)
    return try await session.execute(
      """
      INSERT INTO quartier.identity_pair
      SELECT nextval('quartier.identity_pair_ids'), \(run), a, b, reason, weight, probability,
        evidence, 'open', NULL
      FROM (
        SELECT d.a, d.b, CASE WHEN d.accepted THEN 'chain' ELSE d.word END AS reason, d.weight,
          d.probability, d.evidence
        FROM identity_decided AS d
        LEFT JOIN identity_refused AS r ON r.a = d.a AND r.b = d.b
        LEFT JOIN quartier.profile_record AS x ON x.record = d.a
        LEFT JOIN quartier.profile_record AS y ON y.record = d.b
        WHERE (NOT d.accepted OR r.a IS NOT NULL)
          AND coalesce(x.customer_id, d.a) <> coalesce(y.customer_id, d.b)
          AND NOT EXISTS (SELECT 1 FROM quartier.identity_pair AS q
            WHERE q.first_record = d.a AND q.second_record = d.b
              AND q.status IN ('open', 'rejected'))
          AND NOT EXISTS (SELECT 1 FROM quartier.identity_apart AS s
            WHERE s.first_record = d.a AND s.second_record = d.b AND s.ended_by IS NULL)
        -- Of two profiles with several records each, one question is enough.
        QUALIFY row_number() OVER (
          PARTITION BY coalesce(x.customer_id, d.a), coalesce(y.customer_id, d.b)
          ORDER BY d.weight DESC NULLS LAST, d.a, d.b) = 1
        ORDER BY d.probability DESC NULLS LAST, d.a, d.b)
      """)
  }
}
