internal import Foundation
internal import StatisticalModels

/// What each running subscription has before it: whether it lasts through a horizon, and what it
/// brings until then.
///
/// By the Cox model of its covariates where there is one, else by its class's curve, else by
/// everybody's; always given how long it has lasted already.
struct SubscriptionOutlook {
  /// One entry per row; NaN for subscriptions that have ended and where nothing can be said.
  private(set) var survival: [Double] = []
  private(set) var value: [Double] = []
  let report: SurvivalReport.Outlook

  init(
    _ rows: [SurvivalTraining.Row], curve: KaplanMeier, groups: [String: KaplanMeier]?,
    hazards: (model: CoxModel, vectors: [Int: [Double]])?, amounts: [Double?]?, periods: Int,
    discount: Double
  ) throws {
    var (running, expected, total, covered) = (0, 0.0, 0.0, 0)
    for (index, row) in rows.enumerated() {
      guard !row.ended else {
        survival.append(.nan)
        value.append(.nan)
        continue
      }
      running += 1
      let own = groups?[(row.texts.first ?? nil) ?? "–"] ?? curve
      let vector = hazards?.vectors[index]
      func remaining(_ time: Double) -> Double? {
        if let hazards, let vector {
          return hazards.model.survival(at: time, covariates: vector)
        }
        return own.survival(at: time)?.estimate
      }
      let start = remaining(row.duration) ?? 0
      let end = remaining(row.duration + Double(periods))
      if start > 0, let end {
        survival.append(end / start)
        expected += end / start
        covered += 1
      } else {
        survival.append(.nan)
      }
      guard let amount = amounts?[index] else {
        value.append(.nan)
        continue
      }
      let worth = try SubscriptionValue(
        tenure: row.duration, periods: periods, marginPerPeriod: amount,
        discountPerPeriod: discount, survival: remaining)
      // A part of the horizon would look like the whole.
      value.append(worth.coveredPeriods == periods ? worth.value : .nan)
      if worth.coveredPeriods == periods { total += worth.value }
    }
    report = SurvivalReport.Outlook(
      periods: periods, running: running, covered: covered,
      expectedRemaining: covered > 0 ? expected : nil, value: amounts == nil ? nil : total)
  }
}
