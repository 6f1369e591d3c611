import CustomerSchema
import Features
import Presentation
import Testing

@testable import Insights

struct SegmentAdviceTests {
  @Test("The segments advised on are those that the partitions define")
  func ids() {
    for kind in PartitionKind.allCases {
      let defined = Set(RFMPartition.shippedRules(kind).map(\.id))
      #expect(Set(SegmentAdvice.ids(kind)) == defined)
      #expect(SegmentAdvice.ids(kind).count == defined.count)
    }
  }

  @Test("Every segment has a name, who they are, what to do and why", arguments: Language.allCases)
  func words(language: Language) throws {
    let localizer = try localizer(language)
    for kind in PartitionKind.allCases {
      for id in SegmentAdvice.ids(kind) + [SegmentAdvice.noPurchase] {
        let key = SegmentAdvice.key(id, kind)
        for part in ["", ".who", ".action"] {
          let isThere = localizer.has(key + part)
          #expect(isThere, "\(key + part)")
        }
        for figures in Self.figures {
          let sentence = localizer.text(SegmentAdvice.reason(id, kind, figures))
          #expect(!sentence.contains("⟦") && !sentence.contains("–"), "\(sentence)")
        }
      }
    }
    for intention in RunResult.Intention.allCases {
      let isThere = localizer.has("intention.\(intention.rawValue)")
      #expect(isThere)
    }
  }

  /// Full figures, a segment of nobody, and one without revenue.
  private static let figures = [
    SegmentAdvice.Figures(
      customers: 12, customerShare: 0.1, revenue: Fixture.euros("1200"), revenueShare: 0.3,
      averageBasket: Fixture.euros("40"), ordersPerCustomer: 2.5, medianDaysSinceLastPurchase: 31),
    SegmentAdvice.Figures(
      customers: 0, customerShare: 0, revenue: Fixture.euros("0"), revenueShare: 0,
      averageBasket: nil, ordersPerCustomer: nil, medianDaysSinceLastPurchase: nil),
    SegmentAdvice.Figures(
      customers: 3, customerShare: 0.1, revenue: Fixture.euros("0"), revenueShare: nil,
      averageBasket: Fixture.euros("0"), ordersPerCustomer: 1, medianDaysSinceLastPurchase: 3),
  ]

  @Test(
    "An objective puts three segments first, each with its reason, and loses nobody",
    arguments: RunResult.Objective.allCases, PartitionKind.allCases)
  func objectives(objective: RunResult.Objective, kind: PartitionKind) throws {
    let first = SegmentAdvice.priorities(objective, kind)
    let order = SegmentAdvice.order(kind, objective: objective)
    #expect(Set(first).count == 3 && Array(order.prefix(3)) == first)
    #expect(order.sorted() == (SegmentAdvice.ids(kind) + [SegmentAdvice.noPurchase]).sorted())
    for language in Language.allCases {
      let localizer = try localizer(language)
      for id in first {
        let reason = try #require(SegmentAdvice.objectiveReason(id, objective, kind))
        #expect(!localizer.text(reason).contains("⟦"), "\(reason.code)")
      }
      #expect(!localizer.text("objective.\(objective.rawValue)").contains("⟦"))
    }
    let others = order.dropFirst(3)
    #expect(others.allSatisfy { SegmentAdvice.objectiveReason($0, objective, kind) == nil })
  }

  @Test(
    "Every life-cycle stage has a name and a rule with its limits", arguments: Language.allCases)
  func stages(language: Language) throws {
    let localizer = try localizer(language)
    #expect(Set(SegmentAdvice.stagesAsTried) == Set(AttributeCatalogue.stages))
    for stage in AttributeCatalogue.stages {
      #expect(!localizer.text("stage.\(stage)").contains("⟦"))
      let rule = localizer.text(SegmentAdvice.rule(stage: stage, Fixture.rules))
      #expect(!rule.contains("⟦"), "\(rule)")
    }
    let slipping = localizer.text(SegmentAdvice.rule(stage: "slipping", Fixture.rules))
    #expect(slipping.contains("2") && slipping.contains("30") && slipping.contains("90"))
  }
}
