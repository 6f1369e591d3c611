internal import CustomerSchema
internal import SQLBuilder

extension Expression {
  /// The rule as a JSON document: `{"schema": "quartier.segment-rule/1", "rule": …}`, described by
  /// `docs/schemas/segment-rule-1.schema.json`. Reading it gives this same tree again.
  package var json: String {
    JSONValue.object([("schema", .string(Self.jsonSchema)), ("rule", node)]).text
  }

  package static let jsonSchema = "quartier.segment-rule/1"

  private var node: JSONValue {
    switch form {
    case .literal(let literal): literal.node
    case .name(let name): .object([("name", .string(name))])
    case .parameter(let name): .object([("parameter", .string(name))])
    case .now: .object([("now", .bool(true))])
    case .today: .object([("today", .bool(true))])
    case .ago(let span): .object([("ago", span.node)])
    case .fromNow(let span): .object([("from_now", span.node)])
    case .negative(let value): .object([("negative", value.node)])
    case .arithmetic(let operation, let left, let right):
      .object([
        ("arithmetic", .string(operation.rawValue)), ("left", left.node), ("right", right.node),
      ])
    case .daysSince(let value): .object([("days_since", value.node)])
    case .yearsSince(let value): .object([("years_since", value.node)])
    case .aggregate(let aggregate):
      .object(
        [
          ("aggregate", .string(aggregate.function.rawValue)), ("of", aggregate.source.node),
        ] + optional("value", aggregate.value?.node) + optional("by", aggregate.weight?.node))
    case .population(let statistic): statistic.node
    default: conditionNode
    }
  }

  private var conditionNode: JSONValue {
    switch form {
    case .all(let parts): .object([("all", .array(parts.map(\.node)))])
    case .any(let parts): .object([("any", .array(parts.map(\.node)))])
    case .not(let inner): .object([("not", inner.node)])
    case .comparison(let operation, let left, let right):
      .object([
        ("comparison", .string(operation.rawValue)), ("left", left.node), ("right", right.node),
      ])
    case .between(let value, let low, let high):
      .object([("between", value.node), ("low", low.node), ("high", high.node)])
    case .oneOf(let value, let items):
      .object([("one_of", value.node), ("values", .array(items.map(\.node)))])
    case .text(let operation, let value, let pattern):
      .object([
        ("text_test", .string(operation.rawValue)), ("value", value.node),
        ("pattern", pattern.node),
      ])
    case .missing(let value): .object([("missing", value.node)])
    case .within(let value, let window):
      .object([("within", value.node), ("window", window.node)])
    case .anniversary(let value, let days):
      .object([("anniversary", value.node), ("days", .number(days))])
    case .held(let inner, let span): .object([("held", inner.node), ("for", span.node)])
    case .rank(let rank): rank.node
    case .member(let segment): .object([("member", .string(segment))])
    case .memberOn(let segment, let date):
      .object([("member", .string(segment)), ("on", .string(date.description))])
    case .entered(let segment, let window):
      .object([("entered", .string(segment)), ("window", window.node)])
    case .left(let segment, let window):
      .object([("exited", .string(segment)), ("window", window.node)])
    default: rowsNode
    }
  }

  private var rowsNode: JSONValue {
    switch form {
    case .exists(let source): .object([("exists", source.node)])
    case .sequence(let sequence):
      .object(
        [
          ("sequence", sequence.first.node),
          (
            "steps",
            .array(
              sequence.steps.map { step in
                .object(
                  [("rows", step.source.node), ("within", step.within.node)]
                    + optional("absent", step.isAbsent ? .bool(true) : nil))
              })
          ),
        ] + optional("window", sequence.window?.node))
    case .firstTime(let source, let window):
      .object([("first_time", source.node), ("window", window.node)])
    case .stopped(let source, let span):
      .object([("stopped", source.node), ("for", span.node)])
    case .resumed(let source, let gap, let window):
      .object([("resumed", source.node), ("after", gap.node), ("window", window.node)])
    case .regularly(let source, let atLeast, let count, let unit):
      .object([
        ("regularly", source.node), ("at_least", .number(atLeast)), ("of", .number(count)),
        ("unit", .string(unit.rawValue)),
      ])
    default: preconditionFailure("a form that has no JSON")
    }
  }
}

private func optional(_ key: String, _ value: JSONValue?) -> [(String, JSONValue)] {
  value.map { [(key, $0)] } ?? []
}

extension Literal {
  fileprivate var node: JSONValue {
    switch self {
    case .number(let number): .object([("number", number.node)])
    case .percent(let number): .object([("percent", number.node)])
    case .money(let money):
      .object([("money", money.amount.node), ("currency", .string(money.currency.rawValue))])
    case .text(let text): .object([("text", .string(text))])
    case .boolean(let truth): .object([("boolean", .bool(truth))])
    case .date(let date): .object([("date", .string(date.description))])
    case .instant(let instant): .object([("instant", .string(Self.iso(instant)))])
    case .span(let span): .object([("span", span.node)])
    }
  }
}

extension SQLDecimal {
  /// A number, or its digits as text where a reader with doubles would round it.
  fileprivate var node: JSONValue {
    let digits = plain
    return digits.utf8.filter { $0 >= 0x30 }.count <= 15 ? .number(digits) : .string(digits)
  }
}

extension Span {
  fileprivate var node: JSONValue {
    .object([("count", .number(count)), ("unit", .string(unit.rawValue))])
  }
}

extension Window {
  fileprivate var node: JSONValue {
    switch self {
    case .last(let span): .object([("last", span.node)])
    case .next(let span): .object([("next", span.node)])
    case .between(let from, let to): .object([("from", from.node), ("to", to.node)])
    case .period(let period, let offset):
      .object([("period", .string(period.rawValue)), ("offset", .number(offset))])
    case .since(let date): .object([("since", .string(date.description))])
    case .before(let date): .object([("before", .string(date.description))])
    case .days(let first, let last):
      .object([
        ("first_day", .string(first.description)), ("last_day", .string(last.description)),
      ])
    }
  }
}

extension Source {
  fileprivate var node: JSONValue {
    .object(
      [("collection", .string(collection))] + optional("filter", filter?.jsonNode)
        + optional("window", window?.node))
  }
}

extension Expression {
  fileprivate var jsonNode: JSONValue { node }
}

extension Rank {
  fileprivate var node: JSONValue {
    let size: (String, JSONValue) =
      switch size {
      case .percent(let percent): ("percent", percent.node)
      case .customers(let count): ("customers", .number(count))
      }
    return .object(
      [("rank", .string(direction.rawValue)), size, ("by", value.jsonNode)]
        + optional("segment", segment.map(JSONValue.string)))
  }
}

extension PopulationStatistic {
  fileprivate var node: JSONValue {
    var members: [(String, JSONValue)] = []
    switch function {
    case .median: members.append(("population", .string("median")))
    case .average: members.append(("population", .string("average")))
    case .percentile(let percent):
      members.append(("population", .string("percentile")))
      members.append(("percent", percent.node))
    }
    members.append(("value", value.jsonNode))
    return .object(members + optional("segment", segment.map(JSONValue.string)))
  }
}
