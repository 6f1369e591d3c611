import Foundation
import Presentation
import Testing

@testable import Insights

struct RunReportTests {
  @Test("Reports can be written for a look in a browser: REPORT_SAMPLES names the folder")
  func samples() throws {
    guard let folder = ProcessInfo.processInfo.environment["REPORT_SAMPLES"] else { return }
    for language in Language.allCases {
      let shop = try RunReport.html(Fixture.shop(objective: nil), language: language)
      try shop.write(
        toFile: folder + "/shop.\(language.rawValue).html", atomically: true, encoding: .utf8)
      for (name, result) in Fixture.edges {
        let html = try RunReport.html(result, language: language)
        let file = name.replacing(" ", with: "-").replacing("^", with: "")
        try html.write(
          toFile: folder + "/\(file).\(language.rawValue).html", atomically: true, encoding: .utf8)
      }
    }
  }
}
