import CustomerSchema
import SQLBuilder

@testable import SegmentLanguage

/// One customer as both sides get to see them.
struct TestCustomer: Sendable, Hashable {
  struct Row: Sendable, Hashable {
    var stream: String
    var instant: Int64
    var local: Int64
    var source: String
    var key: String
    var values: [String: RecordValue]
  }
  struct Saying: Sendable, Hashable {
    var attribute: String
    /// `Int64.min` for a value without a history.
    var start: Int64
    var value: RecordValue
  }
  struct Decision: Sendable, Hashable {
    var segment: Int64
    var isIncluded: Bool
  }

  var id: Int64
  var rows: [Row] = []
  var sayings: [Saying] = []
  var memberships: [MembershipInterval] = []
  var decisions: [Decision] = []

  func record(_ layout: RecordLayout) -> CustomerRecord {
    var record = CustomerRecord(layout)
    for row in rows {
      for (index, collection) in layout.collections.enumerated()
      where collection.stream?.id == row.stream {
        record.append(
          index, at: row.instant, local: row.local, source: row.source, key: row.key,
          collection.columns.map { row.values[$0.id] ?? .missing })
      }
    }
    for saying in sayings {
      guard let index = layout.attributes.firstIndex(where: { $0.id == saying.attribute })
      else { continue }
      var value = saying.value
      if case .objects(let elements) = value,
        let collection = layout.collections.first(where: { $0.id == saying.attribute })
      {
        value = .objects(
          elements.map { element in
            collection.columns.map { column in
              TestSchema.childFields.firstIndex { $0.id == column.id }.map { element[$0] }
                ?? .missing
            }
          })
      }
      record.set(index, to: value, from: saying.start, layout)
    }
    record.memberships = memberships
    for decision in decisions {
      if decision.isIncluded {
        record.included.insert(decision.segment)
      } else {
        record.excluded.insert(decision.segment)
      }
    }
    return record
  }
}

/// What the random rules and customers are made of.
enum TestSchema {
  static let childFields = [
    FieldDefinition("name", .text), FieldDefinition("born", .date),
    FieldDefinition("allowance", .money), FieldDefinition("weight", .number),
  ]

  static let attributes = [
    AttributeDefinition("status", .enumeration(["gold", "silver", "none"]), isOptional: true),
    AttributeDefinition("city", .text, isOptional: true),
    AttributeDefinition("opted_in", .boolean, isOptional: true),
    AttributeDefinition("birth_date", .date, isOptional: true),
    AttributeDefinition("signed_up", .instant, isOptional: true),
    AttributeDefinition("visits", .count, isOptional: true),
    AttributeDefinition("commute", .duration, isOptional: true),
    AttributeDefinition("limit_amount", .money, isOptional: true),
    AttributeDefinition("factor", .decimal, isOptional: true),
    AttributeDefinition("score", .number, isOptional: true),
    AttributeDefinition("return_share", .share, isOptional: true),
    AttributeDefinition("tags", .list, isOptional: true),
    AttributeDefinition("children", .objects(childFields), isOptional: true),
  ]

  static func schema(zone: String) -> SegmentSchema {
    func name(_ id: String) -> Expression { Expression(.name(id)) }
    func sum(_ stream: String) -> Expression {
      Expression(.aggregate(Aggregate(.sum, Source(stream), value: name("amount"))))
    }
    return SegmentSchema(
      attributes: attributes,
      derived: [
        DerivedAttribute(
          "order_count", .count, Expression(.aggregate(Aggregate(.count, Source("orders"))))),
        DerivedAttribute(
          "average_basket", .money,
          Expression(.aggregate(Aggregate(.average, Source("orders"), value: name("amount"))))),
        DerivedAttribute(
          "revenue", .money, Expression(.arithmetic(.subtract, sum("orders"), sum("returns")))),
        DerivedAttribute(
          "last_purchase", .date,
          Expression(.aggregate(Aggregate(.last, Source("orders"), value: name("date"))))),
        DerivedAttribute(
          "days_since_last_purchase", .duration, Expression(.daysSince(name("last_purchase")))),
      ], timeZone: zone)
  }

  static let streams = ["orders", "returns", "events", "tickets", "opportunities"]

  /// The value as the store holds it.
  static func sql(_ value: RecordValue, _ type: AttributeType) -> SQLValue {
    switch (value, type) {
    case (.missing, _): .null
    case (.integer(let number), .boolean): .bool(number == 1)
    case (.integer(let number), .date): .date(Int32(number))
    case (.integer(let number), .instant): .instant(number)
    case (.integer(let number), .decimal), (.integer(let number), .money):
      .decimal(SQLDecimal(units: Int128(number), scale: 4))
    case (.integer(let number), _): .int(number)
    case (.double(let number), _): .double(number)
    case (.text(let text), _): .text(text)
    case (.list, _), (.objects, _): .text(text(value, type) ?? "")
    }
  }

  /// The value as histories hold it.
  static func text(_ value: RecordValue, _ type: AttributeType) -> String? {
    switch (value, type) {
    case (.missing, _): nil
    case (.integer(let number), .boolean): number == 1 ? "true" : "false"
    case (.integer(let number), .date): LocalDate(daysSinceEpoch: Int32(number)).description
    case (.integer(let number), .instant): instant(number)
    case (.integer(let number), .decimal), (.integer(let number), .money):
      SQLDecimal(units: Int128(number), scale: 4).description
    case (.integer(let number), _): String(number)
    case (.double(let number), _): "\(number)"
    case (.text(let text), _): text
    case (.list(let texts), _): "[" + texts.map(quoted).joined(separator: ",") + "]"
    case (.objects(let elements), _):
      "["
        + elements.map { element in
          "{"
            + zip(childFields, element).compactMap { field, value in
              text(value, field.type).map { "\(quoted(field.id)):\(quoted($0))" }
            }.joined(separator: ",") + "}"
        }.joined(separator: ",") + "]"
    }
  }

  static func instant(_ micros: Int64) -> String {
    let day = micros.flooredDivision(by: 86_400_000_000)
    let rest = micros - day * 86_400_000_000
    func padded(_ number: Int64, _ width: Int) -> String {
      let digits = String(number)
      return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
    let seconds = rest / 1_000_000
    return """
      \(LocalDate(daysSinceEpoch: Int32(day)))T\(padded(seconds / 3600, 2)):\
      \(padded(seconds / 60 % 60, 2)):\(padded(seconds % 60, 2)).\(padded(rest % 1_000_000, 6))Z
      """
  }

  private static func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }
}
