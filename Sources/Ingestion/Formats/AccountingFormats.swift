internal import CustomerSchema

/// What French accounting programs and tills export.
extension ExportFormat {
  static let accounting: [ExportFormat] = [
    ExportFormat(
      // The eighteen columns are those of article A. 47 A-1 of the Livre des procédures fiscales.
      "fec", .orders,
      [
        [
          "journal code", "ecriture num", "ecriture date", "compte num", "comp aux num",
          "piece ref", "debit", "credit",
        ],
        [
          "journal code", "ecriture num", "ecriture date", "compte num", "comp aux num",
          "piece ref", "montant", "sens",
        ],
      ],
      ledgerColumns, dates: .ymd, shape: .ledger),
    ExportFormat(
      "journal-entries", .orders,
      [
        ["journal", "date", "compte", "piece", "debit", "credit"],
        ["code journal", "date", "compte", "piece", "debit", "credit"],
        ["code journal", "date", "n compte", "n piece", "debit", "credit"],
        ["journal", "date", "n compte", "n piece", "debit", "credit"],
        ["code journal", "date", "numero compte", "numero piece", "debit", "credit"],
        ["code journal", "date de piece", "compte general", "reference", "debit", "credit"],
      ],
      ledgerColumns, shape: .ledger),
    ExportFormat(
      "till-receipts", .orderLines,
      [
        ["n ticket", "date", "caisse", "designation", "quantite", "total ttc"],
        ["numero ticket", "date", "caisse", "designation", "quantite", "total ttc"],
        ["n ticket", "date", "caisse", "article", "quantite", "montant ttc"],
        ["n ticket", "date", "caisse", "code article", "qte", "montant ttc"],
      ],
      [
        .order: ["N° ticket", "Numéro ticket"], .date: ["Date"], .time: ["Heure"],
        .customer: [
          "Code client", "N° client", "Numéro client", "Carte fidélité", "N° carte", "Client",
        ],
        .amount: ["Total TTC", "Montant TTC"], .quantity: ["Quantité", "Qté"],
        .product: ["Code article", "Référence", "Article", "Désignation"],
        .category: ["Famille", "Rayon"], .store: ["Magasin", "Caisse"],
        .paymentMethod: ["Mode de règlement", "Règlement", "Paiement"],
      ], amounts: .ttc),
  ]

  private static let ledgerColumns: [ColumnRole: [String]] = [
    .order: ["Pièce"], .customer: ["Compte client"], .date: ["Date de pièce"],
    .quantity: [], .product: [], .discount: [], .tax: [],
    .status: [], .channel: ["Journal"],
  ]
}
