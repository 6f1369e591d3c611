package import CustomerSchema
internal import Foundation
internal import SQLBuilder

/// The attributes that a store holds.
package enum AttributeStore {
  /// The source of values that Quartier works out, in the history; no import can have it.
  package static let computedSource = "quartier/computed"

  /// An attribute as the store has it.
  package struct Entry: Sendable, Hashable {
    package let definition: AttributeDefinition
    /// imported, declared, computed or model.
    package let origin: String
    /// What people call it; nil for built-in attributes, whose names are in the catalogues.
    package let labelEnglish: String?
    package let labelFrench: String?
  }

  /// Attributes in the order in which they were defined.
  ///
  /// - Parameter session: with the store attached.
  /// - Throws: `unexpectedResult` for a type that this version does not know.
  package static func entries(
    _ session: any QuerySession
  ) async throws(WarehouseError) -> [Entry] {
    let rows = try await session.query(
      """
      SELECT attribute_id, type, detail, data_class, origin, label_en, label_fr
      FROM quartier.attribute_definition ORDER BY rowid
      """
    ).rows
    var entries: [Entry] = []
    for row in rows {
      guard let id = row[0].text, let name = row[1].text,
        let type = AttributeType(storedName: name, detail: row[2].text)
      else { throw .unexpectedResult("an attribute of a type that is not known") }
      entries.append(
        Entry(
          definition: AttributeDefinition(
            id, type, row[3].text.flatMap(DataClass.init(rawValue:)) ?? .behaviour,
            isOptional: true),
          origin: row[4].text ?? "imported", labelEnglish: row[5].text,
          labelFrench: row[6].text))
    }
    return entries
  }
}

extension AttributeType {
  /// The word in `attribute_definition.type`.
  package var storedName: String {
    switch self {
    case .text: "text"
    case .boolean: "boolean"
    case .date: "date"
    case .instant: "instant"
    case .count: "count"
    case .duration: "duration"
    case .share: "share"
    case .number: "number"
    case .decimal: "decimal"
    case .money: "money"
    case .enumeration: "enumeration"
    case .list: "list"
    case .objects: "objects"
    }
  }

  /// `attribute_definition.detail`: the values of an enumeration, the fields of objects; JSON.
  package var storedDetail: String? {
    let object: Any
    switch self {
    case .enumeration(let values): object = values
    case .objects(let fields):
      object = fields.map { ["id": $0.id, "type": $0.type.storedName] }
    default: return nil
    }
    let data = try? JSONSerialization.data(withJSONObject: object, options: [.sortedKeys])
    return data.map { String(decoding: $0, as: UTF8.self) }
  }

  /// Nil for words that are no type.
  package init?(storedName: String, detail: String?) {
    let object = detail.flatMap { try? JSONSerialization.jsonObject(with: Data($0.utf8)) }
    switch storedName {
    case "text": self = .text
    case "boolean": self = .boolean
    case "date": self = .date
    case "instant": self = .instant
    case "count": self = .count
    case "duration": self = .duration
    case "share": self = .share
    case "number": self = .number
    case "decimal": self = .decimal
    case "money": self = .money
    case "list": self = .list
    case "enumeration": self = .enumeration(object as? [String] ?? [])
    case "objects":
      let fields = object as? [[String: String]] ?? []
      self = .objects(
        fields.compactMap { field in
          guard let id = field["id"], let name = field["type"],
            let type = AttributeType(storedName: name, detail: nil)
          else { return nil }
          return FieldDefinition(id, type)
        })
    default: return nil
    }
  }

  /// The type of the column in `customer_attribute`.
  package var columnType: String {
    switch self {
    case .text, .enumeration: "VARCHAR"
    case .boolean: "BOOLEAN"
    case .date: "DATE"
    case .instant: "TIMESTAMPTZ"
    case .count, .duration: "BIGINT"
    case .share, .number: "DOUBLE"
    case .decimal, .money: "DECIMAL(18,4)"
    case .list: "VARCHAR[]"
    case .objects: "JSON"
    }
  }
}
