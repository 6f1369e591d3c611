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

  /// An attribute of the catalogue of customers.
  private init(_ id: String, _ words: [String]) {
    guard let definition = AttributeCatalogue.customer[id] else {
      preconditionFailure("\(id) is not in the catalogue")
    }
    self.definition = definition
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
    BuiltInAttribute("postal_code", phrases(.postalCode)),
    BuiltInAttribute("city", phrases(.city) + ["companycity"]),
    BuiltInAttribute(
      "region", ["region", "state", "province", "etat region", "companystate"]),
    BuiltInAttribute("country", phrases(.country) + ["companycountry"]),
    BuiltInAttribute("signed_up", phrases(.signedUp)),
    BuiltInAttribute(
      "birth_date",
      [
        "birth date", "date naissance", "birthday", "birthdate", "naissance", "date of birth",
        "dob",
        "ne", "nee", "anniversaire", "date birth",
      ]),
    BuiltInAttribute(
      "gender", ["gender", "genre", "sexe", "sex"]),
    BuiltInAttribute(
      "title", .text, ["title", "civilite", "titre", "salutation", "civility"]),
    BuiltInAttribute(
      "language", ["language", "langue", "lang", "locale", "preferred language"]),
    BuiltInAttribute(
      "profession",
      [
        "job title", "jobtitle", "profession", "metier", "fonction", "poste", "occupation",
        "intitule poste", "position",
      ]),
    BuiltInAttribute(
      "industry", .text,
      ["industry", "secteur", "secteur activite", "companyindustry", "activite", "sector"]),
    BuiltInAttribute("siren", .text, ["siren", "n siren", "numero siren"]),
    BuiltInAttribute("siret", .text, ["siret", "n siret", "numero siret"]),
    BuiltInAttribute("naf", ["naf", "code naf", "ape", "code ape", "naf code"]),
    BuiltInAttribute(
      "headcount",
      [
        "headcount", "effectif", "employees", "nb employes", "nombre employes", "nb salaries",
        "number employees", "effectifs", "company size",
      ]),
    BuiltInAttribute(
      "headcount_band",
      [
        "tranche effectif", "tranche effectifs", "tranche effectif salarie",
        "trancheeffectifsetablissement", "trancheeffectifsunitelegale", "headcount band",
      ]),
    BuiltInAttribute(
      "vat_number", ["vat number", "tva", "numero tva", "tva intracommunautaire", "vat"]),
    BuiltInAttribute(
      "legal_category",
      [
        "categorie juridique", "categoriejuridiqueunitelegale", "forme juridique", "legal form",
        "legal category", "statut juridique",
      ]),
    BuiltInAttribute("balance_total", ["total bilan", "balance total", "total assets", "bilan"]),
    BuiltInAttribute(
      "workplace_mode", ["mode travail", "teletravail", "workplace mode", "work mode"]),
    BuiltInAttribute(
      "transport", ["transport", "mode transport", "moyen transport", "transport mode"]),
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
      "owner",
      [
        "owner", "conseiller", "commercial", "account owner", "contact owner", "responsable",
        "account manager", "charge clientele", "conseillere", "adviser",
      ]),
    BuiltInAttribute(
      "status", ["customer status", "statut client", "type client", "status", "statut"]),
    BuiltInAttribute("kind", ["customer kind", "kind", "nature client"]),
    BuiltInAttribute("education", ["education", "niveau etudes", "diplome", "nivetud"]),
    BuiltInAttribute("income", ["income", "revenu", "revenus", "annual income", "revenu annuel"]),
    BuiltInAttribute(
      "turnover",
      ["turnover", "chiffre affaires", "ca annuel", "annual revenue", "chiffre affaires annuel"]),
    BuiltInAttribute("department", ["departement", "code departement"]),
    BuiltInAttribute("household", ["household", "foyer", "id foyer"]),
    BuiltInAttribute("children", ["children", "enfants"]),
    BuiltInAttribute("needs", ["needs", "besoins"]),
    BuiltInAttribute(
      "interests", ["interests", "centres interet", "interets", "loisirs", "hobbies"]),
    BuiltInAttribute(
      "tags", ["tags", "tag", "etiquettes", "etiquette", "labels", "mots cles", "keywords"]),
  ]

  /// Words of values that mean one of an enumeration's, folded, by attribute.
  static let meanings: [String: [String: String]] = [
    "gender": [
      "f": "female", "femme": "female", "feminin": "female", "woman": "female", "w": "female",
      "mme": "female", "m": "male", "h": "male", "homme": "male", "masculin": "male",
      "man": "male", "autre": "other", "non binaire": "other", "non binary": "other",
      "nonbinary": "other", "x": "other",
    ],
    "status": [
      "client": "customer", "cliente": "customer", "lead": "prospect", "prospecte": "prospect",
    ],
    "kind": [
      "personne": "person", "particulier": "person", "individual": "person", "b2c": "person",
      "entreprise": "company", "societe": "company", "professionnel": "company",
      "business": "company", "b2b": "company",
    ],
  ]

  /// Folded words of values and the value of the enumeration that each means.
  static func words(_ id: String, _ values: [String]) -> [String: String] {
    var words = meanings[id] ?? [:]
    for value in values { words[Vocabulary.fold(value)] = value }
    return words
  }

  /// Ids that no column may take: what rules know already, and words of their language.
  static let reserved: Set<String> = {
    var ids: Set<String> = [
      "customer_id", "age", "and", "or", "not", "in", "is", "of", "by", "between", "where",
      "true", "false", "missing", "contains", "starts", "ends", "with", "matches", "like", "today",
      "now", "within", "last", "first", "after", "before", "member", "entered", "left", "any",
      "all", "none", "top", "bottom", "median", "has", "been", "at", "least", "most", "then",
      "followed", "date", "weekday", "hour", "month", "source", "key", "days", "since", "count",
      "sum", "average", "min", "max", "distinct", "if", "else", "as", "for", "on", "segment",
    ]
    for catalogue in [AttributeCatalogue.orderHistory, .engagement] {
      ids.formUnion(catalogue.attributes.map(\.id))
    }
    ids.formUnion(AttributeCatalogue.customer.attributes.map(\.id))
    ids.formUnion(StreamCatalogue.canonical.streams.map(\.id))
    return ids
  }()
}
