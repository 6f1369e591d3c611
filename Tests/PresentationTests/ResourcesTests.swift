import CustomerSchema
import Foundation
import Testing

@testable import Presentation

/// A relocatable installation in a temporary folder: `bin`, `share/quartier`.
struct InstalledTree {
  let root: URL

  init() throws {
    root = FileManager.default.temporaryDirectory
      .appending(path: "quartier-tree-\(UUID().uuidString)")
    try write("Presentation/Resources/Localization/common.en.json", #"{"a": "A"}"#)
  }

  func write(_ path: String, _ text: String) throws {
    let file = root.appending(path: "share/quartier/" + path)
    try FileManager.default.createDirectory(
      at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
    try text.write(to: file, atomically: true, encoding: .utf8)
  }

  func resources() throws -> PresentationResources {
    try PresentationResources.locate(
      ResourceLocator(executable: root.path + "/bin/quartier", share: nil))
  }

  func remove() { try? FileManager.default.removeItem(at: root) }
}

struct ResourcesTests {
  @Test("An installed binary finds its share folder beside its own, wherever it was moved")
  func installed() throws {
    let tree = try InstalledTree()
    defer { tree.remove() }
    try tree.write("browser/echarts.min.js", "charts")
    let resources = try tree.resources()
    #expect(resources.directory == tree.root.path + "/share/quartier/Presentation/Resources")
    #expect(try resources.browserAsset("echarts.min.js") == "charts")
    #expect(resources.files(in: "Localization", endingWith: ".en.json") == ["common.en.json"])
  }

  @Test("QUARTIER_SHARE comes before the binary's own folder")
  func share() throws {
    let tree = try InstalledTree()
    defer { tree.remove() }
    let share = tree.root.path + "/share/quartier"
    let locator = ResourceLocator(executable: "/nowhere/bin/quartier", share: share)
    #expect(
      try PresentationResources.locate(locator).directory == share + "/Presentation/Resources")
  }

  @Test("A development build finds its bundle, and the browser libraries of its package")
  func development() throws {
    let resources = try PresentationResources.locate()
    #expect(try resources.browserAsset("echarts.min.js").contains("echarts"))
    #expect(!(try Catalogue(.french, resources: resources)).texts.isEmpty)
  }

  @Test(
    "What is missing or broken is said with its path, and the sentence exists in both languages")
  func errors() throws {
    let nowhere = ResourceLocator(executable: "/nowhere/bin/quartier", share: "/nowhere/share")
    #expect(
      throws: PresentationError.resourcesNotFound(searched: ["/nowhere/share/Presentation"])
    ) {
      try PresentationResources.locate(nowhere)
    }
    let tree = try InstalledTree()
    defer { tree.remove() }
    let resources = try tree.resources()
    #expect(throws: PresentationError.self) { try resources.browserAsset("echarts.min.js") }
    try tree.write("Presentation/Resources/Localization/common.fr.json", #"{"a": {"b": "nested"}}"#)
    #expect(throws: PresentationError.self) { try Catalogue(.french, resources: resources) }
    try tree.write("Presentation/Resources/Templates/bad.mustache", "{{#open}}")
    #expect(throws: PresentationError.self) { try PageTemplates(resources) }

    let all: [PresentationError] = [
      .resourcesNotFound(searched: ["/a"]), .resourceUnreadable(path: "/a"),
      .browserAssetNotFound(name: "e"), .catalogueMalformed(path: "/a"),
      .templateMalformed(name: "t", reason: "r"),
    ]
    for language in Language.allCases {
      let localizer = try Localizer(language)
      for error in all {
        #expect(!localizer.text(error.userMessage).contains("⟦"))
        #expect(localizer.fix(error.userMessage) != nil)
        #expect(!error.description.isEmpty)
      }
    }
  }
}
