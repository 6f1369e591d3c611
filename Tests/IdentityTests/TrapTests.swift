import CustomerSchema
import Foundation
import Ingestion
import SQLBuilder
import Testing
import Warehouse

@testable import Identity

@Suite struct `What must not be joined, and what must` {
  private static let header = "id client;prénom;nom;date naissance;email;téléphone;code postal\n"

  private func bench(_ lines: String) async throws -> IdentityBench {
    let bench = try await IdentityBench()
    try await bench.bring(
      "crm.csv", Self.header + lines, as: .customers, source: "crm", on: "2024-01-01")
    return bench
  }

  @Test func `an address or a number that many share is nobody's`() async throws {
    var lines = ""
    // Typed to get past a form, a thousand times.
    for number in 1...1_000 { lines += "T\(number);;;;test@test.com;;\n" }
    // One telephone for 5,000 people, one address of a shop for 300.
    for number in 1...5_000 {
      lines += "P\(number);Prénom\(Self.word(number));Nom\(Self.word(number * 7));;;0140506070;\n"
    }
    for number in 1...300 {
      lines += "S\(number);Anna;Nom\(Self.word(number * 11));;vente@boutique-lilas.fr;;\n"
    }
    let bench = try await bench(lines)
    let report = try await bench.resolve()
    #expect(report.profilesAfter == 6_300 && report.links.isEmpty)
    #expect(report.shared.map(\.field).contains("phone"))
    #expect(report.shared.first { $0.field == "phone" }?.records == 5_000)
    #expect(report.shared.first { $0.field == "email" }?.records == 300)
  }

  /// A word of letters for a number.
  private static func word(_ number: Int) -> String {
    var rest = number
    var letters = ""
    repeat {
      letters.append(Character(Unicode.Scalar(UInt8(97 + rest % 26))))
      rest /= 26
    } while rest > 0
    return letters
  }

  @Test func `people who share a telephone, an address or a mailbox stay apart`() async throws {
    let bench = try await bench(
      """
      A1;Jean;Dupont;12/03/1980;famille.dupont@orange.fr;0140506070;75011
      A2;Claire;Dupont;03/11/1982;famille.dupont@orange.fr;0140506070;75011
      B1;Luc;Morel;;;0478112233;69003
      B2;L;Morel;;;0478112233;69003
      C1;Paul;Petit;01/02/1970;paul.petit@free.fr;;13001
      C2;Paul;Petit;09/10/2001;paul.petit@free.fr;;13001

      """)
    let report = try await bench.resolve()
    #expect(report.profilesAfter == 6, "\(report.links)")
    // Same mailbox and something against it: somebody decides.
    let pairs = try await bench.reading.waiting(limit: 10).pairs
    #expect(pairs.filter { $0.reason == "contradiction" }.map(\.first).sorted() == [1, 5])
  }

  @Test func `a chain never joins people who are told apart`() async throws {
    // B has no birth date and agrees with both A and C, who were born on different days.
    let bench = try await bench(
      """
      A;Jean;Dupont;12/03/1980;jean.dupont@orange.fr;0611223344;75011
      B;Jean;Dupont;;jean.dupont@orange.fr;0655667788;75011
      C;Jean;Dupont;25/12/1955;jd1955@free.fr;0655667788;75011

      """)
    let report = try await bench.resolve()
    #expect(report.profilesAfter == 2)
    #expect(try await !bench.areOne("A", "C"))
    #expect(try await bench.reading.waiting(limit: 5).pairs.map(\.reason).contains("chain"))
  }

  @Test(arguments: [
    // A homoglyph (Cyrillic е), a zero-width space, case, accents.
    ("Jеan;Du\u{200B}pont;;JEAN.DUPONT@orange.fr;;", "Jean;Dupont;;jean.dupont@orange.fr;;"),
    // Dots and a tag that the provider ignores.
    ("Jean;Dupont;;j.e.a.n.dupont+promo@gmail.com;;", "Jean;Dupont;;jeandupont@googlemail.com;;"),
    // A mistyped provider.
    ("Zoé;Lefèvre;;zoe.lefevre@gmial.com;;", "ZOE;LEFEVRE;;zoe.lefevre@gmail.com;;"),
    // Right to left.
    ("محمد;العلوي;;m.alaoui@orange.fr;;", "محمد;العلوي;;m.alaoui@orange.fr;;"),
    // One letter is an initial.
    ("J;Dupont;;jean.dupont@orange.fr;;", "Jean;Dupont;;jean.dupont@orange.fr;;"),
    // A number with its code, without its zero, with dots; a slip in a name.
    ("Jean;Dupont;;;06.48.21.57.93;", "Jean;Dupon;;;+33 (0)6 48 21 57 93;"),
    // First and last name in each other's place, day and month too.
    ("Dupont;Jean;03/12/1980;;0648215793;", "Jean;Dupont;12/03/1980;;06 48 21 57 93;"),
    // Born on 29 February.
    (
      "Léa;Blanc;29/02/2000;lea.blanc@free.fr;;", "Léa;Blanc;29/02/2000;lea.blanc@free.fr;;"
    ),
    // Particles and hyphens.
    ("Anne-Sophie;DE LA TOUR;;;0648215793;", "Anne Sophie;Delatour;;;0648215793;"),
  ])
  func `one person written in two ways is one`(one: String, other: String) async throws {
    let bench = try await bench("A;\(one)\nB;\(other)\n")
    try await bench.resolve()
    #expect(try await bench.areOne("A", "B"))
  }

  @Test func `companies are joined by their numbers, establishments are not`() async throws {
    let bench = try await IdentityBench()
    try await bench.bring(
      "companies.csv",
      """
      id societe;nom entreprise;siret;code postal
      E1;Boulangerie du Marché SARL;732 829 320 00074;75011
      E2;BOULANGERIE DU MARCHE;73282932000074;75011
      E3;Boulangerie du Marché;73282932000082;69003

      """, as: .companies, source: "crm")
    try await bench.bring(
      "contacts.csv",
      """
      contact id;prénom;nom;email;fonction;société
      K1;Aline;Roux;aline@marche.fr;Gérante;Boulangerie du marché
      K2;Hugo;Noir;hugo@marche.fr;Vendeur;Boulangerie du marché

      """, as: .contacts, source: "crm")
    let report = try await bench.resolve()
    #expect(report.links["siret"] == 1 && report.profilesAfter == 4)
    #expect(report.relations == ["contact": 1, "establishment": 1])
    let profile = try await bench.find("E1").profile
    let relations = try await bench.reading.relations(of: profile)
    #expect(relations.filter { $0.kind == "contact" }.map(\.decisionPower) == ["decides", "uses"])
    #expect(relations.filter { $0.kind == "establishment" }.count == 1)
  }

  @Test func `a household is people of one name at one address`() async throws {
    let bench = try await IdentityBench()
    try await bench.bring(
      "crm.csv",
      """
      id client;prénom;nom;adresse;code postal
      1;Jean;Dupont;12 av. des Lilas;75011
      2;Claire;Dupont;12 avenue des Lilas;75011
      3;Luc;Morel;12 avenue des Lilas;75011

      """, as: .customers, source: "crm")
    let report = try await bench.resolve()
    #expect(report.profilesAfter == 3 && report.relations == ["household": 1])
    let relations = try await bench.reading.relations(of: 1)
    #expect(relations.map(\.customer) == [2] && relations.first?.kind == "household")
  }

  @Test func `a card that settings name joins its records`() async throws {
    let bench = try await IdentityBench()
    bench.settings.keys = ["carte_fidelite"]
    try await bench.bring(
      "a.csv", "id client;prénom;nom;carte fidélité\nA;Jean;Dupont;X-001\n", as: .customers,
      source: "crm")
    try await bench.bring(
      "b.csv", "id client;prénom;nom;carte fidélité\nB;;;x001\nC;Marc;Petit;X001\n",
      as: .customers, source: "till")
    let report = try await bench.resolve()
    // Marc is not Jean: one of the two is joined with the nameless record, and the rest is asked.
    #expect(report.links["key"] == 1 && report.profilesAfter == 2)
    #expect(report.waiting.values.reduce(0, +) >= 1)
  }

  @Test(
    arguments: [
      ("accept: 2", 1), ("x: 1", 1), ("golden:\n  email: newest", 2), ("- a", 1), ("keys: card", 1),
      ("review: 0.9\naccept: 0.8", nil),
    ] as [(String, Int?)])
  func `settings that cannot be used are told with their line`(
    text: String, line: Int?
  ) async throws {
    let bench = try await IdentityBench()
    let path = bench.folder + "/identity.yaml"
    try text.write(toFile: path, atomically: true, encoding: .utf8)
    do {
      _ = try IdentitySettings(file: path)
      Issue.record("accepted: \(text)")
    } catch .settingsUnreadable(_, let found, _) {
      #expect(found == line)
    } catch {
      Issue.record("\(error)")
    }
  }

  @Test func `settings are read`() async throws {
    let bench = try await IdentityBench()
    let path = bench.folder + "/identity.yaml"
    try """
    accept: 0.99
    review: 0.7
    trust: [crm, shop]
    keys: [carte_fidelite]
    golden: {email: most_trusted}
    """.write(toFile: path, atomically: true, encoding: .utf8)
    let settings = try IdentitySettings(file: path)
    #expect(settings.accept == 0.99 && settings.review == 0.7 && settings.trust == ["crm", "shop"])
    #expect(settings.golden["email"] == .mostTrusted && settings.golden["name"] == .mostFrequent)
    #expect(try IdentitySettings(file: path + ".none") == IdentitySettings())
  }
}
