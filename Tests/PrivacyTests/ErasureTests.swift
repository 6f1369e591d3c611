import Crypto
import CustomerSchema
import Foundation
import Ingestion
import SQLBuilder
import Testing
import Warehouse

@testable import Privacy

@Suite struct `Erasing a person` {
  @Test func `every byte that names her is there before and nowhere after`() async throws {
    let base = try await Base()
    try await Everywhere.fill(base)
    let before = try await base.found(Everywhere.identifiers)
    #expect(before == Set(Everywhere.identifiers))
    // In both systems: one person by her address, two profiles as long as nobody joins them.
    for name in ["CRM-004217", "WEB-88310027"] { _ = try await base.erase(name) }
    try await StoreRewrite(base.session, path: base.store).run()
    try await ErasureRecord(base.session).conclude(at: base.now)
    #expect(try await base.found(Everywhere.identifiers) == [])
    // The others are whole, but for what they said of her.
    #expect(
      try await base.found([
        "CRM-004218", "paul.martin@example.org", "4713-PAUL", "zoe.durand@example.org",
        "signature-v3-paul", "Joindre",
      ]).count == 6)
    #expect(try await base.count("SELECT count(*) FROM quartier.customer") == 2)
    #expect(try await base.count("SELECT count(*) FROM quartier.orders") == 1)
    #expect(try await base.count("SELECT count(*) FROM quartier.run_customers") == 1)
    let files = try FileManager.default.contentsOfDirectory(atPath: base.workspace)
    #expect(files.allSatisfy { !$0.contains("rewrite") && !$0.hasSuffix(".tmp") })
    let mode = try FileManager.default.attributesOfItem(atPath: base.store)[.posixPermissions]
    #expect(mode as? Int == 0o600)
  }

  @Test func `she is hidden at once, and ids are not given again after the rewrite`() async throws {
    let base = try await Base()
    try await Everywhere.fill(base)
    let last = try await base.count("SELECT max(customer_id) FROM quartier.customer")
    _ = try await base.erase("CRM-004217")
    await #expect(throws: PrivacyError.self) { try await base.person("CRM-004217") }
    let tables = try await base.session.query(
      """
      SELECT DISTINCT table_name FROM duckdb_columns()
      WHERE database_name = 'quartier' AND column_name = 'customer_id'
        AND table_name NOT LIKE 'profiled%'
      """
    ).rows.compactMap { $0[0].text }
    #expect(tables.count > 15)
    for table in tables {
      let left = try await base.count(
        """
        SELECT count(*) FROM quartier.\(identifier: table)
        WHERE customer_id NOT IN (SELECT customer_id FROM quartier.customer)
        """)
      #expect(left == 0, "\(table)")
    }
    try await StoreRewrite(base.session, path: base.store).run()
    try await base.bring(
      base.write("neu.csv", "id client;Nom\nCRM-7000;Neuf\n"), as: .customers)
    #expect(try await base.count("SELECT max(customer_id) FROM quartier.customer") > last)
    #expect(
      try await base.count(
        "SELECT count(*) - count(DISTINCT customer_id) FROM quartier.customer") == 0)
  }

  @Test func `her own files read again do not bring her back`() async throws {
    let base = try await Base()
    try await Everywhere.fill(base)
    for name in ["CRM-004217", "WEB-88310027"] { _ = try await base.erase(name) }
    try await StoreRewrite(base.session, path: base.store).run()
    // The same bytes are known; with one more line they are read again.
    let files = base.folder.appending(path: "files")
    for (name, kind, source) in [
      ("crm.csv", "customers", "main"), ("commandes.csv", "orders", "main"),
      ("tickets.csv", "tickets", "main"), ("consentements.csv", "consents", "main"),
      ("filleuls.csv", "referrals", "main"), ("boutique.csv", "customers", "shop"),
      ("visites.csv", "events", "main"),
    ] {
      let file = files.appending(path: name)
      let text = try String(contentsOf: file, encoding: .utf8)
      let again = try base.write(
        "again-" + name, text.replacing("CRM-004218", with: "CRM-005000"))
      let report = try await base.bring(
        again, as: try #require(.init(rawValue: kind)), source: source)
      #expect(report.erasedLines > 0, "\(name)")
    }
    // Another system sends her address.
    let other = try await base.bring(
      base.write(
        "autre.csv",
        "id client;Nom;E-mail\nN-1;G;Amelie.Grandjean@example.org\nN-2;Roy;roy@example.org\n"),
      as: .customers, source: "mailing")
    #expect(other.erasedLines == 1 && other.customersCreated == 1)
    try await base.session.execute("CHECKPOINT quartier")
    // What others say of her in free words comes back with their rows; nothing of her own does.
    let hers = Everywhere.identifiers.filter {
      $0 != "amelie.grandjean@example.org" && $0 != "+33 6 98 76 54 32"
    }
    #expect(try await base.found(hers) == [])
    #expect(
      try await base.count(
        "SELECT count(*) FROM quartier.identifier WHERE value ILIKE '%amelie%' OR value = 'CRM-004217'"
      ) == 0)
    #expect(
      try await base.count(
        "SELECT count(*) FROM quartier.quarantine WHERE value ILIKE '%amelie%'") == 0)
  }

  @Test func `the certificate states both instants, what went and what is outside`() async throws {
    let base = try await Base()
    try await Everywhere.fill(base)
    let subject = try await base.person("CRM-004217").subject
    let hidden = try await base.erase("CRM-004217")
    let record = ErasureRecord(base.session)
    #expect(try await record.waiting() == 1)
    try await record.note(try await record.knownCopies(), of: hidden.erasures)
    var certificate = try #require(try await record.certificates(subject: subject).first)
    #expect(certificate.goneAt == nil && certificate.hiddenAt < certificate.dueAt)
    #expect(certificate.removed["orders"] == 2 && certificate.removed["tickets"] == 1)
    #expect(certificate.removed["run_customers"] == 1 && certificate.removed["customer"] == 1)
    #expect(certificate.outside.contains { $0.path.hasSuffix("crm.csv") && $0.kind == .source })
    #expect(hidden.telling.contains("amelie.grandjean@example.org") == false)
    try await StoreRewrite(base.session, path: base.store).run()
    try await record.conclude(at: base.now + 5_000_000)
    certificate = try #require(try await record.certificates(subject: subject).first)
    #expect(certificate.goneAt != nil)
    do {
      _ = try await base.person(subject)
      Issue.record("somebody erased was found")
    } catch PrivacyError.gone {}
    do {
      _ = try await base.person("CRM-004217")
      Issue.record("somebody erased was found")
    } catch PrivacyError.gone {}
  }

  @Test func `commitments are HMAC-SHA-256 of the name under the key`() async throws {
    let base = try await Base()
    let secret = Array(0..<32).map { UInt8($0) }
    let erased = ErasedIdentifiers(key: secret)
    let sql = try await base.session.value(
      "SELECT \(erased.commitment(source: "'main'", type: "'customer'", value: "'é-12'"))")
    let expected = HMAC<SHA256>.authenticationCode(
      for: Data("main\u{1F}customer\u{1F}é-12".utf8), using: SymmetricKey(data: secret))
    #expect(sql.text == expected.map { String(format: "%02x", $0) }.joined())
  }

  @Test func `without the key nothing is imported over the erased, and none is made anew`()
    async throws
  {
    let base = try await Base()
    try await Everywhere.fill(base)
    _ = try await base.erase("CRM-004217")
    let elsewhere = try KeyRing(
      environment: ["QUARTIER_KEYS": base.folder.appending(path: "other").path],
      workspace: base.workspace)
    await #expect(throws: PrivacyError.self) {
      try await elsewhere.key(of: base.session, creates: true)
    }
    #expect(throws: PrivacyError.self) {
      try KeyRing(environment: ["QUARTIER_KEYS": base.workspace + "/k"], workspace: base.workspace)
    }
  }
}

@Suite struct `Looking for bytes` {
  @Test func `texts are found in three encodings, across pieces, and not elsewhere`() throws {
    let scan = ByteScan(["Orfèvres 17", "abc"])
    func bytes(_ encoding: String.Encoding) -> [UInt8] {
      Array("xx Orfèvres 17 yy".data(using: encoding) ?? Data())
    }
    for encoding in [String.Encoding.utf8, .utf16LittleEndian, .windowsCP1252] {
      #expect(scan.isFound(in: bytes(encoding)))
    }
    #expect(!scan.isFound(in: Array("abc Orfèvres 18 Orfevres 17".utf8)))
    let file = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    defer { try? FileManager.default.removeItem(at: file) }
    let edge = 1 << 22
    for shift in [0, 5, 11] {
      var data = Data(repeating: 0x20, count: edge - shift)
      data.append(Data("Orfèvres 17".utf8))
      try data.write(to: file)
      #expect(scan.isFound(inFile: file.path) == true, "\(shift)")
    }
    #expect(scan.isFound(inFile: file.path + "-none") == nil)
  }
}
