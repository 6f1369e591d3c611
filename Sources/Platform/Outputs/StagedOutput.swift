internal import Foundation

/// Files that appear all together or not at all: written in a hidden folder beside their place,
/// moved into place when everything is there.
struct StagedOutput {
  /// Where files are written meanwhile.
  let folder: URL
  private let destination: URL
  /// Whether the destination is made by this run.
  private let isNew: Bool

  /// Makes the hidden folder.
  ///
  /// - Throws: `PlatformError.cannotWrite`.
  init(destination path: String) throws(PlatformError) {
    destination = URL(fileURLWithPath: path).standardizedFileURL
    let manager = FileManager.default
    isNew = !manager.fileExists(atPath: destination.path)
    folder = destination.appending(path: ".quartier-partial-\(UUID().uuidString)")
    do {
      try manager.createDirectory(at: folder, withIntermediateDirectories: true)
    } catch {
      throw .cannotWrite(path, reason: systemReason(error))
    }
  }

  /// Moves every file and folder written into place, replacing what has the same name.
  func commit() throws(PlatformError) {
    let manager = FileManager.default
    do {
      for name in try manager.contentsOfDirectory(atPath: folder.path) {
        let source = folder.appending(path: name)
        let target = destination.appending(path: name)
        var isFolder: ObjCBool = false
        if manager.fileExists(atPath: target.path, isDirectory: &isFolder), isFolder.boolValue {
          try manager.removeItem(at: target)
        }
        // rename(2) replaces a file in one step: a reader sees the old one or the new one.
        guard rename(source.path, target.path) == 0 else {
          throw CocoaError(.fileWriteUnknown, userInfo: [NSFilePathErrorKey: target.path])
        }
      }
      try manager.removeItem(at: folder)
    } catch {
      discard()
      throw .cannotWrite(destination.path, reason: systemReason(error))
    }
  }

  /// Removes what was written, and the destination when this run made it and it is empty.
  func discard() {
    let manager = FileManager.default
    try? manager.removeItem(at: folder)
    if isNew, (try? manager.contentsOfDirectory(atPath: destination.path))?.isEmpty == true {
      try? manager.removeItem(at: destination)
    }
  }
}

/// The system's own reason, without Foundation's wrapping.
func systemReason(_ error: any Error) -> String {
  let underlying = (error as NSError).userInfo[NSUnderlyingErrorKey] as? NSError
  if let underlying, underlying.domain == NSPOSIXErrorDomain {
    return String(cString: strerror(Int32(underlying.code)))
  }
  return (error as NSError).localizedDescription
}
