import Foundation
import NumericalMethods

/// The families of lifetime models for customers who may leave without saying so.
package enum LifetimeFamily: String, Sendable, Codable, CaseIterable {
  case bgNBD = "bg-nbd"
  case mbgNBD = "mbg-nbd"
  case paretoNBD = "pareto-nbd"
  case nbd

  /// The name used in the literature.
  package var title: String {
    switch self {
    case .bgNBD: "BG/NBD"
    case .mbgNBD: "MBG/NBD"
    case .paretoNBD: "Pareto/NBD"
    case .nbd: "NBD"
    }
  }

  /// Names of the parameters in their order.
  package var parameterNames: [String] {
    switch self {
    case .bgNBD, .mbgNBD: ["r", "alpha", "a", "b"]
    case .paretoNBD: ["r", "alpha", "s", "beta"]
    case .nbd: ["r", "alpha"]
    }
  }

  /// Whether each parameter is a time.
  var isTime: [Bool] {
    switch self {
    case .bgNBD, .mbgNBD: [false, true, false, false]
    case .paretoNBD: [false, true, false, true]
    case .nbd: [false, true]
    }
  }

  /// Whether customers can leave in this model.
  var hasLeaving: Bool { self != .nbd }
}

/// How static covariates act: on the purchase rate and on the tendency to leave.
///
/// With covariates z, α becomes α·exp(−γ·z); for Pareto/NBD β becomes β·exp(−δ·z), for BG/NBD a and b
/// become a·exp(δ·z) and b·exp(δ·z) (Fader & Hardie 2007, note 019).
package struct CovariateEffects: Sendable, Codable, Equatable {
  package let names: [String]
  package let onPurchases: [Double]
  package let onLeaving: [Double]

  package init(names: [String], onPurchases: [Double], onLeaving: [Double]) {
    precondition(
      onPurchases.count == names.count && onLeaving.count == names.count, "one effect per name")
    self.names = names
    self.onPurchases = onPurchases
    self.onLeaving = onLeaving
  }
}

/// A fitted (or published) lifetime model: it answers in its own time unit and refuses others.
package struct LifetimeModel: Sendable, Codable, Equatable {
  package let family: LifetimeFamily
  package let unit: TimeUnit
  /// Natural parameters in the family's order; times in `unit`.
  package let parameters: [Double]
  package let covariates: CovariateEffects?
  /// Nil for parameters that were given rather than fitted.
  package let report: FitReport?

  /// A model with known parameters; throws `outOfRange` unless all are positive and finite and
  /// `sizeMismatch` unless their number is the family's.
  package init(
    family: LifetimeFamily, unit: TimeUnit, parameters: [Double],
    covariates: CovariateEffects? = nil
  ) throws(ModelError) {
    guard parameters.count == family.parameterNames.count else {
      throw ModelError.sizeMismatch(
        what: "The parameter list of \(family.title)", expected: family.parameterNames.count,
        found: parameters.count)
    }
    for (name, value) in zip(family.parameterNames, parameters)
    where !(value > 0 && value.isFinite) {
      throw ModelError.outOfRange(
        what: "Parameter \(name)", value: value, allowed: "a positive finite number")
    }
    self.init(
      family: family, unit: unit, parameters: parameters, covariates: covariates, report: nil)
  }

  init(
    family: LifetimeFamily, unit: TimeUnit, parameters: [Double], covariates: CovariateEffects?,
    report: FitReport?
  ) {
    self.family = family
    self.unit = unit
    self.parameters = parameters
    self.covariates = covariates
    self.report = report
  }

  /// The process of customers with the given covariates (in the order of their names).
  package func process(for z: [Double] = []) -> any PurchaseProcess {
    Self.process(family, adjusted(parameters, z))
  }

  private func adjusted(_ p: [Double], _ z: [Double]) -> [Double] {
    guard let covariates, !z.isEmpty else { return p }
    return Self.adjusted(
      family, p, purchases: dot(covariates.onPurchases, z), leaving: dot(covariates.onLeaving, z))
  }

  static func adjusted(
    _ family: LifetimeFamily, _ p: [Double], purchases: Double, leaving: Double
  ) -> [Double] {
    // Absurd covariates must not drive a parameter to zero or infinity.
    let buy = min(max(purchases, -300), 300)
    let leave = min(max(leaving, -300), 300)
    return switch family {
    case .bgNBD, .mbgNBD: [p[0], p[1] * exp(-buy), p[2] * exp(leave), p[3] * exp(leave)]
    case .paretoNBD: [p[0], p[1] * exp(-buy), p[2], p[3] * exp(-leave)]
    case .nbd: [p[0], p[1] * exp(-buy)]
    }
  }

  static func process(_ family: LifetimeFamily, _ p: [Double]) -> any PurchaseProcess {
    switch family {
    case .bgNBD:
      BetaGeometricProcess(r: p[0], alpha: p[1], a: p[2], b: p[3], modified: false)
    case .mbgNBD:
      BetaGeometricProcess(r: p[0], alpha: p[1], a: p[2], b: p[3], modified: true)
    case .paretoNBD: ParetoProcess(r: p[0], alpha: p[1], s: p[2], beta: p[3])
    case .nbd: NegativeBinomialProcess(r: p[0], alpha: p[1])
    }
  }

  /// The same model with its searched parameters moved by `shift` (logarithms, then coefficients).
  func shifted(_ shift: [Double]) -> LifetimeModel {
    let n = parameters.count
    let moved = (0..<n).map { parameters[$0] * exp(shift[$0]) }
    guard let covariates else {
      return LifetimeModel(
        family: family, unit: unit, parameters: moved, covariates: nil, report: report)
    }
    let k = covariates.names.count
    let effects = CovariateEffects(
      names: covariates.names,
      onPurchases: (0..<k).map { covariates.onPurchases[$0] + shift[n + $0] },
      onLeaving: (0..<covariates.onLeaving.count).map {
        n + k + $0 < shift.count
          ? covariates.onLeaving[$0] + shift[n + k + $0] : covariates.onLeaving[$0]
      })
    return LifetimeModel(
      family: family, unit: unit, parameters: moved, covariates: effects, report: report)
  }
}
