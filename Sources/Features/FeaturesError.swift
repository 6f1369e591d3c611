internal import Foundation
package import CustomerSchema
package import Warehouse

/// What can go wrong while customers are described.
package enum FeaturesError: Error {
  /// A file that ships with Quartier is missing or unreadable.
  case resourceMissing(String)
  case warehouse(WarehouseError)
}

extension FeaturesError: UserFacingError {
  package var userMessage: UserMessage {
    switch self {
    case .resourceMissing(let what):
      UserMessage("environment.resource.missing", ["file": .text(what)])
    case .warehouse(let error): error.userMessage
    }
  }

  package var exitStatus: ExitStatus {
    switch self {
    case .resourceMissing: .environment
    case .warehouse(let error): error.exitStatus
    }
  }
}

/// Where this module's resources are.
enum FeatureResources {
  static let folder = ResourceLocator.current.folder(module: "Features", development: Bundle.module)
}
