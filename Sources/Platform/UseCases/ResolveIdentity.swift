internal import CustomerSchema
internal import Foundation
internal import Identity
internal import SegmentLanguage

/// Makes one profile of the records that are one person or company.
package struct ResolveIdentity: Sendable {
  private let desk: SegmentDesk

  package init(_ desk: SegmentDesk) { self.desk = desk }

  /// `docs/schemas/identity-resolve-1.schema.json`.
  package struct Answer: Sendable, Encodable {
    package let schema = "quartier.identity-resolve/1"
    /// Absent for a trial, which changes nothing.
    package let run: Int?
    package let records: Int
    package let profilesBefore: Int
    package let profilesAfter: Int
    /// Pairs that were compared.
    package let candidates: Int
    /// Links made now, by rule.
    package let links: [Count]
    /// Pairs that wait for a decision, by reason.
    package let waiting: [Count]
    package let newlyWaiting: Int
    package let relations: [Count]
    /// Groups of records too large to be compared.
    package let skipped: [Skipped]
    /// Values that too many records share.
    package let shared: [Shared]
    package let prior: Double
    package let weights: [Weight]
  }

  package struct Count: Sendable, Encodable {
    package let name: String
    package let count: Int
  }

  package struct Skipped: Sendable, Encodable {
    package let block: String
    package let groups: Int
    package let records: Int
  }

  package struct Shared: Sendable, Encodable {
    package let field: String
    package let values: Int
    package let records: Int
  }

  package struct Weight: Sendable, Encodable {
    package let field: String
    package let level: String
    package let m: Double
    package let u: Double
    /// log2(m/u).
    package let weight: Double
  }

  /// - Parameters:
  ///   - author: who asked for it.
  ///   - isTrial: whether everything is put back at the end.
  ///   - progress: told of each step by its word.
  /// - Throws: `IdentityError`, `WarehouseError`.
  package func resolve(
    author: String, isTrial: Bool, progress: (String) -> Void
  ) async throws -> Answer {
    let now = SegmentDesk.now
    let report = try await ProfileResolution(
      desk.session, try desk.identitySettings, now: now, today: desk.clock.day(of: now)
    ).run(author: author, isTrial: isTrial, progress: progress)
    return Answer(
      run: report.run, records: report.records, profilesBefore: report.profilesBefore,
      profilesAfter: report.profilesAfter, candidates: report.candidates,
      links: Self.counts(report.links), waiting: Self.counts(report.waiting),
      newlyWaiting: report.newlyWaiting, relations: Self.counts(report.relations),
      skipped: report.blocks.map {
        Skipped(block: $0.block, groups: $0.groups, records: $0.records)
      },
      shared: report.shared.map {
        Shared(field: $0.field, values: $0.values, records: $0.records)
      }, prior: report.model.prior,
      weights: ComparedField.allCases.flatMap { field in
        field.levels.indices.map { level in
          Weight(
            field: field.name, level: field.levels[level],
            m: report.model.m[field.rawValue][level], u: report.model.u[field.rawValue][level],
            weight: report.model.weight(of: field, level: level))
        }
      })
  }

  private static func counts(_ counts: [String: Int]) -> [Count] {
    counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map {
      Count(name: $0.key, count: $0.value)
    }
  }
}

extension SegmentDesk {
  /// How this workspace makes profiles.
  var identitySettings: IdentitySettings {
    get throws(IdentityError) { try workspace.identitySettings }
  }
}

extension Workspace {
  var identitySettings: IdentitySettings {
    get throws(IdentityError) {
      try IdentitySettings(
        file: URL(fileURLWithPath: path).appending(path: IdentitySettings.fileName).path)
    }
  }
}
