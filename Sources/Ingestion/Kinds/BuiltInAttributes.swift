internal import CustomerSchema

/// An attribute that Quartier knows by the headers of files.
struct BuiltInAttribute: Sendable {
  let definition: AttributeDefinition
  /// Folded headers, the most telling first.
  let words: [String]

  private init(
    _ id: String, _ type: AttributeType, _ words: [String], _ dataClass: DataClass = .behaviour
  ) {
    definition = AttributeDefinition(id, type, dataClass, isOptional: true)
    self.words = words
  }

  private static func phrases(_ role: Vocabulary.HeaderRole) -> [String] {
    Vocabulary.phrases[role] ?? []
  }

  static let all: [BuiltInAttribute] = [
    BuiltInAttribute(
      "company", .text,
      [
        "company", "societe", "entreprise", "company name", "companyname", "nom entreprise",
        "organisation", "organization", "employer", "employeur",
      ]),
    BuiltInAttribute("name", .text, phrases(.name), .identifying),
    BuiltInAttribute("first_name", .text, phrases(.firstName), .identifying),
    BuiltInAttribute("last_name", .text, phrases(.lastName), .identifying),
    BuiltInAttribute("email", .text, phrases(.email), .identifying),
    BuiltInAttribute("phone", .text, phrases(.phone), .identifying),
    BuiltInAttribute(
      "address", .text,
      [
        "address", "adresse", "address 1", "adresse 1", "rue", "street", "street address",
        "billing address", "adresse postale",
      ], .identifying),
    BuiltInAttribute("postal_code", .text, phrases(.postalCode)),
    BuiltInAttribute("city", .text, phrases(.city) + ["companycity"]),
    BuiltInAttribute(
      "region", .text, ["region", "state", "province", "etat region", "companystate"]),
    BuiltInAttribute("country", .text, phrases(.country) + ["companycountry"]),
    BuiltInAttribute("signed_up", .date, phrases(.signedUp)),
    BuiltInAttribute(
      "birth_date", .date,
      [
        "birth date", "date naissance", "birthday", "birthdate", "naissance", "date of birth",
        "dob",
        "ne le", "anniversaire", "date birth",
      ], .identifying),
    BuiltInAttribute("age", .count, ["age", "customer age"]),
    BuiltInAttribute(
      "gender", .text, ["gender", "genre", "sexe", "sex"]),
    BuiltInAttribute(
      "title", .text, ["title", "civilite", "titre", "salutation", "civility"]),
    BuiltInAttribute(
      "language", .text, ["language", "langue", "lang", "locale", "preferred language"]),
    BuiltInAttribute(
      "job_title", .text,
      [
        "job title", "jobtitle", "profession", "metier", "fonction", "poste", "occupation",
        "intitule poste", "position",
      ]),
    BuiltInAttribute(
      "industry", .text,
      ["industry", "secteur", "secteur activite", "companyindustry", "activite", "sector"]),
    BuiltInAttribute("siren", .text, ["siren", "n siren", "numero siren"]),
    BuiltInAttribute("siret", .text, ["siret", "n siret", "numero siret"]),
    BuiltInAttribute("naf_code", .text, ["naf", "code naf", "ape", "code ape", "naf code"]),
    BuiltInAttribute(
      "headcount", .count,
      [
        "headcount", "effectif", "employees", "nb employes", "nombre employes", "nb salaries",
        "number employees", "effectifs", "company size",
      ]),
    BuiltInAttribute(
      "website", .text, ["website", "site web", "site internet", "url", "web", "site"]),
    BuiltInAttribute(
      "lead_status", .text, ["lead status", "statut prospect", "statut lead", "prospect status"]),
    BuiltInAttribute(
      "lead_source", .text,
      [
        "lead source", "source prospect", "origine prospect", "source lead",
        "original source",
      ]),
    BuiltInAttribute(
      "owner", .text,
      [
        "owner", "conseiller", "commercial", "account owner", "contact owner", "responsable",
        "account manager", "charge clientele", "conseillere", "adviser",
      ]),
    BuiltInAttribute(
      "tags", .list, ["tags", "tag", "etiquettes", "etiquette", "labels", "mots cles", "keywords"]),
  ]

  /// What a file says that its lines are.
  static let relationship = AttributeDefinition(
    "relationship", .enumeration(["customer", "prospect", "company", "contact"]), isOptional: true)

  /// Ids that no column may take: what rules know already, and words of their language.
  static let reserved: Set<String> = {
    var ids: Set<String> = [
      "customer_id", "relationship", "and", "or", "not", "in", "is", "of", "by", "between", "where",
      "true", "false", "missing", "contains", "starts", "ends", "with", "matches", "like", "today",
      "now", "within", "last", "first", "after", "before", "member", "entered", "left", "any",
      "all", "none", "top", "bottom", "median", "has", "been", "at", "least", "most", "then",
      "followed", "date", "weekday", "hour", "month", "source", "key", "days", "since", "count",
      "sum", "average", "min", "max", "distinct", "if", "else", "as", "for", "on", "segment",
    ]
    for catalogue in [AttributeCatalogue.orderHistory, .engagement] {
      ids.formUnion(catalogue.attributes.map(\.id))
    }
    ids.formUnion(StreamCatalogue.canonical.streams.map(\.id))
    return ids
  }()
}
