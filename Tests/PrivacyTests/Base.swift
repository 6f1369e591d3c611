import CustomerSchema
import DuckDBEngine
import Foundation
import Ingestion
import SQLBuilder
import Testing
import Warehouse

@testable import Privacy

/// A workspace's store with its key beside it, removed when it goes away.
final class Base {
  let folder: URL
  let session: any QuerySession
  let key: WorkspaceKey
  /// 2026-11-02T00:00:00Z; grows by a minute with every import.
  private(set) var now: Int64 = 1_793_577_600_000_000

  var workspace: String { folder.appending(path: "shop").path }
  var store: String { workspace + "/quartier.duckdb" }
  var keys: String { folder.appending(path: "keys").path }

  init() async throws {
    folder = FileManager.default.temporaryDirectory
      .appending(path: "quartier-privacy-\(UUID().uuidString)")
    for name in ["shop", "files", "scratch"] {
      try FileManager.default.createDirectory(
        at: folder.appending(path: name), withIntermediateDirectories: true)
    }
    let session = try await DuckDBEngine(DuckDBEngine.Options(threads: 2)).session()
    // What is compressed cannot be found by its bytes, erased or not.
    try await session.execute("SET force_compression = 'uncompressed'")
    let store = folder.appending(path: "shop/quartier.duckdb").path
    try await Store.attach(store, to: session)
    self.session = session
    key = try await KeyRing(
      environment: ["QUARTIER_KEYS": folder.appending(path: "keys").path],
      workspace: folder.appending(path: "shop").path
    ).key(of: session, creates: true)
  }

  deinit { try? FileManager.default.removeItem(at: folder) }

  func write(_ name: String, _ text: String) throws -> String {
    let file = folder.appending(path: "files/\(name)")
    try Data(text.utf8).write(to: file)
    return file.path
  }

  @discardableResult
  func bring(
    _ file: String, as kind: ImportKind, source: String = "main"
  ) async throws -> FileImportReport {
    now += 60_000_000
    var importer = FileImporter(
      session: session, excelExtension: nil, scratchDirectory: folder.path + "/scratch",
      options: ImportOptions(dateOrder: .dmy, currency: .euro))
    if try await ErasedIdentifiers.areThere(session) { importer.erased = key.erased }
    return try await importer.run(
      FileImporter.Request(
        file: file, kind: kind, system: source, exportedAt: now - 30_000_000, now: now))
  }

  func person(_ name: String) async throws -> Person {
    try await PersonFinder(session, key: key).person(name, source: nil)
  }

  func erase(_ name: String) async throws -> Erasure.Hidden {
    let person = try await person(name)
    return try await Erasure(session, key: key, now: now)
      .hide("SELECT \(SQLValue.int(person.customer))", ground: .request)
  }

  func count(_ sql: SQL) async throws -> Int { try await session.value(sql).int ?? -1 }

  /// Which of the texts are in some file of the workspace.
  func found(_ texts: [String]) async throws -> Set<String> {
    try await session.execute("CHECKPOINT quartier")
    let files = ByteScan.files(below: workspace)
    return Set(
      texts.filter { text in
        files.contains { ByteScan([text]).isFound(inFile: $0) == true }
      })
  }
}

/// A base in which one person is everywhere.
enum Everywhere {
  /// Everything that names Amélie, or that only she has.
  static let identifiers = [
    "CRM-004217", "amelie.grandjean@example.org", "Grandjean-Lefort", "+33 6 98 76 54 32",
    "17 rue des Orfèvres", "WEB-88310027", "4711-AMELIE", "fragile comme convenu",
    "signature-v3-amelie", "RÉF-AMELIE-1", "parrainage-amelie",
  ]

  static func fill(_ base: Base) async throws {
    try await base.bring(
      base.write(
        "crm.csv",
        """
        id client;Nom;Prénom;E-mail;Téléphone;Adresse;Code postal;Ville;Note
        CRM-004217;Grandjean-Lefort;Amélie;amelie.grandjean@example.org;+33 6 98 76 54 32;17 rue des Orfèvres;75011;Paris;12
        CRM-004218;Martin;Paul;paul.martin@example.org;+33 6 11 22 33 44;3 place du Marché;69001;Lyon;14

        """), as: .customers)
    try await base.bring(
      base.write(
        "commandes.csv",
        """
        id client;commande;date;montant;canal
        CRM-004217;4711-AMELIE;12/03/2026;59,90;web
        CRM-004217;4712-AMELIE;15/05/2026;19,90;web
        CRM-004218;4713-PAUL;16/05/2026;29,90;web

        """), as: .orders)
    try await base.bring(
      base.write(
        "tickets.csv",
        """
        id client;ticket;date ouverture;objet;statut
        CRM-004217;RÉF-AMELIE-1;20/05/2026;Colis fragile comme convenu;ouvert
        CRM-004218;REF-PAUL-1;21/05/2026;Joindre amelie.grandjean@example.org ou le +33 6 98 76 54 32;ouvert

        """), as: .tickets)
    try await base.bring(
      base.write(
        "consentements.csv",
        """
        id client;finalité;canal;consentement;date recueil;preuve
        CRM-004217;newsletter;e-mail;oui;01/06/2026;signature-v3-amelie
        CRM-004218;newsletter;e-mail;oui;01/06/2026;signature-v3-paul

        """), as: .consents)
    try await base.bring(
      base.write(
        "filleuls.csv",
        """
        id client;filleul;date parrainage;statut
        CRM-004218;CRM-004217;02/06/2026;parrainage-paul
        CRM-004217;CRM-009999;03/06/2026;parrainage-amelie

        """), as: .referrals)
    try await base.bring(
      base.write(
        "boutique.csv",
        """
        id client;Nom;E-mail
        WEB-88310027;Grandjean-Lefort;amelie.grandjean@example.org
        WEB-88310028;Durand;zoe.durand@example.org

        """), as: .customers, source: "shop")
    // Set aside: an unreadable date in one of her lines.
    try await base.bring(
      base.write(
        "visites.csv",
        """
        id client;event;date
        CRM-004217;visite;01/07/2026
        CRM-004218;visite;02/07/2026
        CRM-004218;visite;03/07/2026
        CRM-004218;visite;04/07/2026
        CRM-004218;visite;05/07/2026
        CRM-004217;visite;le jour de amelie.grandjean@example.org

        """), as: .events)
    try await ConsentLedger(base.session).absorb(now: base.now)
    try await base.session.execute(
      """
      INSERT INTO quartier.run_customers (run_id, customer, orders, purchase_occasions,
        gross_revenue, returned_amount, revenue, segment, rfm_group)
      VALUES (1, 'CRM-004217', 2, 2, 79.8, 0, 79.8, 'occasional', 'new'),
        (1, 'CRM-004218', 1, 1, 29.9, 0, 29.9, 'occasional', 'new')
      """)
  }
}
