import CustomerSchema
import Foundation
import SQLBuilder
import Testing
import Warehouse

@testable import Ingestion

@Suite struct CustomerImportTests {
  private static let january = """
    N° client;Nom;Prénom;E-mail;Ville;Sexe;Inscrit le;Points;Étiquettes;Niveau;Abonné
    0001;Dupont;Jean;jean@Ex.fr;Évry;H;05/03/2020;12;vip|web;or;Oui
    0002;Durand;Léa;lea@ex.fr;Paris;F;25/12/2021;7;web;argent;Non
    0003;Martin;;m@ex.fr;Lyon;;01/02/2022;;;;

    """

  private func history(_ bench: ImportBench, _ attribute: String) async throws -> [String] {
    try await bench.texts(
      """
      SELECT i.value, strftime(timezone('UTC', h.valid_from), '%m-%d'), h.value
      FROM quartier.attribute_history AS h JOIN quartier.identifier AS i
        ON i.customer_id = h.customer_id AND i.type = 'customer'
      WHERE h.attribute_id = \(attribute) ORDER BY i.value, h.valid_from
      """)
  }

  @Test func `columns become attributes of the types that their values have`() async throws {
    let bench = try await ImportBench()
    let file = try bench.write("clients.csv", Self.january)
    let report = try await bench.bring(file, on: "2024-01-01")
    #expect(report.kind == .customers && report.kindRecognised)
    #expect(report.lines == 3 && report.customersCreated == 3 && report.quarantinedLines == 0)
    let types = Dictionary(uniqueKeysWithValues: report.attributes.map { ($0.id, $0.type) })
    #expect(
      types == [
        "last_name": "text", "first_name": "text", "email": "text", "city": "text",
        "gender": "enumeration", "signed_up": "date", "points": "count", "tags": "list",
        "niveau": "text", "abonne": "boolean",
      ])
    #expect(
      try await bench.texts(
        """
        SELECT last_name, coalesce(first_name, '-'), gender, signed_up::VARCHAR, points,
          tags::VARCHAR, niveau, abonne, status, kind
        FROM quartier.customer_attribute ORDER BY customer_id
        """) == [
          "Dupont Jean male 2020-03-05 12 [vip, web] or true customer person",
          "Durand Léa female 2021-12-25 7 [web] argent false customer person",
          "Martin - – 2022-02-01 – – – – customer person",
        ])
    let labels = try await bench.texts(
      """
      SELECT attribute_id, label_fr FROM quartier.attribute_definition
      WHERE label_fr IS NOT NULL ORDER BY 1
      """)
    #expect(labels == ["abonne Abonné", "niveau Niveau", "points Points"])
    let known = try await AttributeStore.entries(bench.session)
    #expect(known.first { $0.definition.id == "email" }?.definition.dataClass == .identifying)
    #expect(
      known.first { $0.definition.id == "gender" }?.definition.type
        == .enumeration(["female", "male", "other"]))
  }

  @Test func `a value has a row of history when it changes, and not when it is said again`()
    async throws
  {
    let bench = try await ImportBench()
    try await bench.bring(try bench.write("a.csv", Self.january), on: "2024-01-01")
    let february = Self.january.replacing("argent", with: "or").replacing("Lyon", with: "")
    let report = try await bench.bring(try bench.write("b.csv", february), on: "2024-02-01")
    #expect(report.valuesChanged == 2 && report.customersTouched == 2)
    #expect(
      try await history(bench, "city") == [
        "0001 01-01 Évry", "0002 01-01 Paris",
        "0003 01-01 Lyon", "0003 02-01 –",
      ])
    #expect(
      try await history(bench, "niveau") == ["0001 01-01 or", "0002 01-01 argent", "0002 02-01 or"])
    // Another system's silence withdraws nothing.
    let other = "N° client;Ville;Prénom\n0001;;Jeanne\n"
    try await bench.bring(
      try bench.write("c.csv", other), as: .customers, source: "main", on: "2024-02-02")
    #expect(try await history(bench, "city").last { $0.hasPrefix("0001") } == "0001 02-02 –")
    try await bench.session.execute(
      "UPDATE quartier.attribute_history SET source = 'crm' WHERE attribute_id = 'niveau'")
    try await bench.bring(
      try bench.write("d.csv", "N° client;Niveau;Ville\n0001;;Nice\n"), as: .customers,
      on: "2024-02-03")
    #expect(try await history(bench, "niveau").filter { $0.hasPrefix("0001") } == ["0001 01-01 or"])
  }

  @Test func `an older export fills in the history and leaves the present alone`() async throws {
    let bench = try await ImportBench()
    func level(_ word: String) -> String { "id;Niveau;Nom\n1;\(word);A\n" }
    for (index, (word, day)) in [
      ("or", "2024-03-01"), ("argent", "2024-01-01"), ("or", "2024-02-01"), ("or", "2024-02-15"),
    ].enumerated() {
      try await bench.bring(
        try bench.write("\(index).csv", level(word)), as: .customers, on: day)
    }
    // Gold holds from February on: March said it again.
    #expect(try await history(bench, "niveau") == ["1 01-01 argent", "1 02-01 or"])
    #expect(try await bench.texts("SELECT niveau FROM quartier.customer_attribute") == ["or"])
    try await bench.bring(
      try bench.write("x.csv", level("bronze")), as: .customers, on: "2023-12-01")
    #expect(try await history(bench, "niveau").count == 3)
    #expect(try await bench.texts("SELECT niveau FROM quartier.customer_attribute") == ["or"])
  }

  @Test func `a column of dates of validity makes a history of one file`() async throws {
    let bench = try await ImportBench()
    let file = try bench.write(
      "h.csv",
      "id;Nom;Niveau;valid_from\n1;A;bronze;2024-01-01\n1;A;or;2024-02-01\n1;A;or;2024-03-01\n"
        + "2;B;or;2031-01-01\n3;C;or;2024-02-01\n4;D;x;2024-02-01\n5;E;x;2024-02-01\n")
    let report = try await bench.bring(file, as: .customers)
    #expect(
      report.quarantineReasons == [QuarantineCount(reason: "quarantine.date.future", lines: 1)])
    #expect(
      try await history(bench, "niveau").prefix(2) == ["1 12-31 bronze", "1 01-31 or"])
    #expect(try await history(bench, "niveau").count == 5)
  }

  @Test func `lists and objects of JSON stay values of their customer`() async throws {
    let bench = try await ImportBench()
    let file = try bench.write(
      "c.json",
      """
      {"id": "7", "email": "a@b.fr", "tags": ["b", "a"], "animaux": [{"birth": "2015-01-02", "name": "Zoé"}]}
      {"id": "8", "email": "c@d.fr", "tags": [], "animaux": null}

      """)
    let report = try await bench.bring(file, as: .customers, on: "2024-01-01")
    let types = Dictionary(uniqueKeysWithValues: report.attributes.map { ($0.id, $0.type) })
    #expect(types["tags"] == "list" && types["animaux"] == "objects")
    let known = try await AttributeStore.entries(bench.session)
    #expect(
      known.first { $0.definition.id == "animaux" }?.definition.type
        == .objects([FieldDefinition("birth", .date), FieldDefinition("name", .text)]))
    #expect(
      try await bench.texts(
        """
        SELECT tags::VARCHAR, json_extract_string(animaux, '$[0].name')
        FROM quartier.customer_attribute ORDER BY customer_id
        """) == ["[a, b] Zoé", "[] –"])
    // The order of a list means nothing.
    let again = try bench.write(
      "d.json", #"[{"id": "7", "email": "a@b.fr", "tags": ["a", "b"]}]"#)
    let second = try await bench.bring(again, as: .customers, on: "2024-02-01")
    #expect(second.valuesChanged == 0)
  }

  @Test func `a value that an attribute cannot hold is set aside, its line counts`() async throws {
    let bench = try await ImportBench()
    try await bench.bring(
      try bench.write("a.csv", "id;Nom;Points\n1;A;3\n2;B;4\n"), as: .customers, on: "2024-01-01")
    let lines = (1...10).map { "\($0);A\($0);\($0 == 1 ? "beaucoup" : "5")" }
    let report = try await bench.bring(
      try bench.write("b.csv", "id;Nom;Points\n" + lines.joined(separator: "\n")), as: .customers,
      on: "2024-02-01")
    #expect(
      report.quarantineReasons == [QuarantineCount(reason: "quarantine.value.misfit", lines: 1)])
    #expect(
      try await bench.texts(
        "SELECT line, column_name, value FROM quartier.quarantine") == ["2 Points beaucoup"])
    #expect(report.customersCreated == 8)
    // A column of another nature altogether is refused, and nothing of it stays.
    let wrong = try bench.write("c.csv", "id;Nom;Points\n1;A;x\n77;B;y\n")
    #expect(try await bench.failure(wrong, as: .customers) == "import.unusable.too_many")
    #expect(
      try await bench.texts("SELECT count(*) FROM quartier.identifier WHERE value = '77'") == ["0"])
  }

  @Test func `an address known from elsewhere joins an id, one person is not another`() async throws
  {
    let bench = try await ImportBench()
    try await bench.bring(
      try bench.write("e.csv", "email,event,timestamp\nJean@ex.fr,visit,2024-01-05T10:00:00Z\n"))
    let report = try await bench.bring(
      try bench.write("c.csv", "id;Nom;email\n1;A;jean@ex.fr\n2;B;jean@ex.fr\n"), as: .customers)
    #expect(report.customersCreated == 1)
    #expect(
      try await bench.texts(
        "SELECT type, value, customer_id FROM quartier.identifier ORDER BY type, value") == [
          "customer 1 1", "customer 2 2", "email jean@ex.fr 1",
        ])
  }

  @Test func `headers of rules' own words and repeated headers get ids of their own`() async throws
  {
    let bench = try await ImportBench()
    let report = try await bench.bring(
      try bench.write("c.csv", "id;Nom;revenue;and;Note;Note;2 fois;🙂\n1;A;3;x;a;b;c;d\n"),
      as: .customers)
    #expect(
      report.attributes.map(\.id) == [
        "last_name", "file_revenue", "file_and", "note", "note_2", "column_2_fois", "column",
      ])
  }

  @Test(.enabled(if: Repository.data != nil, "needs QUARTIER_DATA"))
  func `real contacts and a real survey come in whole`() async throws {
    let bench = try await ImportBench()
    let folder = (Repository.data ?? "") + "/more/"
    let contacts = try await bench.bring(folder + "mautic-contacts.csv", source: "mautic")
    // Four lines have no address.
    #expect(contacts.lines == 54 && contacts.quarantinedLines == 4)
    #expect(contacts.customersCreated == 50)
    #expect(contacts.attributes.first { $0.column == "company" }?.id == "company")
    let companies = try await bench.bring(
      folder + "mautic-companies.csv", source: "mautic-companies")
    #expect(companies.kind == .companies && companies.customersCreated == 4)
    let people = folder + "insee_histoire_de_vie_2003.csv.gz"
    let survey = try await bench.bring(people, as: .survey, source: "insee", on: "2003-06-01")
    // Filled cells besides the id, counted by another reader; religion is refused.
    let cells = try await bench.rows(
      """
      SELECT count(*) FROM (UNPIVOT (SELECT * FROM read_csv(\(literal: people), all_varchar = true))
        ON COLUMNS(* EXCLUDE (id, relig))) WHERE value <> ''
      """)
    #expect(survey.customersCreated == 2_000)
    #expect(cells == [[.int(Int64(survey.rows.added))]])
    #expect(
      try await bench.texts(
        """
        SELECT count(*), avg(score)::DECIMAL(18,4) FROM quartier.survey_answers
        WHERE question = 'age'
        """) == ["2000 48.1570"])
  }
}
