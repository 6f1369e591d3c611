import Foundation
package import NumericalMethods

/// Shape of the covariance of a Gaussian mixture's components.
package enum CovarianceKind: String, Sendable, Codable, CaseIterable {
  /// Each component its own full matrix.
  case full
  /// Each component its own variances, no correlation.
  case diagonal
  /// One full matrix for all components.
  case tied
  /// Each component one variance for all dimensions.
  case spherical

  /// Free parameters of k components in d dimensions, weights and means included.
  package func parameterCount(components k: Int, dimensions d: Int) -> Int {
    let covariance =
      switch self {
      case .full: k * d * (d + 1) / 2
      case .diagonal: k * d
      case .tied: d * (d + 1) / 2
      case .spherical: k
      }
    return covariance + k * d + k - 1
  }
}

/// A fitted mixture of normal distributions.
package struct GaussianMixtureModel: Sendable, Codable, Equatable {
  package let kind: CovarianceKind
  /// Shares of the components, summing to 1.
  package let weights: [Double]
  /// A mean per row.
  package let means: Matrix
  /// A covariance matrix per component.
  package let covariances: [Matrix]
  /// Total log-likelihood of the fitted points.
  package let logLikelihood: Double
  package let aic: Double
  package let bic: Double
  /// BIC plus twice the entropy of the assignment: favours well separated groups (Biernacki et al. 2000).
  package let icl: Double
  package let iterations: Int
  package let converged: Bool

  /// Probabilities of each point's components: a row per point, rows sum to 1.
  package func probabilities(_ points: Matrix, threads: Int? = nil) throws(ModelError) -> Matrix {
    guard points.columns == means.columns else {
      throw ModelError.sizeMismatch(
        what: "A point", expected: means.columns, found: points.columns)
    }
    if points.rows > 0 { try ClusterInput.validate(points) }
    let origin = [Double](repeating: 0, count: means.columns)
    guard
      let density = MixtureDensity(
        weights: weights, means: means, covariances: covariances, origin: origin)
    else {
      throw ModelError.noSensibleOptimum(
        model: "The Gaussian mixture", reason: "a stored covariance is not positive definite")
    }
    let k = weights.count
    let parts = Parallel.chunks(count: points.rows, size: 8192, threads: threads) { range in
      var out: [Double] = []
      out.reserveCapacity(range.count * k)
      points.values.withUnsafeBufferPointer { x in
        guard let x = x.baseAddress else { return }
        var r = [SIMD8<Double>](repeating: .zero, count: (k + 7) / 8)
        for i in range {
          _ = density.responsibilities(x + i * points.columns, &r)
          for c in 0..<k { out.append(r[c / 8][c % 8]) }
        }
      }
      return out
    }
    return Matrix(rows: points.rows, columns: k, values: parts.flatMap { $0 })
  }

  /// The most probable component of each point.
  package func assign(_ points: Matrix, threads: Int? = nil) throws(ModelError) -> [Int] {
    let p = try probabilities(points, threads: threads)
    return (0..<p.rows).map { i in
      var best = 0
      for c in 1..<max(1, p.columns) where p[i, c] > p[i, best] { best = c }
      return best
    }
  }
}

/// Expectation–maximisation for Gaussian mixtures (Dempster, Laird & Rubin 1977), started by k-means.
package struct GaussianMixture: Sendable {
  package let components: Int
  package let kind: CovarianceKind
  package var restarts = 3
  package var maximumIterations = 500
  /// Stops when the mean log-likelihood grows less than this.
  package var tolerance = 1e-7
  /// Added to every variance, in squared units of the data, so that duplicates do not collapse it.
  package var regularisation = 1e-6
  package var threads: Int?

  package init(components: Int, kind: CovarianceKind) {
    self.components = components
    self.kind = kind
  }

  /// Fits the mixture; returns it with each row's most probable component.
  ///
  /// Throws what k-means throws, or `noSensibleOptimum` where no start keeps a finite likelihood.
  package func fit(
    _ points: Matrix, using random: inout RandomSource
  ) throws(ModelError) -> (model: GaussianMixtureModel, labels: [Int]) {
    var best: GaussianMixtureModel?
    for _ in 0..<max(1, restarts) {
      var starter = KMeans(groups: components)
      starter.restarts = 1
      starter.threads = threads
      let labels = try starter.fit(points, using: &random).labels
      if let model = run(points, labels), model.logLikelihood > best?.logLikelihood ?? -.infinity {
        best = model
      }
    }
    guard let best else {
      throw ModelError.noSensibleOptimum(
        model: "The Gaussian mixture", reason: "a component collapses onto single points")
    }
    return (best, try best.assign(points, threads: threads))
  }

  /// Fits the mixture from known components, such as those of an earlier fit: no other start is tried.
  ///
  /// `start` needs as many components as asked for and covariances of this kind. Throws as `fit`, or
  /// `sizeMismatch`.
  package func fit(
    _ points: Matrix, start: (weights: [Double], means: Matrix, covariances: [Matrix])
  ) throws(ModelError) -> (model: GaussianMixtureModel, labels: [Int]) {
    try ClusterInput.validate(points)
    let d = points.columns
    guard start.weights.count == components, start.means.rows == components,
      start.means.columns == d, start.covariances.count == components,
      start.covariances.allSatisfy({ $0.rows == d && $0.columns == d })
    else {
      throw ModelError.sizeMismatch(
        what: "The start", expected: components * d, found: start.means.values.count)
    }
    guard let model = iterate(points, .components(start)) else {
      throw ModelError.noSensibleOptimum(
        model: "The Gaussian mixture", reason: "a component collapses onto single points")
    }
    return (model, try model.assign(points, threads: threads))
  }

  private func run(_ points: Matrix, _ labels: [Int]) -> GaussianMixtureModel? {
    iterate(points, .labels(labels))
  }

  private typealias Components = (weights: [Double], means: Matrix, covariances: [Matrix])

  private enum Start {
    case labels([Int])
    case components(Components)
  }

  private func iterate(_ points: Matrix, _ start: Start) -> GaussianMixtureModel? {
    let n = Double(points.rows)
    // Moments about the overall mean keep their digits where values are large.
    let origin = (0..<points.columns).map { Statistics.mean(points.column($0)) }
    var first: Components?
    var moments: MixtureMoments?
    switch start {
    case .labels(let labels):
      moments = MixtureMoments.collect(
        points, origin: origin, components: components, kind: kind, threads: threads
      ) { i, r in
        for block in 0..<r.count { r[block] = .zero }
        r[labels[i] / 8][labels[i] % 8] = 1
        return 0
      }
    case .components(var given):
      for c in 0..<components {
        for j in 0..<points.columns { given.means[c, j] -= origin[j] }
      }
      first = given
    }
    var previous = -Double.infinity
    var current: Components?
    var iterations = 0
    var converged = false
    var entropy = 0.0
    while iterations < maximumIterations {
      iterations += 1
      let estimate = moments.map { maximise($0, n, current?.means) } ?? first
      guard let estimate,
        let density = MixtureDensity(
          weights: estimate.weights, means: estimate.means, covariances: estimate.covariances,
          origin: origin)
      else { return nil }
      current = estimate
      let columns = points.columns
      let found = points.values.withUnsafeBufferPointer { x in
        // Read only while the closures below run.
        nonisolated(unsafe) let x = x
        return MixtureMoments.collect(
          points, origin: origin, components: components, kind: kind, threads: threads
        ) { i, r in
          guard let base = x.baseAddress else { return 0 }
          return density.responsibilities(base + i * columns, &r)
        }
      }
      moments = found
      entropy = found.entropy
      let mean = found.logLikelihood / n
      guard mean.isFinite else { return nil }
      if mean - previous < tolerance && iterations > 1 {
        converged = true
        previous = mean
        break
      }
      previous = mean
    }
    guard let current else { return nil }
    let total = previous * n
    let p = Double(kind.parameterCount(components: components, dimensions: points.columns))
    var means = current.means
    for c in 0..<components {
      for j in 0..<points.columns { means[c, j] += origin[j] }
    }
    let bic = p * log(n) - 2 * total
    return GaussianMixtureModel(
      kind: kind, weights: current.weights, means: means, covariances: current.covariances,
      logLikelihood: total, aic: 2 * p - 2 * total, bic: bic, icl: bic + 2 * entropy,
      iterations: iterations, converged: converged)
  }

  /// Parameters from moments; means are relative to the origin of the moments.
  private func maximise(
    _ moments: MixtureMoments, _ n: Double, _ old: Matrix?
  ) -> Components {
    let d = moments.dimensions
    let k = components
    var means = Matrix(rows: k, columns: d)
    var covariances: [Matrix] = []
    var weights: [Double] = []
    var pooled = Matrix(rows: d, columns: d)
    for c in 0..<k {
      let size = moments.size(c)
      weights.append(max(size, 1e-10) / n)
      for j in 0..<d {
        means[c, j] = size > 1e-10 ? moments.first(c, j) / size : old?[c, j] ?? 0
      }
      var s = Matrix(rows: d, columns: d)
      for i in 0..<d {
        for j in 0...i where kind == .full || kind == .tied || i == j {
          let value =
            size > 1e-10 ? moments.second(c, i, j) / size - means[c, i] * means[c, j] : 0
          s[i, j] = value
          s[j, i] = value
          pooled[i, j] += size * value / n
          if i != j { pooled[j, i] += size * value / n }
        }
      }
      if kind == .spherical {
        let mean = (0..<d).reduce(0) { $0 + s[$1, $1] } / Double(d)
        for j in 0..<d { s[j, j] = mean }
      }
      covariances.append(s)
    }
    if kind == .tied { covariances = [Matrix](repeating: pooled, count: k) }
    for c in 0..<k {
      for j in 0..<d { covariances[c][j, j] = max(covariances[c][j, j], 0) + regularisation }
    }
    let total = weights.reduce(0, +)
    return (weights.map { $0 / total }, means, covariances)
  }
}
