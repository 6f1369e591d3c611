internal import CustomerSchema
internal import SQLBuilder

/// What CRM, e-mail, support and web analytics programs export.
extension ExportFormat {
  static let relations: [ExportFormat] = customerRelations + messages + support

  /// Yes or no of a deal, where it is settled.
  private static func won(_ status: SQL) -> SQL {
    """
    CASE WHEN regexp_matches(\(SQL.folded(status)), '(^| )(won|closedwon|gagne|gagnee)( |$)') THEN 'yes' \
    WHEN regexp_matches(\(SQL.folded(status)), '(^| )(lost|closedlost|perdu|perdue)( |$)') THEN 'no' END
    """
  }

  private static let customerRelations: [ExportFormat] = [
    ExportFormat(
      "hubspot-contacts", .contacts,
      [
        ["record id", "first name", "last name", "email", "contact owner", "create date"],
        ["record id contact", "first name", "last name", "email", "contact owner"],
      ],
      [.customer: ["Record ID", "Record ID - Contact"], .email: ["Email"]],
      attributes: [
        "email": ["Email"], "first_name": ["First Name"], "last_name": ["Last Name"],
        "phone": ["Phone Number", "Mobile Phone Number"], "owner": ["Contact owner"],
        "company": ["Company Name", "Associated Company", "Primary company"],
        "lead_status": ["Lead Status"], "lead_source": ["Original Source", "Original Source Type"],
        "profession": ["Job Title"], "city": ["City"], "postal_code": ["Postal Code"],
        "country": ["Country/Region"], "signed_up": ["Create Date"],
        "lifecycle_stage": ["Lifecycle Stage"],
      ]),
    ExportFormat(
      "hubspot-companies", .companies,
      [["record id", "company name", "company owner", "create date"]],
      [.customer: ["Record ID"]],
      attributes: [
        "name": ["Company name"], "owner": ["Company owner"], "phone": ["Phone Number"],
        "city": ["City"], "country": ["Country/Region"], "industry": ["Industry"],
        "website": ["Company Domain Name", "Website URL"],
        "headcount": ["Number of Employees"], "turnover": ["Annual Revenue"],
        "lifecycle_stage": ["Lifecycle Stage"], "lead_status": ["Lead Status"],
      ]),
    ExportFormat(
      "hubspot-deals", .opportunities,
      [["record id", "deal name", "deal stage", "amount", "deal owner", "create date"]],
      [
        .key: ["Record ID"], .customer: ["Deal customer"], .date: ["Create Date"],
        .opportunity: ["Deal Name"], .stage: ["Deal Stage"], .amount: ["Amount"],
        .owner: ["Deal owner"], .closedAt: ["Closed at"], .won: ["Won"],
        .currency: ["Currency"],
      ],
      shape: .cells(
        CellRewrites(added: [
          // Several ids or names stand in one cell, the primary one first.
          (
            "Deal customer",
            { cell in
              """
              trim(string_split(coalesce(\(cell("associated company ids")), \
              \(cell("associated company")), \(cell("associated contact ids")), \
              \(cell("associated contact"))), ';')[1])
              """
            }
          ),
          ("Won", { cell in won(cell("deal stage")) }),
          (
            // The date of an open deal is an expectation.
            "Closed at",
            { cell in
              "CASE WHEN (\(won(cell("deal stage")))) IS NOT NULL THEN \(cell("close date")) END"
            }
          ),
        ]))),
    ExportFormat(
      "pipedrive-deals", .opportunities,
      [
        ["deal title", "deal stage", "deal status", "deal value", "deal owner"],
        ["affaire titre", "affaire etape", "affaire statut", "affaire valeur"],
      ],
      [
        .key: ["Deal - ID", "Affaire - ID"], .customer: ["Deal customer"],
        .date: ["Deal - Deal created", "Deal - Deal created on", "Affaire - Affaire créée le"],
        .opportunity: ["Deal - Title", "Affaire - Titre"],
        .stage: ["Deal - Stage", "Affaire - Étape"],
        .amount: ["Deal - Value", "Deal - Deal value", "Affaire - Valeur"],
        .currency: ["Deal - Currency of Value", "Affaire - Devise de Valeur"],
        .owner: ["Deal - Owner", "Affaire - Propriétaire"], .closedAt: ["Closed at"],
        .won: ["Won"],
      ],
      shape: .cells(
        CellRewrites(added: [
          (
            "Deal customer",
            { cell in
              """
              coalesce(\(cell("organization id")), \(cell("deal organization id")), \
              \(cell("deal organization")), \(cell("affaire organisation")), \
              \(cell("person id")), \(cell("deal contact person")), \
              \(cell("affaire personne a contacter")))
              """
            }
          ),
          (
            "Won",
            { cell in won("coalesce(\(cell("deal status")), \(cell("affaire statut")))") }
          ),
          (
            "Closed at",
            { cell in "coalesce(\(cell("deal won time")), \(cell("deal lost time")))" }
          ),
        ]))),
    ExportFormat(
      "pipedrive-people", .contacts,
      [
        ["person id", "person name", "person owner"],
        ["person name", "person email work", "person owner"],
      ],
      [
        .customer: ["Person - ID", "Person - Email", "Person - Email - Work"],
        .email: ["Person - Email - Work", "Person - Email"],
      ],
      attributes: [
        "name": ["Person - Name"], "first_name": ["Person - First name"],
        "last_name": ["Person - Last name"],
        "email": ["Person - Email - Work", "Person - Email"],
        "phone": ["Person - Phone - Work", "Person - Phone", "Person - Phone - Mobile"],
        "owner": ["Person - Owner"], "company": ["Person - Organization"],
        "tags": ["Person - Label", "Person - Labels"],
      ]),
    ExportFormat(
      "pipedrive-organizations", .companies,
      [["organization id", "organization name", "organization owner"]],
      [.customer: ["Organization - ID"]],
      attributes: [
        "name": ["Organization - Name"], "owner": ["Organization - Owner"],
        "address": ["Organization - Address"], "tags": ["Organization - Label"],
      ]),
    ExportFormat(
      "odoo-customers", .customers,
      [
        ["id", "name", "email", "phone", "is company", "city"],
        ["id", "display name", "email", "phone", "is company"],
        ["external id", "name", "email", "phone", "is a company"],
      ],
      [.customer: ["id", "External ID"], .email: ["email"]],
      attributes: [
        "name": ["name", "Display Name"], "email": ["email"], "phone": ["phone"],
        "city": ["city"], "postal_code": ["zip"], "country": ["country_id", "Country"],
        "owner": ["user_id", "Salesperson"], "siret": ["siret", "company_registry"],
        "tags": ["category_id", "Tags"], "website": ["website"],
      ],
      shape: .cells(
        CellRewrites(added: [
          (
            "kind",
            { cell in
              """
              CASE WHEN lower(coalesce(\(cell("is company")), \(cell("is a company")))) \
              IN ('true', '1', 'yes', 'oui', 'vrai') THEN 'company' ELSE 'person' END
              """
            }
          )
        ]))),
    ExportFormat(
      "odoo-sales", .orders,
      [
        ["order reference", "customer", "salesperson", "total", "status"],
        ["reference de la commande", "client", "vendeur", "total", "statut"],
        ["name", "date order", "partner id", "amount total", "state"],
      ],
      [
        .order: ["Order Reference", "Référence de la commande", "name"],
        .customer: ["Customer", "Client", "partner_id"],
        .date: [
          "Order Date", "Date de la commande", "date_order", "Creation Date",
          "Date de création",
        ],
        .amount: ["Total", "amount_total"], .quantity: [], .product: [],
        .status: ["Status", "Statut", "state"],
      ], amounts: .ttc, cancelled: ["Cancelled", "Annulé", "cancel", "draft", "sent"]),
    ExportFormat(
      "odoo-sale-lines", .orderLines,
      [
        ["order reference", "customer", "order lines product", "order lines quantity"],
        [
          "name", "date order", "partner id", "order line product id",
          "order line product uom qty",
        ],
      ],
      [
        .order: ["Order Reference", "name"], .customer: ["Customer", "partner_id"],
        .date: ["Order Date", "date_order", "Creation Date"],
        .amount: [
          "Order Lines/Total", "order_line/price_total", "Order Lines/Subtotal",
          "order_line/price_subtotal",
        ],
        .quantity: ["Order Lines/Quantity", "order_line/product_uom_qty"],
        .unitPrice: ["Order Lines/Unit Price", "order_line/price_unit"],
        .product: ["Order Lines/Product", "order_line/product_id"],
        .status: ["Status", "state"],
      ], cancelled: ["Cancelled", "cancel", "draft", "sent"],
      shape: .filledDown(
        key: ["Order Reference", "name"],
        columns: [
          "Order Reference", "name", "Customer", "partner_id", "Order Date", "date_order",
          "Creation Date", "Status", "state",
        ])),
  ]

  private static let messages: [ExportFormat] = [
    ExportFormat(
      "mailchimp-audience", .contacts,
      [["email address", "member rating", "optin time", "last changed", "leid", "euid"]],
      [.customer: ["Email Address"]],
      attributes: [
        "email": ["Email Address"], "first_name": ["First Name"], "last_name": ["Last Name"],
        "phone": ["Phone Number"], "address": ["Address"], "country": ["CC"],
        "region": ["REGION"], "signed_up": ["CONFIRM_TIME"], "tags": ["TAGS"],
        "member_rating": ["MEMBER_RATING"], "optin_time": ["OPTIN_TIME"],
      ],
      ignored: [
        "OPTIN_IP", "CONFIRM_IP", "LATITUDE", "LONGITUDE", "GMTOFF", "DSTOFF", "TIMEZONE", "LEID",
        "EUID", "LAST_CHANGED",
      ],
      shape: .cells(
        CellRewrites(changed: [
          // Each tag stands in quotes of its own inside the cell.
          "tags": { cell in "trim(replace(\(cell("tags")), '\",\"', '|'), '\"')" },
          // Times are in UTC without saying so.
          "optin time": { cell in "\(cell("optin time")) || '+00'" },
          "confirm time": { cell in "\(cell("confirm time")) || '+00'" },
        ]))),
    ExportFormat(
      "brevo-contacts", .contacts,
      [
        ["email", "added time", "modified time"], ["email", "sms", "double opt in", "added time"],
      ],
      [.customer: ["EMAIL"]],
      attributes: [
        "email": ["EMAIL"], "first_name": ["FIRSTNAME", "PRENOM", "PRÉNOM"],
        "last_name": ["LASTNAME", "NOM"], "phone": ["SMS", "WHATSAPP", "LANDLINE_NUMBER"],
        "signed_up": ["ADDED_TIME"], "double_opt_in": ["DOUBLE_OPT-IN"],
      ], ignored: ["MODIFIED_TIME"],
      shape: .cells(
        CellRewrites(changed: [
          // The program counts yes as 1 and no as 2.
          "double opt in": { cell in
            """
            CASE \(cell("double opt in")) WHEN '1' THEN 'yes' WHEN '2' THEN 'no' \
            ELSE \(cell("double opt in")) END
            """
          }
        ]))),
    ExportFormat(
      "splio-contacts", .contacts,
      [
        ["email", "firstname", "lastname", "language", "cellphone"],
        ["customer key", "email", "firstname", "lastname", "cellphone"],
      ],
      [.customer: ["customer_key", "email"], .email: ["email"]],
      attributes: [
        "email": ["email"], "first_name": ["firstname"], "last_name": ["lastname"],
        "phone": ["cellphone"], "language": ["language", "lang"],
      ],
      shape: .cells(
        CellRewrites(changed: [
          "cellphone": { cell in "regexp_replace(\(cell("cellphone")), '^00', '+')" }
        ]))),
  ]

  private static let support: [ExportFormat] = [
    ExportFormat(
      "zendesk-tickets", .tickets,
      [
        [
          "id", "requester", "requester id", "subject", "status", "via", "created at",
          "satisfaction score",
        ],
        ["id", "requester id", "requester email", "subject", "status", "created at"],
      ],
      [
        .key: ["Id"], .customer: ["Requester email", "Requester id"], .date: ["Created at"],
        .subject: ["Subject"], .category: ["Ticket type"], .channel: ["Via"],
        .status: ["Status"], .priority: ["Priority"], .closedAt: ["Solved at"],
        .satisfaction: ["Satisfaction Score"],
      ],
      shape: .cells(
        CellRewrites(changed: [
          // Good is 1, bad 0; asked without an answer is no answer.
          "satisfaction score": { cell in
            """
            CASE WHEN lower(\(cell("satisfaction score"))) LIKE 'good%' THEN '1' \
            WHEN lower(\(cell("satisfaction score"))) LIKE 'bad%' THEN '0' \
            WHEN regexp_full_match(\(cell("satisfaction score")), '[0-9]+([.,][0-9]+)?') \
            THEN \(cell("satisfaction score")) END
            """
          },
          // A dash stands for none.
          "priority": { cell in "nullif(\(cell("priority")), '-')" },
          "ticket type": { cell in "nullif(\(cell("ticket type")), '-')" },
        ]))),
    ExportFormat(
      "google-analytics-events", .events,
      [["event date", "event timestamp", "event name", "user pseudo id"]],
      [
        .customer: ["Visitor"], .date: ["Event time"], .event: ["event_name"],
        .device: ["device.category", "device_category", "category"],
        .os: ["device.operating_system", "device_operating_system", "operating_system"],
        .browser: ["device.web_info.browser", "device.browser", "browser"],
        .campaign: ["traffic_source.name", "traffic_source_name", "campaign"],
        .channel: ["traffic_source.medium", "traffic_source_medium", "medium"],
        .page: ["page_location"], .category: [], .product: [],
      ],
      shape: .cells(
        CellRewrites(added: [
          // Where people are signed in, only they are customers: the others are browsers.
          (
            "Visitor",
            { cell in
              """
              CASE WHEN count(\(cell("user id"))) \
              OVER (ORDER BY 1 ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) > 0 \
              THEN \(cell("user id")) \
              ELSE \(cell("user pseudo id")) END
              """
            }
          ),
          // Microseconds since 1970, in UTC.
          (
            "Event time",
            { cell in
              """
              strftime(make_timestamp(TRY_CAST(\(cell("event timestamp")) AS BIGINT)), \
              '%Y-%m-%dT%H:%M:%S.%fZ')
              """
            }
          ),
        ]))),
  ]
}
