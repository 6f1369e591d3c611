package import SQLBuilder

/// The regular expressions of `matches`: the part of RE2's syntax that can be answered in time
/// proportional to the text and that means the same in DuckDB, which has RE2.
///
/// Literals, `.` (anything but a line feed), classes such as `[a-zé]` and `[^0-9]`, `\d \w \s` and
/// their negations (ASCII, as in RE2), `^ $ \A \z \b \B`, groups, `|`, and the quantifiers
/// `* + ? {n} {n,} {n,m}`. The text matches when any part of it does. Left out are back references
/// and looking around (not linear), flags and Unicode classes (their tables differ between
/// versions), and whatever RE2 reads in a surprising way, such as a stray `{`.
package struct RegularExpression: Sendable {
  package enum Failure: Error, Sendable, Hashable {
    case empty
    case tooLong
    case tooLarge
    case backReference
    case lookAround
    case groupOption
    case escape(String)
    case unicodeClass
    case nothingToRepeat
    case stackedQuantifier
    case strayBrace
    case repeatedTooOften
    case range(String)
    case unclosedClass
    case unclosedGroup
    case strayParenthesis
  }

  /// RE2's own limit, for nested repetitions multiplied.
  static let mostRepetitions = 1000
  static let longest = 1000
  static let mostInstructions = 10_000

  private enum Instruction: Sendable {
    case one(ScalarSet)
    case assert(Assertion)
    case split(Int, Int)
    case jump(Int)
    case match
  }
  private let program: [Instruction]

  /// - Throws: `Failure`, for what is not in the subset.
  package init(_ pattern: String) throws(Failure) {
    guard !pattern.isEmpty else { throw .empty }
    guard pattern.unicodeScalars.count <= Self.longest else { throw .tooLong }
    var parser = PatternParser(pattern)
    let tree = try parser.pattern()
    var program: [Instruction] = []
    try Self.compile(tree, &program)
    program.append(.match)
    self.program = program
  }

  private static func compile(
    _ node: PatternNode, _ program: inout [Instruction]
  ) throws(Failure) {
    guard program.count < mostInstructions else { throw .tooLarge }
    switch node {
    case .one(let set): program.append(.one(set))
    case .assert(let assertion): program.append(.assert(assertion))
    case .sequence(let nodes): for node in nodes { try compile(node, &program) }
    case .either(let nodes):
      var jumps: [Int] = []
      for (index, node) in nodes.enumerated() {
        guard index < nodes.count - 1 else {
          try compile(node, &program)
          break
        }
        let split = program.count
        program.append(.match)
        try compile(node, &program)
        jumps.append(program.count)
        program.append(.match)
        program[split] = .split(split + 1, program.count)
      }
      for jump in jumps { program[jump] = .jump(program.count) }
    case .repeated(let node, let least, let most):
      for _ in 0..<least { try compile(node, &program) }
      if let most {
        var splits: [Int] = []
        for _ in least..<max(least, most) {
          splits.append(program.count)
          program.append(.match)
          try compile(node, &program)
        }
        for split in splits { program[split] = .split(split + 1, program.count) }
      } else {
        let split = program.count
        program.append(.match)
        try compile(node, &program)
        program.append(.jump(split))
        program[split] = .split(split + 1, program.count)
      }
    }
  }

  /// The same in an engine, for a pattern that was accepted.
  ///
  /// The group around the pattern keeps DuckDB 1.5 from rewriting it into LIKE, which it gets wrong
  /// for `$` in the middle: it finds `$b` in «b».
  package static func matches(_ text: SQL, pattern: String) -> SQL {
    "regexp_matches(\(text), \("(" + pattern + ")"))"
  }

  /// Whether any part of the text matches. Takes time proportional to the text's length times the
  /// pattern's.
  package func matches(_ text: String) -> Bool {
    var current = Threads(program.count)
    var next = Threads(program.count)
    var previous: UInt32?
    var scalars = text.unicodeScalars.makeIterator()
    var scalar = scalars.next()?.value
    while true {
      if add(0, &current, previous, scalar) { return true }
      // Threads that a scalar carried here were added before it was known what follows them.
      guard let here = scalar else { return false }
      let following = scalars.next()?.value
      next.clear()
      for thread in current.list {
        if case .one(let set) = program[thread], set.contains(here),
          add(thread + 1, &next, here, following)
        {
          return true
        }
      }
      swap(&current, &next)
      previous = here
      scalar = following
    }
  }

  /// Adds what can be reached from an instruction without a scalar; whether that is the end.
  private func add(
    _ start: Int, _ threads: inout Threads, _ previous: UInt32?, _ next: UInt32?
  ) -> Bool {
    threads.stack.append(start)
    while let index = threads.stack.popLast() {
      guard threads.insert(index) else { continue }
      switch program[index] {
      case .one: threads.list.append(index)
      case .match:
        threads.stack.removeAll()
        return true
      case .jump(let target): threads.stack.append(target)
      case .split(let first, let second):
        threads.stack.append(second)
        threads.stack.append(first)
      case .assert(let assertion):
        if assertion.holds(previous, next) { threads.stack.append(index + 1) }
      }
    }
    return false
  }

  private struct Threads {
    var list: [Int] = []
    var stack: [Int] = []
    private var marks: [UInt32]
    private var generation: UInt32 = 1

    init(_ count: Int) { marks = Array(repeating: 0, count: count) }

    mutating func clear() {
      list.removeAll(keepingCapacity: true)
      generation += 1
    }

    mutating func insert(_ index: Int) -> Bool {
      guard marks[index] != generation else { return false }
      marks[index] = generation
      return true
    }
  }
}

/// A condition on the place between two scalars.
enum Assertion: Sendable {
  case start, end, boundary, noBoundary

  func holds(_ previous: UInt32?, _ next: UInt32?) -> Bool {
    switch self {
    case .start: previous == nil
    case .end: next == nil
    case .boundary: Self.isWord(previous) != Self.isWord(next)
    case .noBoundary: Self.isWord(previous) == Self.isWord(next)
    }
  }

  private static func isWord(_ scalar: UInt32?) -> Bool {
    scalar.map { ScalarSet.word.contains($0) } ?? false
  }
}

/// Ranges of scalars, in order, apart from each other.
struct ScalarSet: Sendable {
  let ranges: [ClosedRange<UInt32>]
  private let ascii: (UInt64, UInt64)

  init(_ ranges: [ClosedRange<UInt32>], isNegated: Bool = false) {
    var merged: [ClosedRange<UInt32>] = []
    for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
      if let last = merged.last, range.lowerBound <= last.upperBound + 1 {
        merged[merged.count - 1] = last.lowerBound...max(last.upperBound, range.upperBound)
      } else {
        merged.append(range)
      }
    }
    if isNegated {
      var gaps: [ClosedRange<UInt32>] = []
      var start: UInt32 = 0
      for range in merged {
        if range.lowerBound > start { gaps.append(start...range.lowerBound - 1) }
        start = range.upperBound + 1
      }
      if start <= 0x10FFFF { gaps.append(start...0x10FFFF) }
      merged = gaps
    }
    self.ranges = merged
    var bits: (UInt64, UInt64) = (0, 0)
    for scalar in UInt32(0)..<128 where merged.contains(where: { $0.contains(scalar) }) {
      if scalar < 64 { bits.0 |= 1 << UInt64(scalar) } else { bits.1 |= 1 << UInt64(scalar - 64) }
    }
    ascii = bits
  }

  func contains(_ scalar: UInt32) -> Bool {
    if scalar < 64 { return ascii.0 >> UInt64(scalar) & 1 == 1 }
    if scalar < 128 { return ascii.1 >> UInt64(scalar - 64) & 1 == 1 }
    var low = 0
    var high = ranges.count
    while low < high {
      let middle = (low + high) / 2
      if ranges[middle].upperBound < scalar { low = middle + 1 } else { high = middle }
    }
    return low < ranges.count && ranges[low].lowerBound <= scalar
  }

  static let digits = [UInt32(0x30)...0x39]
  static let words = [UInt32(0x30)...0x39, 0x41...0x5A, 0x5F...0x5F, 0x61...0x7A]
  static let spaces = [UInt32(0x09)...0x0A, 0x0C...0x0D, 0x20...0x20]
  static let word = ScalarSet(words)
}
