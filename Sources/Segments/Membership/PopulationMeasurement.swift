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
    var snapshot = PopulationSnapshot.empty
    let printer = SQLPrinter(program, relations: relations)
    for level in 0..<program.populationLevels {
      guard let query = printer.population(level: level, asOf: asOf, snapshot: snapshot) else {
        continue
      }
      for row in try await session.query(query).rows {
        guard let index = row[0].int, let value = row[1].double else { continue }
        snapshot.values[program.requirements[index].key] = value
      }
    }
    return snapshot
  }
}
