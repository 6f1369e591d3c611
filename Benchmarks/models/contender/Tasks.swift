import Foundation
import NumericalMethods
import StatisticalModels

private func table(
  _ histories: (x: [Double], last: [Double], age: [Double])
) throws -> HistoryTable {
  try HistoryTable(
    repeatPurchases: histories.x, lastPurchaseAge: histories.last, customerAge: histories.age,
    unit: .day)
}

private func histories(
  _ data: BenchmarkData
) throws -> (x: [Double], last: [Double], age: [Double]) {
  (try data.doubles("frequency"), try data.doubles("recency"), try data.doubles("age"))
}

/// From purchase histories and mean spends to both fitted models.
func lifetime(_ data: BenchmarkData, _ threads: Int?) throws -> BenchmarkResult {
  let raw = try histories(data)
  let spends = try data.doubles("spend")
  return try timed {
    let model = try LifetimeModel.fit(.bgNBD, to: table(raw), threads: threads)
    let spend = try GammaGammaModel.fit(
      repeatPurchases: raw.x, meanSpend: spends, currency: "EUR", threads: threads)
    return [
      "r": model.parameters[0], "alpha": model.parameters[1], "a": model.parameters[2],
      "b": model.parameters[3], "p": spend.p, "q": spend.q, "gamma": spend.gamma,
      "logLikelihood": model.report?.logLikelihood ?? .nan,
      "spendLogLikelihood": spend.report?.logLikelihood ?? .nan,
    ]
  }
}

/// From purchase histories and known models to P(alive) and the value over twelve months of everyone.
func score(_ data: BenchmarkData, _ threads: Int?) throws -> BenchmarkResult {
  let raw = try histories(data)
  let spends = try data.doubles("spend")
  let model = try LifetimeModel(family: .bgNBD, unit: .day, parameters: [0.7, 60, 0.9, 3.5])
  let spend = try GammaGammaModel(p: 6.2, q: 3.7, gamma: 15, currency: "EUR")
  let discount = try DiscountRate(perYear: pow(1.01, 12) - 1)
  return try timed {
    let table = try table(raw)
    let settings = try ValueSettings(horizon: TimeSpan(360, .day), discount: discount)
    let scores = try model.score(
      table, horizon: settings.horizon, discount: discount, threads: threads)
    let alive = table.spread(scores.aliveProbability)
    let values = try model.values(
      of: table, meanSpend: spends, spend: spend, settings: settings,
      threads: threads)
    return [
      "alive": alive.reduce(0, +), "value": values.total, "distinct": Double(table.cellCount),
    ]
  }
}

/// Lloyd's iterations from a given start.
func kMeans(_ data: BenchmarkData, _ threads: Int?) throws -> BenchmarkResult {
  let points = try data.matrix("points", columns: data.shape.columns)
  let start = try data.matrix("start", columns: data.shape.columns)
  return try timed {
    var method = KMeans(groups: data.shape.groups)
    method.threads = threads
    method.maximumIterations = 50
    var random = RandomSource(seed: 1)
    let model = try method.fit(points, start: start, using: &random).model
    return ["inertia": model.inertia, "iterations": Double(model.iterations)]
  }
}

/// A mixture with full covariances from a given start: the first points as means, unit covariances.
func mixture(_ data: BenchmarkData, _ threads: Int?) throws -> BenchmarkResult {
  let points = try data.matrix("mixture", columns: data.shape.mixtureColumns)
  let k = data.shape.components
  return try timed {
    var method = GaussianMixture(components: k, kind: .full)
    method.threads = threads
    method.tolerance = 1e-6
    let model = try method.fit(
      points,
      start: (
        [Double](repeating: 1 / Double(k), count: k), points.rows(Array(0..<k)),
        [Matrix](repeating: .identity(points.columns), count: k)
      )
    ).model
    return [
      "logLikelihood": model.logLikelihood, "iterations": Double(model.iterations),
    ]
  }
}

/// Latent classes from ten starts.
func latentClasses(_ data: BenchmarkData, _ threads: Int?) throws -> BenchmarkResult {
  let answers = try data.integers("answers")
  let items = data.shape.items
  return try timed {
    var method = LatentClasses(classes: data.shape.classes)
    method.threads = threads
    method.restarts = 10
    var random = RandomSource(seed: 1)
    let survey = try SurveyAnswers(
      items: (0..<items).map { "q\($0)" },
      answerCounts: [Int](repeating: data.shape.choices, count: items), answers: answers)
    let model = try method.fit(survey, using: &random)
    return [
      "logLikelihood": model.logLikelihood, "iterations": Double(model.iterations),
    ]
  }
}

/// Two to ten groups compared by every criterion, and the proposed number fitted on everyone.
func groupCount(_ data: BenchmarkData, _ threads: Int?) throws -> BenchmarkResult {
  let points = try data.matrix("points", columns: data.shape.columns)
  return try timed {
    var random = RandomSource(seed: 1)
    var search = GroupCountSearch(range: 2...10)
    search.threads = threads
    let proposal = try search.run(points, using: &random)
    var method = KMeans(groups: proposal.proposed)
    method.threads = threads
    let model = try method.fit(points, using: &random).model
    return ["proposed": Double(proposal.proposed), "inertia": model.inertia]
  }
}
