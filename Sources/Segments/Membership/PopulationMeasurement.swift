internal import SQLBuilder
internal import SegmentLanguage
internal import Warehouse

/// Measures what a program needs to know of all customers, level by level.
struct PopulationMeasurement {
  let session: any QuerySession
  let program: SegmentProgram
  let relations: SegmentRelations

  /// As of an instant.
  func measure(asOf: Int64) async throws -> PopulationSnapshot {
    .empty
  }
}
