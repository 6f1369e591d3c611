import CustomerSchema
import Foundation
import SQLBuilder
import Testing
import Warehouse

@testable import Ingestion

/// Tables come in from databases as they do from files.
@Suite(.serialized) struct DatabaseImportTests {
  private static let orders: SQL = """
    SELECT o.key, o.kind, o.amount, i.value,
      strftime(timezone('Europe/Paris', o.happened_at), '%Y-%m-%d %H:%M')
    FROM quartier.orders AS o JOIN quartier.identifier AS i ON i.customer_id = o.customer_id
    ORDER BY o.key
    """
  private static let expected = [
    "A1 purchase 120.5000 C1 2024-01-10 09:00", "A2 purchase 35.0000 C2 2024-01-11 10:30",
    "A3 return -20.0000 C1 2024-01-12 00:00",
  ]
  private static let table = """
    CREATE TABLE commandes (order_id varchar(20), customer_id varchar(20),
      order_date timestamp, amount numeric(10,2), iban varchar(40));
    INSERT INTO commandes VALUES
      ('A1', 'C1', '2024-01-10 09:00:00', 120.50, 'FR7630006000011234567890189'),
      ('A2', 'C2', '2024-01-11 10:30:00', 35.00, NULL),
      ('A3', 'C1', '2024-01-12 00:00:00', -20.00, NULL);
    """

  @Test func `a table of SQLite comes in, once`() async throws {
    let bench = try await ImportBench()
    let path = try bench.write("shop.db", "")
    try FileManager.default.removeItem(atPath: path)
    try Self.python(
      "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); c.executescript(sys.argv[2])", path,
      Self.table + "CREATE TABLE other (x int);")
    #expect(try await bench.failure(path) == "import.database.table")
    #expect(try await bench.failure(path + "#none") == "import.database.table")
    #expect(try await bench.failure(path + "#query:SELECT 1") == "import.database.query")
    let report = try await bench.bring(path + "#commandes")
    #expect(report.kind == .orders && report.source.format == .sqlite)
    #expect(report.notices.contains { $0.code == "import.notice.sensitive_refused" })
    #expect(try await bench.texts(Self.orders) == Self.expected)
    let again = try await bench.bring(path + "#commandes")
    #expect(again.earlierImport != nil)
  }

  @Test func `addresses name their parts, and no password`() throws {
    let location = try DatabaseLocation("postgresql://léo@db.example:5433/shop/ventes.orders")
    #expect(location?.table == "ventes.orders")
    #expect(
      location?.connection == "host=db.example dbname=shop port=5433 user='léo'")
    #expect(try DatabaseLocation("postgres://h/shop#query:SELECT 1")?.query == "SELECT 1")
    #expect(try DatabaseLocation("mysql://h/shop/orders")?.system == .mysql)
    #expect(try DatabaseLocation("orders.csv") == nil)
    #expect(try DatabaseLocation("a#b.csv") == nil)
    #expect(throws: IngestionError.databasePassword(system: "postgresql")) {
      try DatabaseLocation("postgresql://bob:secret@h/shop/t")
    }
    #expect(throws: IngestionError.databaseAddress(system: "mysql")) {
      try DatabaseLocation("mysql:///shop")
    }
  }

  @Test func `a server that is not there is told with its reason`() async throws {
    let bench = try await ImportBench()
    #expect(
      try await bench.failure("postgresql://bob@127.0.0.1:1/shop/t") == "import.database.failed")
    #expect(try await bench.failure("mysql://bob@127.0.0.1:1/shop/t") == "import.database.failed")
  }

  @Test(.enabled(if: PostgresServer.isInstalled, "PostgreSQL is not installed"))
  func `a table and a query of PostgreSQL come in, with a password from outside`() async throws {
    let server = try PostgresServer()
    defer { server.stop() }
    try server.run(Self.table)
    let bench = try await ImportBench()
    let address = "postgresql://quartier@127.0.0.1:\(server.port)/postgres"
    // Nobody gets in without the password.
    unsetenv("PGPASSWORD")
    #expect(try await bench.failure(address + "/commandes") == "import.database.failed")
    setenv("PGPASSWORD", server.password, 1)
    defer { unsetenv("PGPASSWORD") }
    let report = try await bench.bring(address + "/commandes")
    #expect(report.source.format == .postgresql && report.lines == 3)
    #expect(try await bench.texts(Self.orders) == Self.expected)
    let again = try await bench.bring(address + "/commandes")
    #expect(again.earlierImport != nil)
    let query = try await bench.bring(
      address + "#query:SELECT customer_id, order_id, order_date, amount + 1 AS amount "
        + "FROM commandes WHERE amount > 100", as: .orders)
    #expect(query.rows.changed == 1)
    for table in ["imports", "quarantine"] {
      let rows = try await bench.rows("SELECT t::VARCHAR FROM quartier.\(identifier: table) AS t")
      #expect(!rows.contains { $0[0].text?.contains(server.password) ?? false })
    }
  }

  static func python(_ arguments: String...) throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["python3", "-c"] + arguments
    try process.run()
    process.waitUntilExit()
    #expect(process.terminationStatus == 0)
  }
}

/// A PostgreSQL server of its own, on loopback, with a user and a password; gone at the end.
final class PostgresServer {
  private static let binaries: String? = {
    let root = "/usr/lib/postgresql"
    let versions = (try? FileManager.default.contentsOfDirectory(atPath: root)) ?? []
    return versions.sorted().last.map { "\(root)/\($0)/bin" }
  }()
  static var isInstalled: Bool { binaries != nil }

  let port = Int.random(in: 42_000...48_000)
  let password = "p4ss-\(UUID().uuidString)"
  private let folder: String

  init() throws {
    folder = "/tmp/quartier-postgres-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    let secret = folder + "/secret"
    try password.write(toFile: secret, atomically: true, encoding: .utf8)
    if getuid() == 0 { try Self.shell("chown -R postgres '\(folder)'") }
    let bin = Self.binaries ?? ""
    try Self.shell(
      """
      '\(bin)/initdb' -D '\(folder)/data' -U quartier --pwfile='\(secret)' -A scram-sha-256 \
      -E UTF8 --no-locale --no-sync
      """, asOwner: true)
    try Self.shell(
      """
      '\(bin)/pg_ctl' -D '\(folder)/data' -w -t 60 -l '\(folder)/log' -o \
      "-c listen_addresses=127.0.0.1 -c port=\(port) -c unix_socket_directories='\(folder)' \
      -c fsync=off" start
      """, asOwner: true)
  }

  func run(_ sql: String) throws {
    let bin = Self.binaries ?? ""
    let file = folder + "/run.sql"
    try sql.write(toFile: file, atomically: true, encoding: .utf8)
    try Self.shell(
      """
      PGPASSWORD='\(password)' '\(bin)/psql' -q -v ON_ERROR_STOP=1 -h 127.0.0.1 -p \(port) \
      -U quartier -d postgres -f '\(file)'
      """)
  }

  func stop() {
    let bin = Self.binaries ?? ""
    try? Self.shell("'\(bin)/pg_ctl' -D '\(folder)/data' -m immediate stop", asOwner: true)
    try? FileManager.default.removeItem(atPath: folder)
  }

  private struct Failed: Error { let command: String }

  /// The server refuses to run as root: its owner is then the package's user.
  private static func shell(_ command: String, asOwner: Bool = false) throws {
    // A server would keep what its starter left open, and the starter would never seem to end.
    let closed =
      "for f in $(ls /proc/$$/fd); do [ $f -le 2 ] || eval \"exec $f>&-\"; done; \(command)"
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/bash")
    process.arguments = ["-c", closed]
    if asOwner, getuid() == 0 {
      process.executableURL = URL(fileURLWithPath: "/usr/sbin/runuser")
      process.arguments = ["-u", "postgres", "--", "/bin/bash", "-c", closed]
    }
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    process.currentDirectoryURL = URL(fileURLWithPath: "/tmp")
    try process.run()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else { throw Failed(command: command) }
  }
}
