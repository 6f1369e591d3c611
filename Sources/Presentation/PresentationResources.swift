internal import Foundation

/// Where the catalogues, templates, styles and browser libraries are on this machine.
///
/// An installed tree has them in `../share/quartier` beside the folder of the binary; a
/// development tree beside the built product, with the browser libraries in `third_party/browser`
/// of the package. `QUARTIER_SHARE` names a `share/quartier` folder to use before any other.
package struct PresentationResources: Sendable {
  /// The folder with `Localization`, `Templates`, `Styles` and `Scripts`.
  package let directory: String
  private let browserDirectories: [String]

  private init(directory: String, browserDirectories: [String]) {
    self.directory = directory
    self.browserDirectories = browserDirectories
  }

  /// Finds the folders; throws `resourcesNotFound` with the places searched.
  package static func locate() throws(PresentationError) -> PresentationResources {
    let places = Places(
      executable: executablePath, share: ProcessInfo.processInfo.environment["QUARTIER_SHARE"])
    return try locate(in: places)
  }

  static func locate(in places: Places) throws(PresentationError) -> PresentationResources {
    let candidates = places.resourceDirectories
    guard let found = candidates.first(where: { isDirectory($0 + "/Localization") }) else {
      throw .resourcesNotFound(searched: candidates)
    }
    return PresentationResources(
      directory: found, browserDirectories: places.browserDirectories)
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

  /// Where a browser library such as `echarts.min.js` is; nil when it is missing.
  package func browserAssetPath(_ name: String) -> String? {
    browserDirectories.map { $0 + "/" + name }
      .first { FileManager.default.isReadableFile(atPath: $0) }
  }

  /// The text of a browser library; throws `browserAssetNotFound` with the places searched.
  package func browserAsset(_ name: String) throws(PresentationError) -> String {
    guard let path = browserAssetPath(name) else {
      throw .browserAssetNotFound(name: name, searched: browserDirectories)
    }
    return try Self.read(path)
  }

  private static func read(_ path: String) throws(PresentationError) -> String {
    guard let data = FileManager.default.contents(atPath: path),
      let text = String(validating: data, as: UTF8.self)
    else { throw .resourceUnreadable(path: path) }
    return text
  }

  private static func isDirectory(_ path: String) -> Bool {
    var isDirectory: ObjCBool = false
    return FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory)
      && isDirectory.boolValue
  }

  /// The running program with links resolved, so that a link in a `bin` folder still finds the
  /// tree that it points into.
  private static var executablePath: String {
    let path =
      (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe"))
      ?? Bundle.main.executablePath ?? CommandLine.arguments[0]
    return URL(fileURLWithPath: path).resolvingSymlinksInPath().path
  }
}

extension PresentationResources {
  /// The folders to search, in order, for a program at a path.
  struct Places {
    let resourceDirectories: [String]
    let browserDirectories: [String]

    init(executable: String, share: String?) {
      var folders = executable.split(separator: "/", omittingEmptySubsequences: true).dropLast()
      let beside = "/" + folders.joined(separator: "/")
      let installed = "/" + folders.dropLast().joined(separator: "/") + "/share/quartier"
      let shares = [share, installed].compactMap { $0 }.filter { !$0.isEmpty }
      resourceDirectories =
        shares.map { $0 + "/Presentation/Resources" } + [
          beside + "/quartier_Presentation.resources/Resources"
        ]
      // A built product lies at most four folders below its package (.build/TRIPLE/debug).
      var packages: [String] = []
      for _ in 0..<4 where !folders.isEmpty {
        folders = folders.dropLast()
        packages.append("/" + folders.joined(separator: "/"))
      }
      browserDirectories =
        shares.map { $0 + "/browser" } + packages.map { $0 + "/third_party/browser" }
    }
  }
}
