import CustomerSchema
import SQLBuilder
import Warehouse

@testable import SegmentLanguage

/// A case on which the two sides differ, made as small as it gets.
struct Disagreement {
  var rule: SegmentRule
  var rules: [SegmentRule]
  var customer: TestCustomer
  let asOf: Int64
  let snapshot: PopulationSnapshot
  let sqlSays: Bool
  let clock: WorkspaceClock

  func minimal(_ warehouse: TestWarehouse) async -> String {
    var current = self
    var isSmaller = true
    var tries = 0
    while isSmaller, tries < 300 {
      isSmaller = false
      for candidate in current.smaller() {
        tries += 1
        if await candidate.differs(warehouse) {
          current = candidate
          isSmaller = true
          break
        }
      }
    }
    return """
      SQL says \(sqlSays), the evaluator says \(!sqlSays), as of \(TestSchema.instant(asOf)) (\(asOf))
      rule: \(current.rule.expression.text)
      customer: \(current.customer)
      """
  }

  private func differs(_ warehouse: TestWarehouse) async -> Bool {
    do {
      let others = rules.map { $0.id == rule.id ? rule : $0 }
      let position = others.firstIndex { $0.id == rule.id } ?? 0
      let program = try SegmentProgram(
        rules: others, schema: TestSchema.schema(zone: "Europe/Paris"), clock: clock)
      try await warehouse.load([customer], asOf: asOf)
      let table = try await warehouse.session.query(
        SQLPrinter(program, relations: TestWarehouse.relations).answers(
          asOf: asOf, snapshot: snapshot, rules: [position], includesNextDue: false))
      var evaluator = Evaluator(program, snapshot: snapshot)
      let answer = evaluator.evaluate(
        customer.record(RecordLayout(program)), asOf: asOf, rules: [position])
      return table.rows.first?[1].bool != answer[0].isMember
    } catch {
      return false
    }
  }

  private func smaller() -> [Disagreement] {
    var result: [Disagreement] = []
    for expression in Self.smaller(rule.expression) {
      var candidate = self
      candidate.rule = SegmentRule(
        id: rule.id, name: rule.name, expression: expression, hasDecisions: rule.hasDecisions)
      result.append(candidate)
    }
    for index in customer.rows.indices {
      var candidate = self
      candidate.customer.rows.remove(at: index)
      result.append(candidate)
    }
    for index in customer.sayings.indices {
      var candidate = self
      candidate.customer.sayings.remove(at: index)
      result.append(candidate)
    }
    for index in customer.memberships.indices {
      var candidate = self
      candidate.customer.memberships.remove(at: index)
      result.append(candidate)
    }
    return result
  }

  private static func smaller(_ expression: Expression) -> [Expression] {
    switch expression.form {
    case .all(let parts), .any(let parts): return parts
    case .not(let inner): return [inner]
    case .exists(let source):
      return source.filter == nil
        ? [] : [Expression(.exists(Source(source.collection, window: source.window)))]
    default: return []
    }
  }
}
