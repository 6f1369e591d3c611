internal import CustomerSchema
internal import SQLBuilder
internal import Warehouse

extension SourceLoader {
  /// Reads JSON into a table: one row per object, or per line of an order where objects hold
  /// lists of lines; nested fields are columns such as `customer.id`.
  func loadJSON(_ file: SourceFile, _ index: Int) async throws(IngestionError) -> LoadedSource {
    let isLines = try isLineDelimited(file)
    let format: SQL =
      isLines ? "format = 'newline_delimited', ignore_errors = true" : "format = 'auto'"
    let shape: JSONShape
    let table = "import_json_\(index)"
    do throws(WarehouseError) {
      let described = try await session.query(
        """
        DESCRIBE SELECT * FROM read_json(\(literal: file.path), \(format), sample_size = -1,
          maximum_object_size = 268435456, convert_strings_to_integers = false)
        """)
      shape = JSONShape(
        fields: described.rows.map { ($0[0].text ?? "", JSONType($0[1].text ?? "")) },
        keepsLists: keepsLists)
      guard !shape.leaves.isEmpty else { throw WarehouseError.unexpectedResult("no fields") }
      let cells = shape.leaves.enumerated().map { index, leaf -> SQL in
        "\(leaf.path)::VARCHAR AS \(identifier: "c\(index)")"
      }
      try await session.execute(
        """
        CREATE OR REPLACE TEMP TABLE \(identifier: table) AS
        SELECT line, \(cells.joined()) FROM (
          SELECT row_number() OVER () AS line, * FROM read_json(\(literal: file.path), \(format),
            maximum_object_size = 268435456, columns = {\(shape.specification)})) AS r0
        \(shape.joins)
        """)
    } catch {
      switch error {
      case .engine(.data, _), .engine(.inputOutput, _), .engine(.statement, _), .unexpectedResult:
        throw .corrupt(file: file.name, format: "JSON")
      default: throw .engine(error)
      }
    }
    let source = SourceTable(
      file: file, reading: .table(table), columns: shape.leaves.map(\.name),
      types: Array(repeating: .text, count: shape.leaves.count))
    let sample = try await self.sample(source)
    guard !sample.isEmpty else { throw .noLines(file: file.name) }
    return LoadedSource(table: source, dialect: nil, sheet: nil, hasHeader: true, sample: sample)
  }

  /// Whether the file has an object per line: its first line is a whole object, and not all.
  private func isLineDelimited(_ file: SourceFile) throws(IngestionError) -> Bool {
    let head = try FileReader(path: file.path, name: file.name).bytes(at: 0, count: 1 << 20)
    let start = head.drop { $0 <= 0x20 || $0 == 0xEF || $0 == 0xBB || $0 == 0xBF }
    guard start.first == UInt8(ascii: "{"), let end = start.firstIndex(of: 0x0A) else {
      return false
    }
    let last = start[..<end].last { $0 > 0x20 }
    let rest = start[end...].first { $0 > 0x20 }
    return last == UInt8(ascii: "}") && rest == UInt8(ascii: "{")
  }
}

/// The type of a JSON field as the engine describes it.
indirect enum JSONType: Sendable, Hashable {
  case scalar
  case list(JSONType)
  case object([Field])

  struct Field: Sendable, Hashable {
    let name: String
    let type: JSONType
  }

  /// Reads `STRUCT(id BIGINT, lines STRUCT(price DOUBLE)[])`.
  init(_ description: String) {
    var parser = Parser(rest: description[...])
    self = parser.type()
  }

  private struct Parser {
    var rest: Substring

    mutating func type() -> JSONType {
      var result: JSONType
      if rest.hasPrefix("STRUCT(") {
        rest.removeFirst("STRUCT(".count)
        var fields: [Field] = []
        while let first = rest.first, first != ")" {
          let name = self.name()
          fields.append(Field(name: name, type: type()))
          if rest.hasPrefix(", ") { rest.removeFirst(2) }
        }
        if !rest.isEmpty { rest.removeFirst() }
        result = .object(fields)
      } else {
        var depth = 0
        while let first = rest.first {
          if depth == 0, first == "," || first == ")" || first == "[" { break }
          if first == "(" { depth += 1 }
          if first == ")" { depth -= 1 }
          rest.removeFirst()
        }
        result = .scalar
      }
      while rest.hasPrefix("[]") {
        rest.removeFirst(2)
        result = .list(result)
      }
      return result
    }

    private mutating func name() -> String {
      var name = ""
      if rest.first == "\"" {
        rest.removeFirst()
        while let first = rest.first {
          rest.removeFirst()
          if first == "\"" {
            guard rest.first == "\"" else { break }
            rest.removeFirst()
          }
          name.append(first)
        }
      } else {
        while let first = rest.first, first != " " { name.append(rest.removeFirst()) }
      }
      if rest.first == " " { rest.removeFirst() }
      return name
    }
  }

  /// Scalars outside lists, and whether objects are in lists somewhere.
  fileprivate var scalars: Int {
    switch self {
    case .scalar: 1
    case .list: 0
    case .object(let fields): fields.reduce(0) { $0 + $1.type.scalars }
    }
  }

  fileprivate var holdsObjects: Bool {
    switch self {
    case .scalar: false
    case .list(.object): true
    case .list(let element): element.holdsObjects
    case .object(let fields): fields.contains { $0.type.holdsObjects }
    }
  }

  /// The type to read it as: every scalar as its own text.
  var specification: String {
    switch self {
    case .scalar: "VARCHAR"
    case .list(let element): element.specification + "[]"
    case .object(let fields):
      "STRUCT("
        + fields.map { "\(SQL.quotedIdentifier($0.name)) \($0.type.specification)" }
        .joined(separator: ", ") + ")"
    }
  }
}

/// How the objects of a JSON file become rows and columns.
struct JSONShape: Sendable {
  struct Leaf: Sendable {
    let name: String
    let path: SQL
  }

  private(set) var leaves: [Leaf] = []
  /// Unfolds the lists of objects that become rows.
  private(set) var joins: SQL = .empty
  /// `columns = {…}` of the reader, all scalars as text.
  let specification: SQL
  private var lists = 0
  private var isWrapper = false

  private var keepsLists = false

  init(fields: [(name: String, type: JSONType)], keepsLists: Bool = false) {
    self.keepsLists = keepsLists
    specification = fields.map { "\(literal: $0.name): \(literal: $0.type.specification)" as SQL }
      .joined()
    // A file that is one object around a list of orders: its own few fields are no orders'.
    let own = fields.reduce(0) { $0 + $1.type.scalars }
    isWrapper = !keepsLists && own <= 3 && fields.contains { $0.type.holdsObjects }
    for (name, type) in fields { add(type, "r0.\(identifier: name)", [name]) }
  }

  private mutating func add(_ type: JSONType, _ path: SQL, _ name: [String]) {
    switch type {
    case .list where keepsLists:
      leaves.append(Leaf(name: name.joined(separator: "."), path: "to_json(\(path))"))
    case .scalar: leaves.append(Leaf(name: name.joined(separator: "."), path: path))
    case .object(let fields):
      for field in fields {
        add(field.type, "\(path).\(identifier: field.name)", name + [field.name])
      }
    case .list(.object(let fields)) where lists < 2:
      // Rows of rows: at most the orders of a wrapper and the lines of an order.
      lists += 1
      let alias = "u\(lists)"
      joins =
        joins
          + """
           LEFT JOIN LATERAL (SELECT unnest(\(path)) AS item) AS \(identifier: alias) ON true
          """
      let name = isWrapper && lists == 1 ? [] : name
      for field in fields {
        add(field.type, "\(identifier: alias).item.\(identifier: field.name)", name + [field.name])
      }
    case .list: break
    }
  }
}
