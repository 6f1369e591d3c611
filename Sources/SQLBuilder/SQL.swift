/// A piece of SQL: text with `?` for each bound value, and the values.
///
/// A literal is trusted text written by a developer; what is interpolated is bound, quoted as an
/// identifier, or is itself `SQL`. There is no way in for a bare run-time `String`.
///
///     let sql: SQL = "SELECT * FROM \(identifier: table) WHERE id = \(id)"
package struct SQL: Sendable, Hashable {
  /// The text, with a `?` where each binding stands.
  package let text: String
  /// The values in the order of their `?`.
  package let bindings: [SQLValue]

  private init(text: String, bindings: [SQLValue]) {
    self.text = text
    self.bindings = bindings
  }
}

extension SQL: ExpressibleByStringInterpolation {
  package init(stringLiteral value: String) { self.init(text: value, bindings: []) }

  package init(stringInterpolation: Interpolation) {
    self.init(text: stringInterpolation.text, bindings: stringInterpolation.bindings)
  }

  package struct Interpolation: StringInterpolationProtocol {
    fileprivate var text = ""
    fileprivate var bindings: [SQLValue] = []

    package init(literalCapacity: Int, interpolationCount: Int) {
      text.reserveCapacity(literalCapacity + interpolationCount)
    }

    package mutating func appendLiteral(_ literal: String) { text += literal }

    /// Binds a value.
    package mutating func appendInterpolation(_ value: SQLValue) {
      text += "?"
      bindings.append(value)
    }

    /// Binds a text.
    package mutating func appendInterpolation(_ value: String) {
      appendInterpolation(SQLValue.text(value))
    }

    /// Binds a whole number.
    package mutating func appendInterpolation(_ value: Int) {
      appendInterpolation(SQLValue.int(Int64(value)))
    }

    /// Binds a double.
    package mutating func appendInterpolation(_ value: Double) {
      appendInterpolation(SQLValue.double(value))
    }

    /// Embeds another piece with its bindings.
    package mutating func appendInterpolation(_ sql: SQL) {
      text += sql.text
      bindings += sql.bindings
    }

    /// Writes a quoted identifier.
    package mutating func appendInterpolation(identifier name: String) {
      text += SQL.quotedIdentifier(name)
    }

    /// Writes a quoted text literal, for the places where an engine takes no binding
    /// (options of `COPY` and of readers, `ATTACH`, `SET`).
    package mutating func appendInterpolation(literal value: String) {
      text += SQL.quotedLiteral(value)
    }
  }
}

extension SQL {
  /// Nothing at all.
  package static let empty: SQL = ""

  /// `name` in double quotes, inner quotes doubled: the one way an identifier enters SQL.
  package static func quotedIdentifier(_ name: String) -> String {
    "\"" + name.replacing("\"", with: "\"\"") + "\""
  }

  /// `value` in single quotes, inner quotes doubled: the one way a text literal enters SQL.
  package static func quotedLiteral(_ value: String) -> String {
    "'" + value.replacing("'", with: "''") + "'"
  }

  /// Text that a developer ships as a resource file (never text from data or from a person).
  package static func resource(_ text: String) -> SQL { SQL(text: text, bindings: []) }

  package static func + (left: SQL, right: SQL) -> SQL {
    SQL(text: left.text + right.text, bindings: left.bindings + right.bindings)
  }
}

extension Sequence<SQL> {
  /// The pieces with `separator` between them.
  package func joined(separator: SQL = ", ") -> SQL {
    var result: SQL?
    for piece in self { result = result.map { $0 + separator + piece } ?? piece }
    return result ?? .empty
  }
}
