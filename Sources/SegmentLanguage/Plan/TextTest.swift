extension TextTest {
  /// What the language's operators ask, with the pattern made ready once.
  init(_ operation: TextOperator, pattern: String) throws(LoweringError) {
    throw .ill("text operators")
  }

  /// Whether a text that is there passes.
  func accepts(_ text: String) -> Bool {
    switch self {
    case .isOne(let texts): texts.contains { $0.hasSameBytes(as: text) }
    case .contains, .startsWith, .endsWith, .isLike, .matches: false
    }
  }
}

extension String {
  /// Equality of bytes, as in engines: Swift's own takes composed and decomposed letters as one.
  func hasSameBytes(as other: String) -> Bool {
    utf8.count == other.utf8.count && self == other && utf8.elementsEqual(other.utf8)
  }

  func precedesInBytes(_ other: String) -> Bool { utf8.lexicographicallyPrecedes(other.utf8) }
}
