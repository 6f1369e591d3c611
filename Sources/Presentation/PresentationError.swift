package import CustomerSchema

/// What can go wrong with the files that Presentation shows things with.
package enum PresentationError: Error, Sendable, Hashable {
  /// No resource folder in any of the places searched.
  case resourcesNotFound(searched: [String])
  /// A file of the resource folder cannot be read.
  case resourceUnreadable(path: String)
  /// A browser library is missing.
  case browserAssetNotFound(name: String)
  /// A catalogue is not a flat JSON object of texts.
  case catalogueMalformed(path: String)
  /// A template cannot be parsed.
  case templateMalformed(name: String, reason: String)
}

extension PresentationError: UserFacingError {
  package var userMessage: UserMessage {
    switch self {
    case .resourcesNotFound(let searched):
      UserMessage("presentation.resources.missing", ["searched": .texts(searched)])
    case .resourceUnreadable(let path):
      UserMessage("presentation.resource.unreadable", ["path": .text(path)])
    case .browserAssetNotFound(let name):
      UserMessage("presentation.browser.missing", ["name": .text(name)])
    case .catalogueMalformed(let path):
      UserMessage("presentation.catalogue.malformed", ["path": .text(path)])
    case .templateMalformed(let name, let reason):
      UserMessage(
        "presentation.template.malformed", ["name": .text(name), "reason": .text(reason)])
    }
  }

  package var exitStatus: ExitStatus {
    switch self {
    case .resourcesNotFound, .resourceUnreadable, .browserAssetNotFound: .environment
    case .catalogueMalformed, .templateMalformed: .internal
    }
  }
}

extension PresentationError: CustomStringConvertible {
  /// In English, for when the catalogues themselves are what is missing.
  package var description: String {
    switch self {
    case .resourcesNotFound(let searched):
      "Quartier's resources are missing (searched: \(searched.joined(separator: ", "))). "
        + "Install it again, or set QUARTIER_SHARE to its share/quartier folder."
    case .resourceUnreadable(let path): "\(path) cannot be read. Install Quartier again."
    case .browserAssetNotFound(let name): "\(name) is missing. Run make setup."
    case .catalogueMalformed(let path): "\(path) is not a catalogue of texts."
    case .templateMalformed(let name, let reason): "The template \(name) is malformed: \(reason)"
    }
  }
}
