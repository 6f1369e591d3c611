package import Foundation

/// Finds what ships with Quartier: `../share/quartier` beside an installed binary (or the folder
/// that `QUARTIER_SHARE` names), the package's own bundles and `third_party` in development.
package struct ResourceLocator: Sendable {
  /// The running binary, symbolic links resolved.
  private let executable: URL
  /// The share folder in use; nil in development.
  package let share: URL?

  /// For the running program.
  package static let current: ResourceLocator = {
    let path =
      (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe"))
      ?? CommandLine.arguments[0]
    return ResourceLocator(
      executable: path, share: ProcessInfo.processInfo.environment["QUARTIER_SHARE"])
  }()

  /// For a binary at a path; `share` comes before the folder beside it.
  package init(executable path: String, share named: String?) {
    executable = URL(fileURLWithPath: path).resolvingSymlinksInPath()
    let beside = executable.deletingLastPathComponent().deletingLastPathComponent()
      .appending(path: "share/quartier")
    if let named, !named.isEmpty {
      share = URL(fileURLWithPath: named)
    } else {
      share = FileManager.default.fileExists(atPath: beside.path) ? beside : nil
    }
  }

  /// The folder with a module's resources; nil when the share folder lacks it.
  ///
  /// - Parameter development: the module's `Bundle.module`, only touched when nothing is installed
  ///   (SwiftPM's accessor ends the process when its bundle is missing).
  package func folder(module: String, development: @autoclosure () -> Bundle) -> URL? {
    guard let share else { return development().bundleURL }
    let folder = share.appending(path: module)
    return FileManager.default.fileExists(atPath: folder.path) ? folder : nil
  }

  /// A file that set-up fetched, such as `browser/echarts.min.js`: in the share folder, else in
  /// `third_party` of the package the binary was built in. Nil when it is missing.
  package func fetched(_ path: String) -> URL? {
    let candidates: [URL]
    if let share {
      candidates = [share.appending(path: path)]
    } else {
      // A built product lies a few folders below its package (.build/TRIPLE/debug).
      var folder = executable
      candidates = (0..<6).flatMap { _ in
        folder.deleteLastPathComponent()
        return ["third_party/\(path)", "third_party/duckdb/\(path)"]
          .map { folder.appending(path: $0) }
      }
    }
    return candidates.first { FileManager.default.fileExists(atPath: $0.path) }
  }
}
