internal import CustomerSchema
internal import Foundation
internal import Features
internal import Ingestion
internal import Insights
internal import Presentation
package import Scoring
internal import SQLBuilder
package import Warehouse
internal import Yams

/// A folder with `quartier.yaml` and one store: where runs are kept.
package struct Workspace: Sendable {
  /// The folder.
  package let path: String
  package let settings: Settings

  /// What `quartier.yaml` says.
  package struct Settings: Sendable, Hashable, Codable {
    package var name: String
    package var timeZone = "Europe/Paris"
    /// ISO code for amounts whose source names none.
    package var currency: String?
    /// `fr` or `en`; nil for the language of the machine.
    package var language: String?
    /// Who decides why and how data is used, as the law calls the controller; nil for `name`.
    package var controller: String?
    /// Whom people write to about their data.
    package var privacyContact: String?
    /// Groups of persons smaller than this show no statistics about their members.
    package var smallestGroup = 10
    /// Whether customers may be sent messages about similar products without having agreed.
    package var customersWithoutConsent = false
    /// What distances of customers are measured to.
    package var stores: StoreList?
    /// Whether first names may suggest a sex, as a probability only.
    package var firstNameSex = false

    private enum CodingKeys: String, CodingKey, CaseIterable {
      case name, currency, language, controller, stores
      case timeZone = "time_zone"
      case privacyContact = "privacy_contact"
      case smallestGroup = "smallest_group"
      case customersWithoutConsent = "customers_without_consent"
      case firstNameSex = "first_name_sex"
    }

    static let keys = CodingKeys.allCases.map(\.rawValue)

    package init(name: String) { self.name = name }

    package init(from decoder: any Decoder) throws {
      let container = try decoder.container(keyedBy: CodingKeys.self)
      name = try container.decode(String.self, forKey: .name)
      timeZone = try container.decodeIfPresent(String.self, forKey: .timeZone) ?? "Europe/Paris"
      currency = try container.decodeIfPresent(String.self, forKey: .currency)
      language = try container.decodeIfPresent(String.self, forKey: .language)
      controller = try container.decodeIfPresent(String.self, forKey: .controller)
      privacyContact = try container.decodeIfPresent(String.self, forKey: .privacyContact)
      smallestGroup = try container.decodeIfPresent(Int.self, forKey: .smallestGroup) ?? 10
      customersWithoutConsent =
        try container.decodeIfPresent(Bool.self, forKey: .customersWithoutConsent) ?? false
      stores = try container.decodeIfPresent(StoreList.self, forKey: .stores)
      firstNameSex = try container.decodeIfPresent(Bool.self, forKey: .firstNameSex) ?? false
    }
  }

  static let settingsFile = "quartier.yaml"
  static let storeFile = "quartier.duckdb"
  /// A settings file is a handful of lines; more is a mistake or an attack.
  static let settingsLimit = 64 * 1024

  package var storePath: String { URL(fileURLWithPath: path).appending(path: Self.storeFile).path }

  /// Makes the folder, its settings and an empty store, readable by their owner only.
  ///
  /// - Throws: `PlatformError.workspaceExists`, `.cannotWrite`, `WarehouseError`.
  package static func create(
    at path: String, settings: Settings, engine: any QueryEngine
  ) async throws -> Workspace {
    let folder = URL(fileURLWithPath: path)
    let file = folder.appending(path: settingsFile)
    let manager = FileManager.default
    guard !manager.fileExists(atPath: file.path) else {
      throw PlatformError.workspaceExists(path)
    }
    do {
      try manager.createDirectory(
        at: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    } catch {
      throw PlatformError.cannotWrite(path, reason: systemReason(error))
    }
    let workspace = Workspace(path: folder.path, settings: settings)
    // The store first: a folder with settings is a whole workspace.
    try await Store.attach(workspace.storePath, to: try await engine.session())
    try? manager.setAttributes([.posixPermissions: 0o600], ofItemAtPath: workspace.storePath)
    do {
      try Data(settingsText(settings).utf8).write(to: file, options: .atomic)
    } catch {
      throw PlatformError.cannotWrite(file.path, reason: systemReason(error))
    }
    return workspace
  }

  /// The workspace that a folder is or lies in; nil when there is none.
  package static func find(from path: String) throws(PlatformError) -> Workspace? {
    var folder = URL(fileURLWithPath: path).standardizedFileURL
    while true {
      if FileManager.default.fileExists(atPath: folder.appending(path: settingsFile).path) {
        return try Workspace(opening: folder.path)
      }
      let parent = folder.deletingLastPathComponent()
      guard parent.path != folder.path else { return nil }
      folder = parent
    }
  }

  /// - Throws: `PlatformError.notAWorkspace`, `.settingsUnreadable`.
  package init(opening path: String) throws(PlatformError) {
    let file = URL(fileURLWithPath: path).appending(path: Self.settingsFile)
    guard let data = try? Data(contentsOf: file), data.count <= Self.settingsLimit else {
      throw .notAWorkspace(path)
    }
    self.path = URL(fileURLWithPath: path).standardizedFileURL.path
    settings = try Self.read(String(decoding: data, as: UTF8.self), file: file.path)
  }

  private init(path: String, settings: Settings) {
    self.path = path
    self.settings = settings
  }

  private static func read(_ text: String, file: String) throws(PlatformError) -> Settings {
    do {
      // An unknown key is a typing mistake that would otherwise be silently without effect.
      if let mapping = try Yams.compose(yaml: text)?.mapping {
        for (key, _) in mapping where !Settings.keys.contains(key.string ?? "") {
          throw PlatformError.settingsUnreadable(
            file, line: key.mark?.line,
            reason: "«\(key.string ?? "?")» ≠ \(Settings.keys.joined(separator: ", "))")
        }
      }
      let settings = try YAMLDecoder().decode(Settings.self, from: text)
      try check(settings, text, file)
      return settings
    } catch let error as PlatformError {
      throw error
    } catch let error as YamlError {
      throw .settingsUnreadable(file, line: nil, reason: String(describing: error))
    } catch {
      throw .settingsUnreadable(file, line: nil, reason: systemReason(error))
    }
  }

  /// Values that would otherwise be silently without effect.
  private static func check(
    _ settings: Settings, _ text: String, _ file: String
  ) throws(PlatformError) {
    func refuse(_ key: String, _ value: String, _ wanted: String) throws(PlatformError) {
      let line = (try? Yams.compose(yaml: text))?.mapping?[Node(key)]?.mark?.line
      throw .settingsUnreadable(file, line: line, reason: "\(key): «\(value)» ≠ \(wanted)")
    }
    if let language = settings.language, Language(rawValue: language) == nil {
      try refuse("language", language, Language.allCases.map(\.rawValue).joined(separator: ", "))
    }
    if let currency = settings.currency, CurrencyCode(rawValue: currency) == nil {
      try refuse("currency", currency, "EUR, USD, GBP…")
    }
    if !(1...1_000_000).contains(settings.smallestGroup) {
      try refuse("smallest_group", String(settings.smallestGroup), "1–1000000")
    }
    if TimeZone(identifier: settings.timeZone) == nil {
      try refuse("time_zone", settings.timeZone, "Europe/Paris, Europe/London…")
    }
  }

  private static func settingsText(_ settings: Settings) -> String {
    func quoted(_ text: String) -> String {
      "\"" + text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\""
    }
    return """
      # Settings of this Quartier workspace · Réglages de cet espace de travail Quartier
      name: \(quoted(settings.name))
      # Days begin and end in this zone · Fuseau des jours
      time_zone: \(quoted(settings.timeZone))
      # Currency of amounts whose file names none · Devise par défaut des montants
      \(settings.currency.map { "currency: \(quoted($0))" } ?? "# currency: EUR")
      # fr or en; the machine's language without it · fr ou en
      \(settings.language.map { "language: \(quoted($0))" } ?? "# language: fr")
      # Smaller groups of persons show no numbers · Seuil en dessous duquel un groupe reste masqué
      smallest_group: \(settings.smallestGroup)

      """
  }
}

extension Workspace {
  /// The groups found last, whose numbers and names go on; nil where there are none.
  package func keptGroups(engine: any QueryEngine) async throws -> KeptGroups? {
    let session = try await engine.session()
    try await Store.attach(storePath, to: session)
    let groups = try await ModelRegistry(session).groups()
    try await session.execute("DETACH quartier")
    return groups
  }

  /// Keeps a run: its result, sources, thresholds and customers, all or nothing.
  ///
  /// - Returns: the run's number.
  package func keep(_ outcome: RunSegmentation.Outcome) async throws -> Int {
    let (result, session) = (outcome.result, outcome.session)
    try await Store.attach(storePath, to: session)
    let json = String(decoding: try RunJSON.encode(result), as: UTF8.self)
    if let models = outcome.models { try await KeepModels(session).prepare(models) }
    let run = try await session.transaction {
      let run = try await session.value("SELECT nextval('quartier.run_ids')").int ?? 0
      try await session.execute(
        """
        INSERT INTO quartier.runs VALUES (\(run), now(), \(result.quartierVersion),
          \(result.asOf.sqlValue), \(result.asOfRule.rawValue),
          \(result.imported.currency.rawValue), \(json))
        """)
      for (position, source) in result.imported.sources.enumerated() {
        try await session.execute(
          """
          INSERT INTO quartier.run_sources VALUES (\(run), \(position), \(source.file),
            \(source.bytes), \(source.lines))
          """)
      }
      let thresholds = result.method.thresholds
      for (measure, cuts) in [
        ("days_since_last_purchase", thresholds.daysSinceLastPurchase),
        ("orders", thresholds.orders), ("monetary", thresholds.monetary),
      ] {
        for (position, cut) in cuts.enumerated() {
          try await session.execute(
            "INSERT INTO quartier.run_thresholds VALUES (\(run), \(measure), \(position), \(cut))")
        }
      }
      let models: SQL = outcome.models == nil ? "" : "LEFT JOIN customer_models USING (customer)"
      try await session.execute(
        """
        INSERT INTO quartier.run_customers BY NAME SELECT \(run) AS run_id, * FROM customers
        \(models)
        """)
      if let models = outcome.models { try await KeepModels(session).keep(models) }
      return run
    }
    try await session.execute("DETACH quartier")
    return run
  }
}
