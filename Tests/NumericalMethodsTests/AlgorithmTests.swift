import Foundation
import NumericalMethods
import Testing

@Suite("Optimisers, quadrature, linear algebra, random numbers")
struct AlgorithmTests {
  private func rosenbrock(_ x: [Double], _ g: inout [Double]) -> Double {
    let a = 1 - x[0]
    let b = x[1] - x[0] * x[0]
    g[0] = -2 * a - 400 * x[0] * b
    g[1] = 200 * b
    return a * a + 100 * b * b
  }

  @Test("L-BFGS finds Rosenbrock's minimum and says that it converged")
  func lbfgs() {
    let result = LBFGS().minimise(from: [-1.2, 1], rosenbrock)
    #expect(result.converged)
    #expect(abs(result.point[0] - 1) < 1e-6 && abs(result.point[1] - 1) < 1e-6)
  }

  @Test("With bounds it stops on the active bound with the right multiplier sign")
  func bounded() {
    let result = LBFGS().minimise(
      from: [-1, 0.2], lower: [-2, -2], upper: [0.5, 2], rosenbrock)
    // On x₀ = ½ the minimum over x₁ is ¼.
    #expect(result.converged)
    #expect(abs(result.point[0] - 0.5) < 1e-12 && abs(result.point[1] - 0.25) < 1e-7)
  }

  @Test("An iteration limit is a result, not a success")
  func limit() {
    var optimiser = LBFGS()
    optimiser.maximumIterations = 2
    #expect(!optimiser.minimise(from: [-1.2, 1], rosenbrock).converged)
    #expect(LBFGS().minimise(from: [.nan, 1], rosenbrock).stop == .notFinite)
  }

  @Test("Nelder and Mead find the same minimum without a gradient")
  func simplex() {
    let result = nelderMead(from: [-1.2, 1]) { x in
      var g = [0.0, 0.0]
      return rosenbrock(x, &g)
    }
    #expect(abs(result.point[0] - 1) < 1e-5)
  }

  @Test("The Hessian of Rosenbrock's function at its minimum is (802, −400; −400, 200)")
  func secondDerivatives() {
    let h = hessian(at: [1, 1]) { x in
      var g = [0.0, 0.0]
      _ = rosenbrock(x, &g)
      return g
    }
    #expect(abs(h[0, 0] - 802) < 1e-4 && abs(h[0, 1] + 400) < 1e-4 && abs(h[1, 1] - 200) < 1e-4)
  }

  @Test("Brent's root and the golden section find known points")
  func scalars() {
    #expect(abs(brentRoot(in: 0...3) { $0 * $0 - 2 } - 2.0.squareRoot()) < 1e-12)
    #expect(abs(goldenMinimum(in: -3...5) { ($0 - 1.25) * ($0 - 1.25) } - 1.25) < 1e-7)
  }

  @Test("Quadrature reproduces closed forms")
  func quadrature() {
    let rule = GaussLegendre(8)
    #expect(abs(rule.weights.reduce(0, +) - 2) < 1e-14)
    #expect(abs(rule.integrate(from: 0, to: 1) { pow($0, 15) } - 1.0 / 16) < 1e-15)
    #expect(abs(adaptiveIntegral(from: 0, to: 1) { $0.squareRoot() } - 2.0 / 3) < 1e-11)
    // ∫ exp(a y − eʸ) dy = Γ(a), down to shapes whose left tail is thousands wide.
    for a in [1e-4, 0.02, 1, 30, 1e5] {
      let value = logIntegralOfPeak { a * $0 - exp($0) }
      #expect(abs(value - logGamma(a)) < 1e-12 * max(1, abs(logGamma(a))))
    }
  }

  @Test("Cholesky, linear systems and eigenvectors rebuild their matrix")
  func linearAlgebra() throws {
    let a = Matrix([[4, 2, 0.6], [2, 5, 1.5], [0.6, 1.5, 3]])
    let factor = try CholeskyFactor(a)
    let back = factor.lower * factor.lower.transposed
    #expect(zip(back.values, a.values).allSatisfy { abs($0 - $1) < 1e-14 })
    // det by the rule of Sarrus: 4(15−2.25) − 2(6−0.9) + 0.6(3−3) = 40.8
    #expect(abs(factor.logDeterminant - log(40.8)) < 1e-13)
    let x = try solveLinearSystem(a, [1, 2, 3])
    #expect(zip(a.times(x), [1, 2, 3]).allSatisfy { abs($0 - $1) < 1e-13 })
    #expect(zip(factor.solve([1, 2, 3]), x).allSatisfy { abs($0 - $1) < 1e-13 })
    let identity = a * factor.inverse
    #expect(zip(identity.values, Matrix.identity(3).values).allSatisfy { abs($0 - $1) < 1e-13 })
    let eigen = symmetricEigen(a)
    #expect(eigen.values == eigen.values.sorted(by: >))
    for k in 0..<3 {
      let v = eigen.vectors.column(k)
      let image = a.times(v)
      #expect((0..<3).allSatisfy { abs(image[$0] - eigen.values[k] * v[$0]) < 1e-12 })
    }
    #expect(throws: NumericalError.notPositiveDefinite(pivot: 1)) {
      try CholeskyFactor(Matrix([[1, 2], [2, 1]]))
    }
    #expect(throws: NumericalError.singularMatrix) {
      try solveLinearSystem(Matrix([[1, 2], [2, 4]]), [1, 1])
    }
  }

  @Test("The random stream is the published xoshiro256** started by SplitMix64")
  func stream() {
    // First outputs for seed 0 of SplitMix64: e220a8397b1dcdaf 6e789e6aa1b965f4 06c45d188009454f
    // f88bb8a8724c81ec; xoshiro256** from that state gives rotl(s1 · 5, 7) · 9 first.
    var source = RandomSource(seed: 0)
    let s1: UInt64 = 0x6e78_9e6a_a1b9_65f4
    let p = s1 &* 5
    #expect(source.next() == ((p << 7) | (p >> 57)) &* 9)
    #expect(source.next() == 0xbf6e_1f78_4956_452a)
    var other = RandomSource(seed: 0, stream: 1)
    #expect(other.next() != 0x99ec_5f36_cb75_f2b4)
  }

  @Test("Sampled moments match theory within five standard errors")
  func moments() {
    var rng = RandomSource(seed: 7)
    let n = 40_000
    func check(_ mean: Double, _ variance: Double, _ draw: (inout RandomSource) -> Double) {
      var values: [Double] = []
      for _ in 0..<n { values.append(draw(&rng)) }
      let error = (variance / Double(n)).squareRoot()
      #expect(abs(Statistics.mean(values) - mean) < 5 * error)
      // The fourth moments of these laws keep the variance's error below 10 % at this size.
      #expect(abs(Statistics.variance(values) / variance - 1) < 0.1)
    }
    check(0, 1) { $0.normal() }
    check(0.4, 0.4) { $0.gamma(shape: 0.4) }
    check(2.5, 1.25) { $0.gamma(shape: 5, rate: 2) }
    check(0.2, 0.16 / 6) { $0.beta(1, 4) }
    check(3.5, 3.5) { Double($0.poisson(mean: 3.5)) }
    check(250, 250) { Double($0.poisson(mean: 250)) }
    check(300, 210) { Double($0.binomial(1000, 0.3)) }
    check(0.5, 0.25) { $0.exponential(rate: 2) }
    let counts = rng.multinomial(10_000, weights: [1, 0, 3])
    #expect(counts.reduce(0, +) == 10_000 && counts[1] == 0 && abs(counts[0] - 2500) < 250)
    #expect(Set(rng.sample(50, below: 60)).count == 50)
  }

  @Test("Type-7 quantiles, ranks and correlation match hand computation")
  func orderStatistics() {
    let values: [Double] = [13, 1, 1, 8, 1, 2, 1, 2, 3, 5]
    let cuts = Statistics.quantiles(values, [0.2, 0.4, 0.6, 0.8])
    #expect(zip(cuts, [1, 1.6, 2.4, 5.6]).allSatisfy { abs($0 - $1) < 1e-14 })
    // A score is one plus the cuts strictly below.
    let scores = values.sorted().map { v in 1 + cuts.filter { $0 < v }.count }
    #expect(scores == [1, 1, 1, 1, 3, 3, 4, 4, 5, 5])
    #expect(Statistics.median([4, 1, 2, 3]) == 2.5)
    #expect(Statistics.ranks([10, 20, 10, 5]) == [2.5, 4, 2.5, 1])
    #expect(abs((Statistics.correlation([1, 2, 3], [2, 4, 6]) ?? 0) - 1) < 1e-15)
    #expect(Statistics.correlation([1, 1], [2, 4]) == nil)
    #expect(Statistics.variance([1, 3]) == 2)
    #expect(Statistics.mean([Double](repeating: 0.1, count: 1_000_000)) == 0.1)
  }

  @Test("Chunked work gives the same bits on one and on many threads", arguments: [1, 2, 7])
  func parallel(threads: Int) {
    let sums = Parallel.chunks(count: 10_001, size: 137, threads: threads) { range in
      range.reduce(0.0) { $0 + 1 / Double($1 + 1) }
    }
    let expected = Parallel.chunks(count: 10_001, size: 137, threads: 1) { range in
      range.reduce(0.0) { $0 + 1 / Double($1 + 1) }
    }
    #expect(sums == expected && sums.count == 73)
  }
}
