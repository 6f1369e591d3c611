import CustomerSchema
import Foundation
import Testing
import Warehouse

@testable import Ingestion

/// Everything that an import says has its sentence in both languages.
@Suite struct LocalizationTests {
  private static func catalogue(_ language: String) throws -> [String: String] {
    let path =
      Repository.root
      + "/Sources/Presentation/Resources/Localization/ingestion.\(language).json"
    return try JSONDecoder().decode(
      [String: String].self, from: Data(contentsOf: URL(fileURLWithPath: path)))
  }

  /// One of each error.
  static let errors: [IngestionError] = [
    .fileMissing(file: "f"), .folder(file: "f", candidates: ["a"]),
    .folder(file: "f", candidates: []), .notPermitted(file: "f"),
    .unreadable(file: "f", reason: "r"), .fileEmpty(file: "f"), .noLines(file: "f"),
    .wrongKind(file: "f", found: "kind.pdf"), .truncated(file: "f", compression: "gzip"),
    .corrupt(file: "f", format: "JSON"), .archive(file: "f", entries: ["a", "b"]),
    .archive(file: "f", entries: []), .encryptedArchive(file: "f"),
    .lineTooLong(file: "f", line: 1, limit: 2), .tooManyColumns(file: "f", count: 2, limit: 1),
    .columnMissing(file: "f", role: .customer, columns: ["a"]),
    .columnAmbiguous(file: "f", role: .date, columns: ["a"]),
    .columnUnknown(file: "f", role: .date, column: "x", columns: ["a"]),
    .datesAmbiguous(file: "f", column: "c", sample: "03/04/2024"),
    .datesMixed(dayFirst: "a", monthFirst: "b", column: "c", file: "f"),
    .numbersAmbiguous(file: "f", column: "c", sample: "1.234"), .severalCurrencies(["EUR"]),
    .rateMissing(currency: "USD", date: "2024-01-01", rates: "r"),
    .ratesUnusable(file: "r", line: 3),
    .amountsUnavailable(wanted: .ht, columns: ["a"], file: "f"),
    .taxMixed(included: "a", excluded: "b"),
    .tooManyUnusable(
      unusable: 2, lines: 3, share: 0.6, limit: 0.2,
      reasons: [QuarantineCount(reason: "quarantine.date.missing", lines: 2)]),
    .timeZoneUnknown("z"), .sheetUnknown(file: "f", sheet: "s", sheets: ["t"]),
    .excelUnavailable(file: "f"), .mapping(.syntax("r"), file: "f", line: 1),
    .mapping(.unknownKey("k", known: ["l"]), file: "f", line: 1),
    .mapping(.duplicateKey("k"), file: "f", line: 1),
    .mapping(.wrongType(key: "k", expected: "yaml.text"), file: "f", line: 1),
    .mapping(.wrongValue(key: "k", value: "v", possible: ["w"]), file: "f", line: 1),
    .mapping(.tooLarge(limit: 1), file: "f", line: nil),
    .mapping(.tooDeep(limit: 1), file: "f", line: 1), .mapping(.aliases, file: "f", line: 1),
    .mapping(.missing, file: "f", line: nil), .engine(.cancelled),
    .engine(.engine(.diskFull, reason: "r")), .engine(.engine(.outOfMemory, reason: "r")),
    .engine(.engine(.internal, reason: "r")),
  ]

  @Test(arguments: ["en", "fr"])
  func everyErrorHasASentenceAndAFix(_ language: String) throws {
    let catalogue = try Self.catalogue(language)
    for error in Self.errors {
      let message = error.userMessage
      let sentence = catalogue[message.code] ?? catalogue[message.code + "#other"]
      #expect(sentence != nil, "\(message.code)")
      if message.code != "import.cancelled" {
        #expect(catalogue[message.code + ".fix"] != nil, "\(message.code).fix")
      }
      // Each placeholder has its argument.
      let texts = [sentence, catalogue[message.code + ".fix"], catalogue[message.code + "#one"]]
      for text in texts.compactMap({ $0 }) {
        for name in placeholders(text) {
          #expect(message.arguments[name] != nil, "\(message.code) has no argument {\(name)}")
        }
      }
      for case .term(let term) in message.arguments.values {
        #expect(catalogue[term] != nil, "\(term)")
      }
    }
  }

  @Test func bothLanguagesSayTheSameThings() throws {
    let english = try Self.catalogue("en")
    let french = try Self.catalogue("fr")
    #expect(Set(english.keys) == Set(french.keys))
    for (code, sentence) in english {
      #expect(
        placeholders(sentence) == placeholders(french[code] ?? ""), "placeholders of \(code)")
      if code.hasSuffix("#one") {
        #expect(english[code.replacing("#one", with: "#other")] != nil, "\(code)")
      }
    }
    for sentence in french.values {
      // French punctuation stands off by a space that does not break.
      #expect(!sentence.contains(" ;") && !sentence.contains(" ?") && !sentence.contains(" !"))
    }
  }

  @Test(arguments: ["en", "fr"])
  func everyCodeInTheSourcesHasAnEntry(_ language: String) throws {
    let catalogue = try Self.catalogue(language)
    let folder = Repository.root + "/Sources/Ingestion"
    var codes: Set<String> = []
    let files = try #require(FileManager.default.enumerator(atPath: folder))
    for case let file as String in files where file.hasSuffix(".swift") {
      let text = try String(contentsOfFile: folder + "/" + file, encoding: .utf8)
      let pattern = /"((?:import|quarantine|mapping|kind|yaml|tax|role)\.[a-z0-9_.]+[a-z0-9_])"/
      for match in text.matches(of: pattern) { codes.insert(String(match.1)) }
      let notices = /(?:message|tell)\(\s*"([a-z_]+)"/
      for match in text.matches(of: notices) {
        let isTold = match.0.hasPrefix("tell")
        codes.insert("import.notice." + (isTold ? "customers_" : "") + match.1)
      }
      let keys = /comment\("([a-z]+)"\)/
      for match in text.matches(of: keys) { codes.insert("mapping.doc." + match.1) }
    }
    #expect(codes.count > 100)
    for code in codes {
      #expect(catalogue[code] != nil || catalogue[code + "#other"] != nil, "\(code)")
    }
    for key in ["amount", "quantity", "price", "discount", "tax"] {
      for what in ["missing", "unreadable", "too_large"] {
        #expect(catalogue["quarantine.\(key).\(what)"] != nil)
      }
    }
    for role in ColumnRole.allCases { #expect(catalogue[role.term] != nil) }
    for format in SourceFormat.allCases { #expect(catalogue["format.\(format.rawValue)"] != nil) }
  }

  private func placeholders(_ text: String) -> Set<String> {
    Set(text.matches(of: /\{([a-z_]+)\}/).map { String($0.1) })
  }
}
