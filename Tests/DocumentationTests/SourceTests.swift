import Testing

/// What the sources must not say.
@Suite struct `Sources` {
  /// DuckDB 1.5.5 now and then fails with an internal error on an aggregate over the whole of a small
  /// input by `OVER ()` (duckdb/duckdb#25713), and the store is lost until it is opened again. A
  /// scalar subquery or a frame says the same.
  @Test func `no aggregate is taken over everything by an empty window`() throws {
    for path in try Repository.files(below: "Sources", endingWith: "") {
      guard path.hasSuffix(".swift") || path.hasSuffix(".sql") else { continue }
      let text = try Repository.text(path)
      for place in text.ranges(of: "OVER ()") {
        #expect(text[..<place.lowerBound].hasSuffix("row_number() "), "\(path)")
      }
    }
  }
}
