import Foundation
import Presentation
import Testing

/// What the pages show of the record shop against what the program says of it.
@Suite struct `Examples in the pages` {
  /// The demo's answer in one language, and its folder.
  private func demo(_ language: Language, _ extra: String..., in folder: URL) throws -> Data {
    let answer = try Program.run(
      ["demo", "--lang", language.rawValue, "--out", folder.path] + extra)
    #expect(answer.status == 0)
    return answer.output
  }

  private func temporaryFolder() throws -> URL {
    let folder = FileManager.default.temporaryDirectory
      .appending(path: "quartier-docs-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    return folder
  }

  @Test(arguments: [("README.md", Language.english), ("README.fr.md", .french)])
  func `the demonstration prints what the read-me shows`(
    path: String, language: Language
  ) throws {
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let excerpt = try #require(try Page(path).code("").first)
    let printed = String(decoding: try demo(language, in: folder), as: UTF8.self)
      .components(separatedBy: "\n")
    for line in excerpt.components(separatedBy: "\n") {
      #expect(printed.contains(line), "\(line)")
    }
  }

  @Test func `the record shop's limits and the example of one customer are those of the guide`()
    throws
  {
    struct Run: Decodable {
      struct Method: Decodable { let thresholds: [String: [Double]] }
      let method: Method
    }
    struct Score: Decodable, Equatable {
      let r_score: Int
      let f_score: Int
      let m_score: Int
      let segment: String
      let rfm_group: String
    }
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let run = try JSONDecoder().decode(Run.self, from: demo(.english, "--json", in: folder))
    for language in Language.allCases {
      let page = try Page("rfm", language)
      let rows = try #require(page.tables.first { $0.rows.count == 3 && $0.header.count == 2 }).rows
      for (row, measure) in zip(rows, ["days_since_last_purchase", "orders", "monetary"]) {
        let shown = row[1].components(separatedBy: " · ")
          .compactMap { Double($0.replacing(",", with: ".")) }
        let limits = try #require(run.method.thresholds[measure])
        #expect(shown.count == 4)
        // Interpolated limits differ from their decimal notation in the last bits.
        for (one, other) in zip(shown, limits) { #expect(abs(one - other) < 1e-9) }
      }
    }
    let answer = try Program.run(
      "customer", "score", "--from", folder.appending(path: "segments.json").path, "--days", "3",
      "--orders", "4", "--monetary", "85.50", "--json")
    let score = try JSONDecoder().decode(Score.self, from: answer.output)
    #expect(
      score
        == Score(
          r_score: 5, f_score: 4, m_score: 4, segment: "loyal_high_value", rfm_group: "champions"))
    for language in Language.allCases {
      let words = try Page("rfm", language).prose
      #expect(words.contains("R = 5, F = 4, M = 4"))
      #expect(
        try Page("rfm", language).code("sh").joined()
          .contains("--days 3 --orders 4 --monetary 85.50"))
    }
  }
}
