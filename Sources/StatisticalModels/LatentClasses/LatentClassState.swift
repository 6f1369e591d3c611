import Foundation
import NumericalMethods

/// Parameters of a latent class model during the iteration.
struct LatentClassState: Sendable {
  let k: Int
  let answerCounts: [Int]
  /// P(answer | class) at (position of the answer) · k + class.
  var answers: [Double]
  /// Log-odds against class 0 per class and design column; row 0 is 0.
  var coefficients: Matrix

  var hasCovariates: Bool { coefficients.columns > 1 }

  init(_ survey: SurveyAnswers, classes: Int, using random: inout RandomSource) {
    k = classes
    answerCounts = survey.answerCounts
    var table: [Double] = []
    for count in survey.answerCounts {
      // Uniform on the simplex for each class.
      let draws = (0..<classes).map { _ in (0..<count).map { _ in random.exponential(rate: 1) } }
      for answer in 0..<count {
        for c in 0..<classes { table.append(draws[c][answer] / draws[c].reduce(0, +)) }
      }
    }
    answers = table
    coefficients = Matrix(rows: classes, columns: survey.covariates.columns + 1)
  }

  init(_ model: LatentClassModel) {
    k = model.classes
    answerCounts = model.answerCounts
    var table: [Double] = []
    for matrix in model.answerProbabilities {
      for answer in 0..<matrix.columns {
        for c in 0..<matrix.rows { table.append(matrix[c, answer]) }
      }
    }
    answers = table
    coefficients = Matrix(rows: model.classes, columns: model.covariateNames.count + 1)
    for c in 1..<max(1, k) {
      for j in 0..<coefficients.columns { coefficients[c, j] = model.coefficients[c - 1, j] }
    }
  }

  struct Expected: Sendable {
    var value = 0.0
    /// Expected numbers of respondents by answer and class, like `answers`.
    var answers: [Double]
    var shares: [Double]
    /// Per pattern and class; empty unless kept.
    var posterior: [Double] = []
    /// 0 unless the posterior is kept.
    var entropy = 0.0
  }

  /// ln P(class) for a pattern's covariates.
  private func logPriors(_ design: Matrix, _ pattern: Int, _ out: inout [Double]) {
    var largest = 0.0
    for c in 0..<k {
      var sum = 0.0
      for j in 0..<design.columns {
        sum +=
          coefficients.values[c * design.columns + j] * design.values[pattern * design.columns + j]
      }
      out[c] = sum
      largest = max(largest, sum)
    }
    var total = 0.0
    for c in 0..<k { total += exp(out[c] - largest) }
    let shift = largest + log(total)
    for c in 0..<k { out[c] -= shift }
  }

  func expect(
    _ patterns: AnswerPatterns, threads: Int?, keepingPosterior: Bool
  ) -> Expected {
    let width = answerCounts.count
    // Eight classes to a vector; lanes beyond the last class stay 0.
    let blocks = (k + 7) / 8
    // A floor keeps an impossible answer from making every class impossible.
    let table = lanes(answers.count / max(1, k)) { max(answers[$0], 1e-14) }
    var common = [Double](repeating: 0, count: k)
    if !hasCovariates { logPriors(patterns.design, 0, &common) }
    let priors = lanes(1) { exp(common[$0]) }
    let parts = Parallel.chunks(count: patterns.counts.count, size: 2048, threads: threads) {
      range in
      var e = Expected(
        answers: [Double](repeating: 0, count: answers.count),
        shares: [Double](repeating: 0, count: k))
      var sums = [SIMD8<Double>](repeating: .zero, count: table.count)
      var shares = [SIMD8<Double>](repeating: .zero, count: blocks)
      var own = [Double](repeating: 0, count: k)
      var p = priors
      if keepingPosterior { e.posterior.reserveCapacity(range.count * k) }
      table.withUnsafeBufferPointer { table in
        sums.withUnsafeMutableBufferPointer { sums in
          p.withUnsafeMutableBufferPointer { p in
            patterns.positions.withUnsafeBufferPointer { positions in
              for i in range {
                if hasCovariates {
                  logPriors(patterns.design, i, &own)
                  for c in 0..<k { p[c / 8][c % 8] = exp(own[c]) }
                } else {
                  for block in 0..<blocks { p[block] = priors[block] }
                }
                // Probabilities themselves, rescaled before they can underflow: at least 1e-14 each.
                var scale = 0.0
                for item in 0..<width {
                  let place = Int(positions[i * width + item])
                  if place < 0 { continue }
                  for block in 0..<blocks { p[block] *= table[place * blocks + block] }
                  if item % 16 == 15 { scale += Self.rescale(p) }
                }
                var total = 0.0
                for block in 0..<blocks { total += p[block].sum() }
                let n = patterns.counts[i]
                e.value += n * (scale + log(total))
                for block in 0..<blocks {
                  p[block] /= total
                  shares[block] += n * p[block]
                }
                if keepingPosterior {
                  for c in 0..<k {
                    let share = p[c / 8][c % 8]
                    e.posterior.append(share)
                    if share > 0 { e.entropy -= n * share * log(share) }
                  }
                }
                for block in 0..<blocks { p[block] *= n }
                for item in 0..<width {
                  let place = Int(positions[i * width + item])
                  if place < 0 { continue }
                  for block in 0..<blocks { sums[place * blocks + block] += p[block] }
                }
              }
            }
          }
        }
      }
      for c in 0..<k {
        e.shares[c] = shares[c / 8][c % 8]
        for place in 0..<(answers.count / k) {
          e.answers[place * k + c] = sums[place * blocks + c / 8][c % 8]
        }
      }
      return e
    }
    var sum = Expected(
      answers: [Double](repeating: 0, count: answers.count),
      shares: [Double](repeating: 0, count: k))
    for part in parts {
      sum.value += part.value
      sum.entropy += part.entropy
      for i in 0..<answers.count { sum.answers[i] += part.answers[i] }
      for c in 0..<k { sum.shares[c] += part.shares[c] }
      sum.posterior.append(contentsOf: part.posterior)
    }
    return sum
  }

  /// `count` rows of classes as vectors, eight classes each; `value` of row · k + class.
  private func lanes(_ count: Int, _ value: (Int) -> Double) -> [SIMD8<Double>] {
    let blocks = (k + 7) / 8
    var result = [SIMD8<Double>](repeating: .zero, count: count * blocks)
    for row in 0..<count {
      for c in 0..<k { result[row * blocks + c / 8][c % 8] = value(row * k + c) }
    }
    return result
  }

  /// Divides by the largest probability and returns its logarithm.
  private static func rescale(_ p: UnsafeMutableBufferPointer<SIMD8<Double>>) -> Double {
    var largest = 0.0
    for vector in p { largest = max(largest, vector.max()) }
    for i in 0..<p.count { p[i] /= largest }
    return log(largest)
  }

  func maximised(_ expected: Expected, _ patterns: AnswerPatterns) -> LatentClassState {
    var next = self
    var offset = 0
    for count in answerCounts {
      for c in 0..<k {
        var total = 0.0
        for a in 0..<count { total += expected.answers[(offset + a) * k + c] }
        for a in 0..<count where total > 0 {
          next.answers[(offset + a) * k + c] = expected.answers[(offset + a) * k + c] / total
        }
      }
      offset += count
    }
    if hasCovariates {
      next.coefficients = newtonStep(expected.posterior, patterns)
    } else {
      let floor = 1e-300
      for c in 0..<k {
        next.coefficients[c, 0] =
          log(max(expected.shares[c], floor)) - log(max(expected.shares[0], floor))
      }
    }
    return next
  }

  /// One Newton step of the multinomial logit of the expected classes, halved until it improves.
  private func newtonStep(_ posterior: [Double], _ patterns: AnswerPatterns) -> Matrix {
    let q = coefficients.columns
    let size = (k - 1) * q
    if size == 0 { return coefficients }
    var score = [Double](repeating: 0, count: size)
    var information = Matrix(rows: size, columns: size)
    var p = [Double](repeating: 0, count: k)
    for i in 0..<patterns.counts.count {
      logPriors(patterns.design, i, &p)
      let n = patterns.counts[i]
      for c in 0..<k { p[c] = exp(p[c]) }
      for c in 1..<k {
        for a in 0..<q {
          let za = patterns.design.values[i * q + a]
          score[(c - 1) * q + a] += n * za * (posterior[i * k + c] - p[c])
          for d in 1...c {
            let w = n * za * p[c] * ((c == d ? 1 : 0) - p[d])
            for b in 0..<q {
              information[(c - 1) * q + a, (d - 1) * q + b] += w * patterns.design.values[i * q + b]
            }
          }
        }
      }
    }
    // A ridge that vanishes beside any real information keeps separated classes solvable.
    let ridge = 1e-10 * (1 + (0..<size).reduce(0) { max($0, information[$1, $1]) })
    for i in 0..<size { information[i, i] += ridge }
    guard let factor = try? CholeskyFactor(information) else { return coefficients }
    let step = factor.solve(score)
    func objective(_ state: LatentClassState) -> Double {
      var sum = 0.0
      var p = [Double](repeating: 0, count: k)
      for i in 0..<patterns.counts.count {
        state.logPriors(patterns.design, i, &p)
        for c in 0..<k where posterior[i * k + c] > 0 {
          sum += patterns.counts[i] * posterior[i * k + c] * p[c]
        }
      }
      return sum
    }
    let base = objective(self)
    var length = 1.0
    while length > 1e-4 {
      var trial = self
      for c in 1..<k {
        for a in 0..<q { trial.coefficients[c, a] += length * step[(c - 1) * q + a] }
      }
      if objective(trial) >= base { return trial.coefficients }
      length /= 2
    }
    return coefficients
  }

  /// The same state with classes in decreasing order of their mean probability.
  func ordered(_ patterns: AnswerPatterns) -> LatentClassState {
    let shares = expect(patterns, threads: nil, keepingPosterior: false).shares
    let order = (0..<k).sorted { shares[$0] == shares[$1] ? $0 < $1 : shares[$0] > shares[$1] }
    var next = self
    for (new, old) in order.enumerated() {
      for a in 0..<(answers.count / k) { next.answers[a * k + new] = answers[a * k + old] }
      for j in 0..<coefficients.columns {
        next.coefficients[new, j] = coefficients[old, j] - coefficients[order[0], j]
      }
    }
    return next
  }

  func model(
    _ survey: SurveyAnswers, _ patterns: AnswerPatterns, free: Int, iterations: Int,
    converged: Bool, agreeing: Int, threads: Int?
  ) -> LatentClassModel {
    let e = expect(patterns, threads: threads, keepingPosterior: true)
    let n = Double(survey.rows)
    var matrices: [Matrix] = []
    var offset = 0
    for count in answerCounts {
      var m = Matrix(rows: k, columns: count)
      for c in 0..<k {
        for a in 0..<count { m[c, a] = answers[(offset + a) * k + c] }
      }
      matrices.append(m)
      offset += count
    }
    var logOdds = Matrix(rows: k - 1, columns: coefficients.columns)
    for c in 1..<max(1, k) {
      for j in 0..<coefficients.columns { logOdds[c - 1, j] = coefficients[c, j] }
    }
    return LatentClassModel(
      items: survey.items, answerCounts: answerCounts, covariateNames: survey.covariateNames,
      shares: e.shares.map { $0 / n }, answerProbabilities: matrices, coefficients: logOdds,
      coefficientErrors: hasCovariates
        ? coefficientErrors(e.posterior, patterns) : Matrix(rows: 0, columns: 0),
      logLikelihood: e.value, parameterCount: free, aic: 2 * Double(free) - 2 * e.value,
      bic: Double(free) * log(n) - 2 * e.value,
      entropyRSquared: k == 1 ? 1 : max(0, 1 - e.entropy / (n * log(Double(k)))),
      respondents: survey.rows, iterations: iterations, converged: converged,
      agreeingStarts: agreeing)
  }

  /// Standard errors from the sum of squared scores of all free parameters that are not at a boundary.
  private func coefficientErrors(_ posterior: [Double], _ patterns: AnswerPatterns) -> Matrix {
    let q = coefficients.columns
    let width = answerCounts.count
    // The most probable answer of each item and class is the reference, so that it is never one at 0,
    // against which the others would say nothing; answers at 0 or 1 carry no score.
    var free: [(place: Int, item: Int, c: Int)] = []
    var offset = 0
    for (item, count) in answerCounts.enumerated() {
      for c in 0..<k {
        func share(_ a: Int) -> Double { answers[(offset + a) * k + c] }
        let reference = (0..<count).max { share($0) < share($1) } ?? 0
        for a in 0..<count where a != reference && share(a) > 1e-6 {
          free.append((offset + a, item, c))
        }
      }
      offset += count
    }
    let logits = (k - 1) * q
    let size = logits + free.count
    var information = Matrix(rows: size, columns: size)
    var score = [Double](repeating: 0, count: size)
    var p = [Double](repeating: 0, count: k)
    for i in 0..<patterns.counts.count {
      logPriors(patterns.design, i, &p)
      for c in 1..<max(1, k) {
        for a in 0..<q {
          score[(c - 1) * q + a] =
            patterns.design.values[i * q + a] * (posterior[i * k + c] - exp(p[c]))
        }
      }
      for (index, f) in free.enumerated() {
        let answered = Int(patterns.positions[i * width + f.item])
        score[logits + index] =
          answered < 0
          ? 0
          : posterior[i * k + f.c] * ((answered == f.place ? 1 : 0) - answers[f.place * k + f.c])
      }
      for a in 0..<size where score[a] != 0 {
        for b in 0...a { information[a, b] += patterns.counts[i] * score[a] * score[b] }
      }
    }
    var errors = Matrix(rows: k - 1, columns: q)
    guard let inverse = try? CholeskyFactor(information, relativeTolerance: 1e-12).inverse else {
      return Matrix(rows: 0, columns: 0)
    }
    for c in 1..<max(1, k) {
      for a in 0..<q {
        let index = (c - 1) * q + a
        errors[c - 1, a] = inverse[index, index].squareRoot()
      }
    }
    return errors
  }
}
