internal import CustomerSchema
internal import SegmentLanguage
internal import Segments
internal import Warehouse

/// What rules can speak of in a workspace: the attributes of its catalogue and the built-in ones.
enum WorkspaceSchema {
  static func schema(
    of entries: [AttributeStore.Entry], _ settings: Workspace.Settings
  ) -> SegmentSchema {
    let attributes = entries.map(\.definition)
    return SegmentSchema.standard(
      attributes: ScoreAttributes.definitions
        + attributes.filter { !ScoreAttributes.ids.contains($0.id) }, timeZone: settings.timeZone,
      currency: settings.currency.flatMap(CurrencyCode.init) ?? .euro)
  }
}
