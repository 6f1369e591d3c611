package import CustomerSchema
internal import NumericalMethods
internal import SQLBuilder
internal import StatisticalModels
package import Warehouse

/// How groups are looked for.
package struct GroupSettings: Sendable {
  package var attributes = GroupAttribute.usual
  package var treatments: [GroupTreatment] = []
  /// Nil lets the attributes decide.
  package var method: GroupMethod?
  /// The numbers of groups compared; one number is taken as it is.
  package var groups = 2...10
  /// Customers on whom groups are found; the others are assigned to them.
  package var fitRows = 50_000
  package var seed = 1
  package var threads: Int?
  /// The groups found before, whose numbers and names go on.
  package var previous: FoundGroups?
  package var previousNames: [Int: [UserMessage]] = [:]

  package init() {}
}

/// Finds groups among the customers of the table `customers` and assigns everybody.
package struct GroupTraining: Sendable {
  package let settings: GroupSettings
  package let asOf: LocalDate
  package let currency: CurrencyCode
  package let quartierVersion: String

  package init(
    settings: GroupSettings, asOf: LocalDate, currency: CurrencyCode, quartierVersion: String
  ) {
    self.settings = settings
    self.asOf = asOf
    self.currency = currency
    self.quartierVersion = quartierVersion
  }

  package struct Outcome: Sendable {
    package let report: GroupReport
    /// Nil where no groups can be found.
    package let found: FoundGroups?

    /// The same with other names of typical customers.
    package func namingTypicalCustomers(_ name: (String) -> String) -> Outcome {
      var report = report
      report.groups = report.groups.map { $0.namingTypicalCustomers(name) }
      return Outcome(report: report, found: found)
    }
  }

  /// Customers below which a group would be a handful of people.
  package static let leastCustomers = 20
  /// Points of the map.
  private static let mapPoints = 1500
  /// Rows on which Ward's tree is built: its cost grows with their square.
  private static let wardRows = 3000

  /// Finds, assigns and describes: makes `customer_group` (`customer`, `found_group`,
  /// `group_probability`, the latter from mixtures only), empty where no groups can be found.
  ///
  /// - Throws: `ScoringError.model` where a number of groups was given that there cannot be.
  package func run(in session: any QuerySession) async throws -> Outcome {
    do {
      return try await train(in: session)
    } catch let error as ModelError {
      throw ScoringError.model(error)
    }
  }

  /// Makes `customer_group` without anybody.
  package static func createEmpty(in session: any QuerySession) async throws {
    try await GroupTable.createEmpty(in: session)
  }

  private func train(in session: any QuerySession) async throws -> Outcome {
    let customers =
      try await session.value("SELECT count(*) FROM customers WHERE orders > 0").int ?? 0
    var report = GroupReport(
      quartierVersion: quartierVersion, asOf: asOf, customers: customers,
      fittedOn: min(customers, settings.fitRows), seed: settings.seed)
    guard customers >= Self.leastCustomers else {
      return try await refused(
        report,
        UserMessage(
          "model.groups.refusal.few",
          ["count": .count(customers), "least": .count(Self.leastCustomers)]), in: session)
    }
    let table = GroupTable(attributes: settings.attributes)
    try await table.createSample(rows: settings.fitRows, in: session)
    let sample = try await table.sample(in: session)
    guard let encoder = try encoder(sample.features) else {
      return try await refused(report, UserMessage("model.groups.refusal.alike"), in: session)
    }
    report.attributes = encoder.columns.map(Self.describe)
    let points = try encoder.encode(sample.features)
    var random = RandomSource(seed: UInt64(settings.seed))
    let method = settings.method ?? suited(encoder)
    report.method = method
    report.methodReason = reason(method)
    guard let count = try count(points, method, &report, &random) else {
      return try await refused(report, UserMessage("model.groups.refusal.alike"), in: session)
    }
    var stored = try fit(count, method, sample, encoder, points, &report, &random)
    stored = try await number(stored, sample, table, in: session)
    let labels = try stored.assign(sample.features, threads: settings.threads).labels
    try await table.assignAll(stored, threads: settings.threads, in: session)
    report.quality = quality(stored, points, labels, report, &random)
    report.map = try map(points, encoder, labels)
    report.groups = try await GroupDescription(
      attributes: settings.attributes, currency: currency, names: settings.previousNames
    ).groups(stored, sample, points: points, labels: labels, in: session)
    if method == .ward || method == .kPrototypes, settings.groups.count > 1 {
      report.cautions.append(UserMessage("model.groups.caution.count_by_means"))
    }
    if let stability = report.quality?.stability, stability < 0.7 {
      report.cautions.append(
        UserMessage("model.groups.caution.unstable", ["value": .number(stability, decimals: 2)]))
    }
    if let silhouette = report.quality?.silhouette, silhouette < 0.25 {
      report.cautions.append(
        UserMessage("model.groups.caution.blurred", ["value": .number(silhouette, decimals: 2)]))
    }
    return Outcome(report: report, found: stored)
  }

  private func refused(
    _ base: GroupReport, _ reason: UserMessage, in session: any QuerySession
  ) async throws -> Outcome {
    var report = base
    report.refusal = reason
    try await GroupTable.createEmpty(in: session)
    return Outcome(report: report, found: nil)
  }

  private var overrides: [String: TreatmentOverride] {
    Dictionary(
      settings.treatments.map { ($0.attribute, $0.override) }, uniquingKeysWith: { $1 })
  }

  /// Nil where no attribute tells anybody apart.
  private func encoder(_ features: [FeatureColumn]) throws(ModelError) -> FeatureEncoder? {
    do throws(ModelError) {
      return try FeatureEncoder(features, overrides: overrides)
    } catch {
      if case .unusableColumn = error { return nil }
      throw error
    }
  }

  /// The number of groups given or proposed; nil where customers differ too little to compare any.
  private func count(
    _ points: Matrix, _ method: GroupMethod, _ report: inout GroupReport,
    _ random: inout RandomSource
  ) throws(ModelError) -> Int? {
    guard settings.groups.count > 1 else { return settings.groups.lowerBound }
    do throws(ModelError) {
      return try propose(points, method, &report, &random)
    } catch {
      if case .tooManyGroups = error { return nil }
      throw error
    }
  }

  /// k-means for numbers; prototypes where categories are used as well.
  private func suited(_ encoder: FeatureEncoder) -> GroupMethod {
    let used = encoder.columns.filter { $0.treatment != .leftOut }
    return used.contains { $0.kind == .category } ? .kPrototypes : .kMeans
  }

  private func reason(_ method: GroupMethod) -> UserMessage {
    settings.method == nil
      ? UserMessage("model.groups.method.\(method.rawValue).auto")
      : UserMessage("model.groups.method.asked", ["method": .text(method.rawValue)])
  }

  private static func describe(_ column: FeatureEncoder.Column) -> GroupReport.AttributeReport {
    let treatment =
      switch column.treatment {
      case .leftOut: "out"
      case .oneHot: "classes"
      case .numeric(let logarithm, _, _, _, _, _): logarithm ? "log" : "scaled"
      }
    return GroupReport.AttributeReport(
      name: column.name, kind: column.kind, treatment: treatment, reasons: column.reasons,
      weight: column.weight, missingShare: column.missingShare)
  }

  private func propose(
    _ points: Matrix, _ method: GroupMethod, _ report: inout GroupReport,
    _ random: inout RandomSource
  ) throws(ModelError) -> Int {
    var search = GroupCountSearch(range: settings.groups)
    search.threads = settings.threads
    search.silhouetteSlack = 0.3
    let proposal = try search.run(points, using: &random)
    report.criteria = proposal.criteria
    let byDensity = method == .mixture ? proposal.bestByBIC : nil
    let proposed = byDensity ?? proposal.proposed
    let code =
      byDensity != nil
      ? "model.groups.reason.bic" : "model.groups.reason.\(proposal.reason.rawValue)"
    report.proposal = GroupReport.ProposalReport(
      proposed: proposed, reason: UserMessage(code, ["count": .count(proposed)]),
      bestBySilhouette: proposal.bestBySilhouette, bestByGap: proposal.bestByGap,
      bestByBic: proposal.bestByBIC)
    return proposed
  }

  private func fit(
    _ count: Int, _ method: GroupMethod, _ sample: GroupTable.Sample, _ encoder: FeatureEncoder,
    _ points: Matrix, _ report: inout GroupReport, _ random: inout RandomSource
  ) throws(ModelError) -> FoundGroups {
    func found(_ method: StoredGroups.Method, _ labels: [Int]) throws(ModelError) -> FoundGroups {
      FoundGroups(
        attributes: settings.attributes, stored: try StoredGroups(method, labels: labels),
        numbers: Array(1...max(1, count)))
    }
    switch method {
    case .kMeans:
      var means = KMeans(groups: count)
      means.threads = settings.threads
      let fit = try means.fit(points, using: &random)
      return try found(.means(encoder: encoder, model: fit.model), fit.labels)
    case .mixture:
      var mixture = GaussianMixture(components: count, kind: .diagonal)
      mixture.threads = settings.threads
      let fit = try mixture.fit(points, using: &random)
      return try found(.mixture(encoder: encoder, model: fit.model), fit.labels)
    case .ward:
      let part = points.rows(Array(0..<min(points.rows, Self.wardRows)))
      let tree = try Ward.fit(part)
      report.mergeHeights = tree.merges.suffix(15).reversed().map(\.height)
      let labels = try tree.cut(groups: count)
      return try found(
        .means(encoder: encoder, model: Self.centres(part, labels)), labels)
    case .kPrototypes:
      let mixed = try MixedEncoder(sample.features, overrides: overrides)
      var prototypes = KPrototypes(groups: count)
      prototypes.threads = settings.threads
      let fit = try prototypes.fit(mixed.encode(sample.features), using: &random)
      return try found(.prototypes(encoder: mixed, model: fit.model), fit.labels)
    }
  }

  private static func centres(_ points: Matrix, _ labels: [Int]) -> KMeansModel {
    let k = (labels.max() ?? 0) + 1
    var centres = Matrix(rows: k, columns: points.columns)
    var sizes = [Double](repeating: 0, count: k)
    for (row, label) in labels.enumerated() {
      sizes[label] += 1
      for j in 0..<points.columns { centres[label, j] += points[row, j] }
    }
    var inertia = 0.0
    for group in 0..<k {
      for j in 0..<points.columns { centres[group, j] /= sizes[group] }
    }
    for (row, label) in labels.enumerated() {
      for j in 0..<points.columns {
        let gap = points[row, j] - centres[label, j]
        inertia += gap * gap
      }
    }
    return KMeansModel(
      centres: centres, sizes: sizes, inertia: inertia, iterations: 1, converged: true)
  }

  /// Numbers groups: those that go on keep theirs, others follow by their revenue, greatest first.
  private func number(
    _ stored: FoundGroups, _ sample: GroupTable.Sample, _ table: GroupTable,
    in session: any QuerySession
  ) async throws -> FoundGroups {
    let labels = try stored.assign(sample.features, threads: settings.threads).labels
    var revenue = [Double](repeating: 0, count: stored.count)
    for (row, label) in labels.enumerated() { revenue[label] += sample.revenue[row] }
    let byRevenue = revenue.indices.sorted {
      revenue[$0] == revenue[$1] ? $0 < $1 : revenue[$0] > revenue[$1]
    }
    var kept = [Int?](repeating: nil, count: stored.count)
    if let previous = settings.previous, previous.attributes == settings.attributes {
      let old = try previous.assign(sample.features, threads: settings.threads).labels
      for (group, match) in Partition.matching(old: old, new: labels).enumerated()
      where group < kept.count {
        kept[group] = match.map { previous.numbers[$0] }
      }
    }
    var next = (kept.compactMap { $0 } + (settings.previous?.numbers ?? [])).max() ?? 0
    var numbers = [Int](repeating: 0, count: stored.count)
    for group in byRevenue {
      if let number = kept[group] {
        numbers[group] = number
      } else {
        next += 1
        numbers[group] = next
      }
    }
    let order = numbers.indices.sorted { numbers[$0] < numbers[$1] }
    return stored.reordered(order, numbers: order.map { numbers[$0] })
  }

  private func quality(
    _ stored: FoundGroups, _ points: Matrix, _ labels: [Int], _ report: GroupReport,
    _ random: inout RandomSource
  ) -> GroupReport.QualityReport {
    let converged =
      switch stored.stored.method {
      case .means(_, let model): model.converged
      case .mixture(_, let model): model.converged
      case .prototypes(_, let model): model.converged
      case .latentClasses(_, let model): model.converged
      }
    let filled = Set(labels)
    let isWhole = filled.count == stored.count
    return GroupReport.QualityReport(
      silhouette: GroupingQuality.silhouette(
        points, labels, sampleSize: 2000, using: &random, threads: settings.threads),
      calinskiHarabasz: isWhole ? GroupingQuality.calinskiHarabasz(points, labels) : nil,
      daviesBouldin: isWhole ? GroupingQuality.daviesBouldin(points, labels) : nil,
      stability: report.criteria.first { $0.groups == stored.count }?.stability,
      converged: converged)
  }

  private func map(
    _ points: Matrix, _ encoder: FeatureEncoder, _ labels: [Int]
  ) throws(ModelError) -> GroupReport.MapReport {
    let components = try PrincipalComponents(points, count: min(2, points.columns))
    let shown = points.rows(Array(0..<min(points.rows, Self.mapPoints)))
    let plane = try components.project(shown)
    let names = encoder.coordinateNames
    let axes = (0..<components.directions.rows).map { axis in
      names.indices.map { index in
        GroupReport.MapReport.Loading(
          attribute: names[index], value: components.directions[axis, index])
      }.sorted { abs($0.value) > abs($1.value) }.prefix(4).map { $0 }
    }
    func rounded(_ value: Double) -> Double { (value * 1000).rounded() / 1000 }
    return GroupReport.MapReport(
      shares: components.shares, axes: axes,
      points: (0..<plane.rows).map { row in
        GroupReport.MapReport.Point(
          x: rounded(plane[row, 0]), y: plane.columns > 1 ? rounded(plane[row, 1]) : 0,
          group: labels[row])
      })
  }
}
