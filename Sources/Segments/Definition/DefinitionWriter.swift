internal import SegmentLanguage

/// Writes definitions as a file that `DefinitionReader` reads back to the same.
package struct DefinitionWriter: Sendable {
  private let language: RuleLanguage
  private let publicIDs: [Int64: String]

  /// - Parameter publicIDs: of the customers put in or kept out by hand.
  package init(_ language: RuleLanguage, publicIDs: [Int64: String]) {
    self.language = language
    self.publicIDs = publicIDs
  }

  package func text(_ definitions: [SegmentDefinition]) -> String {
    guard !definitions.isEmpty else { return "segments: []\n" }
    return "segments:\n" + definitions.map(text).joined(separator: "\n")
  }

  private func text(_ definition: SegmentDefinition) -> String {
    var lines = ["  - name: \(Self.scalar(definition.name))"]
    func add(_ key: String, _ value: String?) {
      if let value { lines.append("    \(key): \(Self.scalar(value))") }
    }
    add("intention", definition.intention)
    add("owner", definition.owner)
    add("description", definition.description)
    add("colour", definition.colour)
    if !definition.tags.isEmpty {
      lines.append("    tags: [\(definition.tags.map(Self.scalar).joined(separator: ", "))]")
    }
    let rule = language.text(definition.rule)
    if Self.isPrintable(rule), rule.first != " " {
      lines.append("    rule: |-")
      lines.append("      " + rule)
    } else {
      lines.append("    rule: \(Self.quoted(rule))")
    }
    if !definition.parameters.isEmpty {
      lines.append("    parameters:")
      for (name, value) in definition.parameters.sorted(by: { $0.key < $1.key }) {
        lines.append("      \(name): \(parameter(value))")
      }
    }
    for (key, customers) in [("include", definition.included), ("exclude", definition.excluded)] {
      let ids = customers.compactMap { publicIDs[$0] }.sorted()
      guard !ids.isEmpty else { continue }
      lines.append("    \(key):")
      lines += ids.map { "      - \($0)" }
    }
    return lines.joined(separator: "\n") + "\n"
  }

  private func parameter(_ literal: Literal) -> String {
    // A text is quoted, so that it is read as one; everything else is plain, as the language has it.
    if case .text(let text) = literal { return Self.quoted(text) }
    return language.text(literal)
  }

  /// A text as a YAML scalar, plain where nothing in it could be taken for anything else.
  static func scalar(_ text: String) -> String {
    let isPlain =
      text.wholeMatch(of: #/[\p{L}_][\p{L}\p{M}\p{N}_ ’'()%€.\/-]*/#) != nil && !text.hasSuffix(" ")
      && !["null", "true", "false", "yes", "no", "on", "off", "y", "n"].contains(text.lowercased())
    return isPlain ? text : quoted(text)
  }

  /// A text in double quotes, as JSON writes it, with everything invisible escaped.
  static func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      case _ where !isPrintable(scalar):
        let digits = String(scalar.value, radix: 16)
        result += "\\U" + String(repeating: "0", count: 8 - digits.count) + digits
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }

  private static func isPrintable(_ text: String) -> Bool {
    text.unicodeScalars.allSatisfy(isPrintable)
  }

  private static func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator,
      .paragraphSeparator:
      // A zero-width joiner belongs to emoji.
      scalar.value == 0x200D
    default: true
    }
  }
}
