/// What can go wrong in a numerical routine because of its data.
package enum NumericalError: Error, Sendable, Equatable {
  /// A matrix that must be positive definite is not; `pivot` is the first bad one, from 0.
  case notPositiveDefinite(pivot: Int)
  /// A linear system has no unique solution.
  case singularMatrix
  /// An iteration stopped before it reached its tolerance.
  case noConvergence(method: String, iterations: Int)
  /// A function has no finite value where the search starts.
  case notFiniteAtStart(method: String)
}
