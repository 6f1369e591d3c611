internal import CustomerSchema
internal import SegmentLanguage
package import Segments
internal import Warehouse

/// How good the segments of a workspace are to work with.
package struct JudgeSegments: Sendable {
  private let desk: SegmentDesk

  package init(_ desk: SegmentDesk) { self.desk = desk }

  /// What segments are compared by unless somebody says otherwise.
  package static let usualOutcomes = [
    "orders", "revenue", "average_basket", "days_since_last_purchase",
  ]

  /// Segments compared with each other unless somebody names them: more pairs than these give say
  /// nothing to a reader.
  static let comparedLimit = 12

  /// `docs/schemas/segments-quality-1.schema.json`.
  package struct Answer: Sendable, Encodable {
    package let schema = "quartier.segments-quality/1"
    package let asOf: String
    /// Customers who may be profiled.
    package let customers: Int
    package let segments: [Item]
    package let overlaps: [Overlap]
    package let outcomes: [OutcomeItem]
    package let verdicts: [VerdictItem]
    package let options: QualityOptions
  }

  package struct Item: Sendable, Encodable {
    package let name: String
    package let intention: String?
    /// Absent for a segment of natural persons under the privacy threshold.
    package let size: Int?
    package let share: Double?
    package let stability: Double?
    package let lastChange: String?
    package let unchangedDays: Double?
    package let freshness: String?
    package let potential: Double?
    package let contacted: Double?
    package let response: SegmentMeasure.Response?
  }

  package struct Overlap: Sendable, Encodable {
    package let first: String
    package let second: String
    package let common: Int
    package let jaccard: Double
  }

  package struct OutcomeItem: Sendable, Encodable {
    package let outcome: String
    package let test: String
    package let customers: Int
    package let statistic: Double
    package let degreesOfFreedom: Int
    package let pValue: Double
    package let adjustedPValue: Double
    package let effectSize: Double
    package let effect: Effect
    package let groups: [Group]
    package let pairs: [Pair]
  }

  package struct Group: Sendable, Encodable {
    package let segment: String
    package let customers: Int
    package let median: Double?
    package let average: Double?
    package let category: String?
    package let categoryShare: Double?
  }

  package struct Pair: Sendable, Encodable {
    package let first: String
    package let second: String
    package let adjustedPValue: Double
    package let effectSize: Double
    package let differs: Bool
  }

  /// A verdict by its code, with the segments it is about and the figures behind it.
  package struct VerdictItem: Sendable, Encodable {
    package let code: String
    package let segments: [String]
    package let figures: [String: Double]
  }

  /// - Parameters:
  ///   - names: the segments to compare; nil for those with an intention, else all.
  ///   - outcomes: attributes or values of the language; nil for the usual ones.
  /// - Throws: `SegmentsError`, `SegmentLanguageError`, `WarehouseError`.
  package func judge(
    names: [String]?, outcomes: [String]?
  ) async throws -> Answer {
    var options = QualityOptions()
    options.privacyThreshold = desk.privacyThreshold
    guard let last = try await desk.history.lastRefresh() else {
      throw SegmentsError.neverRefreshed
    }
    let segments = try await desk.catalogue.appliedSegments()
    let compared = try compared(names, in: segments)
    let values = try await OutcomeValues(desk.session, desk.language, desk.clock)
      .prepare(outcomes ?? Self.usualOutcomes, asOf: last)
    let streams = desk.language.schema.streams
    let reads = try desk.language.reads(segments, clock: desk.clock)
    let subjects = zip(segments, reads).map { segment, reads in
      QualityMeasurement.Subject(
        segment, tables: Set(reads.streams.compactMap { streams[$0]?.table }),
        attributes: reads.attributes)
    }
    let quality = try await QualityMeasurement(desk.session, options: options).measure(
      subjects, compared: compared.map(\.id), outcomes: values, values: OutcomeValues.table)
    return answer(
      quality, names: Dictionary(uniqueKeysWithValues: segments.map { ($0.id, $0.name) }))
  }

  private func compared(
    _ names: [String]?, in segments: [StoredSegment]
  ) throws(SegmentsError) -> [StoredSegment] {
    guard let names else {
      let intended = segments.filter { $0.definition.intention != nil }
      return Array((intended.count > 1 ? intended : segments).prefix(Self.comparedLimit))
    }
    var result: [StoredSegment] = []
    for name in names { result.append(try desk.segment(named: name, in: segments)) }
    return result
  }

  private func answer(_ quality: SegmentQuality, names: [Int64: String]) -> Answer {
    func name(_ id: Int64) -> String { names[id] ?? String(id) }
    return Answer(
      asOf: SegmentDesk.text(quality.asOf), customers: quality.base,
      segments: quality.segments.map { one in
        Item(
          name: one.name, intention: one.intention, size: one.size, share: one.share,
          stability: one.stability, lastChange: one.lastChange.map(SegmentDesk.text),
          unchangedDays: one.unchangedDays, freshness: one.freshness.map(SegmentDesk.text),
          potential: one.potential, contacted: one.contacted, response: one.response)
      },
      overlaps: quality.overlaps.sorted { $0.jaccard > $1.jaccard }.map {
        Overlap(
          first: name($0.first), second: name($0.second), common: $0.common, jaccard: $0.jaccard)
      },
      outcomes: quality.outcomes.map { one in
        OutcomeItem(
          outcome: one.outcome, test: one.isCategorical ? "chi_square" : "kruskal_wallis",
          customers: one.customers, statistic: one.statistic,
          degreesOfFreedom: one.degreesOfFreedom, pValue: one.pValue,
          adjustedPValue: one.adjustedPValue, effectSize: one.effectSize, effect: one.effect,
          groups: one.groups.map {
            Group(
              segment: name($0.segment), customers: $0.customers, median: $0.median,
              average: $0.average, category: $0.category, categoryShare: $0.categoryShare)
          },
          pairs: one.pairs.map {
            Pair(
              first: name($0.first), second: name($0.second),
              adjustedPValue: $0.adjustedPValue, effectSize: $0.effectSize, differs: $0.differs)
          })
      },
      verdicts: quality.verdicts.map { Self.item($0, name) }, options: quality.options)
  }

  private static func item(_ verdict: Verdict, _ name: (Int64) -> String) -> VerdictItem {
    func item(_ code: String, _ ids: [Int64], _ figures: [String: Double] = [:]) -> VerdictItem {
      VerdictItem(code: code, segments: ids.map(name), figures: figures)
    }
    return switch verdict {
    case .empty(let id): item("empty", [id])
    case .tooSmall(let id): item("too_small", [id])
    case .tooBroad(let id, let share): item("too_broad", [id], ["share": share])
    case .nearlySame(let first, let second, let jaccard):
      item("nearly_same", [first, second], ["share": jaccard])
    case .behaveAlike(let first, let second): item("behave_alike", [first, second])
    case .neverChanges(let id, let days):
      item("never_changes", [id], ["count": Double(days)])
    case .underExploited(let id, let potential, let contacted):
      item("under_exploited", [id], ["potential": potential, "share": contacted])
    case .responseDecayed(let id, let earlier, let recent):
      item("response_decayed", [id], ["earlier": earlier, "recent": recent])
    case .tooMany(let count): item("too_many", [], ["count": Double(count)])
    }
  }
}
