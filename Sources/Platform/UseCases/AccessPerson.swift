internal import CustomerSchema
internal import Foundation
package import Presentation
package import Privacy
internal import SQLBuilder
internal import Warehouse

/// Gives a person all that is known of her: an archive for machines and a page to read.
package struct AccessPerson: Sendable {
  private let desk: PrivacyDesk

  package init(_ desk: PrivacyDesk) { self.desk = desk }

  /// The archive as JSON; `docs/schemas/privacy-access-1.schema.json`.
  package func archive(_ name: String, source: String?) async throws -> AccessArchive {
    let person = try await desk.person(name, source: source)
    try await ConsentLedger(desk.session).absorb(now: desk.now)
    let archive = try await AccessReader(desk.session).read(person, now: desk.now)
    try await desk.audit.record(.access, subject: person.subject, at: desk.now)
    return archive
  }

  package func json(_ archive: AccessArchive) throws -> String {
    try archive.json(workspace: desk.workspace.settings.name)
  }

  /// Writes both files, readable by their owner only, all or nothing.
  ///
  /// - Returns: their paths.
  package func write(
    _ archive: AccessArchive, to folder: String, _ localizer: Localizer
  ) async throws -> [String] {
    let output = try StagedOutput(destination: folder)
    do {
      let labels = try await AttributeLabels(desk.session, localizer)
      let page = try AccessDocument(
        archive: archive, settings: desk.workspace.settings, localizer: localizer, labels: labels
      ).html()
      let name = "access-\(archive.person.subject)"
      for (file, text) in [(name + ".json", try json(archive)), (name + ".html", page)] {
        guard
          FileManager.default.createFile(
            atPath: output.folder.appending(path: file).path, contents: Data(text.utf8),
            attributes: [.posixPermissions: 0o600])
        else { throw PlatformError.cannotWrite(file, reason: "") }
      }
      try output.commit()
      return [".json", ".html"].map {
        URL(fileURLWithPath: folder).appending(path: name + $0).path
      }
    } catch {
      output.discard()
      throw error
    }
  }
}

/// What the attributes of a workspace are called.
struct AttributeLabels: Sendable {
  private let labels: [String: String]
  private let localizer: Localizer

  init(_ session: any QuerySession, _ localizer: Localizer) async throws {
    var labels: [String: String] = [:]
    for entry in try await AttributeStore.entries(session) {
      labels[entry.definition.id] =
        localizer.language == .french ? entry.labelFrench : entry.labelEnglish
    }
    self.labels = labels
    self.localizer = localizer
  }

  subscript(id: String) -> String {
    let key = "attribute.\(id)"
    return localizer.has(key) ? localizer.text(key) : labels[id] ?? id
  }
}

/// The readable form of an access archive.
struct AccessDocument {
  let archive: AccessArchive
  let settings: Workspace.Settings
  let localizer: Localizer
  let labels: AttributeLabels

  private struct View: Sendable {
    let language: String
    let title: String
    let style: String
    let facts: [Fact]
    let about: [String]
    let rights: String
    let sections: [Table]
    let none: String?
  }

  private struct Fact: Sendable {
    let label: String
    let value: String
  }

  private struct Table: Sendable {
    let title: String
    let note: String?
    let columns: [String]
    let rows: [Row]
  }

  private struct Row: Sendable { let cells: [String] }

  func html() throws -> String {
    let resources = try PresentationResources.locate()
    let view = View(
      language: localizer.language.rawValue, title: localizer.text("privacy.access.title"),
      style: try resources.text("Styles/document.css"), facts: facts, about: about,
      rights: localizer.text(
        "privacy.access.rights",
        ["contact": .text(settings.privacyContact ?? settings.controller ?? settings.name)]),
      sections: archive.sections.map(table),
      none: archive.sections.isEmpty ? localizer.text("privacy.access.nothing") : nil)
    return try PageTemplates(resources).render(view, "access")
  }

  private var facts: [Fact] {
    [
      ("controller", settings.controller ?? settings.name), ("subject", archive.person.subject),
      ("first_seen", archive.firstSeen), ("made_at", archive.madeAt),
    ].map { Fact(label: localizer.text("privacy.access.\($0.0)"), value: $0.1) }
  }

  /// Why, on what basis, how long, from where, and by what logic (Art. 15(1) GDPR).
  private var about: [String] {
    ["purposes", "basis", "retention", "recipients", "logic"].map {
      localizer.text("privacy.access.about.\($0)")
    }
  }

  private func table(_ section: AccessArchive.Section) -> Table {
    Table(
      title: title(section.id),
      note: localizer.has("privacy.section.\(section.id).note")
        ? localizer.text("privacy.section.\(section.id).note") : nil,
      columns: section.columns.map(column),
      rows: section.rows.map { row in
        var cells = AccessArchive.texts(row, section.columns)
        for (index, column) in section.columns.enumerated() {
          if column == "attribute" || column == "attribute_id" {
            cells[index] = labels[cells[index]]
          }
          let term = "privacy.value.\(column).\(cells[index])"
          if localizer.has(term) { cells[index] = localizer.text(term) }
        }
        return Row(cells: cells)
      })
  }

  private func title(_ id: String) -> String {
    for key in ["privacy.section.\(id)", "stream.\(id)"] where localizer.has(key) {
      return localizer.text(key)
    }
    return id
  }

  private func column(_ id: String) -> String {
    for key in ["privacy.column.\(id)", "field.\(id)", "attribute.\(id)"] where localizer.has(key) {
      return localizer.text(key)
    }
    return id
  }
}
