/// What a user-agent string says of the device, its system and its browser.
///
/// Families are those of uap-core; what it does not know is nil, never `Other`.
package struct UserAgent: Sendable, Hashable {
  /// `Chrome Mobile`, `Mobile Safari`, `Firefox`…
  package let browser: String?
  /// Major version, as written.
  package let browserVersion: String?
  /// `Windows`, `Mac OS X`, `iOS`, `Android`…
  package let system: String?
  package let systemVersion: String?
  package let brand: String?
  package let model: String?
  package let device: DeviceClass

  /// The browser without what names its mobile edition: `Chrome`, `Safari`, `Edge`…
  package var browserFamily: String? {
    guard let browser else { return nil }
    switch browser {
    case "Mobile Safari", "Mobile Safari UI/WKWebView", "Safari": return "Safari"
    case "Chrome Mobile", "Chrome Mobile iOS", "Chrome Mobile WebView", "Chrome": return "Chrome"
    case "Firefox Mobile", "Firefox iOS", "Firefox": return "Firefox"
    case "Edge Mobile", "Edge": return "Edge"
    case "Opera Mobile", "Opera Mini", "Opera": return "Opera"
    case "IE Mobile", "IE": return "IE"
    default: return browser
    }
  }
}

/// What kind of device asks.
package enum DeviceClass: String, Sendable, Hashable, CaseIterable, Codable {
  case desktop, mobile, tablet, television, console, bot, unknown
}
