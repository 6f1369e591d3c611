internal import CustomerSchema
internal import Foundation
package import Presentation
package import Scoring
internal import StatisticalModels

/// Found groups as a terminal shows them.
package enum GroupSummary {
  /// A group's proposed name in the reader's language.
  package static func name(_ group: GroupReport.Group, _ localizer: Localizer) -> String {
    let parts = group.nameParts.map { localizer.text($0) }
    guard let first = parts.first else { return group.id }
    let start = first.prefix(1).uppercased() + first.dropFirst()
    return ([start] + parts.dropFirst()).joined(separator: ", ")
  }

  /// What an attribute is called; those of a workspace's own by their id.
  static func label(_ attribute: String, _ localizer: Localizer) -> String {
    let key = "attribute.\(attribute)"
    return localizer.has(key) ? localizer.text(key) : Localizer.printable(attribute)
  }

  /// - Parameter drift: of kept groups, none where it was not measured; nil for new ones.
  package static func text(
    _ report: GroupReport, drift: ModelRegistry.Drift?? = nil, _ localizer: Localizer,
    style: TerminalStyle = .plain
  ) -> String {
    var out = ModelText(localizer, style)
    out.title(out.text("model.groups.title", ["date": .date(report.asOf)]))
    out.paragraph(
      out.text(
        "model.groups.data",
        ["customers": .count(report.customers), "sample": .count(report.fittedOn)]))
    if let refusal = report.refusal {
      out.blank()
      out.bullet(refusal)
      return out.joined
    }
    writeGroups(report, to: &out)
    writeChoice(report, to: &out)
    writeAttributes(report, to: &out)
    if let drift {
      out.title(out.text("model.drift.title"))
      out.bullet(drift?.text(localizer) ?? out.text("model.drift.none"))
    }
    if !report.cautions.isEmpty {
      out.title(out.text("model.clv.cautions"))
      for caution in report.cautions { out.bullet(caution) }
    }
    return out.joined
  }

  private static func writeGroups(_ report: GroupReport, to out: inout ModelText) {
    let localizer = out.localizer
    out.title(out.text("model.groups.found", ["count": .count(report.groups.count)]))
    out.table(
      [
        out.column("model.column.group", leading: true), out.column("column.customers"),
        out.column("column.customer_share"), out.column("column.revenue"),
        out.column("column.revenue_share"),
      ],
      report.groups.map { group in
        [
          "\(group.id.split(separator: "_").last ?? "") \(name(group, localizer))",
          out.count(group.customers), out.share(group.customerShare),
          localizer.formats.money(group.revenue, .short), out.share(group.revenueShare),
        ]
      })
    for group in report.groups {
      out.blank()
      out.bullet(name(group, localizer))
      for line in lines(group, localizer) { out.paragraph(line, indent: 6) }
    }
  }

  /// What is typical of a group, one line each: its centre, what sets it apart, whom to look at.
  package static func lines(_ group: GroupReport.Group, _ localizer: Localizer) -> [String] {
    let centre = group.centre.compactMap { value -> String? in
      let label = label(value.attribute, localizer)
      if let mode = value.mode { return "\(label) \(Localizer.printable(mode))" }
      guard let median = value.median else { return nil }
      return "\(label) \(amount(median, value.attribute, localizer))"
    }
    var lines = [
      localizer.text("model.groups.centre", ["values": .text(centre.joined(separator: " · "))])
    ]
    let traits = group.traits.filter { $0.strength >= 0.2 }.map { trait(_: $0, localizer) }
    if !traits.isEmpty {
      lines.append(
        localizer.text("model.groups.apart", ["traits": .text(traits.joined(separator: " · "))]))
    }
    if !group.typicalCustomers.isEmpty {
      lines.append(
        localizer.text("model.groups.typical", ["customers": .texts(group.typicalCustomers)]))
    }
    return lines
  }

  static func amount(_ value: Double, _ attribute: String, _ localizer: Localizer) -> String {
    let kind = GroupAttribute.known.first { $0.name == attribute }?.kind
    return kind == .share
      ? localizer.formats.percentage(value, decimals: 1)
      : localizer.formats.number(value, atMost: kind == .money ? 2 : 1)
  }

  static func trait(_ trait: GroupReport.Trait, _ localizer: Localizer) -> String {
    let label = label(trait.attribute, localizer)
    if let category = trait.category, let lift = trait.lift {
      return localizer.text(
        "model.groups.trait.category",
        [
          "attribute": .text(label), "value": .text(category),
          "lift": .number(lift, decimals: 1),
        ])
    }
    let key = trait.isHigher ? "model.groups.trait.higher" : "model.groups.trait.lower"
    return localizer.text(
      key, ["attribute": .text(label), "effect": .number(abs(trait.effect ?? 0), decimals: 1)])
  }

  private static func writeChoice(_ report: GroupReport, to out: inout ModelText) {
    out.title(out.text("model.groups.how"))
    if let reason = report.methodReason { out.bullet(reason) }
    if let proposal = report.proposal { out.bullet(proposal.reason) }
    if let quality = report.quality {
      out.bullet(
        out.text(
          "model.groups.quality",
          [
            "silhouette": .text(out.number(quality.silhouette, 2)),
            "stability": .text(out.number(quality.stability, 2)),
          ]))
    }
    guard !report.criteria.isEmpty else { return }
    out.table(
      [
        out.column("model.column.groups"), out.column("model.column.silhouette"),
        out.column("model.column.calinski"), out.column("model.column.davies"),
        out.column("model.column.gap"), out.column("model.column.bic"),
        out.column("model.column.stability"),
        out.column("model.column.smallest"),
      ],
      report.criteria.map { row in
        [
          "\(row.groups)\(row.groups == report.groups.count ? " ←" : "  ")",
          out.number(row.silhouette, 3), out.number(row.calinskiHarabasz, 0),
          out.number(row.daviesBouldin, 2), out.number(row.gap, 3), out.number(row.bic, 0),
          out.number(row.stability, 2), out.share(row.smallestShare),
        ]
      })
  }

  private static func writeAttributes(_ report: GroupReport, to out: inout ModelText) {
    out.title(out.text("model.groups.attributes"))
    for attribute in report.attributes {
      let reasons = attribute.reasons.map { out.text("model.treatment.reason.\($0.rawValue)") }
      out.bullet(
        out.text(
          "model.treatment.line",
          [
            "attribute": .text(label(attribute.name, out.localizer)),
            "treatment": .term("model.treatment.\(attribute.treatment)"),
            "reasons": .text(reasons.joined(separator: ", ")),
          ]))
    }
  }

  /// The model card as a page of Markdown.
  package static func card(
    _ report: GroupReport, drift: ModelRegistry.Drift?? = nil, _ localizer: Localizer
  ) -> String {
    func text(_ key: String, _ arguments: [String: MessageArgument] = [:]) -> String {
      localizer.text("model.card." + key, arguments)
    }
    var lines = ["# " + text("groups.title"), ""]
    lines.append(
      text("made", ["version": .text(report.quartierVersion), "date": .date(report.asOf)]))
    lines += ["", "## " + text("data"), ""]
    lines.append(
      localizer.text(
        "model.groups.data",
        ["customers": .count(report.customers), "sample": .count(report.fittedOn)]))
    for group in report.groups {
      lines.append(
        "- \(group.id) : \(name(group, localizer)) "
          + "(\(localizer.formats.percentage(group.customerShare, decimals: 1)))")
    }
    lines += ["", "## " + text("options"), ""]
    for message in [report.methodReason, report.proposal?.reason].compactMap({ $0 }) {
      lines.append("- " + localizer.text(message))
    }
    for attribute in report.attributes {
      lines.append(
        "- "
          + localizer.text(
            "model.treatment.line",
            [
              "attribute": .text(label(attribute.name, localizer)),
              "treatment": .term("model.treatment.\(attribute.treatment)"),
              "reasons": .text(
                attribute.reasons.map { localizer.text("model.treatment.reason.\($0.rawValue)") }
                  .joined(separator: ", ")),
            ]))
    }
    lines += ["", "## " + text("quality"), ""]
    let formats = localizer.formats
    func shown(_ value: Double?) -> String {
      value.map { formats.number($0, decimals: 2) } ?? localizer.text("value.none")
    }
    lines.append(
      localizer.text(
        "model.groups.quality",
        [
          "silhouette": .text(shown(report.quality?.silhouette)),
          "stability": .text(shown(report.quality?.stability)),
        ]))
    if let drift {
      lines += ["", drift?.text(localizer) ?? localizer.text("model.drift.none")]
    }
    lines += ["", "## " + text("limits"), ""]
    for caution in report.cautions + [report.refusal].compactMap({ $0 }) {
      lines.append("- " + localizer.text(caution))
    }
    lines += [
      "- " + text("groups.limits"), "", "## " + text("not_for"), "", text("groups.not_for"), "",
    ]
    return lines.joined(separator: "\n")
  }
}
