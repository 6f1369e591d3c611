import Foundation
import Testing

#if canImport(FoundationXML)
  import FoundationXML
#endif

/// A report read by an XML parser: our templates close every element, so that one can check them.
final class Page: NSObject, XMLParserDelegate {
  /// All text that a reader sees, styles and scripts left out.
  private(set) var text = ""
  private(set) var style = ""
  /// Cells per row of each table, its head included.
  private(set) var tables: [[Int]] = []
  /// Values of `href` and `src`.
  private(set) var addresses: [String] = []
  private(set) var policy: String?
  private var open: [String] = []

  /// Throws when the page is not well-formed.
  init(_ html: String) throws {
    super.init()
    // Scripts are not XML; what they hold is checked elsewhere.
    let xml = html.replacing(/(<script[^>]*>)[\s\S]*?(<\/script>)/) { $0.output.1 + $0.output.2 }
    let parser = XMLParser(data: Data(xml.utf8))
    parser.delegate = self
    let isWellFormed = parser.parse()
    let place = "line \(parser.lineNumber), column \(parser.columnNumber)"
    try #require(isWellFormed, "\(place): \(String(describing: parser.parserError))")
  }

  func parser(
    _ parser: XMLParser, didStartElement name: String, namespaceURI: String?,
    qualifiedName: String?, attributes: [String: String]
  ) {
    open.append(name)
    if name == "table" { tables.append([]) }
    if name == "tr", !tables.isEmpty { tables[tables.count - 1].append(0) }
    if name == "td" || name == "th" {
      let table = tables.count - 1
      tables[table][tables[table].count - 1] += 1
    }
    addresses += [attributes["href"], attributes["src"]].compactMap { $0 }
    if attributes["http-equiv"] == "Content-Security-Policy" { policy = attributes["content"] }
  }

  func parser(
    _ parser: XMLParser, didEndElement name: String, namespaceURI: String?, qualifiedName: String?
  ) {
    open.removeLast()
    if name != "strong", name != "code", name != "span" { text += "\n" }
  }

  func parser(_ parser: XMLParser, foundCharacters string: String) {
    if open.last == "style" { style += string } else { text += string }
  }
}
