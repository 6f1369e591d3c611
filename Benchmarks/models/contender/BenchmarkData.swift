import Foundation
import NumericalMethods

/// What one run prints.
struct BenchmarkResult: Encodable {
  /// Wall and processor seconds of the work alone, without reading the data.
  let seconds: Double
  let processor: Double
  /// Figures to compare with the peers'.
  let figures: [String: Double]
}

/// The files that `generate.py` writes.
struct BenchmarkData {
  struct Shape: Decodable {
    let customers: Int
    let columns: Int
    let groups: Int
    let mixtureRows: Int
    let mixtureColumns: Int
    let components: Int
    let respondents: Int
    let items: Int
    let choices: Int
    let classes: Int
  }

  let folder: URL
  let shape: Shape

  init(_ folder: URL) throws {
    self.folder = folder
    shape = try JSONDecoder().decode(
      Shape.self, from: Data(contentsOf: folder.appendingPathComponent("shape.json")))
  }

  func doubles(_ name: String) throws -> [Double] {
    try Data(contentsOf: folder.appendingPathComponent("\(name).f64")).withUnsafeBytes {
      Array($0.bindMemory(to: Double.self))
    }
  }

  func integers(_ name: String) throws -> [Int32] {
    try Data(contentsOf: folder.appendingPathComponent("\(name).i32")).withUnsafeBytes {
      Array($0.bindMemory(to: Int32.self))
    }
  }

  func matrix(_ name: String, columns: Int) throws -> Matrix {
    let values = try doubles(name)
    return Matrix(rows: values.count / columns, columns: columns, values: values)
  }
}

/// Processor seconds, user and system, of all threads of the process so far.
private func processorSeconds() -> Double {
  var time = timespec()
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
  return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}

func timed(_ work: () throws -> [String: Double]) rethrows -> BenchmarkResult {
  let processor = processorSeconds()
  let clock = ContinuousClock()
  let start = clock.now
  let figures = try work()
  let elapsed = clock.now - start
  return BenchmarkResult(
    seconds: Double(elapsed.components.seconds) + Double(elapsed.components.attoseconds) / 1e18,
    processor: processorSeconds() - processor, figures: figures)
}
