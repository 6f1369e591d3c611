internal import ReferenceData

/// What the codes of described attributes mean, for people to read. Enumerations have their words
/// in the localisation catalogues; these are the long official lists.
package enum ReferenceLabels {
  /// The label of a value of an attribute, such as « Construction » for `naf_section` `F`.
  ///
  /// - Parameter isFrench: INSEE has no English labels of occupations and legal categories: those
  ///   are French in both languages.
  /// - Returns: nil for attributes without codes and for unknown codes.
  package static func label(
    of value: String, attribute: String, isFrench: Bool
  ) throws -> String? {
    switch attribute {
    case "naf", "naf_section", "naf_division", "naf_group", "naf_class", "naf_subclass":
      let item =
        try ActivityClassification.load(.rev2).item(value)
        ?? ActivityClassification.load(.naf2025).item(value)
      return item.map { isFrench ? $0.frenchLabel ?? $0.englishLabel : $0.englishLabel }
    case "pcs_code":
      return try OccupationClassification.load().item(value).map {
        $0.shortFrenchLabel ?? $0.frenchLabel
      }
    case "legal_category": return try LegalCategory.named(value)?.frenchLabel
    case "department": return try Geography.load().department(value)?.name
    case "commune_code": return try Geography.load().commune(value)?.name
    default: return nil
    }
  }
}
