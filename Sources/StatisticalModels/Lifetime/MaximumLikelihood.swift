import Foundation
import NumericalMethods

/// Maximises a log-likelihood from several starts and judges the optimum.
struct MaximumLikelihood {
  let model: String
  let names: [String]
  /// Whether each searched coordinate is the logarithm of its parameter.
  let isLogarithm: [Bool]
  let starts: [[Double]]
  let lower: [Double]
  let upper: [Double]
  let customers: Double
  let distinctHistories: Int

  /// Runs the search. `rough` is used to find the best start when given; `full` decides.
  ///
  /// Both return the log-likelihood and fill its gradient in searched coordinates. Throws
  /// `noSensibleOptimum` where the search does not converge, ends on its box, or the curvature shows
  /// no maximum.
  func run(
    cautions: [Caution],
    rough: (([Double], inout [Double]) -> Double)? = nil,
    full: ([Double], inout [Double]) -> Double
  ) throws(ModelError) -> (point: [Double], report: FitReport) {
    let n = names.count
    func negated(
      _ f: @escaping ([Double], inout [Double]) -> Double
    ) -> ([Double], inout [Double]) -> Double {
      { x, g in
        let value = f(x, &g)
        // Per customer, so that tolerances do not depend on the size of the base.
        for i in 0..<n { g[i] = -g[i] / customers }
        return -value / customers
      }
    }
    let search = LBFGS()
    var evaluations = 0
    var iterations = 0
    // The curvature at the rough optimum, from which the full search starts.
    var guess: Matrix?
    return try withoutActuallyEscaping(full) { full throws(ModelError) in
      let objective = negated(full)
      var ends: [Minimum] = []
      if let rough {
        withoutActuallyEscaping(rough) { rough in
          let roughly = negated(rough)
          ends = starts.map {
            search.minimise(from: $0, lower: lower, upper: upper, roughly)
          }
          if let best = ends.min(by: { $0.value < $1.value }), best.value.isFinite {
            let curvature = hessian(at: best.point) { x in
              var g = [Double](repeating: 0, count: n)
              _ = roughly(x, &g)
              return g
            }
            guess = (try? CholeskyFactor(curvature, relativeTolerance: 1e-9))?.inverse
          }
        }
      } else {
        ends = starts.map { search.minimise(from: $0, lower: lower, upper: upper, objective) }
      }
      ends = ends.filter { $0.value.isFinite }.sorted { $0.value < $1.value }
      evaluations += ends.reduce(0) { $0 + $1.evaluations }
      iterations += ends.reduce(0) { $0 + $1.iterations }
      guard let best = ends.first else {
        throw ModelError.noSensibleOptimum(
          model: model, reason: "the likelihood is not finite at any start")
      }
      let agreeing = ends.filter { $0.value - best.value < 1e-6 * max(1, abs(best.value)) }.count
      var end = search.minimise(
        from: best.point, lower: lower, upper: upper, inverseHessian: guess, objective)
      evaluations += end.evaluations
      iterations += end.iterations
      func gradient(_ x: [Double]) -> [Double] {
        var g = [Double](repeating: 0, count: n)
        _ = objective(x, &g)
        evaluations += 1
        return g
      }
      for i in 0..<n where isLogarithm[i] {
        let room = min(end.point[i] - lower[i], upper[i] - end.point[i])
        if room < 1e-3 {
          throw ModelError.noSensibleOptimum(
            model: model, reason: "\(names[i]) tends to \(readable(exp(end.point[i])))")
        }
      }
      // Newton steps finish what the quasi-Newton search leaves at rounding level.
      var curvature = hessian(at: end.point, gradient: gradient)
      for _ in 0..<4 {
        guard let factor = try? CholeskyFactor(curvature, relativeTolerance: 1e-11) else {
          throw ModelError.noSensibleOptimum(
            model: model,
            reason: "the likelihood is flat in some direction, so the "
              + "parameters cannot be told apart")
        }
        let step = factor.solve(gradient(end.point))
        let length = step.reduce(0) { max($0, abs($1)) }
        if length < 1e-9 { break }
        let next = (0..<n).map {
          min(max(end.point[$0] - step[$0], lower[$0]), upper[$0])
        }
        var g = [Double](repeating: 0, count: n)
        let value = objective(next, &g)
        evaluations += 1
        let rounding = 1e-13 * max(1, abs(end.value))
        guard value.isFinite, value <= end.value + rounding else { break }
        end = Minimum(
          point: next, value: value, gradientNorm: g.reduce(0) { max($0, abs($1)) },
          iterations: end.iterations, evaluations: end.evaluations, stop: end.stop)
        // Over a shorter step the curvature changes less than its differences know it.
        if length < 1e-6 { break }
        curvature = hessian(at: end.point, gradient: gradient)
      }
      guard let factor = try? CholeskyFactor(curvature, relativeTolerance: 1e-11) else {
        throw ModelError.noSensibleOptimum(model: model, reason: "the curvature shows no maximum")
      }
      let converged = end.converged || end.gradientNorm < 1e-7
      guard converged else {
        throw ModelError.noSensibleOptimum(
          model: model, reason: "the search did not converge in \(iterations) iterations")
      }
      let covariance = factor.inverse.values.map { $0 / customers }
      let estimates = (0..<n).map { isLogarithm[$0] ? exp(end.point[$0]) : end.point[$0] }
      let errors = (0..<n).map { i in
        covariance[i * n + i].squareRoot() * (isLogarithm[i] ? estimates[i] : 1)
      }
      var found = cautions
      for i in 0..<n where isLogarithm[i] && errors[i] > estimates[i] {
        found.append(
          .weaklyIdentified(
            parameter: names[i], relativeError: errors[i] / estimates[i]))
      }
      if agreeing == 1 && ends.count > 1 {
        found.append(.severalOptima(agreeing: agreeing, of: ends.count))
      }
      let total = -end.value * customers
      let report = FitReport(
        parameterNames: names, estimates: estimates, standardErrors: errors,
        searchCovariance: covariance, logLikelihood: total, aic: 2 * Double(n) - 2 * total,
        bic: Double(n) * log(customers) - 2 * total, customers: customers,
        distinctHistories: distinctHistories, converged: converged, iterations: iterations,
        evaluations: evaluations, starts: starts.count, agreeingStarts: agreeing,
        cautions: found)
      return (end.point, report)
    }
  }

  private func readable(_ value: Double) -> String {
    value > 1 ? "infinity (\(value.rounded()))" : "zero"
  }
}
