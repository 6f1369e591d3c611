import Foundation

/// Where a minimisation ended and whether it may be believed.
package struct Minimum: Sendable, Codable, Equatable {
  /// Why the iteration stopped.
  package enum Stop: String, Sendable, Codable {
    case gradient, stalled, iterationLimit, lineSearch, notFinite
  }

  package let point: [Double]
  package let value: Double
  /// Largest component of the projected gradient at the point.
  package let gradientNorm: Double
  package let iterations: Int
  package let evaluations: Int
  package let stop: Stop

  package init(
    point: [Double], value: Double, gradientNorm: Double, iterations: Int, evaluations: Int,
    stop: Stop
  ) {
    self.point = point
    self.value = value
    self.gradientNorm = gradientNorm
    self.iterations = iterations
    self.evaluations = evaluations
    self.stop = stop
  }

  /// Whether the first-order condition holds, or no further progress is representable.
  package var converged: Bool { stop == .gradient || stop == .stalled }
}

/// Limited-memory BFGS with optional box bounds (Nocedal & Wright, ch. 7 and 16.7, projected form).
package struct LBFGS: Sendable {
  package var memory = 12
  package var maximumIterations = 500
  /// Stops where the projected gradient is below this times max(1, |value|).
  package var gradientTolerance = 1e-9
  /// Stops after two iterations whose relative decrease is below this.
  package var valueTolerance = 1e-14

  package init() {}

  /// Minimises a differentiable function.
  ///
  /// `objective` returns the value and fills the gradient; where it is not finite the step is
  /// shortened. Bounds, where given, have the start's length. `inverseHessian`, a guess from a similar
  /// problem, replaces the scaled identity from which the updates start.
  package func minimise(
    from start: [Double], lower: [Double]? = nil, upper: [Double]? = nil,
    inverseHessian: Matrix? = nil,
    _ objective: (_ point: [Double], _ gradient: inout [Double]) -> Double
  ) -> Minimum {
    let n = start.count
    func clip(_ x: [Double]) -> [Double] {
      var y = x
      for i in 0..<n {
        if let lower { y[i] = max(y[i], lower[i]) }
        if let upper { y[i] = min(y[i], upper[i]) }
      }
      return y
    }
    func isHeld(_ x: [Double], _ g: [Double], _ i: Int) -> Bool {
      if let lower, x[i] <= lower[i], g[i] > 0 { return true }
      if let upper, x[i] >= upper[i], g[i] < 0 { return true }
      return false
    }
    func norm(_ x: [Double], _ g: [Double]) -> Double {
      var largest = 0.0
      for i in 0..<n where !isHeld(x, g, i) { largest = max(largest, abs(g[i])) }
      return largest
    }

    var x = clip(start)
    var g = [Double](repeating: 0, count: n)
    var value = objective(x, &g)
    var evaluations = 1
    guard value.isFinite, g.allSatisfy(\.isFinite) else {
      return Minimum(
        point: x, value: value, gradientNorm: .infinity, iterations: 0, evaluations: 1,
        stop: .notFinite)
    }
    var steps: [[Double]] = []
    var changes: [[Double]] = []
    var quiet = 0
    for iteration in 0..<maximumIterations {
      let size = norm(x, g)
      if size <= gradientTolerance * max(1, abs(value)) {
        return Minimum(
          point: x, value: value, gradientNorm: size, iterations: iteration,
          evaluations: evaluations, stop: .gradient)
      }
      let held = (0..<n).map { isHeld(x, g, $0) }
      var direction = twoLoop(g, held, steps, changes, inverseHessian)
      var slope = dot(direction, g)
      if slope >= 0 {
        steps.removeAll()
        changes.removeAll()
        direction = (0..<n).map { held[$0] ? 0 : -g[$0] }
        slope = dot(direction, g)
      }
      let isScaled = !steps.isEmpty || inverseHessian != nil
      var t = isScaled ? 1 : min(1, 1 / max(1e-300, direction.reduce(0) { $0 + abs($1) }))
      var low = 0.0
      var high = Double.infinity
      var accepted = false
      var trial = x
      var trialGradient = g
      var trialValue = value
      for _ in 0..<60 {
        trial = clip((0..<n).map { x[$0] + t * direction[$0] })
        trialValue = objective(trial, &trialGradient)
        evaluations += 1
        let moved = (0..<n).map { trial[$0] - x[$0] }
        let predicted = dot(g, moved)
        if !trialValue.isFinite || !trialGradient.allSatisfy(\.isFinite)
          || trialValue > value + 1e-4 * min(0, predicted)
        {
          high = t
          t = (low + high) / 2
        } else if dot(trialGradient, moved) < 0.9 * predicted && t < 1e10 {
          accepted = true
          low = t
          t = high.isFinite ? (low + high) / 2 : 2 * t
        } else {
          accepted = true
          break
        }
        if high - low < 1e-16 * max(1, low) { break }
      }
      if accepted && trialValue > value {
        // The last probe overshot; the lower end of the bracket satisfied the decrease.
        trial = clip((0..<n).map { x[$0] + low * direction[$0] })
        trialValue = objective(trial, &trialGradient)
        evaluations += 1
      }
      let s = (0..<n).map { trial[$0] - x[$0] }
      if !accepted || !trialValue.isFinite || trialValue > value || s.allSatisfy({ $0 == 0 }) {
        if !steps.isEmpty {
          steps.removeAll()
          changes.removeAll()
          continue
        }
        // No descent along the gradient itself is representable.
        let stop: Minimum.Stop =
          size <= 1e-5 * max(1, abs(value)) ? .stalled : .lineSearch
        return Minimum(
          point: x, value: value, gradientNorm: size, iterations: iteration,
          evaluations: evaluations, stop: stop)
      }
      let y = (0..<n).map { trialGradient[$0] - g[$0] }
      if dot(s, y) > 1e-12 * dot(y, y).squareRoot() * dot(s, s).squareRoot() {
        steps.append(s)
        changes.append(y)
        if steps.count > memory {
          steps.removeFirst()
          changes.removeFirst()
        }
      }
      quiet = value - trialValue <= valueTolerance * max(1, abs(value)) ? quiet + 1 : 0
      x = trial
      g = trialGradient
      value = trialValue
      if quiet >= 2 {
        let size = norm(x, g)
        return Minimum(
          point: x, value: value, gradientNorm: size, iterations: iteration + 1,
          evaluations: evaluations,
          stop: size <= gradientTolerance * max(1, abs(value)) ? .gradient : .stalled)
      }
    }
    return Minimum(
      point: x, value: value, gradientNorm: norm(x, g), iterations: maximumIterations,
      evaluations: evaluations, stop: .iterationLimit)
  }

  private func twoLoop(
    _ g: [Double], _ held: [Bool], _ steps: [[Double]], _ changes: [[Double]],
    _ inverseHessian: Matrix?
  ) -> [Double] {
    var q = (0..<g.count).map { held[$0] ? 0 : g[$0] }
    var factors = [Double](repeating: 0, count: steps.count)
    for k in stride(from: steps.count - 1, through: 0, by: -1) {
      factors[k] = dot(steps[k], q) / dot(steps[k], changes[k])
      for i in 0..<q.count { q[i] -= factors[k] * changes[k][i] }
    }
    if let inverseHessian {
      q = inverseHessian.times(q)
    } else if let s = steps.last, let y = changes.last {
      let scale = dot(s, y) / dot(y, y)
      for i in 0..<q.count { q[i] *= scale }
    }
    for k in 0..<steps.count {
      let beta = dot(changes[k], q) / dot(steps[k], changes[k])
      for i in 0..<q.count { q[i] += (factors[k] - beta) * steps[k][i] }
    }
    return (0..<q.count).map { held[$0] ? 0 : -q[$0] }
  }
}

/// Σ aᵢ bᵢ of two vectors of equal length.
package func dot(_ a: [Double], _ b: [Double]) -> Double {
  precondition(a.count == b.count, "vectors of different length")
  var sum = 0.0
  for i in 0..<a.count { sum += a[i] * b[i] }
  return sum
}

/// The Hessian by central differences of an analytic gradient, symmetrised.
///
/// `step` is relative to max(1, |x|). Error about step² plus rounding of the gradient over step.
package func hessian(
  at point: [Double], step: Double = 1e-5, gradient: ([Double]) -> [Double]
) -> Matrix {
  let n = point.count
  var result = Matrix(rows: n, columns: n)
  for j in 0..<n {
    let h = step * max(1, abs(point[j]))
    var up = point
    var down = point
    up[j] += h
    down[j] -= h
    let gUp = gradient(up)
    let gDown = gradient(down)
    for i in 0..<n { result[i, j] = (gUp[i] - gDown[i]) / (up[j] - down[j]) }
  }
  for i in 0..<n {
    for j in 0..<i {
      let mean = (result[i, j] + result[j, i]) / 2
      result[i, j] = mean
      result[j, i] = mean
    }
  }
  return result
}

/// Nelder and Mead's simplex search, for functions without a usable gradient.
///
/// Coefficients depend on the dimension (Gao & Han 2012). Stops where both the simplex and its
/// values are within `tolerance`.
package func nelderMead(
  from start: [Double], step: Double = 0.5, tolerance: Double = 1e-10,
  maximumEvaluations: Int = 5000,
  _ function: ([Double]) -> Double
) -> Minimum {
  let n = start.count
  let dimension = Double(max(n, 2))
  let expansion = 1 + 2 / dimension
  let contraction = 0.75 - 1 / (2 * dimension)
  let shrinkage = 1 - 1 / dimension
  var evaluations = 0
  func f(_ x: [Double]) -> Double {
    evaluations += 1
    let v = function(x)
    return v.isNaN ? .infinity : v
  }
  var simplex = [(point: start, value: f(start))]
  for i in 0..<n {
    var p = start
    p[i] += step * max(1, abs(p[i]))
    simplex.append((p, f(p)))
  }
  var iterations = 0
  while true {
    simplex.sort { $0.value < $1.value }
    let spread =
      (1...n).map { k in
        zip(simplex[k].point, simplex[0].point).map { abs($0 - $1) / max(1, abs($1)) }.max() ?? 0
      }.max() ?? 0
    let gap = abs(simplex[n].value - simplex[0].value)
    let done = spread <= tolerance && gap <= tolerance * max(1, abs(simplex[0].value))
    if done || evaluations >= maximumEvaluations {
      return Minimum(
        point: simplex[0].point, value: simplex[0].value, gradientNorm: .nan,
        iterations: iterations, evaluations: evaluations, stop: done ? .stalled : .iterationLimit)
    }
    iterations += 1
    let centre = (0..<n).map { i in simplex[0..<n].reduce(0) { $0 + $1.point[i] } / Double(n) }
    func along(_ t: Double) -> [Double] {
      (0..<n).map { centre[$0] + t * (simplex[n].point[$0] - centre[$0]) }
    }
    let reflected = along(-1)
    let fr = f(reflected)
    if fr < simplex[0].value {
      let far = along(-expansion)
      let fe = f(far)
      simplex[n] = fe < fr ? (far, fe) : (reflected, fr)
    } else if fr < simplex[n - 1].value {
      simplex[n] = (reflected, fr)
    } else {
      let near = along(fr < simplex[n].value ? -contraction : contraction)
      let fc = f(near)
      if fc < min(fr, simplex[n].value) {
        simplex[n] = (near, fc)
      } else {
        for k in 1...n {
          let p = zip(simplex[k].point, simplex[0].point).map { $1 + shrinkage * ($0 - $1) }
          simplex[k] = (p, f(p))
        }
      }
    }
  }
}
