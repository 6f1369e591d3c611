internal import CustomerSchema

extension QueryPrinter {
  /// How far back the groupings reach, in days, besides the one of all rows.
  private static let reaches: [Int64] = [35, 100, 400]
  /// Fewer than so many aggregates are not worth a reading of their own.
  private static let fewest = 4

  func tiers(
    _ items: [ScanItem], _ others: [ScanItem], _ rhythms: [RhythmGroup]
  ) -> [ScanTier] {
    let limits =
      Self.reaches.map {
        asOf.saturatingAdd(-$0 * WorkspaceClock.microsecondsPerDay)
      } + [.min]
    var tiers = limits.map { _ in ScanTier() }
    func place(_ low: Int64) -> Int { limits.firstIndex { low >= $0 } ?? limits.count - 1 }
    for item in items { tiers[place(item.low)].items.append(item) }
    for item in others { tiers[place(item.low)].others.append(item) }
    for group in rhythms { tiers[place(group.low)].rhythms.append(group) }
    for index in tiers.indices.dropLast() where tiers[index].weight < Self.fewest {
      guard let wider = tiers.indices.first(where: { $0 > index && tiers[$0].weight > 0 }) else {
        continue
      }
      tiers[wider].take(tiers[index])
      tiers[index] = ScanTier()
    }
    return tiers.filter { $0.weight > 0 || !$0.others.isEmpty }
  }
}

/// An aggregate with its window's ends at the instant of the query.
struct ScanItem {
  let node: NodeID
  let aggregate: PlanAggregate
  let low: Int64
  let high: Int64
}

/// Rhythms of the same rows and unit: the longest tells the shorter ones.
struct RhythmGroup {
  var rhythms: [(node: NodeID, rhythm: PlanRhythm)]
  /// Whether the windows fit the bits of a number.
  let isMask: Bool
  /// Where the oldest window begins.
  var low: Int64 = .min

  var of: Int { rhythms.map(\.rhythm.of).max() ?? 1 }
  var unit: Unit { rhythms.first?.rhythm.unit ?? .days }
}

/// What one grouping tells.
struct ScanTier {
  var items: [ScanItem] = []
  /// Told elsewhere, but for when they change.
  var others: [ScanItem] = []
  var rhythms: [RhythmGroup] = []

  var weight: Int { items.count + rhythms.count }
  /// Rows before it are of no use; nil when all are of use.
  var low: Int64? {
    let low = ((items + others).map(\.low) + rhythms.map(\.low)).min() ?? .min
    return low == .min ? nil : low
  }

  mutating func take(_ other: ScanTier) {
    items += other.items
    others += other.others
    rhythms += other.rhythms
  }
}

struct DistinctKey: Hashable, Comparable {
  let value: NodeID
  let filter: NodeID?

  static func < (left: Self, right: Self) -> Bool {
    (left.value, left.filter ?? -1) < (right.value, right.filter ?? -1)
  }
}

extension PlanRhythm {
  /// Where the `count` newest windows together begin.
  static func low(_ count: Int, _ unit: Unit) -> InstantFunction {
    PlanWindow.after(Span(count, unit))
  }
}
