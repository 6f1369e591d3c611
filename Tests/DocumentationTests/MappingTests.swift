import Foundation
import Presentation
import Testing

/// The guide on mapping documents against the program that reads and writes them.
@Suite struct `What the guides say of mappings` {
  private let folder: URL

  init() throws {
    folder = FileManager.default.temporaryDirectory
      .appending(path: "quartier-mapping-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  }

  private func write(_ text: String, _ name: String) throws -> String {
    let file = folder.appending(path: name)
    try Data(text.utf8).write(to: file)
    return file.path
  }

  private static let orders = """
    Carte de fidélité;N° commande;Date;Total TTC;Remise;Statut;Lieu
    0001;C1;15/01/2024;10,00;1,00;livrée;Paris
    0002;C2;16/01/2024;20,00;0,00;retour atelier;Lyon
    0001;C3;15/01/2024;30,00;0,00;perdu;Lyon

    """

  private struct Run: Decodable {
    struct Imported: Decodable { let sources: [Source] }
    struct Source: Decodable { let columns: [Column] }
    struct Column: Decodable {
      let name: String
      let role: String?
    }
    struct Totals: Decodable {
      let orders: Int
      let return_orders: Int
    }
    let imported: Imported
    let totals: Totals
  }

  @Test(arguments: Language.allCases)
  func `the example is read and does what it says`(language: Language) throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let example = try #require(try Page("orders", language).code("yaml").first)
    let mapping = try write(example, "mapping.yaml")
    let orders = try write(Self.orders, "orders.csv")
    let answer = try Program.run("run", orders, "--mapping", mapping, "--json")
    #expect(answer.status == 0)
    let run = try JSONDecoder().decode(Run.self, from: answer.output)
    let columns = try #require(run.imported.sources.first?.columns)
    let roles = Dictionary(uniqueKeysWithValues: columns.map { ($0.name, $0.role) })
    #expect(roles["Carte de fidélité"] == "customer")
    #expect(roles["Total TTC"] == "amount")
    #expect(roles["Remise"] == .some(nil))
    #expect(roles["Lieu"] == "channel")
    #expect(run.totals.orders == 2, "one is lost, none is a return to the workshop")
    #expect(run.totals.return_orders == 1)
  }

  @Test(arguments: Language.allCases)
  func `every key that is written is explained, and every key explained is known`(
    language: Language
  ) throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let orders = try write(Self.orders, "orders.csv")
    let answer = try Program.run("run", orders, "--explain-mapping")
    #expect(answer.status == 0)
    let document = String(decoding: answer.output, as: UTF8.self)
    let rows = try Page("orders", language).table(with: "encoding").rows
    let explained = rows.map { span($0[0]) }
    let written = document.matches(of: /(?m)^(?:# )?([a-z]+):/).map { String($0.output.1) }
    #expect(written.count > 5)
    for key in written where key != "status" { #expect(explained.contains(key), "\(key)") }
    for key in explained {
      let parts = key.split(separator: ".")
      let text = parts.count == 2 ? "\(parts[0]): {\(parts[1]): }\n" : "\(key): \n"
      let mapping = try write(text, "key.yaml")
      #expect(try Program.run("run", orders, "--mapping", mapping, "--json").status == 0, "\(key)")
    }
    // What is written is read back, and says the same again.
    let mapping = try write(document, "mapping.yaml")
    let again = try Program.run("run", orders, "--mapping", mapping, "--explain-mapping")
    #expect(again.output == answer.output)
    let unknown = try write("nonsense: 1\n", "unknown.yaml")
    #expect(try Program.run("run", orders, "--mapping", unknown).status == 1)
  }
}
