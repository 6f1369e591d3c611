import Foundation
import NumericalMethods

/// Densities of eight mixture components at a time: vector lanes are components.
struct MixtureDensity: Sendable {
  private let dimensions: Int
  private let components: Int
  private let isDiagonal: Bool
  /// Per block: inverse Cholesky factors by rows (lower triangle or diagonal), then factor × mean.
  private let factors: [SIMD8<Double>]
  private let shifts: [SIMD8<Double>]
  private let constants: [SIMD8<Double>]

  /// Nil where a covariance is not positive definite. `means` are relative to `origin`, which is not
  /// repeated in the evaluation: points are taken minus the origin.
  init?(weights: [Double], means: Matrix, covariances: [Matrix], origin: [Double]) {
    let d = means.columns
    let k = weights.count
    dimensions = d
    components = k
    var diagonal = true
    for c in covariances {
      for i in 0..<d {
        for j in 0..<i where c[i, j] != 0 { diagonal = false }
      }
    }
    isDiagonal = diagonal
    let perBlock = diagonal ? d : d * (d + 1) / 2
    let blocks = (k + 7) / 8
    var f = [SIMD8<Double>](repeating: .zero, count: blocks * perBlock)
    var s = [SIMD8<Double>](repeating: .zero, count: blocks * d)
    var constant = [SIMD8<Double>](
      repeating: SIMD8(repeating: -.infinity), count: blocks)
    for c in 0..<k {
      guard let factor = try? CholeskyFactor(covariances[c], relativeTolerance: 1e-15) else {
        return nil
      }
      let (block, lane) = (c / 8, c % 8)
      constant[block][lane] =
        log(weights[c]) - 0.5 * (factor.logDeterminant + Double(d) * log(2 * Double.pi))
      var place = block * perBlock
      for i in 0..<d {
        // Row i of L⁻¹ solves rᵀ L = eᵢᵀ, so that r·x is component i of L⁻¹ x.
        var row = [Double](repeating: 0, count: d)
        row[i] = 1 / factor.lower[i, i]
        for j in stride(from: i - 1, through: 0, by: -1) {
          var sum = 0.0
          for l in (j + 1)...i { sum += row[l] * factor.lower[l, j] }
          row[j] = -sum / factor.lower[j, j]
        }
        var shift = 0.0
        for j in (diagonal ? i : 0)...i {
          f[place][lane] = row[j]
          place += 1
        }
        for j in 0...i { shift += row[j] * (means[c, j] + origin[j]) }
        s[block * d + i][lane] = shift
      }
    }
    factors = f
    shifts = s
    constants = constant
  }

  /// Fills the probabilities of the components at a point and returns its log density.
  @inline(__always)
  func responsibilities(_ point: UnsafePointer<Double>, _ r: inout [SIMD8<Double>]) -> Double {
    var largest = -Double.infinity
    let d = dimensions
    factors.withUnsafeBufferPointer { f in
      shifts.withUnsafeBufferPointer { s in
        var place = 0
        for block in 0..<constants.count {
          var square = SIMD8<Double>.zero
          for i in 0..<d {
            var y = -s[block * d + i]
            for j in (isDiagonal ? i : 0)...i {
              y += f[place] * point[j]
              place += 1
            }
            square += y * y
          }
          let value = constants[block] - 0.5 * square
          r[block] = value
          largest = max(largest, value.max())
        }
      }
    }
    var sum = 0.0
    for c in 0..<components {
      let e = exp(r[c / 8][c % 8] - largest)
      r[c / 8][c % 8] = e
      sum += e
    }
    for block in 0..<r.count { r[block] /= sum }
    // Lanes beyond the last component hold exp(−∞).
    if components % 8 != 0 {
      for lane in (components % 8)..<8 { r[r.count - 1][lane] = 0 }
    }
    return largest + log(sum)
  }
}

/// Sums that the maximisation step needs, lanes being components.
struct MixtureMoments: Sendable {
  let dimensions: Int
  private let isFull: Bool
  private var sizes: [SIMD8<Double>]
  private var firsts: [SIMD8<Double>]
  private var seconds: [SIMD8<Double>]
  private(set) var logLikelihood = 0.0
  private(set) var entropy = 0.0

  private init(components: Int, dimensions: Int, isFull: Bool) {
    let blocks = (components + 7) / 8
    self.dimensions = dimensions
    self.isFull = isFull
    sizes = [SIMD8<Double>](repeating: .zero, count: blocks)
    firsts = [SIMD8<Double>](repeating: .zero, count: blocks * dimensions)
    seconds = [SIMD8<Double>](
      repeating: .zero,
      count: blocks * (isFull ? dimensions * (dimensions + 1) / 2 : dimensions))
  }

  /// Σ r, Σ r x and Σ r x xᵀ about `origin` under the probabilities that `expect` fills for a row; it
  /// returns the row's log density.
  static func collect(
    _ points: Matrix, origin: [Double], components: Int, kind: CovarianceKind, threads: Int?,
    _ expect: @Sendable (Int, inout [SIMD8<Double>]) -> Double
  ) -> MixtureMoments {
    let d = points.columns
    let isFull = kind == .full || kind == .tied
    let parts = Parallel.chunks(count: points.rows, size: 8192, threads: threads) { range in
      var m = MixtureMoments(components: components, dimensions: d, isFull: isFull)
      var r = [SIMD8<Double>](repeating: .zero, count: m.sizes.count)
      var x = [Double](repeating: 0, count: d)
      for i in range {
        m.logLikelihood += expect(i, &r)
        for j in 0..<d { x[j] = points.values[i * d + j] - origin[j] }
        m.add(x, r)
      }
      return m
    }
    var sum = MixtureMoments(components: components, dimensions: d, isFull: isFull)
    for part in parts { sum.add(part) }
    return sum
  }

  private mutating func add(_ x: [Double], _ r: [SIMD8<Double>]) {
    let d = dimensions
    var place = 0
    for block in 0..<r.count {
      let w = r[block]
      sizes[block] += w
      for lane in 0..<8 where w[lane] > 0 && w[lane] < 1 { entropy -= w[lane] * log(w[lane]) }
      x.withUnsafeBufferPointer { x in
        firsts.withUnsafeMutableBufferPointer { firsts in
          seconds.withUnsafeMutableBufferPointer { seconds in
            for i in 0..<d {
              let wx = w * x[i]
              firsts[block * d + i] += wx
              for j in (isFull ? 0 : i)...i {
                seconds[place] += wx * x[j]
                place += 1
              }
            }
          }
        }
      }
    }
  }

  private mutating func add(_ other: MixtureMoments) {
    for i in 0..<sizes.count { sizes[i] += other.sizes[i] }
    for i in 0..<firsts.count { firsts[i] += other.firsts[i] }
    for i in 0..<seconds.count { seconds[i] += other.seconds[i] }
    logLikelihood += other.logLikelihood
    entropy += other.entropy
  }

  func size(_ c: Int) -> Double { sizes[c / 8][c % 8] }

  func first(_ c: Int, _ j: Int) -> Double { firsts[c / 8 * dimensions + j][c % 8] }

  /// Σ r xᵢ xⱼ for j ≤ i.
  func second(_ c: Int, _ i: Int, _ j: Int) -> Double {
    isFull
      ? seconds[c / 8 * (dimensions * (dimensions + 1) / 2) + i * (i + 1) / 2 + j][c % 8]
      : seconds[c / 8 * dimensions + i][c % 8]
  }
}
