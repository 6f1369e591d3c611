/// The files of a generated base.
package enum GeneratedFile: String, Sendable, Hashable, CaseIterable {
  case crm, shop, loyalty, orders, products, promotions, campaigns, events, reviews, tickets,
    referrals, subscriptions, costs, consents, companies, contacts, opportunities
  case campaignContacts = "campaign_contacts"
  case surveyAnswers = "survey_answers"
  case lifeEvents = "life_events"
  case truthPeople = "truth_people"
  case truthRecords = "truth_records"
  case truthCompanies = "truth_companies"

  package var name: String { rawValue + ".csv" }

  /// Only written with companies.
  package var isForCompanies: Bool {
    [.companies, .contacts, .opportunities, .truthCompanies].contains(self)
  }

  var header: String {
    switch self {
    case .crm:
      "crm_id,civilite,prenom,nom,date_naissance,email,telephone,adresse,code_postal,ville,pays,"
        + "profession,statut,source,conseiller,date_creation"
    case .shop: "shop_id,first_name,last_name,email,phone,postal_code,city,created_at"
    case .loyalty: "carte,nom,prenom,date_naissance,telephone,email,code_postal,date_adhesion"
    case .orders:
      "order_id,customer_id,order_date,product_id,product,category,quantity,amount,discount,"
        + "channel,store,payment_method,status,promotion"
    case .products: "product_id,product,category,brand,price,margin_rate"
    case .promotions: "promotion,start_date,end_date,discount_rate"
    case .campaigns: "campaign,channel,sent_at,cost"
    case .campaignContacts: "campaign,customer_id,action,happened_at"
    case .events:
      "event_id,anonymous_id,customer_id,event,happened_at,page,product_id,category,user_agent"
    case .reviews: "customer_id,product_id,rating,comment,happened_at"
    case .tickets:
      "ticket_id,customer_id,subject,category,channel,status,priority,created_at,closed_at,"
        + "satisfaction"
    case .surveyAnswers: "survey,customer_id,question,answer,score,happened_at"
    case .referrals: "customer_id,referred,status,happened_at"
    case .subscriptions: "customer_id,plan,monthly_amount,status,started_at,ended_at"
    case .costs: "customer_id,kind,amount,happened_at"
    case .consents:
      "customer_id,purpose,channel,granted,legal_basis,source,proof,happened_at,expires_at"
    case .lifeEvents: "customer_id,kind,happened_at"
    case .companies:
      "company_id,raison_sociale,siren,siret,code_naf,categorie_juridique,tranche_effectif,"
        + "chiffre_affaires,adresse,code_postal,ville"
    case .contacts: "contact_id,company_id,prenom,nom,email,telephone,fonction,role_decision"
    case .opportunities: "opportunity_id,company_id,name,stage,amount,owner,created_at,closed_at"
    case .truthPeople:
      "person_id,segment,orders_per_year,dropout_per_year,churn_date,median_basket,sex,birth_date,"
        + "commune,pcs_group,activity_status"
    case .truthRecords: "source,record_id,person_id"
    case .truthCompanies: "company_id,size_class,headcount"
    }
  }
}

/// Rows of each file as bytes of CSV.
struct RowBuffer: Sendable {
  private(set) var bytes: [GeneratedFile: [UInt8]] = [:]

  /// Appends a row; a field with a comma, a quote or a line end is quoted.
  mutating func append(_ file: GeneratedFile, _ fields: [String]) {
    bytes[file, default: []].withRow { row in
      for (position, field) in fields.enumerated() {
        if position > 0 { row.append(0x2C) }
        let utf8 = field.utf8
        if utf8.contains(where: { $0 == 0x2C || $0 == 0x22 || $0 == 0x0A }) {
          row.append(0x22)
          for byte in utf8 {
            if byte == 0x22 { row.append(0x22) }
            row.append(byte)
          }
          row.append(0x22)
        } else {
          row.append(contentsOf: utf8)
        }
      }
      row.append(0x0A)
    }
  }
}

extension [UInt8] {
  fileprivate mutating func withRow(_ write: (inout [UInt8]) -> Void) { write(&self) }
}

/// Numbers as text, the same on every machine.
enum Digits {
  static func padded(_ number: Int, _ width: Int) -> String {
    let digits = String(number)
    return digits.utf8.count >= width
      ? digits : String(repeating: "0", count: width - digits.utf8.count) + digits
  }

  /// `12.34` from cents.
  static func money(cents: Int) -> String {
    let sign = cents < 0 ? "-" : ""
    return "\(sign)\(abs(cents) / 100).\(padded(abs(cents) % 100, 2))"
  }

  /// Four decimals, rounded.
  static func decimal(_ value: Double) -> String {
    let units = Int((value * 10_000).rounded())
    return "\(units / 10_000).\(padded(units % 10_000, 4))"
  }
}
