extension TextTest {
  /// What the language's operators ask, with the pattern made ready once.
  init(_ operation: TextOperator, pattern: String) {
    self =
      switch operation {
      case .contains: .contains(TextFolding.fold(pattern))
      case .startsWith: .startsWith(TextFolding.fold(pattern))
      case .endsWith: .endsWith(TextFolding.fold(pattern))
      case .isLike: .isLike(TextFolding.likeKey(pattern))
      case .matches: .matches(pattern)
      }
  }
}

/// A test made ready for texts in memory.
struct PreparedTextTest {
  private let test: TextTest
  /// nil for other tests, and for a pattern the type checker would have refused: nothing matches.
  private let expression: RegularExpression?

  init(_ test: TextTest) {
    self.test = test
    expression =
      if case .matches(let pattern) = test { try? RegularExpression(pattern) } else { nil }
  }

  /// Whether a text that is there passes.
  func accepts(_ text: String) -> Bool {
    switch test {
    case .isOne(let texts): texts.contains { $0.hasSameBytes(as: text) }
    case .contains(let part): TextFolding.fold(text).utf8.containsPart(part.utf8)
    case .startsWith(let part): TextFolding.fold(text).utf8.starts(with: part.utf8)
    case .endsWith(let part):
      TextFolding.fold(text).utf8.reversed().starts(with: part.utf8.reversed())
    case .isLike(let key): TextFolding.likeKey(text).hasSameBytes(as: key)
    case .matches: expression?.matches(text) ?? false
    }
  }
}

extension String {
  /// Equality of bytes, as in engines: Swift's own takes composed and decomposed letters as one.
  func hasSameBytes(as other: String) -> Bool {
    utf8.count == other.utf8.count && utf8.elementsEqual(other.utf8)
  }

  func precedesInBytes(_ other: String) -> Bool { utf8.lexicographicallyPrecedes(other.utf8) }
}

extension String.UTF8View {
  fileprivate func containsPart(_ part: String.UTF8View) -> Bool {
    guard let first = part.first else { return true }
    var rest = self[...]
    while let start = rest.firstIndex(of: first) {
      if rest[start...].starts(with: part) { return true }
      rest = rest[index(after: start)...]
    }
    return false
  }
}
