/// A regular expression as read.
indirect enum PatternNode {
  case one(ScalarSet)
  case assert(Assertion)
  case sequence([PatternNode])
  case either([PatternNode])
  case repeated(PatternNode, least: Int, most: Int?)

  /// The greatest product of nested counts.
  var repetitions: Int {
    switch self {
    case .one, .assert: 1
    case .sequence(let nodes), .either(let nodes): nodes.map(\.repetitions).max() ?? 1
    case .repeated(let node, let least, let most):
      // A product beyond the limit is refused before it is multiplied again.
      max(most ?? least, 1) * node.repetitions
    }
  }
}

/// Reads the subset of RE2's syntax that `RegularExpression` describes.
struct PatternParser {
  typealias Failure = RegularExpression.Failure

  private let scalars: [Unicode.Scalar]
  private var index = 0
  private var depth = 0

  init(_ pattern: String) { scalars = Array(pattern.unicodeScalars) }

  private var current: Unicode.Scalar? { index < scalars.count ? scalars[index] : nil }

  private mutating func accept(_ scalar: Unicode.Scalar) -> Bool {
    guard current == scalar else { return false }
    index += 1
    return true
  }

  mutating func pattern() throws(Failure) -> PatternNode {
    let node = try alternatives()
    guard current == nil else { throw .strayParenthesis }
    return node
  }

  private mutating func alternatives() throws(Failure) -> PatternNode {
    var nodes = [try sequence()]
    while accept("|") { nodes.append(try sequence()) }
    return nodes.count == 1 ? nodes[0] : .either(nodes)
  }

  private mutating func sequence() throws(Failure) -> PatternNode {
    var nodes: [PatternNode] = []
    while let scalar = current, scalar != "|", scalar != ")" {
      nodes.append(try quantified(try atom(scalar)))
    }
    return nodes.count == 1 ? nodes[0] : .sequence(nodes)
  }

  private mutating func atom(_ scalar: Unicode.Scalar) throws(Failure) -> PatternNode {
    index += 1
    switch scalar {
    case "(": return try group()
    case "[": return .one(try scalarClass())
    case ".": return .one(ScalarSet([0x0A...0x0A], isNegated: true))
    case "^": return .assert(.start)
    case "$": return .assert(.end)
    case "*", "+", "?": throw .nothingToRepeat
    case "{": throw .strayBrace
    case "\\": return try escape()
    default: return .one(ScalarSet([scalar.value...scalar.value]))
    }
  }

  private mutating func group() throws(Failure) -> PatternNode {
    if accept("?") {
      guard accept(":") else {
        switch current {
        case "=", "!": throw .lookAround
        case "<"
        where index + 1 < scalars.count && "=!".unicodeScalars.contains(scalars[index + 1]):
          throw .lookAround
        default: throw .groupOption
        }
      }
    }
    depth += 1
    guard depth <= 100 else { throw .tooLarge }
    let node = try alternatives()
    depth -= 1
    guard accept(")") else { throw .unclosedGroup }
    return node
  }

  private mutating func quantified(_ node: PatternNode) throws(Failure) -> PatternNode {
    guard let (least, most) = try quantifier() else { return node }
    // A lazy quantifier changes which part matches, not whether one does.
    _ = accept("?")
    if let scalar = current, "*+?{".unicodeScalars.contains(scalar) { throw .stackedQuantifier }
    let result = PatternNode.repeated(node, least: least, most: most)
    guard result.repetitions <= RegularExpression.mostRepetitions else { throw .repeatedTooOften }
    return result
  }

  private mutating func quantifier() throws(Failure) -> (least: Int, most: Int?)? {
    if accept("*") { return (0, nil) }
    if accept("+") { return (1, nil) }
    if accept("?") { return (0, 1) }
    guard accept("{") else { return nil }
    guard let least = try count() else { throw .strayBrace }
    if accept("}") { return (least, least) }
    guard accept(",") else { throw .strayBrace }
    if accept("}") { return (least, nil) }
    guard let most = try count(), accept("}") else { throw .strayBrace }
    guard most >= least else { throw .range("{\(least),\(most)}") }
    return (least, most)
  }

  private mutating func count() throws(Failure) -> Int? {
    var value: Int?
    while let scalar = current, ("0"..."9").contains(scalar) {
      index += 1
      value = (value ?? 0) * 10 + Int(scalar.value - 0x30)
      guard let value, value <= RegularExpression.mostRepetitions else { throw .repeatedTooOften }
    }
    return value
  }

  // MARK: Escapes and classes

  /// What follows a backslash outside a class.
  private mutating func escape() throws(Failure) -> PatternNode {
    switch current {
    case "b": return taken(.assert(.boundary))
    case "B": return taken(.assert(.noBoundary))
    case "A": return taken(.assert(.start))
    case "z": return taken(.assert(.end))
    default: break
    }
    switch try element() {
    case .scalar(let value): return .one(ScalarSet([value...value]))
    case .ranges(let ranges): return .one(ScalarSet(ranges))
    }
  }

  private mutating func taken(_ node: PatternNode) -> PatternNode {
    index += 1
    return node
  }

  private enum Element {
    case scalar(UInt32)
    case ranges([ClosedRange<UInt32>])
  }

  /// What a backslash and the next scalar stand for, in a class or out of one.
  private mutating func element() throws(Failure) -> Element {
    guard let scalar = current else { throw .escape("\\") }
    index += 1
    switch scalar {
    case "d": return .ranges(ScalarSet.digits)
    case "D": return .ranges(ScalarSet(ScalarSet.digits, isNegated: true).ranges)
    case "w": return .ranges(ScalarSet.words)
    case "W": return .ranges(ScalarSet(ScalarSet.words, isNegated: true).ranges)
    case "s": return .ranges(ScalarSet.spaces)
    case "S": return .ranges(ScalarSet(ScalarSet.spaces, isNegated: true).ranges)
    case "t": return .scalar(0x09)
    case "n": return .scalar(0x0A)
    case "v": return .scalar(0x0B)
    case "f": return .scalar(0x0C)
    case "r": return .scalar(0x0D)
    case "x": return .scalar(try hexadecimal())
    case "p", "P": throw .unicodeClass
    case "1"..."9": throw .backReference
    case "k": throw .backReference
    default:
      guard scalar.isASCII, !ScalarSet.word.contains(scalar.value), scalar.value > 0x20 else {
        throw .escape("\\" + String(scalar))
      }
      return .scalar(scalar.value)
    }
  }

  /// `\x41` or `\x{1F600}`.
  private mutating func hexadecimal() throws(Failure) -> UInt32 {
    var digits = ""
    let isBraced = accept("{")
    while let scalar = current, scalar.properties.isASCIIHexDigit, digits.count < (isBraced ? 6 : 2)
    {
      digits.unicodeScalars.append(scalar)
      index += 1
    }
    guard isBraced ? accept("}") : digits.count == 2, let value = UInt32(digits, radix: 16),
      value > 0, Unicode.Scalar(value) != nil
    else { throw .escape("\\x" + digits) }
    return value
  }

  private mutating func scalarClass() throws(Failure) -> ScalarSet {
    let isNegated = accept("^")
    var ranges: [ClosedRange<UInt32>] = []
    var isFirst = true
    while true {
      guard let scalar = current else { throw .unclosedClass }
      if scalar == "]", !isFirst {
        index += 1
        return ScalarSet(ranges, isNegated: isNegated)
      }
      let isLast = index + 1 < scalars.count && scalars[index + 1] == "]"
      if scalar == "-", !isFirst, !isLast { throw .range("-") }
      isFirst = false
      if scalar == "[", index + 1 < scalars.count, scalars[index + 1] == ":" {
        throw .unicodeClass
      }
      ranges += try members()
    }
  }

  /// A scalar, a range of scalars or an escape in a class.
  private mutating func members() throws(Failure) -> [ClosedRange<UInt32>] {
    let low: UInt32
    switch try member() {
    case .ranges(let ranges): return ranges
    case .scalar(let value): low = value
    }
    guard current == "-", index + 1 < scalars.count, scalars[index + 1] != "]" else {
      return [low...low]
    }
    index += 1
    guard case .scalar(let high) = try member(), low <= high else {
      throw .range(scalars[max(0, index - 3)..<index].map { String($0) }.joined())
    }
    return [low...high]
  }

  private mutating func member() throws(Failure) -> Element {
    guard let scalar = current else { throw .unclosedClass }
    index += 1
    if scalar == "\\" {
      if current == "b" || current == "B" { throw .escape("\\b") }
      return try element()
    }
    return .scalar(scalar.value)
  }
}
