internal import CustomerSchema
internal import Presentation

/// The page that every model card is: data, options, quality, limits, who should not use it.
enum ModelCard {
  static func page(
    title: String, version: String, date: LocalDate?, data: [String], options: [String],
    quality: [String], limits: [String], notFor: String, _ localizer: Localizer
  ) -> String {
    func heading(_ key: String) -> [String] {
      ["", "## " + localizer.text("model.card." + key), ""]
    }
    func list(_ texts: [String]) -> [String] { texts.map { "- " + $0 } }
    let made =
      date.map {
        localizer.text("model.card.made", ["version": .text(version), "date": .date($0)])
      } ?? localizer.text("model.card.made_by", ["version": .text(version)])
    return
      (["# " + title, "", made] + heading("data") + list(data) + heading("options")
      + list(options) + heading("quality") + list(quality) + heading("limits") + list(limits)
      + heading("not_for") + [notFor, ""]).joined(separator: "\n")
  }
}
