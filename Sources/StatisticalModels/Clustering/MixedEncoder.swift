import NumericalMethods

/// Turns customer attributes into the numbers and codes of k-prototypes and k-modes, with learned and
/// stored constants.
package struct MixedEncoder: Sendable, Codable, Equatable {
  /// All columns that were learned, in order.
  package let columns: [String]
  /// Treatment of the numeric columns; nil where none tells customers apart.
  package let numbers: FeatureEncoder?
  /// Category columns that tell customers apart.
  package let categories: [CategoryCodes]

  /// Learns numeric columns as `FeatureEncoder` does, and the classes of the others.
  ///
  /// Throws `noData`, `sizeMismatch`, `outOfRange`, or `unusableColumn` where no column is left.
  package init(
    _ features: [FeatureColumn], weights: [String: Double] = [:],
    overrides: [String: TreatmentOverride] = [:]
  ) throws(ModelError) {
    guard let rows = features.first?.values.count, rows > 0 else {
      throw ModelError.noData(what: "customer attribute")
    }
    for feature in features where feature.values.count != rows {
      throw ModelError.sizeMismatch(
        what: "Column «\(feature.name)»", expected: rows, found: feature.values.count)
    }
    let numeric = features.filter { $0.kind != .category }
    var found: [CategoryCodes] = []
    for feature in features {
      guard case .categories(let values) = feature.values,
        overrides[feature.name]?.isLeftOut != true
      else { continue }
      let codes = CategoryCodes(name: feature.name, values: values)
      // One class tells customers apart only where others have none.
      if codes.classes.count >= 2 || (codes.classes.count == 1 && values.contains(nil)) {
        found.append(codes)
      }
    }
    columns = features.map(\.name)
    categories = found
    if numeric.isEmpty {
      numbers = nil
    } else {
      do throws(ModelError) {
        numbers = try FeatureEncoder(numeric, weights: weights, overrides: overrides)
      } catch {
        guard case .unusableColumn = error, !found.isEmpty else { throw error }
        numbers = nil
      }
    }
    guard numbers != nil || !found.isEmpty else {
      throw ModelError.unusableColumn(
        name: columns.joined(separator: ", "), reason: "none of them tells customers apart")
    }
  }

  /// The table of customers.
  ///
  /// Throws `sizeMismatch` or `unusableColumn` unless the columns are those that were learned, in order.
  package func encode(_ features: [FeatureColumn]) throws(ModelError) -> MixedTable {
    guard features.count == columns.count else {
      throw ModelError.sizeMismatch(
        what: "The list of columns", expected: columns.count, found: features.count)
    }
    let rows = features.first?.values.count ?? 0
    var values: [String: [String?]] = [:]
    for (feature, name) in zip(features, columns) {
      guard feature.name == name, feature.values.count == rows else {
        throw ModelError.unusableColumn(
          name: feature.name, reason: "«\(name)» with \(rows) values was expected here")
      }
      if case .categories(let column) = feature.values { values[name] = column }
    }
    var codes: [[Int32]] = []
    for column in categories {
      guard let known = values[column.name] else {
        throw ModelError.unusableColumn(
          name: column.name, reason: "it holds category values elsewhere")
      }
      codes.append(column.codes(of: known))
    }
    let points: Matrix
    if let numbers {
      points = try numbers.encode(features.filter { $0.kind != .category })
    } else {
      points = Matrix(rows: rows, columns: 0)
    }
    return try MixedTable(
      numbers: points, categories: interleaved(codes, rows: rows),
      categoryCounts: categories.map(\.classes.count))
  }
}
