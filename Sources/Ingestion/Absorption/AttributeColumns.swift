internal import CustomerSchema
internal import Foundation
internal import SQLBuilder
internal import Warehouse

/// A column of a customer file, and the attribute that it fills.
struct AttributeColumn: Sendable {
  /// Position from 0.
  let column: Int
  let id: String
  var type: AttributeType
  var dataClass: DataClass
  /// The header, for attributes that people made.
  let label: String?
  /// Whether the store has the attribute already.
  let isKnown: Bool
  /// Whether its type is settled: by the store or by the catalogue.
  let isFixed: Bool
  let evidence: String
}

/// Decides which attribute each column of a customer file fills.
struct AttributeRecognition {
  let loaded: LoadedSource
  let profiles: [ColumnProfile]
  let mapping: Mapping
  let known: [AttributeStore.Entry]
  /// Columns that are no attributes, such as the id.
  let excluded: Set<Int>
  /// Attributes of roles that were recognised already, by column.
  let roles: [Int: ColumnRole]

  func columns() throws(IngestionError) -> [AttributeColumn] {
    var result: [AttributeColumn] = []
    var used: Set<String> = []
    var byColumn = try told()
    for (column, role) in roles where byColumn[column] == nil && role != .customer {
      byColumn[column] = (role.rawValue, "mapping.evidence.words")
    }
    assignByWords(&byColumn)
    let withheld = loaded.table.withheld
    for profile in profiles
    where !excluded.contains(profile.index) && !withheld.contains(profile.index) {
      let named = byColumn[profile.index]
      if let named, named.id.isEmpty { continue }
      var id = named?.id ?? Self.identifier(profile.name)
      // A header may be the very id of an attribute of the catalogue, if its values agree.
      let isOwn = AttributeCatalogue.customer[id].map { Self.fits(profile, $0) } ?? false
      if named == nil, !isOwn, BuiltInAttribute.reserved.contains(id) { id = "file_" + id }
      var number = 2
      let base = id
      while used.contains(id) {
        id = "\(base)_\(number)"
        number += 1
      }
      used.insert(id)
      result.append(attribute(id, profile, named?.evidence))
    }
    return result
  }

  private func attribute(
    _ id: String, _ profile: ColumnProfile, _ evidence: String?
  ) -> AttributeColumn {
    let stored = known.first { $0.definition.id == id }
    let builtIn =
      BuiltInAttribute.all.first { $0.definition.id == id }?.definition
      ?? AttributeCatalogue.customer[id]
    let fixed = stored?.definition ?? builtIn
    let isAddress = profile.share(profile.emails) > 0.8
    let isDeclared = loaded.sensitive.contains {
      $0.column == profile.index && $0.decision == .declared
    }
    return AttributeColumn(
      column: profile.index, id: id, type: fixed?.type ?? inferred(profile),
      dataClass: isDeclared
        ? .special : fixed?.dataClass ?? (isAddress ? .identifying : .behaviour),
      label: builtIn == nil ? profile.name : nil, isKnown: stored != nil, isFixed: fixed != nil,
      evidence: evidence ?? (stored == nil ? "mapping.evidence.header" : "mapping.evidence.words"))
  }

  /// What the mapping says: attributes by column; an empty id keeps a column out.
  private func told() throws(IngestionError) -> [Int: (id: String, evidence: String)] {
    var result: [Int: (id: String, evidence: String)] = [:]
    let names = profiles.map(\.name)
    for (id, choice) in mapping.attributes {
      switch choice {
      case .position(let position):
        guard names.indices.contains(position - 1) else {
          throw .columnUnknown(
            file: loaded.table.file.name, role: .detail, column: String(position), columns: names)
        }
        result[position - 1] = (id, "mapping.evidence.told")
      case .name(let name):
        guard
          let index = names.firstIndex(of: name)
            ?? names.firstIndex(where: { Vocabulary.fold($0) == Vocabulary.fold(name) })
        else {
          throw .columnUnknown(
            file: loaded.table.file.name, role: .detail, column: name, columns: names)
        }
        result[index] = (id, "mapping.evidence.told")
      }
    }
    for choice in mapping.ignored {
      switch choice {
      case .position(let position): result[position - 1] = ("", "")
      case .name(let name):
        if let index = names.firstIndex(where: { Vocabulary.fold($0) == Vocabulary.fold(name) }) {
          result[index] = ("", "")
        }
      }
    }
    return result
  }

  private func assignByWords(_ byColumn: inout [Int: (id: String, evidence: String)]) {
    var used = Set(byColumn.values.map(\.id))
    var candidates: [(score: Int, column: Int, id: String)] = []
    for profile in profiles where !excluded.contains(profile.index) {
      for attribute in BuiltInAttribute.all {
        guard let rank = attribute.words.firstIndex(of: profile.header.words),
          Self.fits(profile, attribute.definition)
        else { continue }
        candidates.append((100 - rank, profile.index, attribute.definition.id))
      }
    }
    for candidate in candidates.sorted(by: { ($0.score, -$0.column) > ($1.score, -$1.column) })
    where byColumn[candidate.column] == nil && !used.contains(candidate.id) {
      byColumn[candidate.column] = (candidate.id, "mapping.evidence.words")
      used.insert(candidate.id)
    }
  }

  private static func fits(_ profile: ColumnProfile, _ definition: AttributeDefinition) -> Bool {
    guard profile.filled > 0 else { return true }
    switch definition.type {
    case .enumeration(let values):
      let words = BuiltInAttribute.words(definition.id, values)
      return !profile.values.isEmpty
        && profile.values.allSatisfy { words[Vocabulary.fold($0)] != nil }
    case .money, .decimal: return profile.numberShare >= 0.8
    case .objects: return profile.type == .other || profile.values.contains { $0.first == "[" }
    case .date, .instant: return profile.dateShare >= 0.5
    case .count: return profile.numberShare >= 0.8 && !profile.numbers.hasOnlyFractions
    default: return true
    }
  }

  /// A header in snake case: `Centres d'intérêt` becomes `centres_d_interet`.
  static func identifier(_ header: String) -> String {
    let folded = Vocabulary.fold(header).unicodeScalars
    var id = ""
    for scalar in folded {
      if scalar.isASCII, scalar.properties.isAlphabetic || scalar.properties.numericType != nil {
        id.unicodeScalars.append(scalar)
      } else if !id.isEmpty, id.last != "_" {
        id.append("_")
      }
    }
    while id.last == "_" { id.removeLast() }
    id = String(id.prefix(60))
    guard let first = id.first else { return "column" }
    return first.isNumber ? "column_" + id : id
  }

  // MARK: Types by content

  private static let codeWords: Set<Substring> = [
    "code", "id", "cp", "zip", "numero", "num", "n", "no", "ref", "reference", "phone", "tel",
    "telephone", "mobile", "portable", "postal", "insee", "siret", "siren", "iban", "fax", "key",
    "identifiant", "uuid", "ip",
  ]

  private func inferred(_ profile: ColumnProfile) -> AttributeType {
    switch profile.type {
    case .boolean: return .boolean
    case .date: return .date
    case .timestamp, .instant: return .instant
    case .integer: return isCode(profile) ? .text : .count
    case .decimal: return .decimal
    case .double: return isCode(profile) ? .text : profile.hasFractions ? .decimal : .count
    case .other: return jsonType(profile)
    case .text: break
    }
    guard profile.filled > 0 else { return .text }
    let cells = loaded.sample.lazy.map { $0[profile.index].trimmed }.filter {
      !NullWords.all.contains($0)
    }
    if cells.allSatisfy({ $0.first == "[" || $0.first == "{" }) { return jsonType(profile) }
    let words = Set(profile.values.map(Vocabulary.fold))
    if !words.isEmpty, words.isSubset(of: Self.truths) { return .boolean }
    let onlyCompact = profile.dates.compact == profile.dates.count
    if profile.dateShare >= 0.95, !onlyCompact || profile.header.words.contains("date") {
      return profile.dates.timed > 0 ? .instant : .date
    }
    if profile.numberShare >= 0.95, profile.leadingZeros == 0, !isCode(profile),
      profile.longest <= 18
    {
      if !profile.numbers.currencies.isEmpty || profile.header.currency != nil { return .money }
      return profile.hasFractions ? .decimal : .count
    }
    let lists = cells.count { $0.contains("|") }
    return Double(lists) >= 0.05 * Double(profile.filled) ? .list : .text
  }

  private static let truths: Set<String> = [
    "oui", "non", "yes", "no", "true", "false", "vrai", "faux",
  ]

  private func isCode(_ profile: ColumnProfile) -> Bool {
    !Set(profile.header.words.split(separator: " ")).isDisjoint(with: Self.codeWords)
  }

  /// A list of texts, or objects with the fields that the sample has.
  private func jsonType(_ profile: ColumnProfile) -> AttributeType {
    var fields: [String: Set<String>] = [:]
    var hasObjects = false
    let decoder = JSONDecoder()
    for row in loaded.sample {
      guard let cell = try? decoder.decode(JSONCell.self, from: Data(row[profile.index].utf8))
      else { continue }
      let elements: [JSONCell] = if case .array(let elements) = cell { elements } else { [cell] }
      for case .object(let members) in elements {
        hasObjects = true
        for (name, value) in members {
          if let kind = value.kind { fields[Self.identifier(name), default: []].insert(kind) }
        }
      }
    }
    guard hasObjects else { return .list }
    return .objects(
      fields.sorted { $0.key < $1.key }.map { name, kinds in
        FieldDefinition(name, kinds.count == 1 ? Self.types[kinds.first ?? ""] ?? .text : .text)
      })
  }

  private static let types: [String: AttributeType] = [
    "date": .date, "boolean": .boolean, "decimal": .decimal,
  ]
}

/// A value of a JSON cell, as far as its type matters.
private indirect enum JSONCell: Decodable {
  case object([String: JSONCell])
  case array([JSONCell])
  case scalar(String?)

  init(from decoder: any Decoder) throws {
    if let members = try? decoder.container(keyedBy: Name.self) {
      var object: [String: JSONCell] = [:]
      for name in members.allKeys {
        object[name.stringValue] = try members.decode(JSONCell.self, forKey: name)
      }
      self = .object(object)
      return
    }
    let container = try decoder.singleValueContainer()
    if let elements = try? container.decode([JSONCell].self) {
      self = .array(elements)
    } else if (try? container.decode(Bool.self)) != nil {
      self = .scalar("boolean")
    } else if (try? container.decode(Double.self)) != nil {
      self = .scalar("decimal")
    } else if let text = try? container.decode(String.self) {
      self = .scalar(LocalDate(iso: text) == nil ? "text" : "date")
    } else {
      self = .scalar(nil)
    }
  }

  private struct Name: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }
    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }

  /// Nil for what has no type of its own.
  var kind: String? {
    switch self {
    case .scalar(let kind): kind
    case .object, .array: "text"
    }
  }
}
