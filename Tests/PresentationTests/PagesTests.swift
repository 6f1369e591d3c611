import Foundation
import Testing

@testable import Presentation

struct PagesTests {
  @Test(
    "SHA-256 gives the digests of FIPS 180-4's examples",
    arguments: [
      ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
      ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
      (
        "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
      ),
      (
        String(repeating: "a", count: 1_000_000),
        "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"
      ),
    ])
  func digest(message: String, expected: String) {
    let hex = SHA256.digest(Array(message.utf8)).map { byte in
      let text = String(byte, radix: 16)
      return text.count < 2 ? "0" + text : text
    }.joined()
    #expect(hex == expected)
  }

  @Test("Every length around a block's end is padded right", arguments: 54...66)
  func padding(length: Int) throws {
    // The digests' own check: `sha256sum` of the same bytes.
    let message = String(repeating: "q", count: length)
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/sha256sum")
    let (input, output) = (Pipe(), Pipe())
    process.standardInput = input
    process.standardOutput = output
    try process.run()
    try input.fileHandleForWriting.write(contentsOf: Data(message.utf8))
    try input.fileHandleForWriting.close()
    let told = String(
      decoding: try output.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
    let bytes = SHA256.digest(Array(message.utf8))
    let hex = bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    #expect(told.hasPrefix(hex))
  }

  @Test("Escaping looks at scalars: a quotation mark with an accent on it does not slip through")
  func escaping() {
    #expect(HTML.escape("<a href='x'>\"&") == "&lt;a href=&#39;x&#39;&gt;&quot;&amp;")
    #expect(HTML.escape("\"\u{301}'\u{20DD}<\u{338}") == "&quot;\u{301}&#39;\u{20DD}&lt;\u{338}")
    #expect(EscapedHTML().escapeText("\"\u{301}") == "&quot;\u{301}")
  }

  @Test("JSON inside a script cannot end it, and reads back the same")
  func scriptSafe() throws {
    let hostile = ["</script><!--<script>&\u{2028}\u{2029}\"é"]
    let json = String(decoding: try JSONEncoder().encode(hostile), as: UTF8.self)
    let safe = HTML.scriptSafe(json: json)
    #expect(!safe.contains("<") && !safe.contains("&") && !safe.contains("\u{2028}"))
    #expect(try JSONDecoder().decode([String].self, from: Data(safe.utf8)) == hostile)
  }

  private struct Model: Sendable {
    let title: String
    let rows: [Row]
    struct Row: Sendable { let label: String }
  }

  @Test("Every template is escaped with our own rules, partials and loops included")
  func templates() throws {
    let folder = try InstalledTree()
    defer { folder.remove() }
    try folder.write(
      "Presentation/Resources/Templates/page.mustache",
      "<p title=\"{{title}}\">{{#rows}}{{> row}}{{/rows}}</p>{{title}}")
    try folder.write(
      "Presentation/Resources/Templates/row.mustache", "<b title=\"{{label}}\">{{label}}</b>")
    let templates = try PageTemplates(folder.resources())
    let accent = "\"\u{301}"
    let page = try templates.render(
      Model(title: accent, rows: [Model.Row(label: accent)]), "page")
    let safe = "&quot;\u{301}"
    #expect(page == "<p title=\"\(safe)\"><b title=\"\(safe)\">\(safe)</b></p>\(safe)")
    #expect(throws: PresentationError.templateMalformed(name: "none", reason: "not found")) {
      try templates.render(Model(title: "", rows: []), "none")
    }
  }
}
