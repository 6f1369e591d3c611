package import CustomerSchema
internal import Foundation

/// The catalogues, templates, styles, scripts and browser libraries on this machine.
package struct PresentationResources: Sendable {
  /// The folder with `Localization`, `Templates`, `Styles` and `Scripts`.
  package let directory: String
  private let locator: ResourceLocator

  /// - Throws: `PresentationError.resourcesNotFound`.
  package static func locate(
    _ locator: ResourceLocator = .current
  ) throws(PresentationError) -> PresentationResources {
    let folder = locator.folder(module: "Presentation", development: Bundle.module)
    guard let folder else {
      let searched = locator.share?.appending(path: "Presentation").path ?? ""
      throw .resourcesNotFound(searched: [searched])
    }
    return PresentationResources(
      directory: folder.appending(path: "Resources").path, locator: locator)
  }

  /// The text of a file of the folder, such as `Styles/report.css`.
  package func text(_ path: String) throws(PresentationError) -> String {
    try Self.read(directory + "/" + path)
  }

  /// The names of the files in a subfolder that end so, sorted.
  package func files(in folder: String, endingWith suffix: String) -> [String] {
    let all = (try? FileManager.default.contentsOfDirectory(atPath: directory + "/" + folder)) ?? []
    return all.filter { $0.hasSuffix(suffix) }.sorted()
  }

  /// The text of a browser library such as `echarts.min.js`.
  ///
  /// - Throws: `PresentationError.browserAssetNotFound`.
  package func browserAsset(_ name: String) throws(PresentationError) -> String {
    guard let file = locator.fetched("browser/" + name) else {
      throw .browserAssetNotFound(name: name)
    }
    return try Self.read(file.path)
  }

  private static func read(_ path: String) throws(PresentationError) -> String {
    guard let data = FileManager.default.contents(atPath: path),
      let text = String(validating: data, as: UTF8.self)
    else { throw .resourceUnreadable(path: path) }
    return text
  }
}
