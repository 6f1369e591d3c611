internal import CustomerSchema
internal import SQLBuilder

/// What shop software exports. Headers are those of the programs' public documentation and of the
/// files that people show of them.
extension ExportFormat {
  static let shops: [ExportFormat] = [
    ExportFormat(
      "shopify-orders", .orderLines,
      [
        [
          "name", "email", "financial status", "created at", "total", "lineitem quantity",
          "lineitem name", "lineitem price",
        ]
      ],
      [
        .order: ["Name"], .customer: ["Email"], .date: ["Created at"],
        .amount: ["Amount incl. tax"], .quantity: ["Lineitem quantity"], .unitPrice: [],
        .discount: [], .tax: [], .shipping: [], .product: ["Lineitem sku"],
        .currency: ["Currency"], .status: ["Financial Status"], .channel: ["Source"],
        .store: ["Location"], .paymentMethod: ["Payment Method"], .promotion: ["Discount Code"],
        .brand: ["Vendor"],
      ],
      cancelled: ["refunded", "voided", "expired", "cancelled"], kept: ["partially_refunded"],
      shape: .shopifyOrders),
    ExportFormat(
      "shopify-customers", .customers,
      [
        [
          "first name", "last name", "email", "accepts email marketing", "total spent",
          "total orders",
        ],
        ["first name", "last name", "email", "accepts marketing", "total spent", "total orders"],
      ],
      [.customer: ["Customer ID", "Email"], .email: ["Email"]],
      attributes: [
        "email": ["Email"], "first_name": ["First Name"], "last_name": ["Last Name"],
        "phone": ["Phone", "Default Address Phone"],
        "company": ["Company", "Default Address Company"],
        "address": ["Address1", "Default Address Address1"],
        "postal_code": ["Zip", "Default Address Zip"],
        "city": ["City", "Default Address City"],
        "country": ["Country Code", "Default Address Country Code", "Country"], "tags": ["Tags"],
      ],
      shape: .cells(
        CellRewrites(
          changed: CellRewrites.withoutApostrophe([
            "customer id", "zip", "default address zip", "phone", "default address phone",
          ])))),
    ExportFormat(
      "shopify-products", .products,
      [["handle", "title", "vendor", "variant sku", "variant price"]],
      [
        .product: ["Variant SKU or handle"], .productName: ["Title"], .brand: ["Vendor"],
        .category: ["Type", "Product Category"], .unitPrice: ["Variant Price"],
        .cost: ["Cost per item"],
      ], shape: .shopifyProducts),
    ExportFormat(
      "woocommerce-orders", .orders,
      [
        [
          "date", "order", "status", "customer", "customer type", "product s", "items sold",
          "n revenue",
        ]
      ],
      [
        .order: ["Order #"], .customer: ["Customer"], .date: ["Date"], .amount: ["N. Revenue"],
        .quantity: [], .status: ["Status"], .product: [], .promotion: ["Coupon(s)"],
        .channel: ["Attribution", "Origin"],
      ], caution: "import.notice.names_as_ids"),
    ExportFormat(
      "woocommerce-order-lines", .orderLines,
      [["order number", "order status", "order date", "email billing", "item name"]],
      [
        .order: ["Order Number", "Order ID"], .customer: ["Customer User ID", "Email (Billing)"],
        .date: ["Order Date"], .amount: ["Order Line Total", "Order Line (w/o tax)"],
        .quantity: ["Quantity", "Quantity (- Refund)"], .unitPrice: ["Item Cost"],
        .product: ["SKU", "Product Id", "Item Name"], .status: ["Order Status"],
        .paymentMethod: ["Payment Method Title"], .promotion: ["Coupon Code"],
        .category: ["Category"], .currency: ["Order Currency"],
      ]),
    ExportFormat(
      "woocommerce-order-totals", .orders,
      [["order number", "order status", "order date", "email billing", "order total amount"]],
      [
        .order: ["Order Number", "Order ID"], .customer: ["Customer User ID", "Email (Billing)"],
        .date: ["Order Date"], .amount: ["Order Total Amount"], .quantity: [], .product: [],
        .status: ["Order Status"], .paymentMethod: ["Payment Method Title"],
        .promotion: ["Coupon Code"], .currency: ["Order Currency"],
      ]),
    ExportFormat(
      "woocommerce-customers", .customers,
      [
        ["name", "username", "last active", "sign up", "email", "orders", "total spend", "aov"],
        [
          "name", "username", "last active", "date registered", "email", "orders", "total spend",
          "aov",
        ],
      ],
      [.customer: ["Email"], .signedUp: ["Sign up", "Date registered"]],
      attributes: [
        "email": ["Email"], "name": ["Name"], "city": ["City"], "region": ["Region"],
        "postal_code": ["Postal code"], "country": ["Country / Region"],
        "signed_up": ["Sign up", "Date registered"], "username": ["Username"],
      ]),
    ExportFormat(
      "prestashop-orders", .orders,
      [
        ["id", "reference", "client", "total", "paiement", "etat", "date"],
        ["id", "reference", "nouveau client", "client", "total", "paiement", "etat", "date"],
        ["id", "reference", "new client", "customer", "total", "payment", "status", "date"],
      ],
      [
        .order: ["ID"], .customer: ["Client", "Customer"], .date: ["Date"], .amount: ["Total"],
        .quantity: [], .product: [], .status: ["État", "Status"],
        .paymentMethod: ["Paiement", "Payment"],
      ], amounts: .ttc, caution: "import.notice.names_as_ids"),
    ExportFormat(
      "prestashop-orders-table", .orders,
      [
        [
          "id order", "reference", "id customer", "current state", "total paid tax incl",
          "date add",
        ]
      ],
      [
        .order: ["id_order"], .customer: ["id_customer"], .date: ["date_add"],
        .amount: ["total_paid_tax_incl"], .quantity: [], .product: [], .discount: [], .tax: [],
        .shipping: [], .currency: [], .status: ["current_state"], .paymentMethod: ["payment"],
        .channel: [],
      ], amounts: .ttc,
      // Cancelled, refunded and payment error, as the program numbers them.
      cancelled: ["6", "7", "8"]),
    ExportFormat(
      "prestashop-customers", .customers,
      [
        ["id", "prenom", "nom", "adresse e mail", "newsletter", "inscription"],
        ["id", "first name", "last name", "email address", "newsletter", "registration"],
      ],
      [.customer: ["ID"], .email: ["Adresse e-mail", "Email address"]],
      attributes: [
        "email": ["Adresse e-mail", "Email address"], "first_name": ["Prénom", "First name"],
        "last_name": ["Nom", "Last name"], "title": ["Titre de civilité", "Titre", "Social title"],
        "signed_up": ["Inscription", "Registration"],
      ]),
    ExportFormat(
      "prestashop-customers-table", .customers,
      [["id customer", "firstname", "lastname", "email", "id gender", "newsletter", "date add"]],
      [.customer: ["id_customer"], .email: ["email"]],
      attributes: [
        "email": ["email"], "first_name": ["firstname"], "last_name": ["lastname"],
        "birth_date": ["birthday"], "signed_up": ["date_add"], "company": ["company"],
        "siret": ["siret"], "naf": ["ape"], "website": ["website"],
      ], ignored: ["passwd", "secure_key", "last_passwd_gen", "reset_password_token", "id_gender"],
      shape: .cells(
        CellRewrites(changed: [
          // The program's word for no date.
          "birthday": { cell in "nullif(\(cell("birthday")), '0000-00-00')" }
        ]))),
  ]
}
