import CustomerSchema
import Foundation
import SQLBuilder
import Testing
import Warehouse

@testable import Ingestion

@Suite struct SensitiveImportTests {
  /// Invented: valid check digits, nobody's numbers.
  private static let clients = """
    id;Nom;Religion;N° sécu;Coordonnées;Carte;Points;Commentaire
    1;Durand;catholique;1 84 02 75 123 456 86;FR7630006000011234567890189;4970101234567890;12;Préfère être appelée le soir
    2;Petit;protestante;2 90 07 69 123 456 15;FR1420041010050500013M02606;5555555555554444;7;Client fidèle depuis dix ans
    3;Roy;athée;;;;3;

    """

  /// The text with what each `nir` (13 digits) needs as its key.
  private static func key(_ number: String) -> String {
    let digits = number.filter(\.isNumber)
    let key = 97 - (Int(digits) ?? 0) % 97
    return "\(number) \(key < 10 ? "0" : "")\(key)"
  }

  private func bytes(_ bench: ImportBench) async throws -> String {
    // Everything that the store holds, as text.
    var all = ""
    let tables = try await bench.rows(
      """
      SELECT table_name FROM duckdb_tables() WHERE database_name = 'quartier'
      """)
    for table in tables {
      let name = table[0].text ?? ""
      let rows = try await bench.rows("SELECT t::VARCHAR FROM quartier.\(identifier: name) AS t")
      all += rows.map { $0[0].text ?? "" }.joined(separator: "\n") + "\n"
    }
    return all
  }

  @Test func `special categories and numbers are refused by name and by value`() async throws {
    let bench = try await ImportBench()
    let nir = Self.key("1840275123456")
    let text = Self.clients.replacing("1 84 02 75 123 456 86", with: nir)
      .replacing("2 90 07 69 123 456 15", with: Self.key("2900769123456"))
      .replacing("4970101234567890", with: "4111111111111111")
    let report = try await bench.bring(try bench.write("clients.csv", text), as: .customers)
    let refused = report.notices.filter { $0.code == "import.notice.sensitive_refused" }
    #expect(
      Set(refused.compactMap { $0.location?.column }) == [
        "Religion", "N° sécu", "Coordonnées", "Carte",
      ])
    // They come first, and the rest of the file is in.
    #expect(report.notices.prefix(4) == refused.prefix(4))
    #expect(Set(report.attributes.map(\.id)) == ["last_name", "points", "commentaire"])
    #expect(report.notices.contains { $0.code == "import.notice.free_text" })
    let stored = try await bytes(bench)
    for value in ["catholique", "athée", nir, "FR7630006000011234567890189", "4111111111111111"] {
      #expect(!stored.contains(value))
    }
    let told = String(decoding: try JSONEncoder().encode(report), as: UTF8.self)
    #expect(!told.contains("catholique") && !told.contains("411111"))
    #expect(
      try await bench.texts(
        "SELECT column_name, kind, decision FROM quartier.sensitive_column ORDER BY 1") == [
          "Carte payment_card refused", "Coordonnées bank_account refused",
          "N° sécu social_security_number refused", "Religion religion refused",
        ])
  }

  @Test(arguments: [
    "Health issues", "Ethnicity", "Sexual orientation", "Trade union", "Political opinions",
    "DNA sample", "Fingerprint", "Groupe sanguin", "Allergies", "Orientation sexuelle",
    "Appartenance syndicale", "Opinions politiques", "Origine ethnique", "IBAN", "SSN",
    "Numéro de carte bancaire", "Social security number", "Handicap",
  ])
  func `names of columns tell in both languages`(_ name: String) throws {
    let found = try SensitiveScreening([:]).judge(0, name, ["x", "y", ""])
    #expect(found?.decision == .refused)
  }

  @Test(arguments: [
    ("Origine", ["web", "salon", "web"]), ("Parti le", ["2024-01-01"]),
    ("N° carte", ["000123", "000456"]), ("Card number", ["900100", "900200"]),
    (
      "Produit",
      ["Bible catholique", "Atlas", "Roman", "Bible protestante", "Guide", "BD", "Carte"]
    ),
    ("Traitement de la commande", ["fait", "en cours"]), ("Genre", ["F", "H"]),
    ("SIRET", ["35600000000048", "73282932000074"]), ("Téléphone", ["06 12 34 56 78"]),
    ("EAN", ["3017620422003", "3045140105502"]), ("Ville", ["Paris", "Lyon"]),
  ])
  func `ordinary columns stay`(_ name: String, _ values: [String]) throws {
    let found = try SensitiveScreening([:]).judge(0, name, values)
    #expect(found == nil || found?.decision == .doubtful)
  }

  @Test func `a declared consent lets a column in, as special data`() async throws {
    let bench = try await ImportBench()
    let mapping = try bench.write(
      "m.yaml", "explicit_consent:\n  Religion: \"Formulaire du 12/03/2024, case cochée\"\n")
    let file = try bench.write(
      "c.csv", "id;Nom;Religion\n1;A;catholique\n2;B;athée\n3;C;juive\n")
    let report = try await bench.bring(file, as: .customers, ImportOptions(mappingPath: mapping))
    #expect(report.notices.contains { $0.code == "import.notice.sensitive_declared" })
    let known = try await AttributeStore.entries(bench.session)
    #expect(known.first { $0.definition.id == "religion" }?.definition.dataClass == .special)
    #expect(
      try await bench.texts(
        "SELECT decision, consent FROM quartier.sensitive_column")
        == ["declared Formulaire du 12/03/2024, case cochée"])
  }

  @Test func `a consent without words is none, and a mapping cannot use what is refused`()
    async throws
  {
    let bench = try await ImportBench()
    let file = try bench.write("c.csv", "id;Nom;Religion\n1;A;catholique\n")
    for (text, code) in [
      ("explicit_consent:\n  Religion: oui\n", "import.mapping.type"),
      ("attributes:\n  faith: Religion\n", "import.column.sensitive"),
      ("columns:\n  customer: Religion\n", "import.column.sensitive"),
    ] {
      let mapping = try bench.write("m.yaml", text)
      #expect(
        try await bench.failure(file, as: .customers, ImportOptions(mappingPath: mapping)) == code)
    }
  }

  @Test func `properties of events and questions of surveys keep nothing of it`() async throws {
    let bench = try await ImportBench()
    let events = try bench.write(
      "e.csv",
      "customer id,event,date,iban,note\nC1,visit,2024-01-05,FR7630006000011234567890189,x\n")
    try await bench.bring(events, as: .events)
    #expect(
      try await bench.texts("SELECT properties FROM quartier.events") == ["{\"note\":\"x\"}"])
    let survey = try bench.write(
      "s.csv",
      "customer id,date,Quelle est votre religion ?,Recommanderiez-vous ?\n"
        + "C1,2024-01-05,juif,9\nC2,2024-01-06,athée,7\n")
    try await bench.bring(survey, as: .survey)
    #expect(
      try await bench.texts("SELECT DISTINCT question FROM quartier.survey_answers") == [
        "Recommanderiez-vous ?"
      ])
  }

  @Test func `lines set aside show nothing of a refused column`() async throws {
    let bench = try await ImportBench()
    let file = try bench.write(
      "o.csv",
      "customer id,date,amount,iban\n"
        + (1...9).map {
          "C\($0),2024-01-0\($0),10.00,FR7630006000011234567890189\n"
        }.joined() + "C10,nonsense,10.00,FR7630006000011234567890189\n")
    let report = try await bench.bring(file, as: .orders)
    #expect(report.quarantinedLines == 1)
    let stored = try await bytes(bench)
    #expect(stored.contains("nonsense") && !stored.contains("FR7630006000011234567890189"))
  }
}
