/// What a run is doing, in order; the catalogues word each as `progress.CASE`.
package enum RunStep: String, Sendable, CaseIterable {
  case recognising, reading, describing, scoring, modelling, figures, writing
}

/// Told of each step as it starts.
package typealias RunProgress = @Sendable (RunStep) -> Void
