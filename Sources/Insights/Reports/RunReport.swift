internal import CustomerSchema
internal import Features
internal import Foundation
package import Presentation

/// A run as one self-contained page that opens offline.
package enum RunReport {
  /// The whole HTML file.
  ///
  /// Nothing in it is loaded from elsewhere, and its content security policy allows only the two
  /// scripts it carries, by their hashes. Throws when a template, style or script of Quartier, or
  /// the charts library, cannot be read.
  package static func html(
    _ result: RunResult, language: Language
  ) throws(PresentationError) -> String {
    try html(result, language: language, resources: try PresentationResources.locate())
  }

  package static func html(
    _ result: RunResult, language: Language, resources: PresentationResources
  ) throws(PresentationError) -> String {
    let localizer = try Localizer(language, resources: resources)
    let templates = try PageTemplates(resources)
    let library = try resources.browserAsset("echarts.min.js")
    let script = try resources.text("Scripts/report.js")
    let style = try resources.text("Styles/report.css")
    let builder = ReportBuilder(result, localizer)
    let page = builder.page(
      policy: policy(scripts: [library, script]), style: style, library: library, script: script,
      data: HTML.scriptSafe(json: json(builder.charts())))
    return try templates.render(page, "report")
  }

  /// What the page may load: nothing but its own scripts, styles and drawn patterns.
  private static func policy(scripts: [String]) -> String {
    let sources = scripts.map(SHA256.policySource).joined(separator: " ")
    return "default-src 'none'; script-src \(sources); style-src 'unsafe-inline'; img-src data:; "
      + "base-uri 'none'; form-action 'none'"
  }

  private static func json(_ charts: ReportCharts) -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: "", negativeInfinity: "", nan: "")
    // Structs of texts and numbers always encode once infinities do.
    guard let data = try? encoder.encode(charts) else { return "{}" }
    return String(decoding: data, as: UTF8.self)
  }
}
