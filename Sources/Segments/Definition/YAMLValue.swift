internal import Foundation
internal import Yams

/// A YAML node as the JSON document that means the same.
struct YAMLValue {
  private let node: Node

  init(_ node: Node) { self.node = node }

  /// Plain numbers and truth values keep their kind; quoted ones are texts.
  var json: String {
    switch node {
    case .mapping(let mapping):
      let members = mapping.map { key, value in
        Self.quoted(key.scalar?.string ?? "") + ":" + YAMLValue(value).json
      }
      return "{" + members.joined(separator: ",") + "}"
    case .sequence(let sequence):
      return "[" + sequence.map { YAMLValue($0).json }.joined(separator: ",") + "]"
    case .scalar(let scalar):
      guard scalar.style == .plain || scalar.style == .any else {
        return Self.quoted(scalar.string)
      }
      switch scalar.string {
      case "", "~", "null": return "null"
      case "true", "false": return scalar.string
      case let text where text.wholeMatch(of: #/-?(0|[1-9][0-9]*)(\.[0-9]+)?/#) != nil:
        return text
      default: return Self.quoted(scalar.string)
      }
    case .alias: return "null"
    }
  }

  static func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      case _ where scalar.value < 0x20:
        result += "\\u00" + (scalar.value < 16 ? "0" : "") + String(scalar.value, radix: 16)
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }
}
