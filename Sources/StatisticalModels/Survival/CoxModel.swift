import Foundation
package import NumericalMethods

/// Cox's proportional hazards regression with Efron's treatment of ties (Efron 1977).
package struct CoxModel: Sendable, Codable, Equatable {
  package let names: [String]
  /// Change of the log hazard per unit of each covariate.
  package let coefficients: [Double]
  package let standardErrors: [Double]
  /// Inverse observed information, row-major.
  package let covariance: [Double]
  package let logLikelihood: Double
  /// The same with all coefficients 0.
  package let nullLogLikelihood: Double
  package let iterations: Int
  package let converged: Bool
  /// Means of the covariates, at which the baseline is taken.
  package let means: [Double]
  /// Distinct event times and the baseline cumulative hazard (Efron's estimate) at the means.
  package let times: [Double]
  package let cumulativeHazard: [Double]
  /// Longest observed duration.
  package let lastTime: Double
  /// Share of usable pairs that the model orders rightly, ties counting one half (Harrell's C).
  package let concordance: Double

  /// Two-sided p-value of each coefficient (Wald).
  package var pValues: [Double] {
    zip(coefficients, standardErrors).map { 2 * Distribution.normalUpper(abs($0 / $1)) }
  }

  /// Likelihood-ratio statistic against no effect, and its p-value.
  package var likelihoodRatio: (statistic: Double, pValue: Double) {
    let statistic = max(0, 2 * (logLikelihood - nullLogLikelihood))
    return (
      statistic, Distribution.chiSquareUpper(statistic, degrees: Double(coefficients.count))
    )
  }

  /// Fits by Newton's method. `covariates` has a row per subject, `names` its columns.
  ///
  /// Throws `sizeMismatch`, `notFinite`, `tooLittleData` without events, `unusableColumn` for a
  /// constant or redundant column, `noSensibleOptimum` where a coefficient runs to infinity.
  package static func fit(
    _ data: SurvivalData, covariates: Matrix, names: [String], maximumIterations: Int = 50
  ) throws(ModelError) -> CoxModel {
    let n = data.durations.count
    let p = covariates.columns
    guard covariates.rows == n else {
      throw ModelError.sizeMismatch(
        what: "The covariate table", expected: n, found: covariates.rows)
    }
    guard names.count == p, p > 0 else {
      throw ModelError.sizeMismatch(
        what: "The list of covariate names", expected: p, found: names.count)
    }
    for i in 0..<n {
      for j in 0..<p where !covariates[i, j].isFinite {
        throw ModelError.notFinite(what: "The covariate table", row: i, column: j)
      }
    }
    guard data.events.contains(true) else {
      throw ModelError.tooLittleData(
        model: "The Cox model", reason: "nobody has left yet",
        simplest: "the number of subscribers and their tenures")
    }
    // Standardised columns keep Newton's method and the rank check free of units.
    var means = [Double](repeating: 0, count: p)
    var scales = means
    for j in 0..<p {
      let column = covariates.column(j)
      means[j] = Statistics.mean(column)
      scales[j] = Statistics.deviation(column)
      guard scales[j] > 1e-12 * max(1e-300, abs(means[j])) else {
        throw ModelError.unusableColumn(name: names[j], reason: "it is the same in every row")
      }
    }
    let order = data.durations.indices.sorted { data.durations[$0] > data.durations[$1] }
    var z = Matrix(rows: n, columns: p)
    for (row, source) in order.enumerated() {
      for j in 0..<p { z[row, j] = (covariates[source, j] - means[j]) / scales[j] }
    }
    let times = order.map { data.durations[$0] }
    let events = order.map { data.events[$0] }
    let likelihood = PartialLikelihood(z: z, times: times, events: events)

    var beta = [Double](repeating: 0, count: p)
    var state = likelihood.evaluate(beta)
    let nullValue = state.value
    let nullInformation = (0..<p).map { state.information[$0, $0] }
    var converged = false
    var iterations = 0
    while iterations < maximumIterations && !converged {
      iterations += 1
      let factor: CholeskyFactor
      do {
        factor = try CholeskyFactor(state.information, relativeTolerance: 1e-9)
      } catch {
        if case .notPositiveDefinite(let pivot) = error, iterations == 1 {
          throw ModelError.unusableColumn(
            name: names[pivot], reason: "it follows from the columns before it")
        }
        throw ModelError.noSensibleOptimum(
          model: "The Cox model",
          reason: "a covariate separates those who left from those who stayed")
      }
      let step = factor.solve(state.score)
      var length = 1.0
      var next = state
      var trial = beta
      while length > 1e-8 {
        trial = (0..<p).map { beta[$0] + length * step[$0] }
        next = likelihood.evaluate(trial)
        if next.value.isFinite && next.value >= state.value - 1e-12 * abs(state.value) { break }
        length /= 2
      }
      let decrement = dot(step, state.score)
      beta = trial
      state = next
      converged = decrement < 1e-12 * max(1, abs(state.value)) && length == 1
    }
    // Where a coefficient runs away, the information about it fades.
    let hasFaded = (0..<p).contains { state.information[$0, $0] < 1e-5 * nullInformation[$0] }
    guard converged, !hasFaded,
      let factor = try? CholeskyFactor(state.information, relativeTolerance: 1e-10)
    else {
      throw ModelError.noSensibleOptimum(
        model: "The Cox model",
        reason: "a coefficient runs to infinity: some covariate separates "
          + "those who left from those who stayed")
    }
    var covariance = factor.inverse
    for i in 0..<p {
      for j in 0..<p { covariance[i, j] = covariance[i, j] / scales[i] / scales[j] }
    }
    let baseline = likelihood.baseline(beta)
    let risk = (0..<n).map { row -> Double in
      var sum = 0.0
      for j in 0..<p { sum += beta[j] * z[row, j] }
      return sum
    }
    return CoxModel(
      names: names, coefficients: (0..<p).map { beta[$0] / scales[$0] },
      standardErrors: (0..<p).map { covariance[$0, $0].squareRoot() },
      covariance: covariance.values, logLikelihood: state.value, nullLogLikelihood: nullValue,
      iterations: iterations, converged: converged, means: means, times: baseline.times,
      cumulativeHazard: baseline.hazard, lastTime: times.first ?? 0,
      concordance: concordanceIndex(risk: risk, times: times, events: events))
  }

  /// S(t) of someone with the given covariates; nil after the longest observation.
  package func survival(at time: Double, covariates: [Double]) -> Double? {
    guard time <= lastTime else { return nil }
    var score = 0.0
    for j in 0..<coefficients.count { score += coefficients[j] * (covariates[j] - means[j]) }
    var low = 0
    var high = times.count
    while low < high {
      let middle = (low + high) / 2
      if times[middle] <= time { low = middle + 1 } else { high = middle }
    }
    return low == 0 ? 1 : exp(-cumulativeHazard[low - 1] * exp(score))
  }
}

/// The partial likelihood over rows in decreasing order of time.
private struct PartialLikelihood {
  let z: Matrix
  let times: [Double]
  let events: [Bool]

  struct State {
    var value = 0.0
    var score: [Double]
    var information: Matrix
  }

  func evaluate(_ beta: [Double]) -> State {
    let p = z.columns
    var state = State(
      score: [Double](repeating: 0, count: p), information: Matrix(rows: p, columns: p))
    var s0 = 0.0
    var s1 = [Double](repeating: 0, count: p)
    var s2 = [Double](repeating: 0, count: p * p)
    var row = 0
    while row < times.count {
      var d = 0.0
      var d0 = 0.0
      var d1 = [Double](repeating: 0, count: p)
      var d2 = [Double](repeating: 0, count: p * p)
      let time = times[row]
      while row < times.count && times[row] == time {
        var eta = 0.0
        for j in 0..<p { eta += beta[j] * z.values[row * p + j] }
        let w = exp(eta)
        s0 += w
        for j in 0..<p {
          let wz = w * z.values[row * p + j]
          s1[j] += wz
          for k in 0...j { s2[j * p + k] += wz * z.values[row * p + k] }
        }
        if events[row] {
          d += 1
          d0 += w
          state.value += eta
          for j in 0..<p {
            let value = z.values[row * p + j]
            state.score[j] += value
            d1[j] += w * value
            for k in 0...j { d2[j * p + k] += w * value * z.values[row * p + k] }
          }
        }
        row += 1
      }
      for l in 0..<Int(d) {
        let share = Double(l) / d
        let denominator = s0 - share * d0
        state.value -= log(denominator)
        for j in 0..<p {
          let mean = (s1[j] - share * d1[j]) / denominator
          state.score[j] -= mean
          for k in 0...j {
            let other = (s1[k] - share * d1[k]) / denominator
            state.information[j, k] +=
              (s2[j * p + k] - share * d2[j * p + k]) / denominator - mean * other
          }
        }
      }
    }
    for j in 0..<p {
      for k in 0..<j { state.information[k, j] = state.information[j, k] }
    }
    return state
  }

  func baseline(_ beta: [Double]) -> (times: [Double], hazard: [Double]) {
    let p = z.columns
    var steps: [(Double, Double)] = []
    var s0 = 0.0
    var row = 0
    while row < times.count {
      let time = times[row]
      var d = 0.0
      var d0 = 0.0
      while row < times.count && times[row] == time {
        var eta = 0.0
        for j in 0..<p { eta += beta[j] * z.values[row * p + j] }
        s0 += exp(eta)
        if events[row] {
          d += 1
          d0 += exp(eta)
        }
        row += 1
      }
      if d > 0 {
        var increment = 0.0
        for l in 0..<Int(d) { increment += 1 / (s0 - Double(l) / d * d0) }
        steps.append((time, increment))
      }
    }
    var sum = 0.0
    var hazard: [Double] = []
    for step in steps.reversed() {
      sum += step.1
      hazard.append(sum)
    }
    return (steps.reversed().map(\.0), hazard)
  }
}

/// Harrell's C over rows in decreasing order of time: a pair counts where the earlier time is an
/// event; n log n by a tree of the risks of those who were observed longer.
private func concordanceIndex(risk: [Double], times: [Double], events: [Bool]) -> Double {
  let levels = Set(risk).sorted()
  var place: [Double: Int] = [:]
  for (i, value) in levels.enumerated() { place[value] = i + 1 }
  var tree = [Double](repeating: 0, count: levels.count + 1)
  func count(upTo index: Int) -> Double {
    var sum = 0.0
    var i = index
    while i > 0 {
      sum += tree[i]
      i -= i & -i
    }
    return sum
  }
  var later = 0.0
  var pairs = 0.0
  var right = 0.0
  var start = 0
  while start < times.count {
    var end = start
    while end < times.count && times[end] == times[start] { end += 1 }
    // Someone censored at the time of another's event was observed longer.
    func add(_ row: Int) {
      var i = place[risk[row]] ?? 1
      while i <= levels.count {
        tree[i] += 1
        i += i & -i
      }
      later += 1
    }
    for row in start..<end where !events[row] { add(row) }
    for row in start..<end where events[row] {
      let i = place[risk[row]] ?? 1
      let below = count(upTo: i - 1)
      pairs += later
      right += below + (count(upTo: i) - below) / 2
    }
    for row in start..<end where events[row] { add(row) }
    start = end
  }
  return pairs > 0 ? right / pairs : 0.5
}
