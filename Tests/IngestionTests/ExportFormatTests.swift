import CustomerSchema
import Foundation
import SQLBuilder
import Testing
import Warehouse

@testable import Ingestion

/// Every known export is recognised by its headers, and says what it means: the files are invented,
/// with the headers and the habits of the programs, and the totals worked out by hand.
@Suite struct ExportFormatTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let file: String
    let format: String
    let query: String
    let expected: [String]
    var testDescription: String { format }

    init(_ file: String, _ query: String, _ expected: [String]) {
      self.file = file
      format = String(file.prefix { $0 != "." })
      self.query = query
      self.expected = expected
    }
  }

  private static let orders = """
    SELECT o.key, o.kind, o.amount, coalesce(i.value, '-') FROM quartier.orders AS o
    LEFT JOIN quartier.identifier AS i ON i.customer_id = o.customer_id
    ORDER BY o.key
    """

  private static func people(_ columns: String) -> String {
    "SELECT \(columns) FROM quartier.customer_attribute ORDER BY customer_id"
  }

  static let cases: [Case] = [
    Case(
      "shopify-orders.csv", orders,
      [
        "#1001 purchase 94.9000 lea@exemple.fr", "#1002 purchase 60.0000 max@exemple.fr",
        "#1002/return return -20.0000 max@exemple.fr", "#1003 cancelled 39.9000 lea@exemple.fr",
        "#1004 purchase 10.0000 -",
      ]),
    Case(
      "shopify-customers.csv",
      people(
        "email, first_name, phone, postal_code, country, tags::VARCHAR, accepts_email_marketing"),
      [
        "lea@exemple.fr Léa +33612345678 75011 FR [hiver, vip] true",
        "max@exemple.fr Max – 69003 FR – false",
      ]),
    Case(
      "shopify-products.csv",
      "SELECT product, name, category, brand, price, cost FROM quartier.products ORDER BY 1",
      [
        "PULL-L Pull bleu Pulls Maison Laine 37.0000 12.5000",
        "PULL-M Pull bleu Pulls Maison Laine 35.0000 12.5000",
        "echarpe Écharpe Accessoires Maison Laine 30.0000 8.0000",
      ]),
    Case(
      "woocommerce-orders.csv", orders,
      [
        "501 purchase 12.0000 Léa Durand", "502 purchase 33.5000 Max Petit",
        "503 cancelled 9.5000 Léa Durand",
      ]),
    Case(
      "woocommerce-order-lines.csv", orders,
      ["601 purchase 42.0000 lea@exemple.fr", "602 cancelled 12.0000 max@exemple.fr"]),
    Case(
      "woocommerce-order-totals.csv", orders,
      ["601 purchase 46.9000 lea@exemple.fr", "602 purchase 12.0000 max@exemple.fr"]),
    Case(
      "woocommerce-customers.csv", people("email, name, city, postal_code, signed_up::VARCHAR"),
      ["lea@exemple.fr Léa Durand Paris 75011 2023-05-01", "max@exemple.fr Max Petit Lyon 69003 –"]
    ),
    Case(
      "prestashop-orders.csv", orders,
      [
        "1 purchase 61.8000 L. DURAND", "2 purchase 1069.9000 M. PETIT",
        "3 cancelled 14.9000 M. PETIT",
      ]),
    Case(
      "prestashop-orders-table.csv", orders,
      ["1 purchase 61.8000 11", "2 purchase 69.9000 12", "3 cancelled 14.9000 12"]),
    Case(
      "prestashop-customers.csv", people("email, first_name, last_name, title, signed_up::VARCHAR"),
      ["lea@exemple.fr Léa Durand Mme 2023-01-12", "max@exemple.fr Max Petit M. 2023-03-25"]),
    Case(
      "prestashop-customers-table.csv", people("email, birth_date::VARCHAR, signed_up::VARCHAR"),
      ["lea@exemple.fr 1984-02-29 2023-01-12", "max@exemple.fr – 2023-03-25"]),
    Case(
      "hubspot-contacts.csv",
      people("email, owner, lead_status, lifecycle_stage, signed_up::VARCHAR"),
      [
        "lea@exemple.fr Paul Martin Open Lead 2023-11-02",
        "max@exemple.fr Paul Martin New Subscriber 2023-12-24",
      ]),
    Case(
      "hubspot-companies.csv", people("name, kind, headcount, turnover, owner"),
      [
        "Durand SARL company 12 450000.0000 Paul Martin",
        "Ateliers Petit company 85 3200000.0000 Anne Roy",
      ]),
    Case(
      "hubspot-deals.csv",
      """
      SELECT o.key, o.name, o.stage, o.amount, o.won, o.closed_at IS NOT NULL, i.value
      FROM quartier.opportunities AS o JOIN quartier.identifier AS i
        ON i.customer_id = o.customer_id ORDER BY 1
      """,
      [
        "1 Agencement Closed Won 5200.0000 true true 9001",
        "2 Extension Contract Sent 1800.5000 – false 9001",
        "3 Maintenance Closed Lost 900.0000 false true 502",
      ]),
    Case(
      "pipedrive-deals.csv",
      """
      SELECT o.key, o.stage, o.amount, o.won, o.closed_at IS NOT NULL, i.value
      FROM quartier.opportunities AS o JOIN quartier.identifier AS i
        ON i.customer_id = o.customer_id ORDER BY 1
      """,
      [
        "1 Proposition 4500.0000 true true Durand SARL",
        "2 Contact 1200.0000 – false Ateliers Petit",
        "3 Contact 800.0000 false true Ateliers Petit",
      ]),
    Case(
      "pipedrive-people.csv", people("name, email, owner, company"),
      [
        "Léa Durand lea@exemple.fr Paul Martin Durand SARL",
        "Max Petit max@exemple.fr Anne Roy Ateliers Petit",
      ]),
    Case(
      "pipedrive-organizations.csv", people("name, kind, owner, address"),
      [
        "Durand SARL company Paul Martin 1 rue des Lilas, Paris",
        "Ateliers Petit company Anne Roy 3 cours Gambetta, Lyon",
      ]),
    Case(
      "odoo-customers.csv", people("name, kind, email, postal_code, owner"),
      [
        "Durand SARL company contact@durand.example 75011 Paul Martin",
        "Max Petit person max@exemple.fr 69003 Paul Martin",
      ]),
    Case(
      "odoo-sales.csv", orders,
      [
        "S00021 purchase 1200.0000 Durand SARL", "S00022 purchase 59.9000 Max Petit",
        "S00023 cancelled 80.0000 Max Petit",
      ]),
    Case(
      "odoo-sale-lines.csv", orders,
      ["S00021 purchase 1200.0000 Durand SARL", "S00022 purchase 59.9000 Max Petit"]),
    Case(
      "mailchimp-audience.csv",
      people("email, first_name, signed_up::VARCHAR, tags::VARCHAR, member_rating, birthday"),
      [
        // 23:31 in UTC is the next day in Paris.
        "lea@exemple.fr Léa 2020-02-04 [Blog, VIP] 5 02/29",
        "max@exemple.fr Max 2021-07-14 [Blog] 2 12/25",
      ]),
    Case(
      "brevo-contacts.csv", people("email, last_name, phone, double_opt_in, signed_up::VARCHAR"),
      [
        "lea@exemple.fr Durand 33612345678 true 2023-03-15",
        "max@exemple.fr Petit – false 2023-04-28",
      ]),
    Case(
      "splio-contacts.csv", people("email, first_name, phone, language, points_fidelite"),
      ["lea@exemple.fr Léa +33612345678 fr 120", "max@exemple.fr Max +33698765432 fr 40"]),
    Case(
      "zendesk-tickets.csv",
      """
      SELECT t.key, t.subject, t.channel, t.status, t.priority, t.satisfaction, i.value
      FROM quartier.tickets AS t JOIN quartier.identifier AS i ON i.customer_id = t.customer_id
      ORDER BY 1
      """,
      [
        "4001 Colis en retard Mail Solved High 1.0000 lea@exemple.fr",
        "4002 Taille Web form Open – – max@exemple.fr",
        "4003 Remboursement Chat Closed Low 0.0000 max@exemple.fr",
      ]),
    Case(
      "google-analytics-events.csv",
      """
      SELECT strftime(timezone('UTC', e.happened_at), '%Y-%m-%dT%H:%M:%S.%g'), e.name, e.device,
        e.channel, coalesce(i.value, '-')
      FROM quartier.events AS e LEFT JOIN quartier.identifier AS i
        ON i.customer_id = e.customer_id ORDER BY 1
      """,
      [
        "2024-01-10T08:00:00.000 page_view mobile organic C1",
        "2024-01-10T08:01:00.500 add_to_cart mobile organic C1",
        "2024-01-11T08:00:00.000 page_view desktop cpc -",
      ]),
    Case(
      "fec.txt", orders,
      [
        "A001 return -120.0000 C001", "F001 purchase 1200.0000 C001",
        "Z31 purchase 60.0000 -",
      ]),
    Case(
      "journal-entries.csv", orders,
      ["F12 purchase 120.0000 411DURAND", "F13 purchase 1054.9000 411PETIT"]),
    Case(
      "till-receipts.csv", orders,
      [
        "T1 purchase 19.9000 000123", "T2 purchase 3.5000 -",
        "T3 return -12.9000 000456",
      ]),
  ]

  private static func path(_ file: String) -> String {
    Repository.root + "/Tests/IngestionTests/Exports/" + file
  }

  @Test(arguments: cases)
  func `a known export comes in by its headers alone`(_ example: Case) async throws {
    let bench = try await ImportBench()
    let report = try await bench.bring(Self.path(example.file))
    #expect(report.quarantinedLines == 0)
    let named = report.notices.first { $0.code == "import.notice.format" }
    #expect(named?.arguments["id"] == .text(example.format))
    #expect(try await bench.texts(.resource(example.query)) == example.expected)
  }

  @Test func `every known export has an example`() {
    #expect(Set(ExportFormat.all.map(\.id)) == Set(Self.cases.map(\.format)))
  }

  @Test func `lines of a Shopify order add up to what was paid`() async throws {
    let bench = try await ImportBench()
    try await bench.bring(Self.path("shopify-orders.csv"))
    #expect(
      try await bench.texts(
        """
        SELECT order_key, coalesce(product, '-'), amount FROM quartier.order_lines
        WHERE order_key LIKE '#1001%' OR order_key LIKE '#1004%' ORDER BY row_id
        """) == [
          "#1001 PULL-M 63.0000", "#1001 ECH-1 27.0000", "#1001 - 4.9000",
          "#1004 Chaussettes 10.0000",
        ])
  }

  @Test func `an accounting file gives amounts without tax when asked`() async throws {
    let bench = try await ImportBench()
    try await bench.bring(Self.path("fec.txt"), ImportOptions(amounts: .ht))
    #expect(try await bench.texts("SELECT sum(amount) FROM quartier.orders") == ["950.0000"])
  }

  @Test func `an export is forced, refused or left unknown by name`() async throws {
    let bench = try await ImportBench()
    let file = Self.path("splio-contacts.csv")
    #expect(
      try await bench.failure(file, ImportOptions(format: "shopify-orders"))
        == "import.format.unfit")
    #expect(try await bench.failure(file, ImportOptions(format: "x")) == "import.format.unknown")
    let plain = try await bench.bring(file, as: .customers, ImportOptions(format: "none"))
    #expect(!plain.notices.contains { $0.code == "import.notice.format" })
  }

  @Test func `a mapping says more than a known export`() async throws {
    let bench = try await ImportBench()
    let mapping = try bench.write(
      "m.yaml", "attributes:\n  surname: \"lastname\"\nignore: [\"points_fidelite\"]\n")
    let report = try await bench.bring(
      Self.path("splio-contacts.csv"), ImportOptions(mappingPath: mapping))
    let ids = Set(report.attributes.map(\.id))
    #expect(ids.contains("surname") && !ids.contains("points_fidelite"))
    #expect(ids.contains("phone"))
  }
}
