internal import CustomerSchema
internal import Foundation
internal import SegmentLanguage
internal import Yams

/// Reads definition files strictly: what is not understood is an error, never ignored.
///
/// The file is a list of segments, or a mapping whose one key `segments` is that list.
package struct DefinitionReader {
  /// Bytes of a file: some thousands of segments.
  package static let byteLimit = 4 << 20
  /// Lists and mappings one inside the other; rules in their structured form are the deepest.
  static let depthLimit = 400
  static let nodeLimit = 400_000

  private let file: String
  private let lines: [Substring]
  private let text: String
  private var problems: [DefinitionProblem] = []

  /// - Parameter file: as the person wrote it.
  /// - Throws: `SegmentsError.unreadable`, `.definitions` with every problem found.
  package static func read(file: String) throws(SegmentsError) -> DefinitionFile {
    let data: Data
    do {
      let handle = try FileHandle(forReadingFrom: URL(fileURLWithPath: file))
      defer { try? handle.close() }
      data = try handle.read(upToCount: byteLimit + 1) ?? Data()
    } catch {
      throw .unreadable(file: file, reason: (error as NSError).localizedDescription)
    }
    guard data.count <= byteLimit else {
      throw .definitions([
        DefinitionProblem(
          UserMessage(
            "segments.file.too_large", ["limit": .count(byteLimit)],
            at: SourceLocation(file: file)))
      ])
    }
    guard let text = String(validating: data, as: UTF8.self) else {
      throw .definitions([
        DefinitionProblem(UserMessage("segments.file.encoding", at: SourceLocation(file: file)))
      ])
    }
    return try read(text, file: file)
  }

  package static func read(_ text: String, file: String) throws(SegmentsError) -> DefinitionFile {
    var reader = DefinitionReader(text, file: file)
    let segments = reader.segments()
    guard reader.problems.isEmpty else { throw .definitions(reader.problems) }
    return DefinitionFile(file: file, segments: segments)
  }

  private init(_ text: String, file: String) {
    self.file = file
    self.text = text.first == "\u{FEFF}" ? String(text.dropFirst()) : text
    lines = self.text.split(omittingEmptySubsequences: false) { $0.isNewline }
  }

  // MARK: Problems

  private mutating func report(
    _ code: String, _ arguments: [String: MessageArgument] = [:], line: Int? = nil,
    column: Int? = nil
  ) {
    var excerpt: SourceExcerpt?
    if let line, lines.indices.contains(line - 1) {
      excerpt = SourceExcerpt(line: lines[line - 1], column: column ?? 1)
    }
    problems.append(
      DefinitionProblem(
        UserMessage(
          code, arguments,
          at: SourceLocation(file: file, line: line, column: column.map(String.init)),
          showing: excerpt)))
  }

  private mutating func report(
    _ code: String, _ arguments: [String: MessageArgument] = [:], at node: Node
  ) {
    report(code, arguments, line: node.mark?.line, column: node.mark?.column)
  }

  private func place(_ node: Node) -> SourceLocation {
    SourceLocation(file: file, line: node.mark?.line, column: node.mark.map { String($0.column) })
  }

  // MARK: Document

  private mutating func segments() -> [WrittenSegment] {
    // Aliases could make a small document unfold into a huge one: they are refused unread.
    if let (line, column) = Self.anchor(in: lines) {
      report("segments.yaml.alias", line: line, column: column)
      return []
    }
    let root: Node?
    do {
      root = try Yams.compose(yaml: text)
    } catch {
      reportSyntax(error)
      return []
    }
    guard let root, !isNull(root) else {
      report("segments.file.empty")
      return []
    }
    var budget = Self.nodeLimit
    guard isBounded(root, depth: 0, &budget) else { return [] }
    guard let list = list(of: root) else { return [] }
    return list.compactMap { segment($0) }
  }

  private mutating func list(of root: Node) -> Node.Sequence? {
    if let sequence = root.sequence { return sequence }
    guard root.mapping != nil else {
      report("segments.yaml.list", at: root)
      return nil
    }
    var found: Node.Sequence?
    for (key, node) in pairs(root, known: ["segments"]) where key == "segments" {
      if let sequence = node.sequence {
        found = sequence
      } else if isNull(node) {
        report("segments.file.empty", at: node)
      } else {
        report("segments.yaml.list", at: node)
      }
    }
    if found == nil, problems.isEmpty { report("segments.yaml.list", at: root) }
    return found
  }

  private mutating func reportSyntax(_ error: any Error) {
    switch error as? YamlError {
    case .duplicatedKeysInMapping(let duplicates, let context):
      report(
        "segments.yaml.duplicate_key", ["key": .text(duplicates.first ?? "")],
        line: context.mark.line, column: context.mark.column)
    case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
      .composer(_, let problem, let mark, _):
      report(
        "segments.yaml.syntax", ["reason": .text(problem)], line: mark.line, column: mark.column)
    case .reader(let problem, _, _, _):
      report("segments.yaml.syntax", ["reason": .text(problem)])
    default: report("segments.yaml.syntax", ["reason": .text("YAML")])
    }
  }

  private mutating func isBounded(_ node: Node, depth: Int, _ budget: inout Int) -> Bool {
    budget -= 1
    guard budget > 0 else {
      report("segments.yaml.too_many", ["limit": .count(Self.nodeLimit)], at: node)
      return false
    }
    guard depth <= Self.depthLimit else {
      report("segments.yaml.too_deep", ["limit": .count(Self.depthLimit)], at: node)
      return false
    }
    guard node.anchor == nil else {
      report("segments.yaml.alias", at: node)
      return false
    }
    switch node {
    case .mapping(let mapping):
      for (key, value) in mapping {
        guard isBounded(key, depth: depth + 1, &budget),
          isBounded(value, depth: depth + 1, &budget)
        else { return false }
      }
    case .sequence(let sequence):
      for element in sequence where !isBounded(element, depth: depth + 1, &budget) { return false }
    case .scalar, .alias: break
    }
    return true
  }

  /// Where something looks like an anchor (`&name`), without which there are no aliases.
  private static func anchor(in lines: [Substring]) -> (line: Int, column: Int)? {
    for (index, line) in lines.enumerated() {
      var quote: UInt8?
      var previous: UInt8 = 0x20
      var lastToken: UInt8 = UInt8(ascii: ":")
      for (position, byte) in line.utf8.enumerated() {
        if let open = quote {
          if byte == open { quote = nil }
        } else if byte == UInt8(ascii: "#"), previous == 0x20 || previous == 0x09 {
          break
        } else if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") {
          quote = byte
        } else if byte == UInt8(ascii: "&"),
          ":-?[{,!".utf8.contains(lastToken) || previous == 0x20 && lastToken == 0
        {
          return (index + 1, position + 1)
        }
        if byte != 0x20, byte != 0x09 {
          // Inside a tag (`!!seq`) the last token stays its exclamation mark.
          let isTag = lastToken == UInt8(ascii: "!") && previous != 0x20
          if !isTag { lastToken = byte }
        }
        previous = byte
      }
    }
    return nil
  }

  // MARK: One segment

  private static let keys = [
    "name", "intention", "owner", "description", "colour", "tags", "rule", "parameters", "include",
    "exclude", "renamed_from",
  ]

  private mutating func segment(_ node: Node) -> WrittenSegment? {
    guard node.mapping != nil else {
      report("segments.yaml.mapping", at: node)
      return nil
    }
    let before = problems.count
    var name: (text: String, node: Node)?
    var rule: WrittenRule?
    var result = WrittenSegment(name: "", rule: WrittenRule(text: ""), place: place(node))
    for (key, value) in pairs(node, known: Self.keys) {
      switch key {
      case "name": name = self.name(value, key).map { ($0, value) }
      case "renamed_from": result.renamedFrom = self.name(value, key)
      case "rule": rule = self.rule(value)
      case "intention": result.intention = optionalText(value, key)
      case "owner": result.owner = optionalText(value, key)
      case "description": result.description = optionalText(value, key)
      case "colour": result.colour = colour(value)
      case "tags": result.tags = tags(value)
      case "parameters": result.parameters = parameters(value)
      case "include": result.included = customers(value, key)
      case "exclude": result.excluded = customers(value, key)
      default: break
      }
    }
    let written = Set(node.mapping?.keys.compactMap(\.string) ?? [])
    if !written.contains("name") { report("segments.name.missing", at: node) }
    if !written.contains("rule") {
      report("segments.rule.missing", ["name": .text(name?.text ?? "")], at: node)
    }
    guard problems.count == before, let name, let rule else { return nil }
    result.name = name.text
    result.place = place(name.node)
    result.rule = rule
    return result
  }

  private mutating func pairs(_ node: Node, known: [String]) -> [(String, Node)] {
    var result: [(String, Node)] = []
    for (key, value) in node.mapping ?? [:] {
      guard let name = key.scalar?.string, known.contains(name) else {
        let typed = key.scalar?.string ?? ""
        let nearest = SegmentName.nearest(to: typed, among: known, limit: 1)
        report(
          nearest.isEmpty ? "segments.yaml.unknown_key" : "segments.yaml.unknown_key_near",
          ["key": .text(typed), "known": .texts(known), "nearest": .texts(nearest)], at: key)
        continue
      }
      result.append((name, value))
    }
    return result
  }

  private func isNull(_ node: Node) -> Bool {
    guard let scalar = node.scalar, scalar.style == .plain || scalar.style == .any else {
      return false
    }
    return ["", "~", "null"].contains(scalar.string)
  }

  private mutating func text(_ node: Node, _ key: String) -> String? {
    guard let scalar = node.scalar else {
      report("segments.yaml.text", ["key": .text(key)], at: node)
      return nil
    }
    return scalar.string
  }

  private mutating func optionalText(_ node: Node, _ key: String) -> String? {
    guard !isNull(node), let text = text(node, key) else { return nil }
    let trimmed = text.trimmingCharacters(in: .whitespacesAndNewlines)
    return trimmed.isEmpty ? nil : trimmed
  }

  private mutating func name(_ node: Node, _ key: String) -> String? {
    guard let text = text(node, key) else { return nil }
    let name = text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    if let flaw = SegmentName.flaw(text.contains("\0") ? text : name) {
      report(
        "segments.name.\(flaw.rawValue)", ["limit": .count(SegmentName.limit)], at: node)
      return nil
    }
    return name
  }

  private mutating func colour(_ node: Node) -> String? {
    guard let text = optionalText(node, "colour") else {
      // `colour: #FF8800` without quotes is a comment: what was meant can only be guessed.
      if isNull(node) { report("segments.colour", ["value": ""], at: node) }
      return nil
    }
    guard text.wholeMatch(of: #/#[0-9A-Fa-f]{6}/#) != nil else {
      report("segments.colour", ["value": .text(text)], at: node)
      return nil
    }
    return text.uppercased()
  }

  private mutating func tags(_ node: Node) -> [String] {
    if isNull(node) { return [] }
    let nodes = node.sequence.map(Array.init) ?? [node]
    var result: [String] = []
    for node in nodes {
      guard let tag = optionalText(node, "tags"), !result.contains(tag) else { continue }
      result.append(tag)
    }
    return result
  }

  private mutating func rule(_ node: Node) -> WrittenRule? {
    switch node {
    case .scalar(let scalar):
      guard !isNull(node), !scalar.string.allSatisfy(\.isWhitespace) else {
        report("segments.rule.empty", at: node)
        return nil
      }
      let style: TextPositions.Style =
        switch scalar.style {
        case .literal, .folded: .block
        case .singleQuoted: .single
        case .doubleQuoted: .double
        default: .plain
        }
      let positions = node.mark.map {
        TextPositions(
          value: scalar.string, lines: lines, line: $0.line, column: $0.column, style: style)
      }
      return WrittenRule(.text(scalar.string), place: place(node), positions: positions)
    case .mapping:
      // In a definition file the tree may stand without the envelope of a document of its own.
      let json = YAMLValue(node).json
      let isDocument = node.mapping?.keys.contains { $0.string == "schema" } ?? false
      return WrittenRule(
        .json(
          isDocument
            ? json : "{\"schema\":\"\(Expression.jsonSchema)\",\"rule\":\(json)}"),
        place: place(node))
    default:
      report("segments.rule.form", at: node)
      return nil
    }
  }

  private mutating func parameters(_ node: Node) -> [WrittenParameter] {
    if isNull(node) { return [] }
    guard let mapping = node.mapping else {
      report("segments.parameters.form", at: node)
      return []
    }
    var result: [WrittenParameter] = []
    for (key, value) in mapping {
      guard let name = key.scalar?.string,
        name.wholeMatch(of: #/[A-Za-z_][A-Za-z0-9_]*/#) != nil
      else {
        report("segments.parameters.name", ["name": .text(key.scalar?.string ?? "")], at: key)
        continue
      }
      guard let scalar = value.scalar, !isNull(value) else {
        report("segments.parameters.value", ["name": .text(name)], at: value)
        continue
      }
      let isQuoted = scalar.style != .plain && scalar.style != .any
      result.append(
        WrittenParameter(
          name: name, text: scalar.string, isQuoted: isQuoted, place: place(value)))
    }
    return result
  }

  private mutating func customers(_ node: Node, _ key: String) -> [WrittenCustomer] {
    if isNull(node) { return [] }
    guard let sequence = node.sequence else {
      report("segments.customers.form", ["key": .text(key)], at: node)
      return []
    }
    var result: [WrittenCustomer] = []
    for node in sequence {
      if let scalar = node.scalar, !isNull(node) {
        result.append(
          WrittenCustomer(value: scalar.string, source: nil, type: nil, place: place(node)))
        continue
      }
      guard node.mapping != nil else {
        report("segments.customers.form", ["key": .text(key)], at: node)
        continue
      }
      var parts: [String: String] = [:]
      for (part, value) in pairs(node, known: ["source", "type", "value"]) {
        parts[part] = text(value, part)
      }
      guard let value = parts["value"] else {
        report("segments.customers.form", ["key": .text(key)], at: node)
        continue
      }
      result.append(
        WrittenCustomer(
          value: value, source: parts["source"], type: parts["type"], place: place(node)))
    }
    return result
  }
}
