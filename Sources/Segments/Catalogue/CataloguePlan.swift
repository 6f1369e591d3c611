package import CustomerSchema
internal import SegmentLanguage

/// What applying a definition file would change, decided before anything is written.
package struct CataloguePlan: Sendable, Hashable {
  /// In the order of the file, then of the segments that only a rename touches, then deletions.
  package let changes: [Change]
  /// All the segments there would be, by name.
  package let definitions: [SegmentDefinition]
  /// Segments that neither the file nor a rename touches.
  package let untouched: [StoredSegment]

  package struct Change: Sendable, Hashable {
    package let kind: Kind
    /// What there is; nil for a new segment.
    package let before: StoredSegment?
    /// What there would be; nil for a deleted one.
    package let after: SegmentDefinition?

    package var name: String { after?.name ?? before?.name ?? "" }
  }

  package enum Kind: String, Sendable, Hashable, CaseIterable {
    case created, edited, renamed, deleted, unchanged
  }

  /// Whether there is anything to write.
  package var isEmpty: Bool { changes.allSatisfy { $0.kind == .unchanged } }

  /// A segment of the file: what it is, what it was called, and where it stands.
  package struct Wanted: Sendable {
    package var definition: SegmentDefinition
    package let renamedFrom: String?
    package let place: SourceLocation
    /// Where an offset of its rule stands.
    package let rule: WrittenRule

    package init(
      definition: SegmentDefinition, renamedFrom: String? = nil, place: SourceLocation,
      rule: WrittenRule
    ) {
      self.definition = definition
      self.renamedFrom = renamedFrom
      self.place = place
      self.rule = rule
    }
  }

  /// - Parameter prune: whether segments that are not in the file are deleted.
  /// - Throws: `SegmentsError.definitions`: names that are not unique, renames of nothing, references
  ///   to segments that do not exist, cycles with their path; `.inUse` for a deletion.
  package init(
    current: [StoredSegment], wanted: [Wanted], prune: Bool
  ) throws(SegmentsError) {
    var builder = PlanBuilder(current: current, wanted: wanted)
    try builder.checkNames()
    try builder.match()
    let deleted = prune ? builder.unmatched : []
    let kept = prune ? [] : builder.unmatched
    try builder.resolveReferences(kept: kept, deleted: deleted)
    try builder.checkCycles()
    changes = builder.changes(deleted: deleted)
    definitions = builder.final.map(\.definition)
    untouched = builder.final.filter { $0.wanted == nil }.compactMap(\.before)
  }
}

/// The steps of a plan.
private struct PlanBuilder {
  struct Final {
    var definition: SegmentDefinition
    let before: StoredSegment?
    /// Nil for a segment that the file does not mention.
    let wanted: CataloguePlan.Wanted?
  }

  let current: [StoredSegment]
  let wanted: [CataloguePlan.Wanted]
  var final: [Final] = []
  /// Old folded names to new names.
  var renames: [String: String] = [:]

  init(current: [StoredSegment], wanted: [CataloguePlan.Wanted]) {
    self.current = current
    self.wanted = wanted
  }

  private func error(_ messages: [UserMessage]) -> SegmentsError {
    .definitions(messages.map(DefinitionProblem.init))
  }

  func checkNames() throws(SegmentsError) {
    var seen: [String: CataloguePlan.Wanted] = [:]
    var problems: [UserMessage] = []
    for one in wanted {
      let folded = SegmentName.folded(one.definition.name)
      if let other = seen[folded] {
        problems.append(
          UserMessage(
            "segments.name.twice",
            [
              "name": .text(one.definition.name), "other": .text(other.definition.name),
              "line": .count(other.place.line ?? 0),
            ], at: one.place))
      } else {
        seen[folded] = one
      }
    }
    if !problems.isEmpty { throw error(problems) }
  }

  /// Finds for each wanted segment the one that it is already.
  mutating func match() throws(SegmentsError) {
    let byName = Dictionary(
      current.map { (SegmentName.folded($0.name), $0) }, uniquingKeysWith: { first, _ in first })
    let names = Set(wanted.map { SegmentName.folded($0.definition.name) })
    var problems: [UserMessage] = []
    var taken: [Int64: String] = [:]
    for one in wanted {
      let folded = SegmentName.folded(one.definition.name)
      var before = byName[folded]
      if let old = one.renamedFrom, SegmentName.folded(old) != folded {
        let foldedOld = SegmentName.folded(old)
        switch (byName[foldedOld], before) {
        case (let source?, nil) where !names.contains(foldedOld):
          before = source
          renames[foldedOld] = one.definition.name
        case (nil, .some):
          // Already renamed: the file may stay as it is.
          renames[foldedOld] = one.definition.name
        case (nil, nil):
          problems.append(
            UserMessage(
              "segments.rename.unknown",
              ["name": .text(one.definition.name), "old": .text(old)], at: one.place))
        default:
          problems.append(
            UserMessage(
              "segments.rename.both",
              ["name": .text(one.definition.name), "old": .text(old)], at: one.place))
        }
      }
      if let before {
        if let other = taken[before.id] {
          problems.append(
            UserMessage(
              "segments.rename.twice",
              ["name": .text(one.definition.name), "other": .text(other)], at: one.place))
        }
        taken[before.id] = one.definition.name
        if before.name != one.definition.name {
          renames[SegmentName.folded(before.name)] = one.definition.name
        }
      }
      final.append(Final(definition: one.definition, before: before, wanted: one))
    }
    if !problems.isEmpty { throw error(problems) }
  }

  /// Segments that the file does not mention.
  var unmatched: [StoredSegment] {
    let matched = Set(final.compactMap { $0.before?.id })
    return current.filter { !matched.contains($0.id) }
  }

  /// Gives every rule the names that the segments have at the end.
  mutating func resolveReferences(
    kept: [StoredSegment], deleted: [StoredSegment]
  ) throws(SegmentsError) {
    final += kept.map { Final(definition: $0.definition, before: $0, wanted: nil) }
    var names: [String: String] = [:]
    for one in final { names[SegmentName.folded(one.definition.name)] = one.definition.name }
    let gone = Dictionary(
      deleted.map { (SegmentName.folded($0.name), $0.name) },
      uniquingKeysWith: { first, _ in first }
    )
    var problems: [UserMessage] = []
    var users: [String: [String]] = [:]
    for index in final.indices {
      let one = final[index]
      final[index].definition.rule = one.definition.rule.renamingSegments { name, span in
        let folded = SegmentName.folded(name)
        if let there = names[folded] { return there }
        if let renamed = renames[folded] { return renamed }
        if let name = gone[folded] {
          users[name, default: []].append(one.definition.name)
          return name
        }
        if let wanted = one.wanted {
          problems.append(
            unknownReference(name, at: span, in: one, wanted, among: Array(names.values)))
        }
        return name
      }
    }
    if !problems.isEmpty { throw error(problems) }
    if let (name, by) = users.min(by: { $0.key < $1.key }) {
      throw .inUse(segment: name, by: Array(Set(by)).sorted())
    }
  }

  private func unknownReference(
    _ name: String, at span: Range<Int>?, in one: Final, _ wanted: CataloguePlan.Wanted,
    among names: [String]
  ) -> UserMessage {
    let nearest = SegmentName.nearest(to: name, among: names)
    return wanted.rule.message(
      nearest.isEmpty ? "segments.reference" : "segments.reference_near",
      [
        "name": .text(one.definition.name), "reference": .text(name), "nearest": .texts(nearest),
      ], at: span, of: wanted.rule.text)
  }

  func checkCycles() throws(SegmentsError) {
    var uses: [String: [String]] = [:]
    for one in final { uses[one.definition.name] = one.definition.rule.segments }
    guard let cycle = ReferenceGraph(uses).cycle(startingWith: final.map(\.definition.name)) else {
      return
    }
    let place = final.first { $0.definition.name == cycle[0] }?.wanted?.rule.place
    throw error([
      cycle.count == 1
        ? UserMessage("segments.self_reference", ["name": .text(cycle[0])], at: place)
        : UserMessage(
          "segments.cycle",
          ["path": .text((cycle + [cycle[0]]).joined(separator: " → "))],
          at: place)
    ])
  }

  func changes(deleted: [StoredSegment]) -> [CataloguePlan.Change] {
    let changed = final.compactMap { one -> CataloguePlan.Change? in
      let kind: CataloguePlan.Kind
      if let before = one.before {
        if before.definition == one.definition {
          kind = .unchanged
        } else if before.name != one.definition.name {
          kind = .renamed
        } else {
          kind = .edited
        }
      } else {
        kind = .created
      }
      if one.wanted == nil, kind == .unchanged { return nil }
      return CataloguePlan.Change(kind: kind, before: one.before, after: one.definition)
    }
    return changed
      + deleted.map { CataloguePlan.Change(kind: .deleted, before: $0, after: nil) }
  }
}
