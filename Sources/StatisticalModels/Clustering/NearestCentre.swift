import NumericalMethods

/// Centres laid out for finding the two nearest to a point: eight centres per vector, a vector per
/// dimension.
struct NearestCentre: Sendable {
  let k: Int
  let dimensions: Int
  private let blocks: [SIMD8<Double>]

  init(_ centres: Matrix) {
    k = centres.rows
    dimensions = centres.columns
    var laid: [SIMD8<Double>] = []
    for first in stride(from: 0, to: centres.rows, by: 8) {
      for j in 0..<centres.columns {
        var lanes = SIMD8<Double>(repeating: .infinity)
        for lane in 0..<min(8, centres.rows - first) { lanes[lane] = centres[first + lane, j] }
        laid.append(lanes)
      }
    }
    blocks = laid
  }

  /// A view for a loop over many points.
  @inline(__always)
  func withView<R>(_ body: (View) -> R) -> R {
    blocks.withUnsafeBufferPointer { buffer in
      guard let base = buffer.baseAddress else { preconditionFailure("no centres") }
      return body(View(blocks: base, count: (k + 7) / 8, dimensions: dimensions))
    }
  }

  struct View {
    let blocks: UnsafePointer<SIMD8<Double>>
    let count: Int
    let dimensions: Int

    /// Nearest centre (the first of equals), its squared distance and that of the second nearest.
    @inline(__always)
    func nearest(_ point: UnsafePointer<Double>) -> (index: Int, first: Double, second: Double) {
      var best = 0
      var first = Double.infinity
      var second = Double.infinity
      for block in 0..<count {
        let base = blocks + block * dimensions
        var sum = SIMD8<Double>(repeating: 0)
        for j in 0..<dimensions {
          let gap = base[j] - point[j]
          sum += gap * gap
        }
        // Without branches: which centre is nearest is what a processor cannot predict.
        for lane in 0..<8 {
          let d = sum[lane]
          second = min(second, max(first, d))
          best = d < first ? block &* 8 &+ lane : best
          first = min(first, d)
        }
      }
      return (best, first, second)
    }
  }
}

/// Squared Euclidean distance of two vectors in memory.
@inline(__always)
func squaredDistance(
  _ a: UnsafePointer<Double>, _ b: UnsafePointer<Double>, _ dimensions: Int
) -> Double {
  // Two sums side by side, because one would wait for each addition.
  var even = 0.0
  var odd = 0.0
  var j = 0
  while j &+ 1 < dimensions {
    let first = a[j] - b[j]
    let second = a[j &+ 1] - b[j &+ 1]
    even += first * first
    odd += second * second
    j &+= 2
  }
  if j < dimensions { even += (a[j] - b[j]) * (a[j] - b[j]) }
  return even + odd
}
