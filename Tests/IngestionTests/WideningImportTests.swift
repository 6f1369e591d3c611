import CustomerSchema
import Foundation
import SQLBuilder
import Testing
import Warehouse

@testable import Ingestion

/// Attributes that grow, prospects, promotions, and values that files get wrong.
@Suite struct WideningImportTests {
  private func levels(_ bench: ImportBench) async throws -> [String] {
    try await bench.texts(
      """
      SELECT customer_id, strftime(timezone('UTC', valid_from), '%m-%d'), value
      FROM quartier.attribute_history WHERE attribute_id = 'points' ORDER BY 1, valid_from
      """)
  }

  @Test func `an attribute widens from whole numbers to decimals and to text`() async throws {
    let bench = try await ImportBench()
    func bring(_ name: String, _ values: [String], _ day: String) async throws -> FileImportReport {
      let lines = values.enumerated().map { "\($0 + 1);A\($0);\($1)\n" }.joined()
      return try await bench.bring(
        try bench.write(name, "id;Nom;Points\n" + lines), as: .customers, on: day)
    }
    _ = try await bring("a.csv", ["12", "7"], "2024-01-01")
    let decimal = try await bring("b.csv", ["12", "7,5"], "2024-02-01")
    let told = decimal.notices.first { $0.code == "import.notice.widened" }
    #expect(told?.arguments["after"] == .term("attribute_type.decimal"))
    #expect(decimal.quarantinedLines == 0)
    // What is said again is no change, however it is written by now.
    #expect(
      try await levels(bench) == [
        "1 01-01 12.0000", "2 01-01 7.0000", "2 02-01 7.5000",
      ])
    _ = try await bring("c.csv", ["gratuit", "7.5"], "2024-03-01")
    #expect(
      try await levels(bench) == [
        "1 01-01 12", "1 03-01 gratuit", "2 01-01 7", "2 02-01 7.5",
      ])
    #expect(
      try await bench.texts("SELECT points FROM quartier.customer_attribute ORDER BY customer_id")
        == ["gratuit", "7.5"])
    #expect(
      try await bench.texts(
        "SELECT version, old_type, new_type FROM quartier.attribute_type_change ORDER BY 1")
        == ["1 count decimal", "2 decimal text"])
  }

  @Test func `one text among many numbers is set aside and widens nothing`() async throws {
    let bench = try await ImportBench()
    let good = (1...40).map { "\($0);A;\($0)\n" }.joined()
    try await bench.bring(
      try bench.write("a.csv", "id;Nom;Points\n" + good), as: .customers, on: "2024-01-01")
    let report = try await bench.bring(
      try bench.write("b.csv", "id;Nom;Points\n" + good + "41;A;n.c.\n"), as: .customers,
      on: "2024-02-01")
    #expect(report.quarantinedLines == 1)
    #expect(try await bench.texts("SELECT count(*) FROM quartier.attribute_type_change") == ["0"])
  }

  @Test func `prospects keep their status, owner and source`() async throws {
    let bench = try await ImportBench()
    let file = try bench.write(
      "p.csv",
      "id prospect;Nom;E-mail;Statut;Conseiller;Origine;Étiquettes\n"
        + "P1;Durand;d@ex.fr;À rappeler;Anne;Salon;chaud|B2B\n"
        + "P2;Petit;p@ex.fr;Nouveau;Paul;Site;\n")
    try await bench.bring(file, as: .prospects)
    #expect(
      try await bench.texts(
        """
        SELECT last_name, lead_status, owner, lead_source, tags::VARCHAR, status
        FROM quartier.customer_attribute ORDER BY customer_id
        """) == [
          "Durand À rappeler Anne Salon [B2B, chaud] prospect",
          "Petit Nouveau Paul Site – prospect",
        ])
  }

  @Test func `promotions come in and change as products do`() async throws {
    let bench = try await ImportBench()
    let text = "Code promo;Libellé;Taux remise;Date début;Date fin\n"
    let first = try await bench.bring(
      try bench.write("p.csv", text + "HIVER;Soldes;20;15/01/2025;04/02/2025\n"))
    #expect(first.kind == .promotions && first.rows.added == 1)
    let later = text + "HIVER;Soldes;30;15/01/2025;04/02/2025\nNOEL;Noël;10;01/12/2025;24/12/2025\n"
    let second = try await bench.bring(try bench.write("q.csv", later))
    #expect(second.rows.added == 1 && second.rows.changed == 1)
    #expect(
      try await bench.texts(
        """
        SELECT promotion, name, percentage, strftime(timezone('Europe/Paris', ended_at), '%d/%m')
        FROM quartier.promotions ORDER BY 1
        """) == ["HIVER Soldes 30.0000 04/02", "NOEL Noël 10.0000 24/12"])
  }

  @Test func `values that files get wrong are put right or set aside`() async throws {
    let bench = try await ImportBench()
    let codes = ["75011", "69003", "20000", "97400", "1000", "33000", "13001", "59000"]
    let lines = codes.enumerated().map { index, code -> String in
      let birth = ["29/02/1984", "01/01/1850", "31/12/2090"][min(index, 2) % 3]
      let name = index == 0 ? "Ju\u{200B}lie" : index == 1 ? "\u{200F}يوسف\u{200F}" : "X"
      return
        "\(index + 1);\(name);\(code);PARIS CEDEX 08;\(index == 3 ? "" : birth);356 000 000 00048\n"
    }.joined()
    let report = try await bench.bring(
      try bench.write("c.csv", "id;Prénom;CP;Ville;Né le;SIRET\n" + lines), as: .customers,
      ImportOptions(maximumUnusableShare: 0.99))
    let rows = try await bench.texts(
      """
      SELECT first_name, postal_code, coalesce(birth_date::VARCHAR, '-'), siret
      FROM quartier.customer_attribute ORDER BY customer_id
      """)
    #expect(rows[0] == "Julie 75011 1984-02-29 35600000000048")
    #expect(rows[1] == "\u{200F}يوسف\u{200F} 69003 - 35600000000048")
    #expect(rows[2].contains("20000 -") && rows[4].contains("01000"))
    #expect(report.quarantineReasons.first?.reason == "quarantine.value.misfit")
  }

  @Test func `a future consent and one that is refused in the same second do not count`()
    async throws
  {
    let bench = try await ImportBench()
    let file = try bench.write(
      "c.csv",
      "customer id,purpose,channel,granted,consent date\n"
        + "C1,marketing,email,yes,2024-01-05 10:00:00\nC1,marketing,email,no,2024-01-05 10:00:00\n"
        + "C2,marketing,email,yes,2031-01-05 10:00:00\nC3,marketing,sms,yes,2024-01-05 10:00:00\n"
        + "C3,marketing,email,no,2024-01-05 10:00:00\n")
    let report = try await bench.bring(
      file, as: .consents, ImportOptions(maximumUnusableShare: 0.99))
    #expect(
      Set(report.quarantineReasons.map(\.reason)) == [
        "quarantine.consent.contradicted", "quarantine.date.future",
      ])
    #expect(
      try await bench.texts(
        """
        SELECT i.value, c.channel, c.granted FROM quartier.consents AS c
        JOIN quartier.identifier AS i ON i.customer_id = c.customer_id ORDER BY 1, 2
        """) == ["C1 email false", "C3 email false", "C3 sms true"])
  }
}
