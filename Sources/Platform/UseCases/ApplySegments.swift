package import CustomerSchema
internal import Foundation
internal import SQLBuilder
package import Segments
internal import Warehouse

/// Applies, checks and compares definition files, and writes what there is as one.
package struct ApplySegments: Sendable {
  private let desk: SegmentDesk

  package init(_ desk: SegmentDesk) { self.desk = desk }

  /// `docs/schemas/segments-apply-1.schema.json`.
  package struct Answer: Sendable, Encodable {
    package let schema = "quartier.segments-apply/1"
    /// Whether nothing was written.
    package let dryRun: Bool
    /// The instant as of which entries and exits are told; only where they are.
    package let asOf: String?
    package let segments: [Item]
    package let warnings: [Warning]
  }

  package struct Item: Sendable, Encodable {
    package let name: String
    package let change: String
    /// The name before, where it changes.
    package let renamedFrom: String?
    /// Who would enter and leave, and how many members there would be; only for a dry run.
    package let entering: Int?
    package let leaving: Int?
    package let size: Int?
    /// Where they are hidden because the segment is or would be a small group of persons: how many
    /// it does not reach.
    package let fewerThan: Int?
  }

  /// A code of the catalogues and where it applies.
  package struct Warning: Sendable, Encodable {
    package let code: String
    package let line: Int?
    package let column: String?

    package init(_ message: UserMessage) {
      code = message.code
      line = message.location?.line
      column = message.location?.column
    }
  }

  package struct Outcome: Sendable {
    package let answer: Answer
    package let warnings: [UserMessage]
  }

  /// Applies a file, or with `dryRun` says what that would do.
  ///
  /// - Parameter prune: whether segments that the file does not have are deleted.
  /// - Throws: `SegmentsError.definitions`, `.inUse`.
  package func apply(
    _ file: DefinitionFile, prune: Bool, dryRun: Bool
  ) async throws -> Outcome {
    let current = try await desk.catalogue.segments()
    let resolved = try await DefinitionResolver(desk.session, desk.language).resolve(
      file, current: current, prune: prune)
    var effects: [String: CatalogueEffects.Effect] = [:]
    var asOf: Int64?
    if dryRun {
      let instant = try await desk.history.lastRefresh() ?? SegmentDesk.now
      asOf = instant
      for effect in try await CatalogueEffects(desk.session, desk.language).effects(
        of: resolved.plan, asOf: instant)
      {
        effects[effect.name] = effect
      }
    } else {
      try await desk.catalogue.apply(resolved.plan, at: SegmentDesk.now)
    }
    let items = resolved.plan.changes.map { change in
      let effect = effects[change.name]
      let before = change.before?.name
      let isHidden =
        effect.map {
          [$0.before, $0.after].contains { $0.isHidden(under: desk.privacyThreshold) }
        } ?? false
      return Item(
        name: change.name, change: change.kind.rawValue,
        renamedFrom: change.kind == .renamed ? before : nil,
        entering: isHidden ? nil : effect?.entering, leaving: isHidden ? nil : effect?.leaving,
        size: isHidden ? nil : effect?.after.customers,
        fewerThan: isHidden ? desk.privacyThreshold : nil)
    }
    return Outcome(
      answer: Answer(
        dryRun: dryRun, asOf: asOf.map(SegmentDesk.text), segments: items,
        warnings: resolved.warnings.map(Warning.init)),
      warnings: resolved.warnings)
  }

  /// Checks a file against the workspace: how many segments it defines, and warnings.
  ///
  /// - Throws: `SegmentsError.definitions` with what is wrong.
  package func check(_ file: DefinitionFile) async throws -> (segments: Int, [UserMessage]) {
    let current = try await desk.catalogue.segments()
    let resolved = try await DefinitionResolver(desk.session, desk.language).resolve(
      file, current: current, prune: false)
    return (file.segments.count, resolved.warnings)
  }

  // MARK: Comparing

  /// `docs/schemas/segments-diff-1.schema.json`.
  package struct Difference: Sendable, Encodable {
    package let schema = "quartier.segments-diff/1"
    package let segments: [Changed]
  }

  package struct Changed: Sendable, Encodable {
    package let name: String
    package let change: String
    package let fields: [Field]
  }

  /// One thing that differs; absent where there is none.
  package struct Field: Sendable, Encodable {
    package let field: String
    package let before: String?
    package let after: String?
  }

  /// What a file says otherwise than the workspace; segments that only the workspace has count as
  /// deleted.
  package func difference(_ file: DefinitionFile) async throws -> Difference {
    let current = try await desk.catalogue.segments()
    let resolved = try await DefinitionResolver(desk.session, desk.language).resolve(
      file, current: current, prune: true)
    return Difference(
      segments: resolved.plan.changes.filter { $0.kind != .unchanged }.map { change in
        Changed(
          name: change.name, change: change.kind.rawValue,
          fields: fields(change.before?.definition, change.after))
      })
  }

  private func fields(_ before: SegmentDefinition?, _ after: SegmentDefinition?) -> [Field] {
    func parts(_ definition: SegmentDefinition?) -> [(String, String?)] {
      let parameters = definition?.parameters.mapValues(desk.language.text)
        .sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }.joined(separator: ", ")
      func count(_ set: Set<Int64>?) -> String? {
        set.flatMap { $0.isEmpty ? nil : String($0.count) }
      }
      func text(_ text: String?) -> String? { text?.isEmpty == true ? nil : text }
      return [
        ("name", definition?.name), ("intention", definition?.intention),
        ("owner", definition?.owner), ("description", definition?.description),
        ("colour", definition?.colour),
        ("tags", text(definition?.tags.joined(separator: ", "))),
        ("rule", definition.map { desk.language.text($0.rule) }),
        ("parameters", text(parameters)), ("include", count(definition?.included)),
        ("exclude", count(definition?.excluded)),
      ]
    }
    var fields = zip(parts(before), parts(after)).compactMap { old, new in
      old.1 == new.1 ? nil : Field(field: old.0, before: old.1, after: new.1)
    }
    // As many customers, but others: a count would hide it.
    for (name, old, new) in [
      ("include", before?.included, after?.included),
      ("exclude", before?.excluded, after?.excluded),
    ] where old != new && old?.count == new?.count {
      let count = old.map { String($0.count) }
      fields.append(Field(field: name, before: count, after: count))
    }
    return fields
  }

  // MARK: Exporting

  /// `docs/schemas/segments-export-1.schema.json`.
  package struct Export: Sendable, Encodable {
    package let schema = "quartier.segments-export/1"
    package let segments: Int
    /// A definition file.
    package let yaml: String
  }

  package func export() async throws -> Export {
    let segments = try await desk.catalogue.segments().map(\.definition)
    let ids = Set(segments.flatMap { $0.included.union($0.excluded) })
    var publicIDs: [Int64: String] = [:]
    if !ids.isEmpty {
      let list = ids.sorted().map { "\(SQLValue.int($0))" as SQL }.joined()
      for row in try await desk.session.query(
        "SELECT customer_id, public_id::VARCHAR FROM customer WHERE customer_id IN (\(list))"
      ).rows {
        if let id = row[0].int { publicIDs[Int64(id)] = row[1].text }
      }
    }
    return Export(
      segments: segments.count,
      yaml: DefinitionWriter(desk.language, publicIDs: publicIDs).text(segments))
  }
}
