/// Countries by their names in French and English and by their ISO codes.
package struct Country: Sendable, Hashable {
  /// ISO 3166-1 alpha-2.
  package let code: String
  package let frenchName: String
  package let englishName: String

  /// Departments and collectivities of France that have an ISO code of their own.
  package static let french: Set<String> = [
    "FR", "FX", "GP", "MQ", "GF", "RE", "YT", "PM", "BL", "MF", "WF", "PF", "NC", "TF",
  ]

  /// The ISO code of a country as written in a file; nil when it is not recognised.
  package static func code(_ written: some StringProtocol) throws(ReferenceDataError) -> String? {
    let key = Folding.key(written)
    return key.isEmpty ? nil : try index.get()[key]
  }

  private static let usual: [String: String] = [
    "FRA": "FR", "FRANCEMETROPOLITAINE": "FR", "BEL": "BE", "CHE": "CH", "DEU": "DE", "ESP": "ES",
    "ITA": "IT", "GBR": "GB", "UK": "GB", "ANGLETERRE": "GB", "ENGLAND": "GB",
    "GRANDEBRETAGNE": "GB",
    "LUX": "LU", "NLD": "NL", "HOLLANDE": "NL", "USA": "US", "ETATSUNISDAMERIQUE": "US",
    "UNITEDSTATESOFAMERICA": "US", "CAN": "CA", "PRT": "PT", "MCO": "MC", "AND": "AD", "MAR": "MA",
    "DZA": "DZ", "TUN": "TN", "DEUTSCHLAND": "DE", "ESPANA": "ES", "ITALIA": "IT", "SUISSE": "CH",
    "SCHWEIZ": "CH", "BELGIE": "BE", "REUNION": "RE", "ILEDELAREUNION": "RE",
  ]

  private static let index = Lazy<[String: String]> { () throws(ReferenceDataError) in
    var index = usual
    for country in try ReferenceTable("geography/countries.csv").records(
      ["code", "name_fr", "name_en"],
      { Country(code: $0[0], frenchName: $0[1], englishName: $0[2]) })
    {
      for name in [country.code, country.frenchName, country.englishName] {
        index[Folding.key(name)] = country.code
      }
    }
    return index
  }
}
