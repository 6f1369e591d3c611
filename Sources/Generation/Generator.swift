internal import CustomerSchema
internal import Foundation
internal import NumericalMethods
internal import ReferenceData

/// What was written.
package struct GenerationResult: Sendable, Hashable, Codable {
  /// Rows without headers, by file name.
  package let rows: [String: Int]
  package let folder: String
}

/// Writes a coherent French customer base: the same seed, options and program give the same bytes,
/// whatever the number of cores.
///
/// Names, first names by decade, communes, occupations by sex and age, ages and titles follow public
/// statistics; how people buy, what they agree to and what systems get wrong are assumptions.
package struct Generator: Sendable {
  private let options: GenerationOptions

  package init(_ options: GenerationOptions) { self.options = options }

  /// People generated at once; part of the contract with the seed is only the person's number.
  private static let chunk = 1000

  /// Writes the files into a folder that is empty or does not exist; on an error what was written is
  /// removed.
  ///
  /// - Parameter progress: called with the share done, from 0 to 1.
  package func write(
    to folder: String, progress: (Double) -> Void = { _ in }
  ) throws -> GenerationResult {
    let population: Population
    let companies: Companies?
    do throws(ReferenceDataError) {
      population = try Population()
      companies = options.includesCompanies ? try Companies() : nil
    } catch {
      throw GenerationError.reference(error)
    }
    let output = try OutputFolder(folder, withCompanies: options.includesCompanies)
    do {
      let catalogue = Catalogue(options)
      var rows = RowBuffer()
      catalogue.write(&rows, options)
      try output.write(rows)
      let window = Self.chunk * 16
      var start = 0
      while start < options.customers {
        try Task.checkCancellation()
        let count = min(window, options.customers - start)
        let first = start
        let chunks = Parallel.chunks(count: count, size: Self.chunk) { range in
          var rows = RowBuffer()
          for number in range { write(first + number + 1, population, catalogue, companies, &rows) }
          return rows
        }
        for chunk in chunks { try output.write(chunk) }
        start += count
        progress(Double(start) / Double(options.customers))
      }
      return try output.finish()
    } catch {
      output.remove()
      throw error
    }
  }

  private func write(
    _ number: Int, _ population: Population, _ catalogue: Catalogue, _ companies: Companies?,
    _ rows: inout RowBuffer
  ) {
    var random = RandomSource(seed: options.seed, stream: UInt64(number))
    let person = Person(number, population, options, &random)
    let silos = Silos(person, population, options, &random, &rows)
    Purchases(person: person, silos: silos, catalogue: catalogue, options: options)
      .write(&random, &rows)
    Relations(person: person, silos: silos, catalogue: catalogue, options: options)
      .write(&random, &rows)
    rows.append(
      .truthPeople,
      [
        String(number), person.isProspect ? "prospect" : person.behaviour.name,
        Digits.decimal(person.ordersPerYear), Digits.decimal(person.dropoutPerYear),
        person.churn.description, Digits.decimal(person.medianBasket), person.isWoman ? "F" : "M",
        person.birth.description, population.communes[person.commune].code,
        person.group.map { String($0) } ?? "", person.activity,
      ])
    if let companies, number % 10 == 1 {
      companies.write(number / 10 + 1, population, options, &random, &rows)
    }
  }
}

/// The files being written.
private final class OutputFolder {
  private let folder: String
  private let isNew: Bool
  private var handles: [GeneratedFile: FileHandle] = [:]
  private var counts: [GeneratedFile: Int] = [:]

  init(_ folder: String, withCompanies: Bool) throws {
    self.folder = folder
    let manager = FileManager.default
    let found = try? manager.contentsOfDirectory(atPath: folder)
    isNew = found == nil
    guard found?.isEmpty ?? true else { throw GenerationError.folderNotEmpty(folder) }
    do {
      try manager.createDirectory(atPath: folder, withIntermediateDirectories: true)
      for file in GeneratedFile.allCases where withCompanies || !file.isForCompanies {
        let path = URL(fileURLWithPath: folder).appending(path: file.name)
        try Data((file.header + "\n").utf8).write(to: path)
        let handle = try FileHandle(forWritingTo: path)
        try handle.seekToEnd()
        handles[file] = handle
        counts[file] = 0
      }
    } catch let error as GenerationError {
      throw error
    } catch {
      throw GenerationError.cannotWrite(file: folder, reason: error.localizedDescription)
    }
  }

  func write(_ rows: RowBuffer) throws {
    for (file, bytes) in rows.bytes {
      guard let handle = handles[file] else { continue }
      do {
        try handle.write(contentsOf: Data(bytes))
      } catch {
        throw GenerationError.cannotWrite(file: file.name, reason: error.localizedDescription)
      }
      counts[file, default: 0] += bytes.lazy.count { $0 == 0x0A }
    }
  }

  func finish() throws -> GenerationResult {
    for (file, handle) in handles {
      do {
        try handle.close()
      } catch {
        throw GenerationError.cannotWrite(file: file.name, reason: error.localizedDescription)
      }
    }
    return GenerationResult(
      rows: Dictionary(uniqueKeysWithValues: counts.map { ($0.key.name, $0.value) }),
      folder: folder)
  }

  /// Removes what was written, and the folder if it is ours.
  func remove() {
    let manager = FileManager.default
    for (file, handle) in handles {
      try? handle.close()
      try? manager.removeItem(at: URL(fileURLWithPath: folder).appending(path: file.name))
    }
    if isNew { try? manager.removeItem(atPath: folder) }
  }
}
