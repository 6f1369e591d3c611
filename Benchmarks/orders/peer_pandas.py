"""From an order file to a segmented customer base with pandas: python peer_pandas.py ORDERS OUT

Writes customers.parquet, customers.csv, lists/SEGMENT.csv and figures.json. One line is one order;
a negative amount is a return, 0 is set aside; the period is one year. Amounts are floats, rounded to
cents where they are summed.
"""

import json
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

source, out = sys.argv[1], Path(sys.argv[2])
(out / "lists").mkdir(parents=True, exist_ok=True)
PROBABILITIES = [0.2, 0.4, 0.6, 0.8]
COLUMNS = ["customer_id", "order_date", "amount", "channel", "category"]


# ---------------------------------------------------------------------------------- orders
if source.endswith(".csv"):
    orders = pd.read_csv(
        source, usecols=COLUMNS, parse_dates=["order_date"],
        dtype={"customer_id": "str", "channel": "category", "category": "category"},
    )  # fmt: skip
else:
    orders = pd.read_parquet(source, columns=COLUMNS)
    orders = orders.astype({"channel": "category", "category": "category"})
orders = orders.rename(columns={"customer_id": "customer"})
orders["day"] = orders.pop("order_date").dt.normalize()
as_of = orders.loc[orders["amount"] > 0, "day"].max()
first_order = orders.loc[orders["amount"] > 0, "day"].min()


def before(months):
    return as_of - pd.DateOffset(months=months)


year_ago, two_years_ago = before(12), before(24)
orders = orders[orders["day"] <= as_of]
guests = orders[orders["customer"].isna()]
known = orders[orders["customer"].notna()]
purchases = known[known["amount"] > 0]
returns = known[known["amount"] < 0]
this_year = known[known["day"] > year_ago]
last_year = known[(known["day"] > two_years_ago) & (known["day"] <= year_ago)]
earlier = known[known["day"] <= year_ago]

# ------------------------------------------------------------------------------- customers
described = (
    known.assign(
        purchased=known["amount"].clip(lower=0),
        returned=known["amount"].clip(upper=0).abs(),
        is_purchase=known["amount"] > 0,
        is_return=known["amount"] < 0,
        is_zero=known["amount"] == 0,
    )
    .groupby("customer")
    .agg(
        orders=("is_purchase", "sum"),
        gross_revenue=("purchased", "sum"),
        returned_amount=("returned", "sum"),
        return_orders=("is_return", "sum"),
        zero_orders=("is_zero", "sum"),
    )
)
by_customer = purchases.groupby("customer")["day"]
described["first_purchase"] = by_customer.min()
described["last_purchase"] = by_customer.max()
earlier_purchases = earlier[earlier["amount"] > 0].groupby("customer")["day"]
described["earlier_last_purchase"] = earlier_purchases.max()
sums = {
    "orders_this_year": this_year[this_year["amount"] > 0].groupby("customer").size(),
    "orders_last_year": last_year[last_year["amount"] > 0].groupby("customer").size(),
    "revenue_this_year": this_year.groupby("customer")["amount"].sum(),
    "revenue_last_year": last_year.groupby("customer")["amount"].sum(),
    "earlier_orders": earlier_purchases.size(),
    "earlier_revenue": earlier.groupby("customer")["amount"].sum(),
}
for name, values in sums.items():
    described[name] = values.reindex(described.index, fill_value=0)
money = [
    "gross_revenue", "returned_amount", "revenue_this_year", "revenue_last_year",
    "earlier_revenue",
]  # fmt: skip
described[money] = described[money].round(2)

purchase_days = purchases[["customer", "day"]].drop_duplicates().sort_values(["customer", "day"])
purchase_days["gap"] = purchase_days.groupby("customer")["day"].diff().dt.days
by_customer = purchase_days.groupby("customer")["gap"]
described["purchase_occasions"] = by_customer.size().reindex(described.index, fill_value=0)
described["median_days_between_purchases"] = by_customer.median()
described["last_gap"] = by_customer.last()


def favourite(column, weights):
    weights = weights.rename("weight").reset_index()
    best = weights.sort_values(["weight", column], ascending=[False, True]).drop_duplicates("customer")
    return best.set_index("customer")[column]


for column in ("category", "channel"):
    groups = purchases.groupby(["customer", column], observed=True)
    weights = groups["amount"].sum().round(2) if column == "category" else groups.size()
    described[f"favourite_{column}"] = favourite(column, weights)

described["days_since_last_purchase"] = (as_of - described["last_purchase"]).dt.days
described["tenure_days"] = (as_of - described["first_purchase"]).dt.days
described["earlier_days"] = (year_ago - described["earlier_last_purchase"]).dt.days
described["revenue"] = (described["gross_revenue"] - described["returned_amount"]).round(2)
bought = described["orders"] > 0
described["average_basket"] = (
    described["gross_revenue"] / described["orders"].where(bought)
).round(4)
described["return_rate"] = described["returned_amount"] / described["gross_revenue"].where(bought)


def cuts_below(values, cuts):
    return np.searchsorted(cuts, values, side="left")


def scores(days, orders, revenue):
    """R, F and M of the customers with orders, and the cuts that gave them."""
    buyers = described[described[orders] > 0]
    cuts = [
        np.quantile(buyers[days], PROBABILITIES),
        np.quantile(buyers[orders], PROBABILITIES),
        np.quantile(buyers[revenue], PROBABILITIES),
    ]
    r = 5 - cuts_below(buyers[days], cuts[0])
    f = 1 + cuts_below(buyers[orders], cuts[1])
    m = 1 + cuts_below(buyers[revenue], cuts[2])
    return cuts, pd.DataFrame({"r": r, "f": f, "m": m, "fm": (f + m + 1) // 2}, buyers.index)


def segment(s):
    r, f, m, fm = s["r"], s["f"], s["m"], s["fm"]
    rules = {
        "new_high_potential": (r >= 4) & (f <= 2) & (m >= 3),
        "loyal_high_value": (r >= 4) & (fm >= 4) | (r == 3) & (fm == 5),
        "at_risk": (r <= 3) & (fm >= 4) | (r <= 2) & (fm == 3),
        "inactive": (r <= 2) & (fm <= 2),
    }
    return np.select(list(rules.values()), list(rules), "occasional")


def rfm_group(s):
    r, fm = s["r"], s["fm"]
    rules = [
        ("champions", (r == 5) & (fm >= 4) | (r == 4) & (fm == 5)),
        ("loyal", (r >= 3) & (fm >= 4)),
        ("potential_loyalists", (r >= 4) & (fm >= 2)),
        ("new", r == 5),
        ("promising", r == 4),
        ("need_attention", (r == 3) & (fm == 3)),
        ("about_to_sleep", r == 3),
        ("cannot_lose", fm == 5),
        ("at_risk", fm >= 3),
        ("hibernating", r == 2),
    ]
    return np.select([rule for _, rule in rules], [name for name, _ in rules], "lost")


thresholds, now = scores("days_since_last_purchase", "orders", "revenue")
_, then = scores("earlier_days", "earlier_orders", "earlier_revenue")
for score in "rfm":
    described[f"{score}_score"] = now[score].reindex(described.index).astype("Int8")
described["value_score"] = now["fm"].reindex(described.index)
described["rfm_score"] = (now[["r", "f", "m"]].sum(axis=1) / 3).round(4)
described["segment"] = pd.Series(segment(now), now.index).reindex(
    described.index, fill_value="no_purchase"
)
described["rfm_group"] = pd.Series(rfm_group(now), now.index).reindex(
    described.index, fill_value="no_purchase"
)
described["earlier_segment"] = pd.Series(segment(then), then.index)

since = described["days_since_last_purchase"]
occasions = described["purchase_occasions"]
rhythm = described["median_days_between_purchases"]
rules = [
    ("new", described["tenure_days"] < 30),
    ("lost", described["last_purchase"] <= year_ago),
    ("dormant", described["last_purchase"] <= before(6)),
    ("reactivated", (described["last_gap"] >= 183) & (since < 90)),
    ("slipping_rhythm", (occasions >= 3) & (since >= 30) & (since > 2 * rhythm)),
    ("slipping_days", (occasions < 3) & (since >= 90)),
    ("loyal", described["orders_this_year"] >= 4),
]
chosen = np.select([rule for _, rule in rules], [name for name, _ in rules], "active")
described["lifecycle_rule"] = pd.Series(chosen, described.index).where(bought)
described["lifecycle_stage"] = described["lifecycle_rule"].replace(
    {"slipping_rhythm": "slipping", "slipping_days": "slipping"}
)
described = described.reset_index()  # groupby has sorted by customer

customers = described[
    [
        "customer", "first_purchase", "last_purchase", "days_since_last_purchase", "orders",
        "purchase_occasions", "gross_revenue", "returned_amount", "revenue", "average_basket",
        "median_days_between_purchases", "tenure_days", "return_rate",
    ]
].copy()  # fmt: skip
for column in ("days_since_last_purchase", "tenure_days"):
    customers[column] = customers[column].astype("Int64")
customers["distinct_products"] = pd.array([pd.NA] * len(customers), dtype="Int64")
for column in (
    "favourite_category", "favourite_channel", "r_score", "f_score", "m_score", "rfm_score",
    "segment", "rfm_group", "lifecycle_stage", "lifecycle_rule",
):  # fmt: skip
    customers[column] = described[column]
schema = pa.Schema.from_pandas(customers, preserve_index=False)
types = {
    "first_purchase": pa.date32(), "last_purchase": pa.date32(),
    "gross_revenue": pa.decimal128(18, 2), "returned_amount": pa.decimal128(18, 2),
    "revenue": pa.decimal128(18, 2), "average_basket": pa.decimal128(18, 4),
    "favourite_category": pa.string(), "favourite_channel": pa.string(),
}  # fmt: skip
table = pa.Table.from_pandas(customers, preserve_index=False).cast(
    pa.schema([pa.field(field.name, types.get(field.name, field.type)) for field in schema])
)
pq.write_table(table, out / "customers.parquet", compression="zstd")
customers.to_csv(out / "customers.csv", index=False)

lists = described.sort_values(["revenue", "customer"], ascending=[False, True])
lists = pd.DataFrame(
    {
        "segment": lists["segment"],
        "customer": lists["customer"],
        "last_purchase": lists["last_purchase"],
        "days_since_last_purchase": lists["days_since_last_purchase"].astype("Int64"),
        "orders": lists["orders"],
        "revenue": lists["revenue"],
        "average_basket": lists["average_basket"].round(2),
        "median_days_between_purchases": lists["median_days_between_purchases"],
        "return_rate": lists["return_rate"].round(4),
        "favourite_category": lists["favourite_category"],
        "favourite_channel": lists["favourite_channel"],
        "lifecycle_stage": lists["lifecycle_stage"],
    }
)
for name, members in lists.groupby("segment"):
    members.drop(columns="segment").to_csv(out / "lists" / f"{name}.csv", index=False)

# --------------------------------------------------------------------------------- figures
bought_last_year = described["orders_last_year"] > 0
came_back = bought_last_year & (described["orders_this_year"] > 0)
described["repeat"] = described["orders"] >= 2
described["bought_last_year"] = bought_last_year
described["came_back"] = came_back
buyers = described[described["orders"] > 0]


def share(part, whole):
    return part / whole if whole else None


sums = described[["orders", "gross_revenue", "returned_amount", "revenue"]].sum()
totals = {
    "customers": len(described),
    "purchasers": len(buyers),
    "orders": sums["orders"],
    "guest_orders": (guests["amount"] > 0).sum(),
    "guest_revenue": guests["amount"].sum(),
    "gross_revenue": sums["gross_revenue"],
    "returned_amount": sums["returned_amount"],
    "revenue": sums["revenue"],
    "zero_orders": described["zero_orders"].sum(),
    "zero_only_customers": (
        (described["orders"] == 0)
        & (described["zero_orders"] > 0)
        & (described["return_orders"] == 0)
    ).sum(),
    "return_orders": described["return_orders"].sum(),
    "average_basket": round(sums["gross_revenue"] / sums["orders"], 4),
    "repeat_rate": share(described["repeat"].sum(), len(buyers)),
    "retention_rate": share(came_back.sum(), bought_last_year.sum()),
    "median_days_between_purchases": described["median_days_between_purchases"].median(),
    "first_order": first_order.date(),
    "last_order": as_of.date(),
}


def reports(column):
    """The figures of every value of a column."""
    groups = described.groupby(column)
    sums = groups[
        [
            "orders", "gross_revenue", "returned_amount", "revenue", "repeat", "bought_last_year",
            "came_back", "revenue_this_year", "revenue_last_year",
        ]
    ].sum()  # fmt: skip
    sums["customers"] = groups.size()
    sums["median"] = groups["days_since_last_purchase"].median()
    return [
        {
            "id": s.Index,
            "customers": s.customers,
            "customer_share": s.customers / totals["customers"],
            "revenue": s.revenue,
            "revenue_share": s.revenue / totals["revenue"],
            "average_basket": round(s.gross_revenue / s.orders, 4) if s.orders else None,
            "orders_per_customer": s.orders / s.customers,
            "median_days_since_last_purchase": s.median if s.orders else None,
            "repeat_rate": s.repeat / s.customers if s.orders else None,
            "retention_rate": share(s.came_back, s.bought_last_year),
            "return_rate": share(s.returned_amount, s.gross_revenue),
            "revenue_this_period": s.revenue_this_year,
            "revenue_previous_period": s.revenue_last_year,
            "revenue_trend": s.revenue_this_year / s.revenue_last_year - 1
            if s.revenue_last_year > 0
            else None,
        }
        for s in sums.itertuples()
    ]


# Twelve months that end on the day as of which everything is told.
month_starts = [before(months) for months in range(12, -1, -1)]
monthly = this_year.merge(described[["customer", "segment"]], on="customer")
monthly["month"] = pd.cut(monthly["day"], month_starts, labels=range(12))
monthly = monthly.pivot_table(
    index="segment", columns="month", values="amount", aggfunc="sum", fill_value=0, observed=False
)
segments = reports("segment")
for report in segments:
    known_months = report["id"] in monthly.index
    report["monthly_revenue"] = monthly.loc[report["id"]].tolist() if known_months else []
stages = [
    {
        "stage": report["id"],
        **{name: report[name] for name in ("customers", "customer_share", "revenue")},
    }
    for report in reports("lifecycle_stage")
]

grid = [
    {
        "recency_score": r, "value_score": int(fm), "customers": len(cell),
        "revenue": cell["revenue"].sum(), "group": cell["rfm_group"].iloc[0],
    }
    for (r, fm), cell in buyers.groupby(["r_score", "value_score"])
]  # fmt: skip
flows = [
    {
        "from": None if pd.isna(origin) else origin, "to": target, "customers": len(flow),
        "revenue": flow.sum(),
    }
    for (origin, target), flow in buyers.groupby(["earlier_segment", "segment"], dropna=False)[
        "revenue"
    ]
]  # fmt: skip


def month_number(days):
    return days.dt.year * 12 + days.dt.month


active = purchase_days[["customer"]].assign(month=month_number(purchase_days["day"]))
active = active.drop_duplicates().merge(
    described[["customer"]].assign(cohort=month_number(described["first_purchase"])), on="customer"
)
active = active.groupby(["cohort", "month"]).size()
cohorts = []
for cohort, counts in active.groupby(level="cohort"):
    months = range(int(cohort), as_of.year * 12 + as_of.month + 1)
    row = counts.droplevel("cohort").reindex(months, fill_value=0).tolist()
    start = f"{(int(cohort) - 1) // 12}-{(int(cohort) - 1) % 12 + 1:02d}-01"
    cohorts.append({"start": start, "customers": row[0], "active": row})

# Best customers first; returns beyond purchases count as 0.
best = np.sort(buyers["revenue"].clip(lower=0).to_numpy())[::-1]
so_far = best.cumsum()
size, everything = len(best), so_far[-1]
weighted = (np.arange(size, 0, -1) * best).sum()
concentration = {
    "gini": 2 * weighted / (size * everything) - (size + 1) / size,
    "customers_for_eighty_percent": (np.searchsorted(so_far * 10, everything * 8) + 1) / size,
    "revenue_share_of_top": [0.0]
    + [so_far[(size * percent + 99) // 100 - 1] / everything for percent in range(1, 101)],
}

measures = ("days_since_last_purchase", "orders", "monetary")
figures = {
    "as_of": as_of.date(),
    "method": {
        "thresholds": {name: cuts.tolist() for name, cuts in zip(measures, thresholds)}
    },
    "totals": totals,
    "segments": segments,
    "other_segments": reports("rfm_group"),
    "lifecycle": stages,
    "grid": grid,
    "migration": {"from": year_ago.date(), "to": as_of.date(), "flows": flows},
    "cohorts": {"rows": cohorts},
    "concentration": concentration,
}


def plain(value):
    return value.item() if isinstance(value, np.generic) else str(value)


(out / "figures.json").write_text(json.dumps(figures, default=plain))
