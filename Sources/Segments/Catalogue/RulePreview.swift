internal import CustomerSchema
internal import SQLBuilder
package import SegmentLanguage
package import Warehouse

/// How many customers a rule would have, without keeping it: first about, then exactly.
package struct RulePreview: Sendable {
  private let session: any QuerySession
  private let program: SegmentProgram
  private let relations: SegmentRelations
  private let snapshot: PopulationSnapshot
  private let asOf: Int64

  /// Customers from whom on a sample is told first.
  static let sampledFrom = 20_000
  /// Customers in a sample: an interval of at most one percentage point to both sides.
  static let sampleSize = 10_000

  /// Checks and prepares a rule; medians and ranks are measured for it over everyone.
  ///
  /// - Throws: `SegmentLanguageError` with places in the rule; `WarehouseError`.
  package init(
    _ rule: Expression, among segments: [StoredSegment], language: RuleLanguage,
    asOf: Int64, in session: any QuerySession
  ) async throws {
    let names = Set(segments.map(\.name))
    let known = Dictionary(
      names.map { (SegmentName.folded($0), $0) }, uniquingKeysWith: { first, _ in first })
    let renamed = rule.renamingSegments { name, _ in known[SegmentName.folded(name)] ?? name }
    let checked = try TypeChecker(language.schema, segments: names).check(renamed)
    guard let clock = WorkspaceClock(timeZone: language.schema.timeZone) else {
      throw SegmentsError.stored(segment: "", reason: "time zone")
    }
    // Only what the rule stands on is told with it.
    let uses = Dictionary(
      uniqueKeysWithValues: segments.map { ($0.name, $0.definition.rule.segments) })
    var needed = Set(checked.segments)
    var pending = checked.segments
    while let name = pending.popLast() {
      for used in uses[name] ?? [] where needed.insert(used).inserted { pending.append(used) }
    }
    let told =
      segments.filter { needed.contains($0.name) } + [
        StoredSegment(
          id: 0, version: 0, definition: SegmentDefinition(name: "", rule: checked.expression))
      ]
    program = try SegmentProgram(told, language.schema, clock)
    relations = try await TellingSources(session: session).prepare(
      told, program: program, stem: "preview")
    snapshot = try await PopulationMeasurement(
      session: session, program: program, relations: relations
    ).measure(asOf: asOf)
    self.session = session
    self.asOf = asOf
  }

  /// A share told from a sample.
  package struct Estimate: Sendable, Hashable {
    package let members: Int
    /// 95 % interval, by Wilson's score.
    package let low: Int
    package let high: Int
  }

  /// From a sample by the hash of the customer's id; nil where everyone is told as fast.
  package func estimate() async throws -> Estimate? {
    let everyone = try await session.value("SELECT count(*) FROM \(relations.customers)").int ?? 0
    guard everyone >= Self.sampledFrom else { return nil }
    let perMille = max(1, min(1000, Self.sampleSize * 1000 / everyone))
    var sampled = relations
    sampled.customers = SQLPrinter.sample(of: relations.customers, perMille: perMille)
    let row = try await session.row(
      SQLPrinter(program, relations: sampled).count(
        rule: program.rules.count - 1, asOf: asOf, snapshot: snapshot))
    let told = row[0].int ?? 0
    guard told > 0 else { return nil }
    let (low, high) = Self.interval(members: row[1].int ?? 0, of: told)
    let whole = Double(everyone)
    return Estimate(
      members: Int((Double(row[1].int ?? 0) / Double(told) * whole).rounded()),
      low: Int((low * whole).rounded(.down)), high: Int((high * whole).rounded(.up)))
  }

  /// Wilson's score interval of a share at 95 % (Wilson 1927).
  static func interval(members: Int, of told: Int) -> (low: Double, high: Double) {
    let z = 1.959963984540054
    let n = Double(told)
    let share = Double(members) / n
    let centre = share + z * z / (2 * n)
    let spread = z * (share * (1 - share) / n + z * z / (4 * n * n)).squareRoot()
    let scale = 1 + z * z / n
    return (max(0, (centre - spread) / scale), min(1, (centre + spread) / scale))
  }

  package struct Count: Sendable, Hashable {
    package let customers: Int
    package let members: GroupSize
  }

  /// Everyone told.
  ///
  /// - Parameter threshold: from so many members on, all are taken for persons.
  package func count(under threshold: Int) async throws -> Count {
    let (customers, members) = try await count(among: relations)
    var companies = 0
    if members > 0, members < threshold {
      var others = relations
      others.customers = "(SELECT * FROM \(relations.customers) WHERE kind = 'company')"
      companies = try await count(among: others).members
    }
    return Count(
      customers: customers,
      members: GroupSize(customers: members, persons: members - companies))
  }

  private func count(
    among relations: SegmentRelations
  ) async throws -> (customers: Int, members: Int) {
    let row = try await session.row(
      SQLPrinter(program, relations: relations).count(
        rule: program.rules.count - 1, asOf: asOf, snapshot: snapshot))
    return (row[0].int ?? 0, row[1].int ?? 0)
  }
}
