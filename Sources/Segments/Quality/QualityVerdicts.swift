/// Turns figures into verdicts; pure.
struct QualityVerdicts {
  let options: QualityOptions

  func verdicts(
    _ segments: [SegmentMeasure], sizes: [Int64: Int], _ overlaps: [SegmentQuality.Overlap],
    _ outcomes: [OutcomeReport]
  ) -> [Verdict] {
    var result: [Verdict] = []
    let active = segments.filter { $0.intention != nil && sizes[$0.id, default: 0] > 0 }
    if active.count > options.segmentLimit { result.append(.tooMany(count: active.count)) }
    for segment in segments {
      result += verdicts(segment, size: sizes[segment.id, default: 0])
    }
    let same = overlaps.filter { $0.jaccard >= options.nearlySame }
    result += same.map {
      .nearlySame(first: $0.first, second: $0.second, jaccard: $0.jaccard)
    }
    let merged = Set(same.map { [$0.first, $0.second] })
    result += alike(outcomes).filter { !merged.contains([$0.0, $0.1]) }.map {
      .behaveAlike(first: $0.0, second: $0.1)
    }
    return result
  }

  private func verdicts(_ segment: SegmentMeasure, size: Int) -> [Verdict] {
    guard size > 0 else { return [.empty(segment: segment.id)] }
    guard size >= options.minimumMembers else { return [.tooSmall(segment: segment.id)] }
    var result: [Verdict] = []
    if let share = segment.share, share > options.maximumShare {
      result.append(.tooBroad(segment: segment.id, share: share))
    }
    if let days = segment.unchangedDays, days >= Double(options.unchangedDays) {
      result.append(.neverChanges(segment: segment.id, days: Int(days)))
    }
    if let potential = segment.potential, potential >= options.potential,
      let contacted = segment.contacted, contacted < options.contacted
    {
      result.append(
        .underExploited(segment: segment.id, potential: potential, contacted: contacted))
    }
    if let response = segment.response, response.pValue < options.significance,
      response.recentRate <= (1 - options.decline) * response.earlierRate
    {
      result.append(
        .responseDecayed(
          segment: segment.id, earlier: response.earlierRate, recent: response.recentRate))
    }
    return result
  }

  /// Pairs that were compared on every outcome and differ in none.
  private func alike(_ outcomes: [OutcomeReport]) -> [(Int64, Int64)] {
    guard let first = outcomes.first else { return [] }
    return first.pairs.map { ($0.first, $0.second) }.filter { pair in
      outcomes.allSatisfy { outcome in
        outcome.pairs.contains { ($0.first, $0.second) == pair && !$0.differs }
      }
    }
  }
}
