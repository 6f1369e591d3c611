import Foundation
package import NumericalMethods

/// Turns customer attributes into points of comparable coordinates, with learned and stored constants, so
/// that a new customer is encoded like those the groups were found on.
package struct FeatureEncoder: Sendable, Codable, Equatable {
  package struct Column: Sendable, Codable, Equatable {
    package let name: String
    package let kind: FeatureKind
    package let treatment: FeatureTreatment
    package let reasons: [TreatmentReason]
    /// Importance in the distance; 1 unless asked otherwise.
    package let weight: Double
    /// Share of customers without a value, 0…1.
    package let missingShare: Double
  }

  package let columns: [Column]

  /// Classes beyond which rare ones are taken together.
  package static let mostClasses = 20

  /// Learns the treatment of each column. `weights` and `overrides` go by column name.
  ///
  /// Throws `noData`, `sizeMismatch`, `outOfRange` for a negative weight or an infinite value, or
  /// `unusableColumn` where no column is left.
  package init(
    _ features: [FeatureColumn], weights: [String: Double] = [:],
    overrides: [String: TreatmentOverride] = [:]
  ) throws(ModelError) {
    guard let rows = features.first?.values.count, rows > 0 else {
      throw ModelError.noData(what: "customer attribute")
    }
    var learned: [Column] = []
    for feature in features {
      guard feature.values.count == rows else {
        throw ModelError.sizeMismatch(
          what: "Column «\(feature.name)»", expected: rows, found: feature.values.count)
      }
      let weight = weights[feature.name] ?? 1
      guard weight >= 0, weight.isFinite else {
        throw ModelError.outOfRange(
          what: "The weight of «\(feature.name)»", value: weight, allowed: "0 or more")
      }
      let choice = overrides[feature.name]
      let (treatment, reasons, missing) =
        switch feature.values {
        case .numbers(let values):
          try Self.learn(feature.name, feature.kind, values, choice)
        case .categories(let values): Self.learn(values, choice)
        }
      learned.append(
        Column(
          name: feature.name, kind: feature.kind, treatment: treatment, reasons: reasons,
          weight: weight, missingShare: missing))
    }
    guard learned.contains(where: { $0.treatment != .leftOut && $0.weight > 0 }) else {
      throw ModelError.unusableColumn(
        name: learned.map(\.name).joined(separator: ", "),
        reason: "none of them tells customers apart")
    }
    columns = learned
  }

  private static func learn(
    _ name: String, _ kind: FeatureKind, _ values: [Double], _ choice: TreatmentOverride?
  ) throws(ModelError) -> (FeatureTreatment, [TreatmentReason], Double) {
    if let row = values.firstIndex(where: { $0.isInfinite }) {
      throw ModelError.outOfRange(
        what: "«\(name)» at row \(row)", value: values[row], allowed: "a finite number")
    }
    let known = values.filter { !$0.isNaN }
    let missing = 1 - Double(known.count) / Double(values.count)
    if choice?.isLeftOut == true { return (.leftOut, [.overridden], missing) }
    guard let first = known.first else { return (.leftOut, [.allMissing], missing) }
    if !known.contains(where: { $0 != first }) { return (.leftOut, [.constant], missing) }
    if missing > 0.8 { return (.leftOut, [.mostlyMissing], missing) }
    var reasons: [TreatmentReason] = choice == nil ? [] : [.overridden]
    // Skewness on a scale on which the third power cannot overflow.
    let largest = known.reduce(0) { max($0, abs($1)) }
    let logarithm =
      choice?.logarithm
      ?? (kind == .money || kind == .count
        || (kind == .number && known.allSatisfy { $0 >= 0 } && skewness(known, largest) > 3))
    if logarithm { reasons.append(.spansMagnitudes) }
    let sorted = known.map { logarithm ? signedLog($0) : $0 }.sorted()
    func quantile(_ p: Double) -> Double { Statistics.quantile(sorted: sorted, p) }
    let (q1, median, q3) = (quantile(0.25), quantile(0.5), quantile(0.75))
    let spread = q3 - q1
    let (lowest, highest) = (sorted[0], sorted[sorted.count - 1])
    let hasOutliers =
      spread > 0 && (highest > q3 + 6 * spread || lowest < q1 - 6 * spread)
    let cut = choice?.winsorising ?? (hasOutliers ? 0.01...0.99 : 0...1)
    if choice?.winsorising == nil && hasOutliers { reasons.append(.farOutliers) }
    var floor = quantile(max(0, cut.lowerBound))
    var ceiling = quantile(min(1, cut.upperBound))
    if floor == ceiling { (floor, ceiling) = (lowest, highest) }
    let clipped = sorted.map { min(max($0, floor), ceiling) }
    let size = max(abs(floor), abs(ceiling))
    let mean = Statistics.mean(clipped.map { $0 / size }) * size
    let deviation =
      Statistics.variance(clipped.map { $0 / size }, degreesLost: 0).squareRoot() * size
    let (centre, scale): (Double, Double) =
      switch choice?.scaling {
      case .robust: (median, spread > 0 ? spread / 1.3489795003921634 : deviation)
      case .unscaled: (0, 1)
      default: (mean, deviation)
      }
    if reasons.isEmpty { reasons.append(.ordinary) }
    return (
      .numeric(
        logarithm: logarithm, floor: floor, ceiling: ceiling, centre: centre,
        scale: scale > 0 ? scale : 1, fill: median), reasons, missing
    )
  }

  private static func skewness(_ values: [Double], _ largest: Double) -> Double {
    let scaled = values.map { $0 / largest }
    let mean = Statistics.mean(scaled)
    let variance = Statistics.variance(scaled, degreesLost: 0)
    guard variance > 0 else { return 0 }
    let third = scaled.reduce(0) { $0 + ($1 - mean) * ($1 - mean) * ($1 - mean) }
    return third / Double(scaled.count) / (variance * variance.squareRoot())
  }

  private static func learn(
    _ values: [String?], _ choice: TreatmentOverride?
  ) -> (FeatureTreatment, [TreatmentReason], Double) {
    var counts: [String: Int] = [:]
    for case let value? in values { counts[value, default: 0] += 1 }
    let known = counts.values.reduce(0, +)
    let missing = 1 - Double(known) / Double(values.count)
    if choice?.isLeftOut == true { return (.leftOut, [.overridden], missing) }
    if counts.isEmpty { return (.leftOut, [.allMissing], missing) }
    if counts.count == 1 && missing == 0 { return (.leftOut, [.constant], missing) }
    if missing > 0.8 { return (.leftOut, [.mostlyMissing], missing) }
    let ordered = counts.sorted { $0.value == $1.value ? $0.key < $1.key : $0.value > $1.value }
    if counts.count <= mostClasses {
      return (.oneHot(classes: ordered.map(\.key), hasOther: missing > 0), [.classes], missing)
    }
    // A class of its own needs at least one customer in a hundred.
    let frequent = ordered.prefix(mostClasses - 1).filter { 100 * $0.value >= known }
    if frequent.isEmpty { return (.leftOut, [.tooManyClasses], missing) }
    return (.oneHot(classes: frequent.map(\.key), hasOther: true), [.manyClasses], missing)
  }

  /// Names of the coordinates of a point, in order.
  package var coordinateNames: [String] {
    columns.flatMap { column -> [String] in
      switch column.treatment {
      case .numeric: [column.name]
      case .oneHot(let classes, let hasOther):
        classes.map { "\(column.name)=\($0)" } + (hasOther ? ["\(column.name)=…"] : [])
      case .leftOut: []
      }
    }
  }

  /// The points of customers: a row each, a column per coordinate.
  ///
  /// Throws `sizeMismatch` or `unusableColumn` unless the columns are those that were learned, in order.
  package func encode(_ features: [FeatureColumn]) throws(ModelError) -> Matrix {
    guard features.count == columns.count else {
      throw ModelError.sizeMismatch(
        what: "The list of columns", expected: columns.count, found: features.count)
    }
    let rows = features.first?.values.count ?? 0
    let width = coordinateNames.count
    var result = Matrix(rows: rows, columns: width)
    var offset = 0
    for (feature, column) in zip(features, columns) {
      guard feature.name == column.name, feature.values.count == rows else {
        throw ModelError.unusableColumn(
          name: feature.name, reason: "«\(column.name)» with \(rows) values was expected here")
      }
      let factor = column.weight.squareRoot()
      switch (column.treatment, feature.values) {
      case (.leftOut, _): break
      case (
        .numeric(let logarithm, let floor, let ceiling, let centre, let scale, let fill),
        .numbers(let values)
      ):
        for i in 0..<rows {
          let raw = values[i]
          let v = raw.isNaN ? fill : min(max(logarithm ? signedLog(raw) : raw, floor), ceiling)
          result.values[i * width + offset] = factor * ((v - centre) / scale)
        }
        offset += 1
      case (.oneHot(let classes, let hasOther), .categories(let values)):
        var place: [String: Int] = [:]
        for (index, name) in classes.enumerated() { place[name] = index }
        // 1/√2 on either of two coordinates puts different classes 1 apart.
        let unit = factor * 0.5.squareRoot()
        for i in 0..<rows {
          if let index = values[i].flatMap({ place[$0] }) {
            result.values[i * width + offset + index] = unit
          } else if hasOther {
            result.values[i * width + offset + classes.count] = unit
          }
        }
        offset += classes.count + (hasOther ? 1 : 0)
      default:
        throw ModelError.unusableColumn(
          name: feature.name, reason: "it holds \(column.kind.rawValue) values elsewhere")
      }
    }
    return result
  }
}

/// sign(v) · ln(1 + |v|): a logarithm that takes returns and zeros.
private func signedLog(_ v: Double) -> Double { v < 0 ? -log1p(-v) : log1p(v) }
