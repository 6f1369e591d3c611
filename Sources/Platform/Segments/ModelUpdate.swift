internal import CustomerSchema
internal import Features
internal import Scoring
internal import SQLBuilder
internal import Warehouse

/// Brings what kept models say of customers to another day, without fitting again: who is new gets a
/// value and a group, and how far the groups have moved is measured.
struct ModelUpdate: Sendable {
  let session: any QuerySession
  let currency: CurrencyCode

  typealias Answer = RefreshWorkspace.Model

  /// - Returns: nothing where no model is kept, or nobody has bought by then.
  func run(asOf: LocalDate) async throws -> [Answer] {
    let registry = ModelRegistry(session)
    let groups = try await registry.groups()
    let lifetime = try await registry.lifetime()
    guard groups != nil || lifetime != nil else { return [] }
    var answers: [Answer] = []
    if let groups, !TrainGroups.needsOrders(groups.groups.attributes.map(\.name)) {
      try await TrainGroups.describe(by: groups.groups.attributes, in: session)
      if let answer = try await assign(groups, asOf) { answers.append(answer) }
    }
    guard lifetime != nil || (groups != nil && answers.isEmpty) else { return answers }
    let lines =
      groups?.groups.attributes.contains {
        ["distinct_products", "favourite_category"].contains($0.name)
      } ?? false
    let base: ModelBase
    do {
      base = try await WorkspaceOrders.prepare(
        session, currency: currency, zeroOrdersArePurchases: false, lines: lines
      ) { _ in asOf }
    } catch ScoringError.nothingToLearnFrom { return answers } catch PlatformError.noPurchases {
      return answers
    }
    if let lifetime, let answer = try await value(lifetime, base) {
      answers.insert(answer, at: 0)
    }
    if let groups, !answers.contains(where: { $0.kind == .clusters }) {
      try await WorkspaceOrders.describe(base, memoryLimit: nil, threads: nil)
      try await TrainGroups.addAttributes(of: groups.groups.attributes, to: session)
      if let answer = try await assign(groups, base.asOf) { answers.append(answer) }
    }
    return answers
  }

  private func value(
    _ kept: (version: Int, scorer: LifetimeScorer), _ base: ModelBase
  ) async throws -> Answer? {
    try await PurchaseHistories(end: base.asOf).create(in: session)
    var facts = CustomerFacts()
    facts.covariates = kept.scorer.covariateNames
    var costs = kept.scorer.rules?.costs ?? ServiceCosts()
    let knowsCosts = costs.acquisitionIsKnown
    costs.acquisitionIsKnown = false
    do {
      try await facts.create(base, isWorkspace: true, scratch: "", costs: &costs)
    } catch ScoringError.unknownColumn {
      // Covariates of a file: only the command that has the file can value customers.
      return nil
    }
    guard costs.acquisitionIsKnown == knowsCosts else { return nil }
    try await kept.scorer.score(currency: base.currency, threads: nil, in: session)
    let keep = try KeepModels(session)
    let columns = LifetimeAttributes(horizon: kept.scorer.horizon).columns(keep)
    return try await write(
      columns, .clv, kept.version, from: "customer_value", base.asOf, drift: nil)
  }

  private func assign(_ kept: KeptGroups, _ asOf: LocalDate) async throws -> Answer? {
    guard try await kept.groups.assign(in: session) else { return nil }
    let drift = try await ModelRegistry(session).measureDrift(of: kept, asOf: asOf)
    return try await write(
      TrainGroups.columns(try KeepModels(session), hasProbability: kept.groups.hasProbability),
      .clusters, kept.version, from: "customer_group", asOf, drift: drift)
  }

  private func write(
    _ columns: [ModelAttributes.Column], _ kind: ModelKind, _ version: Int, from table: String,
    _ asOf: LocalDate, drift: ModelRegistry.Drift?
  ) async throws -> Answer {
    let attributes = ModelAttributes(columns, kind: kind)
    try await attributes.prepare(in: session)
    let count = try await session.transaction {
      try await attributes.write(from: table, naming: .workspace, version: version, in: session)
    }
    return Answer(kind: kind, version: version, asOf: asOf, customers: count, drift: drift)
  }
}
