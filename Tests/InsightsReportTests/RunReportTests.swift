import Foundation
import Presentation
import Testing

@testable import Insights

#if canImport(FoundationXML)
  import FoundationXML
#endif

struct RunReportTests {
  /// Every fixture by a name fit for a file.
  static let runs: [(name: String, result: RunResult)] =
    [
      ("shop", Fixture.shop()), ("shop-objective", Fixture.shop(objective: .reactivate)),
      ("shop-eleven", Fixture.eleven()),
    ]
    + Fixture.edges.map { ($0.name.replacing(" ", with: "-").replacing("^", with: ""), $0.result) }

  @Test("Every report is well-formed, complete and of one language", arguments: Language.allCases)
  func complete(language: Language) throws {
    for (name, result) in Self.runs {
      let html = try RunReport.html(result, language: language)
      #expect(html.hasPrefix("<!DOCTYPE html>\n<html lang=\"\(language.rawValue)\">"))
      let page = try Page(html)
      #expect(!page.text.contains("⟦"), "\(name): a text is missing")
      for none in ["NaN", "Optional(", "nil", "inf ", "{"] {
        #expect(!page.text.contains(none), "\(name): \(none)")
      }
      #expect(page.tables.allSatisfy { Set($0).count == 1 }, "\(name): rows of unequal length")
    }
  }

  @Test("A report loads nothing: no address but its own places, and its policy allows two scripts")
  func offline() throws {
    let html = try RunReport.html(Fixture.shop(), language: .french)
    let page = try Page(html)
    for address in page.addresses { #expect(address.hasPrefix("#"), "\(address)") }
    #expect(html.matches(of: /<script[ >]/).count == 3)
    #expect(!html.contains("@import") && !page.style.contains("url("))
    let policy = try #require(page.policy)
    let scripts = html.matches(of: /<script>([\s\S]*?)<\/script>/).map { String($0.output.1) }
    #expect(scripts.count == 2)
    for script in scripts { #expect(policy.contains(SHA256.policySource(of: script))) }
    #expect(policy.contains("default-src 'none'"))
    let scriptSource = try #require(
      policy.split(separator: ";").first { $0.contains("script-src") })
    #expect(!scriptSource.contains("unsafe"))
  }

  @Test("What a file calls itself stays text", arguments: Language.allCases)
  func hostile(language: Language) throws {
    let result = try #require(Fixture.edges.first { $0.name == "hostile names" }).result
    let html = try RunReport.html(result, language: language)
    // The charts library has such text inside strings of its own.
    let markup = html.replacing(/<script[^>]*>[\s\S]*?<\/script>/, with: "")
    #expect(!markup.contains("<script") && !markup.contains("<img"))
    let accentedQuote = "\"\u{301}"
    let hasAccentedQuote = html.contains(accentedQuote)
    #expect(!hasAccentedQuote)
    #expect(html.matches(of: /<script[ >]/).count == 3)
    let page = try Page(html)
    #expect(page.text.contains("</script><script>alert(1)</script>"))
    #expect(!page.text.contains("\u{1B}"))
    // The same name inside the data of the charts.
    let data = try #require(
      html.firstMatch(of: /id="report-data">([\s\S]*?)<\/script>/)?.output.1)
    #expect(!data.contains("<"))
    #expect((try? JSONSerialization.jsonObject(with: Data(data.utf8))) != nil)
  }

  @Test("The first screen says what amounts are, how that is known and which option changes it")
  func assumption() throws {
    for (language, words) in [(Language.french, "supposés TTC"), (.english, "assumed to include")] {
      let html = try RunReport.html(Fixture.shop(), language: language)
      let opening = try #require(html.firstMatch(of: /<section class="opening"[\s\S]*?<\/section>/))
      #expect(opening.output.contains(words))
      #expect(opening.output.contains("<code>--amounts ht</code>"))
    }
  }

  @Test("Figures are those of the run, in each language's typography")
  func figures() throws {
    let french = try Page(try RunReport.html(Fixture.shop(), language: .french)).text
    for figure in [
      "5\u{202F}140", "951\u{202F}101\u{A0}€", "70,11\u{A0}€", "1er\u{A0}août 2023", "56\u{202F}%",
      "468\u{202F}214,10\u{A0}€", "+6,3\u{202F}%", "0,563",
    ] { #expect(french.contains(figure), "\(figure)") }
    let english = try Page(try RunReport.html(Fixture.shop(), language: .english)).text
    for figure in ["5,140", "€951,101", "€70.11", "1\u{A0}August 2023", "€468,214.10", "0.563"] {
      #expect(english.contains(figure), "\(figure)")
    }
  }

  @Test("Gini and other terms of statistics appear in the notes only")
  func jargon() throws {
    let html = try RunReport.html(Fixture.shop(), language: .french)
    let notes = try #require(html.firstRange(of: "id=\"method\""))
    for term in ["Gini", "quantile", "Hyndman"] {
      #expect(!html[..<notes.lowerBound].contains(term), "\(term)")
      #expect(html[notes.upperBound...].contains(term), "\(term)")
    }
  }

  @Test("Every segment's rule, threshold and life-cycle limit is in the notes")
  func definitions() throws {
    let page = try Page(try RunReport.html(Fixture.shop(), language: .english)).text
    for text in [
      "Thresholds", "312.40", "type 7", "Equal values get equal scores", "Europe/Paris",
      "Scores of the five segments", "Scores of the eleven groups", "183 days or more",
      "An order of amount zero is counted apart",
    ] { #expect(page.localizedCaseInsensitiveContains(text), "\(text)") }
  }

  @Test("An objective's segments come first, each with its reason")
  func objective() throws {
    let page = try Page(
      try RunReport.html(Fixture.shop(objective: .reactivate), language: .french))
    let first = try #require(page.text.firstRange(of: "Pour réactiver, commencez par ceux"))
    let second = try #require(page.text.firstRange(of: "Pour réactiver, ils sont les plus"))
    #expect(first.lowerBound < second.lowerBound)
    #expect(page.text.contains("Votre objectif est de réactiver"))
  }

  @Test("Reports open in Chromium without a complaint, at every width, with every chart drawn")
  func browser() throws {
    let folder =
      ProcessInfo.processInfo.environment["REPORT_SAMPLES"]
      ?? FileManager.default.temporaryDirectory.appending(path: "reports-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer {
      if ProcessInfo.processInfo.environment["REPORT_SAMPLES"] == nil {
        try? FileManager.default.removeItem(atPath: folder)
      }
    }
    var files: [String] = []
    for (index, run) in Self.runs.enumerated() {
      let (name, result) = run
      // Both languages of the first, one of each other: a page takes half a second.
      for language in Language.allCases
      where index == 0 || (index % 2 == 0) == (language == .french) {
        let file = folder + "/\(name).\(language.rawValue).html"
        try RunReport.html(result, language: language)
          .write(toFile: file, atomically: true, encoding: .utf8)
        files.append(file)
      }
    }
    let package = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = ["python3", package.path + "/scripts/check-report.py"] + files
    let output = Pipe()
    process.standardOutput = output
    process.standardError = output
    try process.run()
    let said = String(
      decoding: try output.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
    process.waitUntilExit()
    #expect(process.terminationStatus == 0, "\(said)")
    #expect(said.contains("\(files.count) reports checked, 0 problems"), "\(said)")
  }
}
