internal import CustomerSchema
internal import Foundation

/// A table of a database, or the answer to a query, as a person names it:
/// `postgresql://user@host/database/schema.table`, `mysql://user@host/database/table`,
/// `shop.db#table`, and `…#query:SELECT …`.
struct DatabaseLocation: Sendable, Hashable {
  enum System: String, Sendable, Hashable {
    case sqlite, postgresql, mysql

    var format: SourceFormat {
      switch self {
      case .sqlite: .sqlite
      case .postgresql: .postgresql
      case .mysql: .mysql
      }
    }

    /// The engine's extension, and the word of its `ATTACH`.
    var scanner: String { self == .postgresql ? "postgres" : rawValue }
  }

  let system: System
  /// As typed.
  let name: String
  /// What the engine's `ATTACH` takes: a path, or keywords with values.
  let connection: String
  /// With its schema, where it was said; nil where the only table is meant.
  let table: String?
  let query: String?

  /// Nil for names of files.
  ///
  /// - Throws: `databasePassword` for an address with a password in it; `databaseAddress`.
  init?(_ name: String) throws(IngestionError) {
    let parts = name.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false)
    let base = String(parts[0])
    let fragment = parts.count > 1 ? String(parts[1]) : nil
    let scheme = base.prefix { $0 != ":" }.lowercased()
    let isAddress = base.contains("://")
    var table = fragment
    var query: String?
    if let fragment, fragment.hasPrefix("query:") {
      query = String(fragment.dropFirst(6))
      table = nil
    }
    self.query = query
    self.name = name
    switch scheme {
    case "postgresql" where isAddress, "postgres" where isAddress: system = .postgresql
    case "mysql" where isAddress, "mariadb" where isAddress: system = .mysql
    default:
      guard Self.isSQLite(base), fragment == nil || !FileManager.default.fileExists(atPath: name)
      else { return nil }
      system = .sqlite
      connection = URL(fileURLWithPath: base).path
      self.table = table
      return
    }
    guard let address = URLComponents(string: base), let host = address.host, !host.isEmpty else {
      throw .databaseAddress(system: system.rawValue)
    }
    if address.password != nil { throw .databasePassword(system: system.rawValue) }
    let path = address.path.split(separator: "/").map(String.init)
    guard let database = path.first, path.count <= 3 else {
      throw .databaseAddress(system: system.rawValue)
    }
    if path.count > 1, table == nil, query == nil {
      table = path.dropFirst().joined(separator: ".")
    }
    self.table = table
    let isPostgres = system == .postgresql
    var words = [("host", host), (isPostgres ? "dbname" : "database", database)]
    if let port = address.port { words.append(("port", String(port))) }
    if let user = address.user { words.append(("user", user)) }
    for item in address.queryItems ?? [] where Self.allowed.contains(item.name) {
      words.append((item.name, item.value ?? ""))
    }
    connection = words.map { "\($0)=\(Self.quoted($1, isPostgres))" }.joined(separator: " ")
  }

  /// What else an address may say: never a password.
  private static let allowed: Set<String> = [
    "sslmode", "sslrootcert", "connect_timeout", "ssl_mode", "ssl_ca", "socket",
  ]

  private static func quoted(_ value: String, _ isPostgres: Bool) -> String {
    let plain = value.utf8.allSatisfy { byte in
      (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
        || byte == 0x2D || byte == 0x2E || byte == 0x5F || byte == 0x2F
    }
    if plain, !value.isEmpty { return value }
    let quote = isPostgres ? "'" : "\""
    return quote
      + value.replacing("\\", with: "\\\\").replacing(quote, with: "\\" + quote) + quote
  }

  private static func isSQLite(_ path: String) -> Bool {
    guard let handle = FileHandle(forReadingAtPath: path) else { return false }
    defer { try? handle.close() }
    let head = try? handle.read(upToCount: 16)
    return head?.starts(with: Array("SQLite format 3".utf8)) ?? false
  }

  /// Where it is, as an import remembers it.
  var path: String {
    guard system == .sqlite else { return name }
    return connection + (name.firstIndex(of: "#").map { String(name[$0...]) } ?? "")
  }
}
