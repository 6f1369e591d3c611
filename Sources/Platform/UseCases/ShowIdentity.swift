internal import CustomerSchema
internal import Identity
internal import SegmentLanguage

/// Profiles, the pairs that wait, and why two records are one or not.
package struct ShowIdentity: Sendable {
  private let desk: SegmentDesk
  private var reading: ProfileReading { ProfileReading(desk.session) }

  package init(_ desk: SegmentDesk) { self.desk = desk }

  package struct Record: Sendable, Encodable {
    /// `#12`: how commands name it.
    package let record: String
    package let publicID: String
    /// `source:type:value`.
    package let identifiers: [String]

    private enum CodingKeys: String, CodingKey {
      case record, identifiers
      case publicID = "publicId"
    }
  }

  package struct Link: Sendable, Encodable {
    package let first: String
    package let second: String
    package let rule: String
    package let weight: Double?
    package let probability: Double?
    /// Level of agreement by field.
    package let evidence: [String: String]
    package let run: Int
    package let rulesVersion: Int
    package let madeAt: String
    package let madeBy: String
  }

  package struct Value: Sendable, Encodable {
    package let attribute: String
    package let value: String
    package let source: String
    package let file: String?
    package let line: Int?
    package let validFrom: String
    package let others: [String]
  }

  package struct Relation: Sendable, Encodable {
    package let kind: String
    package let customer: String
    package let publicID: String
    package let role: String?
    package let decisionPower: String?

    private enum CodingKeys: String, CodingKey {
      case kind, customer, role, decisionPower
      case publicID = "publicId"
    }
  }

  // MARK: One profile

  /// `docs/schemas/identity-show-1.schema.json`.
  package struct Profile: Sendable, Encodable {
    package let schema = "quartier.identity-show/1"
    package let customer: String
    package let publicID: String
    package let records: [Record]
    package let values: [Value]
    package let links: [Link]
    package let relations: [Relation]

    private enum CodingKeys: String, CodingKey {
      case schema, customer, records, values, links, relations
      case publicID = "publicId"
    }
  }

  package func profile(_ written: String) async throws -> Profile {
    let found = try await CustomerSearch(desk.session).find(written).profile
    return Profile(
      customer: "#\(found)", publicID: try await reading.publicID(of: found),
      records: try await reading.records(of: found).map(Self.record),
      values: try await reading.values(of: found, now: SegmentDesk.now).map { value in
        Value(
          attribute: value.attribute, value: value.value, source: value.source, file: value.file,
          line: value.line, validFrom: SegmentDesk.text(value.validFrom), others: value.others)
      },
      links: try await reading.links(of: found).map(Self.link),
      relations: try await reading.relations(of: found).map {
        Relation(
          kind: $0.kind, customer: "#\($0.customer)", publicID: $0.publicID, role: $0.role,
          decisionPower: $0.decisionPower)
      })
  }

  private static func record(_ record: ProfileReading.Record) -> Record {
    Record(
      record: "#\(record.number)", publicID: record.publicID, identifiers: record.identifiers)
  }

  private static func link(_ link: ProfileReading.Link) -> Link {
    Link(
      first: "#\(link.first)", second: "#\(link.second)", rule: link.rule, weight: link.weight,
      probability: link.probability, evidence: evidence(link.evidence), run: link.run,
      rulesVersion: link.rulesVersion, madeAt: SegmentDesk.text(link.madeAt), madeBy: link.madeBy)
  }

  private static func evidence(_ text: String) -> [String: String] {
    var levels: [String: String] = [:]
    for word in text.split(separator: " ") {
      let parts = word.split(separator: "=", maxSplits: 1).map(String.init)
      if parts.count == 2 { levels[parts[0]] = parts[1] }
    }
    return levels
  }

  // MARK: Two records

  /// `docs/schemas/identity-explain-1.schema.json`.
  package struct Explanation: Sendable, Encodable {
    package let schema = "quartier.identity-explain/1"
    package let first: Record
    package let second: Record
    /// Whether they are one profile.
    package let isOne: Bool
    /// How they are joined: the links from one to the other.
    package let path: [Link]
    /// How the two agree; absent where they are no people.
    package let comparison: Comparison?
    /// Whether somebody told them apart.
    package let isToldApart: Bool
    /// The question that was asked of them, if any.
    package let pair: Pair?
  }

  package struct Comparison: Sendable, Encodable {
    package let agreements: [Agreement]
    package let weight: Double
    package let probability: Double
    /// accept, review or reject.
    package let decision: String
    package let rule: String?
    /// Whether a resolution learned the weights from this workspace.
    package let isLearned: Bool
  }

  package struct Agreement: Sendable, Encodable {
    package let field: String
    package let level: String
    package let weight: Double
  }

  package struct Pair: Sendable, Encodable {
    package let pair: Int
    package let reason: String
    package let status: String
  }

  package func explain(_ one: String, _ other: String) async throws -> Explanation {
    let search = CustomerSearch(desk.session)
    let first = try await search.find(one)
    let second = try await search.find(other)
    let settings = try desk.identitySettings
    let now = SegmentDesk.now
    let isOne = first.profile == second.profile
    let answer = try await PairExplanation(
      desk.session, settings, today: desk.clock.day(of: now)
    ).explain(
      first.record, second.record, model: try await ProfileResolution.lastModel(desk.session))
    let pair = try await reading.pairs(between: first.profile, and: second.profile).last
    return Explanation(
      first: Self.record(try await reading.record(first.record)),
      second: Self.record(try await reading.record(second.record)), isOne: isOne,
      path: isOne ? try await path(first, second).map(Self.link) : [],
      comparison: answer.map { answer in
        Comparison(
          agreements: answer.agreements.map {
            Agreement(field: $0.field, level: $0.level, weight: $0.weight)
          }, weight: answer.weight, probability: answer.probability, decision: answer.decision,
          rule: answer.word, isLearned: answer.isLearned)
      },
      isToldApart: isOne
        ? false : try await reading.areToldApart(first.profile, second.profile),
      pair: pair.map { Pair(pair: $0.number, reason: $0.reason, status: $0.status) })
  }

  /// The shortest way from one record to another along links.
  private func path(
    _ first: CustomerSearch.Found, _ second: CustomerSearch.Found
  ) async throws -> [ProfileReading.Link] {
    let links = try await reading.links(of: first.profile)
    var came: [Int: (from: Int, link: ProfileReading.Link)] = [:]
    var front = [first.record]
    var seen: Set<Int> = [first.record]
    while !front.isEmpty, !seen.contains(second.record) {
      var next: [Int] = []
      for record in front {
        for link in links where link.first == record || link.second == record {
          let other = link.first == record ? link.second : link.first
          guard seen.insert(other).inserted else { continue }
          came[other] = (record, link)
          next.append(other)
        }
      }
      front = next
    }
    var path: [ProfileReading.Link] = []
    var place = second.record
    while let step = came[place] {
      path.append(step.link)
      place = step.from
    }
    return path.reversed()
  }

  // MARK: The queue

  /// `docs/schemas/identity-review-1.schema.json`.
  package struct Review: Sendable, Encodable {
    package let schema = "quartier.identity-review/1"
    /// Pairs that wait, shown or not.
    package let total: Int
    package let pairs: [WaitingPair]
  }

  package struct WaitingPair: Sendable, Encodable {
    package let pair: Int
    package let reason: String
    package let probability: Double?
    package let evidence: [String: String]
    package let first: Side
    package let second: Side
  }

  package struct Side: Sendable, Encodable {
    package let record: String
    package let identifiers: [String]
    /// What the record says, of what is compared.
    package let values: [String: String]
  }

  private static let compared: Set<String> = [
    "first_name", "last_name", "name", "birth_date", "email", "phone", "address", "postal_code",
    "city", "company", "siren", "siret",
  ]

  package func waiting(limit: Int) async throws -> Review {
    let (pairs, total) = try await reading.waiting(limit: limit)
    var shown: [WaitingPair] = []
    for pair in pairs {
      shown.append(
        WaitingPair(
          pair: pair.number, reason: pair.reason, probability: pair.probability,
          evidence: Self.evidence(pair.evidence), first: try await side(pair.first),
          second: try await side(pair.second)))
    }
    return Review(total: total, pairs: shown)
  }

  private func side(_ record: Int) async throws -> Side {
    let said = try await reading.said(by: record, now: SegmentDesk.now)
    return Side(
      record: "#\(record)", identifiers: try await reading.record(record).identifiers,
      values: said.filter { Self.compared.contains($0.key) })
  }

  // MARK: Decisions made

  /// `docs/schemas/identity-runs-1.schema.json`.
  package struct Runs: Sendable, Encodable {
    package let schema = "quartier.identity-runs/1"
    package let runs: [Run]
  }

  package struct Run: Sendable, Encodable {
    package let run: Int
    package let madeAt: String
    package let action: String
    package let madeBy: String
    package let rulesVersion: Int
    package let links: Int
    package let apart: Int
    package let pairs: Int
    package let undoneAt: String?
  }

  package func runs() async throws -> Runs {
    Runs(
      runs: try await reading.runs().map { run in
        Run(
          run: run.number, madeAt: SegmentDesk.text(run.madeAt), action: run.action,
          madeBy: run.madeBy, rulesVersion: run.rulesVersion, links: run.links, apart: run.apart,
          pairs: run.pairs, undoneAt: run.undoneAt.map(SegmentDesk.text))
      })
  }
}
