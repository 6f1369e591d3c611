internal import CustomerSchema
internal import Foundation
internal import Yams

/// Reads mapping documents. What a document may hold is described by the one that
/// `OrderImporter.understand()` writes.
struct MappingReader {
  /// As typed.
  let file: String

  func read() throws(IngestionError) -> Mapping {
    let reader: FileReader
    do throws(IngestionError) {
      reader = try FileReader(path: file, name: file)
    } catch .fileMissing {
      throw .mapping(.missing, file: file, line: nil)
    }
    guard reader.size <= ImportLimits.mappingBytes else {
      throw problem(.tooLarge(limit: ImportLimits.mappingBytes))
    }
    let bytes = try reader.bytes(at: 0, count: ImportLimits.mappingBytes)
    return try read(String(decoding: bytes, as: UTF8.self))
  }

  func read(_ text: String) throws(IngestionError) -> Mapping {
    // Aliases could make a small document unfold into a huge one: they are refused unread.
    if let line = Self.lineWithAlias(text) { throw problem(.aliases, line) }
    let root: Node?
    do {
      root = try Yams.compose(yaml: text)
    } catch let error as YamlError {
      throw problem(Self.problem(of: error), Self.line(of: error))
    } catch {
      throw problem(.syntax("\(error)"))
    }
    guard let root else { return Mapping() }
    try checkDepth(root, 0)
    return try mapping(root)
  }

  private func problem(_ problem: MappingProblem, _ line: Int? = nil) -> IngestionError {
    .mapping(problem, file: file, line: line)
  }

  private func problem(_ problem: MappingProblem, _ node: Node) -> IngestionError {
    .mapping(problem, file: file, line: node.mark?.line)
  }

  // MARK: Shape

  private static func lineWithAlias(_ text: String) -> Int? {
    for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated()
    {
      var previous: UInt8 = UInt8(ascii: ":")
      var quote: UInt8?
      let bytes = Array(line.utf8)
      for (position, byte) in bytes.enumerated() {
        if let open = quote {
          if byte == open { quote = nil }
        } else if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") {
          quote = byte
        } else if byte == UInt8(ascii: "#"), position == 0 || bytes[position - 1] == 0x20 {
          break
        } else if byte == UInt8(ascii: "&") || byte == UInt8(ascii: "*"),
          ":-?[{,".utf8.contains(previous), position + 1 < bytes.count, bytes[position + 1] > 0x20
        {
          return index + 1
        }
        if byte != 0x20, byte != 0x09 { previous = byte }
      }
    }
    return nil
  }

  private func checkDepth(_ node: Node, _ depth: Int) throws(IngestionError) {
    guard depth <= ImportLimits.mappingDepth else {
      throw problem(.tooDeep(limit: ImportLimits.mappingDepth), node)
    }
    switch node {
    case .mapping(let mapping):
      for (key, value) in mapping {
        try checkDepth(key, depth + 1)
        try checkDepth(value, depth + 1)
      }
    case .sequence(let sequence): for element in sequence { try checkDepth(element, depth + 1) }
    default: break
    }
  }

  private static func problem(of error: YamlError) -> MappingProblem {
    switch error {
    case .duplicatedKeysInMapping(let duplicates, _): .duplicateKey(duplicates.first ?? "")
    case .scanner(_, let problem, _, _), .parser(_, let problem, _, _),
      .composer(_, let problem, _, _):
      .syntax(problem)
    case .reader(let problem, _, _, _): .syntax(problem)
    default: .syntax("YAML")
    }
  }

  private static func line(of error: YamlError) -> Int? {
    switch error {
    case .duplicatedKeysInMapping(_, let context): context.mark.line
    case .scanner(_, _, let mark, _), .parser(_, _, let mark, _), .composer(_, _, let mark, _):
      mark.line
    default: nil
    }
  }

  // MARK: Content

  private static let keys = [
    "encoding", "separator", "header", "sheet", "decimal", "dates", "amounts", "currency",
    "columns", "status", "attributes", "ignore", "explicit_consent",
  ]

  private func mapping(_ root: Node) throws(IngestionError) -> Mapping {
    var mapping = Mapping()
    for (key, value) in try pairs(root, key: "mapping") {
      // A key without a value says nothing.
      if isNull(value) { continue }
      switch key.name {
      case "encoding":
        let name = try text(value, key.name)
        guard let encoding = TextEncoding(name: name) else {
          throw problem(
            .wrongValue(
              key: key.name, value: name, possible: TextEncoding.allCases.map(\.rawValue)), value)
        }
        mapping.encoding = encoding
      case "separator": mapping.separator = try separator(value)
      case "header": mapping.headerRow = try headerRow(value)
      case "sheet": mapping.sheet = try text(value, key.name)
      case "decimal": mapping.decimal = try choice(value, key.name)
      case "dates": mapping.dates = try choice(value, key.name)
      case "amounts": mapping.amounts = try choice(value, key.name)
      case "currency":
        let name = try text(value, key.name)
        guard let code = CurrencyCode(rawValue: name.uppercased()) else {
          throw problem(
            .wrongValue(key: key.name, value: name, possible: ["EUR", "USD", "GBP", "CHF"]), value)
        }
        mapping.currency = code
      case "columns": mapping.columns = try columns(value)
      case "attributes":
        for (id, column) in try pairs(value, key: key.name) {
          guard AttributeRecognition.identifier(id.name) == id.name else {
            throw problem(
              .wrongType(key: "attributes.\(id.name)", expected: "yaml.attribute"), id.node)
          }
          if isNull(column) { continue }
          mapping.attributes[id.name] = try columnChoice(column, "attributes.\(id.name)")
        }
      case "ignore":
        for column in value.sequence.map(Array.init) ?? [value] {
          mapping.ignored.append(try columnChoice(column, key.name))
        }
      case "explicit_consent":
        for (column, words) in try pairs(value, key: key.name) {
          let consent = isNull(words) ? "" : try text(words, "explicit_consent.\(column.name)")
          // Who declares a consent says when and how it was given.
          guard consent.trimmed.utf8.count >= 8 else {
            throw problem(
              .wrongType(key: "explicit_consent.\(column.name)", expected: "yaml.consent"),
              words)
          }
          mapping.consents[column.name] = consent.trimmed
        }
      case "status":
        for (inner, words) in try pairs(value, key: key.name) {
          switch inner.name {
          case "cancelled": mapping.cancelled = try texts(words, "status.cancelled")
          case "kept": mapping.kept = try texts(words, "status.kept")
          default: throw unknown(inner, ["cancelled", "kept"])
          }
        }
      default: throw unknown(key, Self.keys)
      }
    }
    return mapping
  }

  private struct Key {
    let name: String
    let node: Node
  }

  private func unknown(_ key: Key, _ known: [String]) -> IngestionError {
    problem(.unknownKey(key.name, known: known), key.node)
  }

  private func pairs(_ node: Node, key: String) throws(IngestionError) -> [(Key, Node)] {
    guard let mapping = node.mapping else {
      throw problem(.wrongType(key: key, expected: "yaml.mapping"), node)
    }
    var result: [(Key, Node)] = []
    for (key, value) in mapping {
      guard let name = key.scalar?.string else {
        throw problem(.wrongType(key: "", expected: "yaml.text"), key)
      }
      result.append((Key(name: name, node: key), value))
    }
    return result
  }

  private func isNull(_ node: Node) -> Bool {
    guard let scalar = node.scalar, scalar.style == .plain || scalar.style == .any else {
      return false
    }
    return ["", "~", "null"].contains(scalar.string)
  }

  private func text(_ node: Node, _ key: String) throws(IngestionError) -> String {
    guard let scalar = node.scalar else {
      throw problem(.wrongType(key: key, expected: "yaml.text"), node)
    }
    return scalar.string
  }

  private func texts(_ node: Node, _ key: String) throws(IngestionError) -> [String] {
    guard let sequence = node.sequence else { return [try text(node, key)] }
    var result: [String] = []
    for element in sequence { result.append(try text(element, key)) }
    return result
  }

  private func choice<Choice: RawRepresentable & CaseIterable>(
    _ node: Node, _ key: String
  ) throws(IngestionError) -> Choice where Choice.RawValue == String {
    let name = try text(node, key)
    guard let choice = Choice(rawValue: name) else {
      throw problem(
        .wrongValue(key: key, value: name, possible: Choice.allCases.map(\.rawValue)), node)
    }
    return choice
  }

  private func separator(_ node: Node) throws(IngestionError) -> Dialect.Separator {
    let name = try text(node, "separator")
    switch name {
    case "tab", "\t", "\\t": return .byte(0x09)
    case "blanks", " ": return .blanks
    default:
      guard name.utf8.count == 1, let byte = name.utf8.first, byte > 0x20, byte < 0x7F,
        byte != UInt8(ascii: "\"")
      else {
        throw problem(
          .wrongValue(
            key: "separator", value: name, possible: [";", ",", "tab", "|", "blanks"]), node)
      }
      return .byte(byte)
    }
  }

  private func headerRow(_ node: Node) throws(IngestionError) -> Int {
    let name = try text(node, "header")
    if ["none", "false", "no"].contains(name) { return 0 }
    guard let row = Int(name), (0...1000).contains(row) else {
      throw problem(.wrongType(key: "header", expected: "yaml.line"), node)
    }
    return row
  }

  /// A column's name, or its position where it is a number without quotes.
  private func columnChoice(
    _ node: Node, _ key: String
  ) throws(IngestionError) -> Mapping.ColumnChoice {
    let name = try text(node, key)
    guard node.scalar?.style == .plain, let position = Int(name) else { return .name(name) }
    guard position > 0 else { throw problem(.wrongType(key: key, expected: "yaml.column"), node) }
    return .position(position)
  }

  private func columns(
    _ node: Node
  ) throws(IngestionError) -> [ColumnRole: [Mapping.ColumnChoice]] {
    var result: [ColumnRole: [Mapping.ColumnChoice]] = [:]
    for (key, value) in try pairs(node, key: "columns") {
      guard let role = ColumnRole(rawValue: key.name) else {
        throw unknown(key, ColumnRole.allCases.map(\.rawValue))
      }
      if isNull(value) { continue }
      var choices: [Mapping.ColumnChoice] = []
      let nodes = value.sequence.map(Array.init) ?? [value]
      for node in nodes {
        let choice = try columnChoice(node, "columns.\(key.name)")
        if choice != .name("none") || node.scalar?.style != .plain { choices.append(choice) }
      }
      result[role] = choices
    }
    return result
  }
}
