package import CustomerSchema

/// What an import into a workspace understood and what it changed.
package struct FileImportReport: Sendable, Hashable, Codable {
  package let kind: ImportKind
  /// Whether the columns told the kind, rather than the person.
  package let kindRecognised: Bool
  /// The system that ids belong to.
  package let system: String
  package let source: SourceReport
  /// The import's number; nil when it was made before and nothing was done.
  package var importID: Int?
  /// The number of the import that read the same file in the same way before.
  package var earlierImport: Int?
  /// Data lines read.
  package let lines: Int
  package let quarantinedLines: Int
  /// Lines left out because they tell of people who were erased.
  package var erasedLines = 0
  /// By reason, most frequent first.
  package let quarantineReasons: [QuarantineCount]
  package var rows = RowCounts()
  /// Rows of order lines, where the file has some.
  package var orderLines: Int?
  package var customersCreated = 0
  /// Customers with new, changed or removed rows or values.
  package var customersTouched = 0
  /// Values that are new or differ from what was known.
  package var valuesChanged = 0
  package var attributes: [AttributeReport] = []
  package var notices: [UserMessage] = []
}

/// A column that became an attribute.
package struct AttributeReport: Sendable, Hashable, Codable {
  /// The attribute.
  package let id: String
  /// Such as `count`; see `AttributeType.storedName`.
  package let type: String
  package let column: String
  /// Whether the workspace did not have it.
  package let isNew: Bool
}
