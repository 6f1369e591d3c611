internal import CustomerSchema

extension KindDescription {
  /// The kinds whose lines are rows of one table; orders and customers have ways of their own.
  static let all: [KindDescription] = [
    events, campaigns, survey, tickets, reviews, referrals, subscriptions, opportunities,
    lifeEvents, costs, consents, products, promotions,
  ]

  /// Nil for orders and for kinds that describe customers.
  static func of(_ kind: ImportKind) -> KindDescription? { all.first { $0.kind == kind } }

  // MARK: Words that several kinds share

  private static func phrases(_ role: Vocabulary.HeaderRole) -> [String] {
    Vocabulary.phrases[role] ?? []
  }

  private static let product = KindRole(
    .product, "product", .text, phrases(.product) + phrases(.productName),
    denied: ["category", "categorie", "famille"])
  private static let category = KindRole(.category, "category", .text, phrases(.category))
  private static let channel = KindRole(
    .channel, "channel", .text,
    phrases(.channel) + ["contact type", "contact", "medium", "media", "canal contact", "via"])
  private static let amount = KindRole(
    .amount, "amount", .money, phrases(.amount) + phrases(.total) + ["montant ht", "montant ttc"])
  private static let status = KindRole(
    .status, "status", .text,
    ["status", "statut", "etat", "state", "ticket status", "subscription status"])
  private static let campaign = KindRole(
    .campaign, "campaign", .text,
    [
      "campaign", "campagne", "campaign name", "nom campagne", "utm campaign", "campaign id",
      "id campagne", "operation", "newsletter",
    ])
  static let device = KindRole(
    .device, "device", .text,
    ["device", "appareil", "device type", "type appareil", "terminal", "device category"])
  private static let cost = KindRole(
    .cost, "cost", .money,
    ["cost", "cout", "unit cost", "cout unitaire", "prix achat", "prix revient"])

  // MARK: Kinds

  private static let events = KindDescription(
    .events, "events",
    key: [
      "message id", "messageid", "event id", "id event", "id evenement", "hit id", "insert id",
      "uuid", "id message",
    ],
    date: [
      "event time", "event timestamp", "timestamp", "occurred at", "event date",
      "date evenement", "date interaction", "original timestamp", "sent at", "received at",
    ],
    allowsAnonymous: true, rest: "properties", telling: [[.event]],
    [
      KindRole(
        .event, "name", .text,
        [
          "event", "event name", "evenement", "nom evenement", "event type", "type evenement",
          "interaction", "type interaction", "action", "activity", "activite", "activity type",
        ], telling: 8, denied: ["date", "time", "id"], isRequired: true),
      KindRole(
        .page, "page", .text,
        ["page", "url", "page url", "page path", "page location", "path", "page name"],
        denied: ["referrer", "views"]),
      product, category, channel, device,
      KindRole(.os, "os", .text, ["os", "operating system", "systeme", "os name", "platform"]),
      KindRole(.browser, "browser", .text, ["browser", "navigateur", "browser name"]),
      campaign, amount,
      KindRole(
        .duration, "duration_seconds", .decimal,
        [
          "duration seconds", "duree secondes", "duration", "duree", "time on page",
          "session duration", "duration s", "engagement time",
        ]),
    ])

  private static let campaigns = KindDescription(
    .campaigns, "campaign_contacts",
    key: ["message id", "send id", "contact event id", "id envoi", "event id"],
    date: [
      "sent at", "date envoi", "sent date", "date action", "action date", "opened at",
      "clicked at", "event time",
    ],
    telling: [[.action, .campaign]],
    [
      KindRole(
        .action, "action", .text,
        [
          "action", "campaign action", "event", "evenement", "activity", "activite", "type",
          "event type",
          "resultat", "outcome", "status", "statut",
        ], telling: 2, denied: ["date"], isRequired: true, values: actions),
      campaign, channel, cost,
    ])

  private static let actions: [String: String] = [
    "send": "sent", "delivered": "sent", "envoye": "sent", "envoi": "sent", "envoyee": "sent",
    "delivre": "sent", "open": "opened", "ouvert": "opened", "ouverture": "opened",
    "ouverte": "opened", "click": "clicked", "clic": "clicked", "clique": "clicked",
    "cliquee": "clicked", "utilise": "redeemed", "utilisee": "redeemed", "redeem": "redeemed",
    "redemption": "redeemed", "coupon utilise": "redeemed", "unsubscribe": "unsubscribed",
    "desinscrit": "unsubscribed", "desabonne": "unsubscribed", "desinscription": "unsubscribed",
    "desabonnement": "unsubscribed", "opt out": "unsubscribed", "sent": "sent",
    "opened": "opened", "clicked": "clicked", "redeemed": "redeemed",
    "unsubscribed": "unsubscribed", "bounce": "bounced", "bounced": "bounced",
  ]

  private static let survey = KindDescription(
    .survey, "survey_answers",
    key: ["answer id", "id reponse"],
    date: [
      "answered at", "date reponse", "submitted at", "response date", "date enquete",
      "survey date", "horodateur", "submit date", "completed at",
    ],
    needsDate: false, allowsAnonymous: true, telling: [[.question, .answer]],
    [
      KindRole(
        .survey, "survey", .text,
        [
          "survey", "enquete", "questionnaire", "survey name", "nom enquete", "survey id",
          "sondage",
        ],
        denied: ["date"]),
      KindRole(
        .question, "question", .text,
        ["question", "question id", "question code", "libelle question", "question text", "item"],
        telling: 5, isRequired: true),
      KindRole(
        .answer, "answer", .text,
        ["answer", "reponse", "response", "answer text", "valeur", "value"],
        denied: ["date", "id", "time"]),
      KindRole(.score, "score", .decimal, ["score", "note", "rating", "nps", "points"]),
    ])

  private static let tickets = KindDescription(
    .tickets, "tickets",
    key: [
      "ticket id", "id ticket", "ticket", "n ticket", "numero ticket", "case id", "case number",
      "id demande", "n demande", "numero demande", "ticket number", "id", "reference",
    ],
    date: [
      "opened at", "created at", "date ouverture", "ticket date", "date creation",
      "date demande", "ouvert le", "cree le",
    ],
    allowsAnonymous: true,
    telling: [
      [.subject, .priority], [.subject, .closedAt], [.subject, .satisfaction],
      [.priority, .status],
    ],
    [
      KindRole(
        .subject, "subject", .text,
        ["subject", "sujet", "objet", "motif", "titre", "title", "reason", "message", "text"],
        telling: 4),
      KindRole(
        .category, "category", .text,
        [
          "category", "categorie", "type", "topic", "theme", "intent", "ticket type",
          "type demande",
        ]),
      channel, status,
      KindRole(
        .priority, "priority", .text, ["priority", "priorite", "urgence", "severity", "urgency"]),
      KindRole(
        .closedAt, "closed_at", .instant,
        [
          "closed at", "solved at", "resolved at", "date cloture", "date resolution",
          "date fermeture", "clos le", "cloture le", "resolved", "closed",
        ]),
      KindRole(
        .satisfaction, "satisfaction", .decimal,
        ["satisfaction", "csat", "satisfaction score", "note satisfaction", "note"]),
    ])

  private static let reviews = KindDescription(
    .reviews, "reviews", key: ["review id", "id avis", "id"],
    date: ["review date", "date avis", "reviewed at", "created at", "date publication"],
    allowsAnonymous: true, telling: [[.rating, .product], [.rating, .comment]],
    [
      product,
      KindRole(
        .rating, "rating", .decimal,
        ["rating", "stars", "etoiles", "nb etoiles", "note avis", "note", "evaluation", "score"],
        telling: 7),
      KindRole(
        .comment, "comment", .text,
        [
          "comment", "commentaire", "review", "avis", "review text", "text", "texte", "message",
          "body",
        ],
        denied: ["id", "date"]),
    ])

  private static let referrals = KindDescription(
    .referrals, "referrals", key: ["referral id", "id parrainage"],
    date: ["referral date", "date parrainage", "referred at", "invited at", "created at"],
    telling: [[.referred]],
    [
      KindRole(
        .referred, "referred", .text,
        [
          "referred", "filleul", "referred customer", "referee", "id filleul", "email filleul",
          "referred email", "referred customer id", "invite", "invitee", "friend",
        ], isRequired: true),
      status,
    ])

  private static let subscriptions = KindDescription(
    .subscriptions, "subscriptions",
    key: [
      "subscription id", "id abonnement", "n abonnement", "numero abonnement", "contract id",
      "id contrat", "n contrat", "numero contrat", "subscription", "contract number",
    ],
    date: [
      "start date", "started at", "date debut", "date souscription", "date abonnement", "debut",
      "start", "date effet", "current period start", "subscribed at", "created at",
    ],
    telling: [[.plan, .monthlyAmount], [.plan, .endedAt]],
    [
      KindRole(
        .plan, "plan", .text,
        [
          "plan", "formule", "abonnement", "plan name", "subscription plan", "forfait", "offre",
          "produit", "product", "plan id",
        ], telling: 6, denied: ["date", "id", "amount", "montant"]),
      KindRole(
        .monthlyAmount, "monthly_amount", .money,
        [
          "monthly amount", "montant mensuel", "mrr", "mensualite", "monthly price",
          "prix mensuel", "monthly charges", "amount", "montant", "price", "prix",
        ], telling: 7),
      status,
      KindRole(
        .endedAt, "ended_at", .instant,
        [
          "ended at", "end date", "date fin", "fin", "cancelled at", "canceled at",
          "date resiliation", "date echeance", "resilie le", "end",
        ]),
    ])

  private static let opportunities = KindDescription(
    .opportunities, "opportunities",
    key: ["opportunity id", "deal id", "id opportunite", "id affaire", "id"],
    date: ["created at", "date creation", "create date", "opened at", "date ouverture", "opened"],
    telling: [[.stage]],
    [
      KindRole(
        .opportunity, "name", .text,
        [
          "opportunity", "opportunite", "deal", "deal name", "opportunity name", "affaire",
          "nom affaire", "nom opportunite", "title", "titre", "name", "nom",
        ]),
      KindRole(
        .stage, "stage", .text,
        [
          "stage", "deal stage", "etape", "phase", "pipeline stage", "etape vente", "sales stage",
          "opportunity stage", "etape pipeline",
        ]),
      amount,
      KindRole(
        .owner, "owner", .text,
        [
          "owner", "proprietaire", "commercial", "deal owner", "responsable", "vendeur",
          "sales rep", "owner name",
        ]),
      KindRole(
        .closedAt, "closed_at", .instant,
        [
          "closed at", "close date", "date cloture", "date signature", "won time", "closed",
          "expected close date",
        ]),
      KindRole(
        .won, "won", .boolean, ["won", "gagne", "is won", "gagnee", "outcome", "resultat"]),
    ])

  private static let lifeEvents = KindDescription(
    .lifeEvents, "life_events", key: ["life event id"],
    date: ["date evenement", "event date", "date"], telling: [[.lifeEvent]],
    [
      KindRole(
        .lifeEvent, "kind", .text,
        [
          "life event", "evenement vie", "moment vie", "life event type", "type evenement vie",
          "kind", "type", "evenement", "event",
        ], telling: 5, denied: ["date"], isRequired: true),
      KindRole(
        .detail, "detail", .text,
        ["detail", "details", "description", "commentaire", "comment", "precision", "note"]),
    ])

  private static let costs = KindDescription(
    .costs, "costs", key: ["cost id", "id cout"],
    date: ["date cout", "cost date", "date"], allowsAnonymous: true,
    telling: [[.costKind, .amount]],
    [
      KindRole(
        .costKind, "kind", .text,
        [
          "cost kind", "cost type", "type cout", "nature cout", "poste cout", "nature", "kind",
          "type", "category", "categorie", "poste",
        ], telling: 5, isRequired: true),
      KindRole(
        .amount, "amount", .money,
        ["cost", "cout", "amount", "montant", "montant cout", "cost amount"], isRequired: true),
    ])

  private static let consents = KindDescription(
    .consents, "consents", key: ["consent id", "id consentement"],
    date: [
      "consent date", "date consentement", "given at", "granted at", "collected at",
      "date recueil", "date opt in", "updated at", "timestamp",
    ],
    telling: [[.purpose, .granted], [.granted, .legalBasis]],
    [
      KindRole(
        .purpose, "purpose", .text,
        ["purpose", "finalite", "usage", "consent purpose", "consent type", "type consentement"],
        isRequired: true),
      KindRole(
        .channel, "channel", .text, ["channel", "canal", "medium", "media"]),
      KindRole(
        .granted, "granted", .boolean,
        [
          "granted", "consent", "consentement", "accorde", "opt in", "optin", "accepted",
          "accepte", "consent status", "statut consentement", "agreed",
        ], denied: ["date"], isRequired: true),
      KindRole(
        .legalBasis, "legal_basis", .text,
        ["legal basis", "base legale", "lawful basis", "basis", "fondement"]),
      KindRole(
        .proof, "proof", .text,
        ["proof", "preuve", "evidence", "source", "origine", "formulaire", "form"]),
      KindRole(
        .expiresAt, "expires_at", .instant,
        [
          "expires at", "expiry", "expiration", "date expiration", "valid until",
          "valable jusqu au",
        ]),
    ])

  private static let products = KindDescription(
    .products, "products", needsDate: false, isStream: false,
    telling: [[.product, .unitPrice], [.product, .productName]],
    [
      KindRole(
        .product, "product", .text, phrases(.product) + ["id", "code", "handle"],
        telling: phrases(.product).count,
        denied: ["category", "categorie", "famille", "name", "nom"], isRequired: true),
      KindRole(
        .productName, "name", .text, phrases(.productName) + ["name", "nom", "title", "titre"],
        telling: phrases(.productName).count,
        denied: ["category", "categorie", "brand", "marque"]),
      category,
      KindRole(
        .brand, "brand", .text,
        ["brand", "marque", "vendor", "manufacturer", "fabricant", "fournisseur"]),
      KindRole(
        .unitPrice, "price", .money,
        phrases(.unitPrice) + ["variant price", "prix ttc", "prix ht"],
        denied: ["compare", "cost", "achat"]),
      KindRole(.cost, "cost", .money, cost.words + ["cost per item", "cost price"]),
    ])

  private static let promotions = KindDescription(
    .promotions, "promotions", needsDate: false, isStream: false,
    telling: [[.promotion, .percentage], [.promotion, .startedAt], [.promotion, .endedAt]],
    [
      KindRole(
        .promotion, "promotion", .text,
        [
          "promotion", "code promo", "code promotion", "promo code", "coupon", "coupon code",
          "discount code", "id promotion", "promotion id", "code remise", "code",
        ], telling: 10, denied: ["name", "nom", "type", "date"], isRequired: true),
      KindRole(
        .promotionName, "name", .text,
        [
          "promotion name", "nom promotion", "libelle", "name", "nom", "title", "titre",
          "description",
        ]),
      KindRole(.detail, "kind", .text, ["type", "type promotion", "promotion type", "nature"]),
      KindRole(
        .percentage, "percentage", .decimal,
        [
          "percentage", "pourcentage", "discount percent", "taux remise", "taux", "percent",
          "remise", "discount", "discount percentage",
        ], telling: 5),
      KindRole(
        .amount, "amount", .money,
        ["amount", "montant", "montant remise", "discount amount", "valeur", "value"]),
      product, category, channel, campaign,
      KindRole(
        .startedAt, "started_at", .instant,
        ["start date", "date debut", "started at", "starts at", "debut", "start", "valid from"]),
      KindRole(
        .endedAt, "ended_at", .instant,
        ["end date", "date fin", "ended at", "ends at", "fin", "end", "valid until", "expires at"]),
    ])

  /// What order files say besides what a run needs.
  static let orderExtras: [KindRole] = [
    KindRole(
      .store, "store", .text,
      [
        "store", "magasin", "boutique", "store id", "id magasin", "shop", "point vente",
        "store name",
        "code magasin", "location", "agence",
      ]),
    KindRole(
      .paymentMethod, "payment_method", .text,
      [
        "payment method", "mode paiement", "moyen paiement", "payment", "paiement", "payment type",
        "mode reglement", "reglement", "payment method title", "gateway",
      ],
      denied: ["date", "status", "statut", "amount", "montant", "value"]),
    KindRole(
      .promotion, "promotion", .text,
      [
        "promotion", "coupon", "discount code", "code promo", "coupon code", "promo", "code remise",
        "voucher", "bon reduction", "code promotionnel", "promo code",
      ],
      denied: ["amount", "montant", "disc", "value"]),
    device,
    KindRole(
      .brand, "brand", .text,
      ["brand", "marque", "vendor", "lineitem vendor", "manufacturer", "fabricant"]),
  ]
}
