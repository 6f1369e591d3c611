package import Foundation

/// Finds what ships with Quartier: `../share/quartier` beside an installed binary, the package's
/// own bundles in development.
package enum ResourceLocator {
  /// The folder with a module's resources; nil when neither place has one.
  ///
  /// - Parameter development: the module's `Bundle.module`, only touched when nothing is installed
  ///   (SwiftPM's accessor ends the process when its bundle is missing).
  package static func folder(
    module: String, development: @autoclosure () -> Bundle
  ) -> URL? {
    if let share = installedShare {
      let folder = share.appending(path: module)
      return FileManager.default.fileExists(atPath: folder.path) ? folder : nil
    }
    return development().bundleURL
  }

  /// `../share/quartier` beside the running binary; nil in development.
  package static let installedShare: URL? = {
    let share = executable.deletingLastPathComponent().deletingLastPathComponent()
      .appending(path: "share/quartier")
    return FileManager.default.fileExists(atPath: share.path) ? share : nil
  }()

  /// A file that set-up fetched, such as `browser/echarts.min.js`: in the installed share, else in
  /// the `third_party` folder of the package the binary was built in. Nil when it is missing.
  package static func fetched(_ path: String) -> URL? {
    if let share = installedShare {
      let file = share.appending(path: path)
      return FileManager.default.fileExists(atPath: file.path) ? file : nil
    }
    var folder = executable.deletingLastPathComponent()
    for _ in 0..<8 {
      let candidates = ["third_party/\(path)", "third_party/duckdb/\(path)"]
      for candidate in candidates {
        let file = folder.appending(path: candidate)
        if FileManager.default.fileExists(atPath: file.path) { return file }
      }
      folder.deleteLastPathComponent()
    }
    return nil
  }

  /// The running binary, symbolic links resolved.
  package static var executable: URL {
    let path =
      (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe"))
      ?? CommandLine.arguments[0]
    return URL(fileURLWithPath: path).resolvingSymlinksInPath()
  }
}
