internal import CustomerSchema
internal import Foundation
internal import SQLBuilder
internal import SegmentLanguage
internal import Segments
internal import Warehouse

/// What rules can speak of in a workspace: the attributes of its catalogue and the built-in ones.
enum WorkspaceSchema {
  static func read(
    _ session: any QuerySession, _ settings: Workspace.Settings
  ) async throws -> SegmentSchema {
    let attributes = try await session.query(
      """
      SELECT attribute_id, type, detail, data_class FROM attribute_definition
      ORDER BY attribute_id
      """
    ).rows.compactMap { row -> AttributeDefinition? in
      guard let id = row[0].text, let type = type(row[1].text ?? "", row[2].text),
        let dataClass = DataClass(rawValue: row[3].text ?? "")
      else { return nil }
      return AttributeDefinition(id, type, dataClass, isOptional: true)
    }
    return SegmentSchema.standard(
      attributes: ScoreAttributes.definitions
        + attributes.filter { !ScoreAttributes.ids.contains($0.id) }, timeZone: settings.timeZone,
      currency: settings.currency.flatMap(CurrencyCode.init) ?? .euro)
  }

  private static func type(_ name: String, _ detail: String?) -> AttributeType? {
    switch name {
    case "text": .text
    case "boolean": .boolean
    case "date": .date
    case "instant": .instant
    case "count": .count
    case "duration": .duration
    case "share": .share
    case "number": .number
    case "decimal": .decimal
    case "money": .money
    case "enumeration": .enumeration(decoded([String].self, detail) ?? [])
    case "list": .list
    case "objects":
      .objects(
        (decoded([[String: String]].self, detail) ?? []).compactMap { field in
          guard let id = field["id"], let type = type(field["type"] ?? "", nil) else { return nil }
          return FieldDefinition(id, type)
        })
    default: nil
    }
  }

  private static func decoded<Value: Decodable>(_ type: Value.Type, _ text: String?) -> Value? {
    text.flatMap { try? JSONDecoder().decode(type, from: Data($0.utf8)) }
  }
}
