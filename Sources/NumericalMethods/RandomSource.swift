import Foundation

/// Seeded random numbers whose stream is part of the contract: xoshiro256** (Blackman & Vigna 2021),
/// seeded by SplitMix64.
///
/// The same seed gives the same numbers on every platform; changing a sampling method below changes
/// fitted results for a seed and is a breaking change.
package struct RandomSource: RandomNumberGenerator, Sendable {
  private var s0: UInt64
  private var s1: UInt64
  private var s2: UInt64
  private var s3: UInt64

  /// Starts the stream of a seed; different `stream` numbers give independent sequences.
  package init(seed: UInt64, stream: UInt64 = 0) {
    var state = seed &+ stream &* 0xd134_2543_de82_ef95
    func mix() -> UInt64 {
      state &+= 0x9e37_79b9_7f4a_7c15
      var z = state
      z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
      z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
      return z ^ (z >> 31)
    }
    s0 = mix()
    s1 = mix()
    s2 = mix()
    s3 = mix()
  }

  package mutating func next() -> UInt64 {
    let product = s1 &* 5
    let result = ((product << 7) | (product >> 57)) &* 9
    let shifted = s1 << 17
    s2 ^= s0
    s3 ^= s1
    s1 ^= s2
    s0 ^= s3
    s2 ^= shifted
    s3 = (s3 << 45) | (s3 >> 19)
    return result
  }

  /// Uniform in 0 ..< 1 with 53 random bits.
  package mutating func uniform() -> Double { Double(next() >> 11) * 0x1p-53 }

  /// Uniform in 0 < u < 1, for logarithms.
  package mutating func openUniform() -> Double { (Double(next() >> 12) + 0.5) * 0x1p-52 }

  /// Uniform integer in 0 ..< bound, without bias.
  package mutating func integer(below bound: Int) -> Int {
    precondition(bound > 0, "empty integer range")
    return Int(truncatingIfNeeded: next(upperBound: UInt64(bound)))
  }

  /// Standard normal (polar method, Marsaglia & Bray 1964; the second value is dropped).
  package mutating func normal() -> Double {
    while true {
      let u = 2 * uniform() - 1
      let v = 2 * uniform() - 1
      let s = u * u + v * v
      if s < 1 && s > 0 { return u * (-2 * log(s) / s).squareRoot() }
    }
  }

  /// Exponential with the given rate.
  package mutating func exponential(rate: Double) -> Double { -log(openUniform()) / rate }

  /// ln of a gamma variable with scale 1; for tiny shapes the variable itself would underflow.
  package mutating func logGammaVariate(shape: Double) -> Double {
    precondition(shape > 0, "gamma shape must be positive")
    // Marsaglia & Tsang 2000, with the boost for shapes below 1.
    let boost = shape < 1 ? log(openUniform()) / shape : 0
    let d = (shape < 1 ? shape + 1 : shape) - 1.0 / 3
    let c = 1 / (9 * d).squareRoot()
    while true {
      let x = normal()
      let v = 1 + c * x
      if v <= 0 { continue }
      let cube = v * v * v
      if log(openUniform()) < 0.5 * x * x + d - d * cube + d * log(cube) {
        return log(d * cube) + boost
      }
    }
  }

  /// Gamma with the given shape and rate.
  package mutating func gamma(shape: Double, rate: Double = 1) -> Double {
    exp(logGammaVariate(shape: shape)) / rate
  }

  /// Beta(a, b), from two gamma variables in log space.
  package mutating func beta(_ a: Double, _ b: Double) -> Double {
    let x = logGammaVariate(shape: a)
    let y = logGammaVariate(shape: b)
    return logistic(x - y)
  }

  /// Poisson with the given mean ≥ 0.
  package mutating func poisson(mean: Double) -> Int {
    var remaining = mean
    var count = 0
    // Large means are halved by the order statistic of a gamma process (Ahrens & Dieter 1974).
    while remaining > 12 {
      let m = (remaining * 0.875).rounded(.down)
      let arrival = gamma(shape: m)
      if arrival > remaining { return count + binomial(Int(m) - 1, remaining / arrival) }
      count += Int(m)
      remaining -= arrival
    }
    var product = openUniform()
    let limit = exp(-remaining)
    while product > limit {
      count += 1
      product *= openUniform()
    }
    return count
  }

  /// Binomial with n trials of probability p.
  package mutating func binomial(_ n: Int, _ p: Double) -> Int {
    var trials = n
    var probability = p
    var count = 0
    // Large n is split by the median of uniforms, which is beta distributed.
    while trials > 40 {
      let i = trials / 2 + 1
      let split = beta(Double(i), Double(trials + 1 - i))
      if split >= probability {
        trials = i - 1
        probability /= split
      } else {
        count += i
        trials -= i
        probability = (probability - split) / (1 - split)
      }
    }
    for _ in 0..<max(trials, 0) where uniform() < probability { count += 1 }
    return count
  }

  /// Index drawn with probability proportional to nonnegative weights with a positive sum.
  package mutating func index(weights: [Double]) -> Int {
    let total = weights.reduce(0, +)
    var target = uniform() * total
    var last = 0
    for (i, w) in weights.enumerated() where w > 0 {
      last = i
      if target < w { return i }
      target -= w
    }
    return last
  }

  /// Counts of n draws over categories with nonnegative weights.
  package mutating func multinomial(_ n: Int, weights: [Double]) -> [Int] {
    var left = n
    var mass = weights.reduce(0, +)
    return weights.map { w in
      guard left > 0, w > 0 else { return 0 }
      let count = w >= mass ? left : binomial(left, min(1, w / mass))
      left -= count
      mass -= w
      return count
    }
  }

  /// `count` different indices below `bound` in increasing order (Floyd's algorithm).
  package mutating func sample(_ count: Int, below bound: Int) -> [Int] {
    precondition(count <= bound, "sample larger than its population")
    var chosen = Set<Int>(minimumCapacity: count)
    for j in (bound - count)..<bound {
      let t = integer(below: j + 1)
      if !chosen.insert(t).inserted { chosen.insert(j) }
    }
    return chosen.sorted()
  }
}
