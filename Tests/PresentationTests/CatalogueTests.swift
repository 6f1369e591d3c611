import Foundation
import Testing

@testable import Presentation

/// What the French and the English catalogues must have in common.
struct CatalogueTests {
  private let english: Catalogue
  private let french: Catalogue

  init() throws {
    let resources = try PresentationResources.locate()
    english = try Catalogue(.english, resources: resources)
    french = try Catalogue(.french, resources: resources)
  }

  @Test("Both languages have the same keys, each in one file only")
  func keys() {
    #expect(Set(english.texts.keys).symmetricDifference(french.texts.keys).sorted() == [])
    #expect(english.duplicateKeys == [])
    #expect(french.duplicateKeys == [])
    #expect(english.texts.count > 300)
  }

  @Test("Both languages fill the same placeholders")
  func placeholders() {
    for base in Set(english.texts.keys.map(Self.base)) {
      #expect(
        Self.placeholders(base, english) == Self.placeholders(base, french), "of \(base)")
    }
  }

  @Test("A singular has its plural, and no text without number beside them")
  func plurals() {
    for catalogue in [english, french] {
      for key in catalogue.texts.keys where key.contains("#") {
        let base = Self.base(key)
        #expect(catalogue.texts[base + "#one"] != nil, "\(base) in \(catalogue.language)")
        #expect(catalogue.texts[base + "#other"] != nil, "\(base) in \(catalogue.language)")
        #expect(catalogue.texts[base] == nil, "\(base) in \(catalogue.language)")
      }
    }
  }

  @Test("Texts are plain: no markup, no stray spaces, straight quotation marks or missing words")
  func plain() {
    for catalogue in [english, french] {
      for (key, text) in catalogue.texts {
        #expect(!text.isEmpty && text == text.trimmingCharacters(in: .whitespaces), "\(key)")
        #expect(!text.contains("<") && !text.contains("  ") && !text.contains("TODO"), "\(key)")
        #expect(text.firstMatch(of: /\p{L}'\p{L}/) == nil, "a straight apostrophe in \(key)")
      }
    }
  }

  @Test("French has its no-break spaces and says «vous»")
  func typography() {
    for (key, text) in french.texts {
      #expect(text.firstMatch(of: /\ [;!?»%]|«\ |\S\ [:](\s|$)/) == nil, "a plain space in \(key)")
      #expect(
        text.firstMatch(of: /(^|\s)(tu|toi|ton|ta|tes)\s/.ignoresCase()) == nil, "«tu» in \(key)")
    }
  }

  @Test("The glossary's words are used, not those it rules out")
  func glossary() {
    let ruledOut = [
      "audience", "revenus", "LTV", "VVC", "valeur moyenne de commande", "taux de retour ",
      "leads",
    ]
    for (key, text) in french.texts where !key.hasPrefix("cli.") {
      for word in ruledOut { #expect(!text.contains(word), "«\(word)» in \(key)") }
    }
    #expect(french.texts["segment.eleven.champions"] == "Meilleurs clients")
    #expect(french.texts["segment.eleven.about_to_sleep"] == "En perte de vitesse")
    #expect(french.texts["intention.retain"] == "Fidéliser")
    #expect(french.texts["column.basket"] == "Panier moyen")
  }

  private static func base(_ key: String) -> String {
    String(key.prefix { $0 != "#" })
  }

  private static func placeholders(_ base: String, _ catalogue: Catalogue) -> Set<String> {
    let texts = [base, base + "#one", base + "#other"].compactMap { catalogue.texts[$0] }
    // The count may be spelled out: «one customer» for {count}.
    return texts.reduce(into: Set<String>()) { $0.formUnion(Catalogue.placeholders(in: $1)) }
      .subtracting(texts.count > 1 ? ["count"] : [])
  }
}
