import Foundation
import Presentation
import Testing

@testable import Insights

struct RunReportTests {
  /// Every fixture in both languages. `REPORT_SAMPLES` names a folder to keep the pages in, for a
  /// look in a browser and for `Tests/EndToEndTests/check_report.py`.
  @Test("Every report says everything and leaves no text out", arguments: Language.allCases)
  func complete(language: Language) throws {
    let folder = ProcessInfo.processInfo.environment["REPORT_SAMPLES"]
    let shop = [("shop", Fixture.shop()), ("shop-objective", Fixture.shop(objective: .reactivate))]
    for (name, result) in shop + Fixture.edges.map({ ($0.name, $0.result) }) {
      let html = try RunReport.html(result, language: language)
      let body = html.replacing(/<script[^>]*>[\s\S]*?<\/script>/, with: "")
      #expect(!body.contains("⟦"), "\(name): a text is missing")
      #expect(!body.contains("NaN") && !body.contains("Optional("), "\(name)")
      if let folder {
        let file = name.replacing(" ", with: "-").replacing("^", with: "")
        try html.write(
          toFile: folder + "/\(file).\(language.rawValue).html", atomically: true, encoding: .utf8)
      }
    }
  }
}
