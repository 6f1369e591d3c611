internal import CustomerSchema
internal import Insights
internal import Presentation
internal import Scoring
internal import SegmentLanguage
internal import Segments

/// Makes a segment of each found group that has none yet: its rule names the group's lasting number, so
/// that it goes on when groups are found anew.
struct GroupSegments: Sendable {
  private let desk: SegmentDesk

  init(_ desk: SegmentDesk) { self.desk = desk }

  /// - Returns: the names of the segments made.
  func create(_ report: GroupReport, _ localizer: Localizer) async throws -> [String] {
    let existing = try await desk.catalogue.segments()
    var taken = Set(existing.map { SegmentName.folded($0.name) })
    let rules = Set(existing.map(\.definition.rule.text))
    var written: [WrittenSegment] = []
    for group in report.groups {
      let rule = "found_group = \"\(group.id)\""
      guard !rules.contains(rule) else { continue }
      let proposed = String(GroupSummary.name(group, localizer).prefix(SegmentName.limit - 4))
      var name = proposed
      var count = 1
      while !taken.insert(SegmentName.folded(name)).inserted {
        count += 1
        name = "\(proposed) \(count)"
      }
      var segment = WrittenSegment(
        name: name, rule: WrittenRule(text: rule), place: SourceLocation(file: ""))
      segment.description = GroupSummary.lines(group, localizer).first
      segment.tags = ["found-group"]
      written.append(segment)
    }
    guard !written.isEmpty else { return [] }
    _ = try await ApplySegments(desk).apply(
      DefinitionFile(file: "", segments: written), prune: false, dryRun: false)
    return written.map(\.name)
  }
}
