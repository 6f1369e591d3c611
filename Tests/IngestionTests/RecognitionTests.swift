import CustomerSchema
import SQLBuilder
import Testing

@testable import Ingestion

/// Columns find their roles in the exports that people have.
@Suite struct RecognitionTests {
  struct Export: Sendable, CustomTestStringConvertible {
    let name: String
    let text: String
    let roles: [String: ColumnRole]
    let total: String
    var lines = 2
    var tax: AmountBasis.Tax = .unknown
    var testDescription: String { name }
  }

  static let exports: [Export] = [
    Export(
      name: "a French till",
      text: """
        N° client;Date de commande;N° commande;Réf. article;Famille;Qté;PU;Montant TTC;Canal;Statut
        00012;25/01/2024;C-1;A1;Vis;2;5,25;10,50;Boutique;Livrée
        00013;26/01/2024;C-2;A2;Clous;1;3,00;3,00;Web;Annulée
        """,
      roles: [
        "N° client": .customer, "Date de commande": .date, "N° commande": .order,
        "Réf. article": .product, "Famille": .category, "Qté": .quantity, "PU": .unitPrice,
        "Montant TTC": .amount, "Canal": .channel, "Statut": .status,
      ], total: "13.5000", tax: .included),
    Export(
      name: "amounts with and without tax",
      text: """
        Code client;Date;Total HT;Total TTC
        A;25/01/2024;10,00;12,00
        B;26/01/2024;20,00;24,00
        """,
      roles: ["Code client": .customer, "Date": .date, "Total TTC": .amount], total: "36.0000",
      tax: .included),
    Export(
      name: "Online Retail",
      text: """
        InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country
        536365,85123A,WHITE HANGING HEART,6,2010-12-01 08:26:00,2.55,17850,United Kingdom
        C536379,D,Discount,-1,2010-12-01 09:41:00,27.50,14527,United Kingdom
        """,
      roles: [
        "InvoiceNo": .order, "StockCode": .product, "Quantity": .quantity, "InvoiceDate": .date,
        "UnitPrice": .unitPrice, "CustomerID": .customer,
      ], total: "-12.2000"),
    Export(
      name: "Complete Journey",
      text: """
        household_id,store_id,basket_id,product_id,quantity,sales_value,retail_disc,coupon_disc,coupon_match_disc,week,transaction_timestamp
        900,330,31198570044,1095275,1,0.50,0.00,0,0,1,2017-01-01 11:53:26
        1228,406,31198655051,9878513,1,0.99,0.10,0,0,1,2017-01-01 12:10:28
        """,
      roles: [
        "household_id": .customer, "basket_id": .order, "product_id": .product,
        "quantity": .quantity, "sales_value": .amount, "retail_disc": .discount,
        "transaction_timestamp": .date,
      ], total: "1.4900"),
    Export(
      name: "Shopify's order export",
      text: """
        Name,Email,Financial Status,Paid at,Subtotal,Shipping,Taxes,Total,Discount Code,Currency,Created at,Lineitem quantity,Lineitem name,Lineitem price,Lineitem sku,Vendor,Billing Name,Source
        #1001,ana@example.org,paid,2024-01-13 10:00:00 +0100,30.00,5.00,6.00,35.00,,EUR,2024-01-13 09:59:00 +0100,2,Tea,10.00,T-1,Shop,Ana A,web
        #1001,ana@example.org,,,,,,,,,2024-01-13 09:59:00 +0100,1,Cup,10.00,C-1,Shop,,
        """,
      roles: [
        "Name": .order, "Email": .customer, "Financial Status": .status, "Currency": .currency,
        "Created at": .date, "Lineitem quantity": .quantity, "Lineitem price": .unitPrice,
        "Lineitem sku": .product, "Shipping": .shipping, "Taxes": .tax, "Source": .channel,
      ], total: "30.0000"),
    Export(
      name: "WooCommerce's order export",
      text: """
        Order ID,Order Date,Order Status,Customer User,Billing Email,Order Total,Order Shipping,Order Currency
        501,2024-01-13 10:00,wc-completed,7,ana@example.org,35.00,5.00,EUR
        502,2024-01-14 11:00,wc-refunded,8,bob@example.org,20.00,5.00,EUR
        """,
      roles: [
        "Order ID": .order, "Order Date": .date, "Order Status": .status,
        "Customer User": .customer, "Order Total": .amount, "Order Shipping": .shipping,
        "Order Currency": .currency,
      ], total: "55.0000"),
    Export(
      name: "PrestaShop's list of orders",
      text: """
        "ID";"Référence";"Nouveau client";"Livraison";"Client";"Total";"Paiement";"État";"Date"
        "12";"XKBKNABJK";"1";"France";"A. Martin";"35,00 €";"Carte";"Livré";"2024-01-13 10:00:00"
        "13";"OHSATSERP";"0";"France";"B. Petit";"12,50 €";"Carte";"Annulé";"2024-01-14 10:00:00"
        """,
      roles: [
        "Référence": .order, "Client": .customer, "Total": .amount, "État": .status, "Date": .date,
      ], total: "47.5000"),
    Export(
      name: "Odoo's sales orders",
      text: """
        Order Reference,Order Date,Customer,Salesperson,Untaxed Amount,Tax Amount,Total,Status
        S00021,2024-01-13 10:00:00,Azure Interior,Mitchell,100.00,20.00,120.00,Sales Order
        S00022,2024-01-14 10:00:00,Deco Addict,Mitchell,10.00,2.00,12.00,Cancelled
        """,
      roles: [
        "Order Reference": .order, "Order Date": .date, "Customer": .customer, "Total": .amount,
        "Tax Amount": .tax, "Status": .status,
      ], total: "132.0000"),
    Export(
      name: "blanks and no header",
      text: """
         00001 19970101  1   11.77
         00001 19970112  2   12.00
         00002 19970112  5   77.00
        """,
      roles: [
        "column1": .customer, "column2": .date, "column3": .quantity, "column4": .amount,
      ], total: "100.7700", lines: 3),
    Export(
      name: "a title above the header",
      text: """
        Rapport des ventes du mois;;
        ;;
        Client;Date;Montant
        A;2024-01-13;10,5
        B;2024-01-14;20,5
        """,
      roles: ["Client": .customer, "Date": .date, "Montant": .amount], total: "31.0000"),
    Export(
      name: "currency and basis in the header",
      text: """
        customer_id,order_date,Amount excl. VAT (£)
        A,2024-01-13,10.5
        B,2024-01-14,20.5
        """,
      roles: ["customer_id": .customer, "order_date": .date, "Amount excl. VAT (£)": .amount],
      total: "31.0000", tax: .excluded),
  ]

  @Test(arguments: exports)
  func findsTheRolesOf(_ export: Export) async throws {
    let bench = try await Workbench()
    let path = try bench.write("export.csv", export.text + "\n")
    // By the words of headers alone: what is known of programs is another test's.
    let report = try await bench.stage([path], ImportOptions(format: "none"))
    for (name, role) in export.roles {
      #expect(report.sources[0].columns.first { $0.name == name }?.role == role, "\(name)")
    }
    #expect(report.usableLines == export.lines)
    #expect(report.quarantinedLines == 0)
    #expect(report.amountBasis.tax == export.tax)
    #expect(try await bench.value("SELECT sum(amount) FROM staged_lines") == decimal(export.total))
  }

  @Test func cancelledOrdersAreMarkedInBothLanguages() async throws {
    let bench = try await Workbench()
    let statuses = [
      "Annulée": true, "Remboursé": true, "cancelled": true, "wc-refunded": true, "Retour": true,
      "Voided": true, "Livrée": false, "paid": false, "Partially refunded": false,
      "Remboursement partiel": false, "Returning customer": false, "En attente": false,
    ]
    var text = "customer,date,amount,status\n"
    for status in statuses.keys.sorted() { text += "\(status),2024-01-01,1,\(status)\n" }
    let report = try await bench.stage([bench.write("a.csv", text)])
    #expect(report.columns.cancelled)
    let rows = try await bench.rows("SELECT customer, cancelled FROM staged_lines")
    for row in rows {
      #expect(row[1].bool == statuses[row[0].text ?? ""], "\(row[0])")
    }
  }

  @Test func headersAreComparedWithoutCaseAccentsAndPunctuation() {
    #expect(Vocabulary.fold("N° Client") == "n client")
    #expect(Vocabulary.fold("Réf. Article") == "ref article")
    #expect(Vocabulary.fold("InvoiceNo") == "invoice no")
    #expect(Vocabulary.fold("  Qté_commandée ") == "qte commandee")
    #expect(Vocabulary.fold("Œuvre") == "oeuvre")
    #expect(Vocabulary.read("Montant T.T.C. (€)").currency == "EUR")
    #expect(Vocabulary.read("Prix unitaire HT").tax == .excluded)
    #expect(Vocabulary.read("Amount (incl. VAT)").words == "amount")
  }

  @Test func chosenTaxBasisPicksTheColumn() async throws {
    let bench = try await Workbench()
    let path = try bench.write(
      "a.csv", "client;date;Total HT;Total TTC\nA;2024-01-01;10,00;12,00\n")
    let report = try await bench.stage([path], ImportOptions(amounts: .ht))
    #expect(report.amountBasis.tax == .excluded)
    #expect(try await bench.value("SELECT sum(amount) FROM staged_lines") == decimal("10.0000"))
    let free = try await bench.stage([path])
    #expect(free.notices.contains { $0.code == "import.notice.both_bases" })
  }

  @Test func taxIsTakenOffWhereOnlyTheTotalIsThere() async throws {
    let bench = try await Workbench()
    let path = try bench.write("a.csv", "client;date;Total TTC;TVA\nA;2024-01-01;12,00;2,00\n")
    let report = try await bench.stage([path], ImportOptions(amounts: .ht))
    #expect(report.amountBasis.tax == .excluded)
    #expect(report.amountBasis.taxSource == .option)
    #expect(try await bench.value("SELECT sum(amount) FROM staged_lines") == decimal("10.0000"))
    let other = try bench.write("b.csv", "client;date;Total TTC\nA;2024-01-01;12,00\n")
    #expect(
      try await bench.failure([other], ImportOptions(amounts: .ht))?.code
        == "import.amounts.unavailable")
  }

  @Test func aDiscountIsTakenOffTheProductOnly() async throws {
    let bench = try await Workbench()
    let product = try bench.write(
      "a.csv",
      "customer,date,qty,price,discount\nA,2024-01-01,2,10.00,1.50\nA,2024-01-02,-1,10.00,1.50\n")
    let report = try await bench.stage([product])
    #expect(report.amountBasis.discount == .excluded)
    #expect(
      try await bench.rows("SELECT amount FROM staged_lines ORDER BY day")
        == [[decimal("18.5000")], [decimal("-8.5000")]])
    let percent = try bench.write(
      "b.csv", "client;date;quantité;prix;remise %\nA;2024-01-01;2;10,00;25\n")
    _ = try await bench.stage([percent])
    #expect(try await bench.value("SELECT amount FROM staged_lines") == decimal("15.0000"))
    let amount = try bench.write(
      "c.csv", "customer,date,amount,discount\nA,2024-01-01,18.50,1.50\n")
    _ = try await bench.stage([amount])
    #expect(try await bench.value("SELECT amount FROM staged_lines") == decimal("18.5000"))
  }

  @Test func anOrdersTotalOnEachLineCountsOnce() async throws {
    let bench = try await Workbench()
    let repeated = try bench.write(
      "a.csv",
      "order id,customer,date,order total,product\n1,A,2024-01-01,30,x\n1,A,2024-01-01,30,y\n2,B,2024-01-01,5,x\n"
    )
    let report = try await bench.stage([repeated])
    #expect(report.usableLines == 3)
    #expect(report.notices.contains { $0.code == "import.notice.repeated_totals" })
    #expect(try await bench.value("SELECT sum(amount) FROM staged_lines") == decimal("35.0000"))
    let once = try bench.write(
      "b.csv",
      "order id,customer,date,order total,product\n1,A,2024-01-01,30,x\n1,,,,y\n2,B,2024-01-01,5,x\n"
    )
    let other = try await bench.stage([once])
    #expect(other.quarantinedLines == 0)
    #expect(
      try await bench.rows(
        "SELECT customer, order_ref, sum(amount), count(*) FROM staged_lines GROUP BY ALL ORDER BY 2"
      )
        == [
          [.text("A"), .text("1"), decimal("30.0000"), .int(2)],
          [.text("B"), .text("2"), decimal("5.0000"), .int(1)],
        ])
  }
}
