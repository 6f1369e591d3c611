"""From an order file to a segmented customer base with polars: python peer_polars.py ORDERS OUT

Writes customers.parquet, customers.csv, lists/SEGMENT.csv and figures.json. One line is one order;
a negative amount is a return, 0 is set aside; the period is one year. Amounts are floats, rounded to cents
where they are summed.
"""

import json
import sys
from pathlib import Path

import polars as pl
from polars import col

source, out = sys.argv[1], Path(sys.argv[2])
(out / "lists").mkdir(parents=True, exist_ok=True)
PROBABILITIES = [0.2, 0.4, 0.6, 0.8]


# ---------------------------------------------------------------------------------- orders
lines = (
    pl.scan_csv(source, try_parse_dates=True)
    if source.endswith(".csv")
    else pl.scan_parquet(source)
)
orders = (
    lines.select(
        customer=col("customer_id"),
        day=col("order_date").dt.date(),
        amount=col("amount"),
        channel=col("channel").cast(pl.Categorical),
        category=col("category").cast(pl.Categorical),
    )
    .collect()
    .lazy()
)
purchase = col("amount") > 0
as_of = orders.filter(purchase).select(col("day").max()).collect().item()
first_order = orders.filter(purchase).select(col("day").min()).collect().item()


def before(months):
    return pl.select(pl.lit(as_of).dt.offset_by(f"-{months}mo")).item()


year_ago, two_years_ago = before(12), before(24)
this_year = col("day") > year_ago
last_year = col("day").is_between(two_years_ago, year_ago, closed="right")
orders = orders.filter(col("day") <= as_of)
known = orders.filter(col("customer").is_not_null())
purchases = known.filter(purchase)

# ------------------------------------------------------------------------------- customers
history = (
    known.with_columns(
        purchase_day=pl.when(purchase).then("day"),
        purchased=pl.when(purchase).then("amount"),
        returned=pl.when(col("amount") < 0).then(-col("amount")),
        earlier_day=pl.when(purchase & ~this_year).then("day"),
        this_year=pl.when(this_year).then("amount"),
        last_year=pl.when(last_year).then("amount"),
    )
    .group_by("customer")
    .agg(
        first_purchase=col("purchase_day").min(),
        last_purchase=col("purchase_day").max(),
        orders=col("purchase_day").count().cast(pl.Int64),
        gross_revenue=col("purchased").sum().round(2),
        returned_amount=col("returned").sum().round(2),
        return_orders=col("returned").count(),
        zero_orders=(col("amount") == 0).sum(),
        orders_this_year=(purchase & col("this_year").is_not_null()).sum(),
        orders_last_year=(purchase & col("last_year").is_not_null()).sum(),
        revenue_this_year=col("this_year").sum().round(2),
        revenue_last_year=col("last_year").sum().round(2),
        earlier_last_purchase=col("earlier_day").max(),
        earlier_orders=col("earlier_day").count(),
        earlier_revenue=(col("amount").sum() - col("this_year").sum()).round(2),
    )
    .collect()
)
purchase_days = purchases.select("customer", "day").unique().sort("customer", "day").collect()
rhythm = (
    purchase_days.lazy()
    .with_columns(
        gap=col("day").diff().over("customer").dt.total_days()
    )
    .group_by("customer")
    .agg(
        purchase_occasions=pl.len().cast(pl.Int64),
        median_days_between_purchases=col("gap").median(),
        last_gap=col("gap").last(),
    )
    .collect()
)


def favourite(column, weight):
    return (
        purchases.filter(col(column).is_not_null())
        .group_by("customer", column)
        .agg(weight=weight)
        .with_columns(col(column).cast(pl.String))
        .sort("weight", column, descending=[True, False])
        .unique("customer", keep="first")
        .select("customer", col(column).alias(f"favourite_{column}"))
        .collect()
    )


def cuts(values, probabilities=PROBABILITIES):
    return [values.quantile(p, interpolation="linear") for p in probabilities]


def cuts_below(value, cuts):
    return pl.sum_horizontal((value > cut).cast(pl.Int8) for cut in cuts)


def scores(frame, days, orders, revenue):
    """R, F and M of the customers with orders, and the cuts that gave them."""
    buyers = frame.filter(col(orders) > 0)
    limits = [cuts(buyers[name].cast(pl.Float64)) for name in (days, orders)]
    limits.append(cuts(buyers[revenue]))
    bought = pl.when(col(orders) > 0)
    return limits, [
        bought.then(5 - cuts_below(col(days), limits[0])).alias("r_score"),
        bought.then(1 + cuts_below(col(orders), limits[1])).alias("f_score"),
        bought.then(1 + cuts_below(col(revenue), limits[2])).alias("m_score"),
    ]


r, f, m = col("r_score"), col("f_score"), col("m_score")
fm = (f + m + 1) // 2
segment = (
    pl.when(r.is_null()).then(pl.lit("no_purchase"))
    .when((r >= 4) & (f <= 2) & (m >= 3)).then(pl.lit("new_high_potential"))
    .when((r >= 4) & (fm >= 4) | (r == 3) & (fm == 5)).then(pl.lit("loyal_high_value"))
    .when((r <= 3) & (fm >= 4) | (r <= 2) & (fm == 3)).then(pl.lit("at_risk"))
    .when((r <= 2) & (fm <= 2)).then(pl.lit("inactive"))
    .otherwise(pl.lit("occasional"))
)  # fmt: skip
rfm_group = (
    pl.when(r.is_null()).then(pl.lit("no_purchase"))
    .when((r == 5) & (fm >= 4) | (r == 4) & (fm == 5)).then(pl.lit("champions"))
    .when((r >= 3) & (fm >= 4)).then(pl.lit("loyal"))
    .when((r >= 4) & (fm >= 2)).then(pl.lit("potential_loyalists"))
    .when(r == 5).then(pl.lit("new"))
    .when(r == 4).then(pl.lit("promising"))
    .when((r == 3) & (fm == 3)).then(pl.lit("need_attention"))
    .when(r == 3).then(pl.lit("about_to_sleep"))
    .when(fm == 5).then(pl.lit("cannot_lose"))
    .when(fm >= 3).then(pl.lit("at_risk"))
    .when(r == 2).then(pl.lit("hibernating"))
    .otherwise(pl.lit("lost"))
)  # fmt: skip
since = col("days_since_last_purchase")
rule = (
    pl.when(col("orders") == 0).then(None)
    .when(col("tenure_days") < 30).then(pl.lit("new"))
    .when(col("last_purchase") <= year_ago).then(pl.lit("lost"))
    .when(col("last_purchase") <= before(6)).then(pl.lit("dormant"))
    .when((col("last_gap") >= 183) & (since < 90)).then(pl.lit("reactivated"))
    .when(
        (col("purchase_occasions") >= 3)
        & (since >= 30)
        & (since > 2 * col("median_days_between_purchases"))
    ).then(pl.lit("slipping_rhythm"))
    .when((col("purchase_occasions") < 3) & (since >= 90)).then(pl.lit("slipping_days"))
    .when(col("orders_this_year") >= 4).then(pl.lit("loyal"))
    .otherwise(pl.lit("active"))
)  # fmt: skip

described = (
    history.lazy()
    .join(rhythm.lazy(), on="customer", how="left")
    .join(favourite("category", col("amount").sum().round(2)).lazy(), on="customer", how="left")
    .join(favourite("channel", pl.len()).lazy(), on="customer", how="left")
    .with_columns(
        col("purchase_occasions").fill_null(0),
        days_since_last_purchase=(as_of - col("last_purchase")).dt.total_days(),
        tenure_days=(as_of - col("first_purchase")).dt.total_days(),
        earlier_days=(year_ago - col("earlier_last_purchase")).dt.total_days(),
        revenue=(col("gross_revenue") - col("returned_amount")).round(2),
        average_basket=pl.when(col("orders") > 0).then(
            (col("gross_revenue") / col("orders")).round(4)
        ),
        return_rate=pl.when(col("gross_revenue") > 0).then(
            col("returned_amount") / col("gross_revenue")
        ),
        distinct_products=pl.lit(None, pl.Int64),
    )
    .sort("customer")
    .collect()
)
thresholds, now = scores(described, "days_since_last_purchase", "orders", "revenue")
_, earlier = scores(described, "earlier_days", "earlier_orders", "earlier_revenue")
earlier_segments = (
    described.filter(col("earlier_orders") > 0)
    .with_columns(earlier)
    .select("customer", earlier_segment=segment)
)
described = (
    described.with_columns(now)
    .with_columns(
        rfm_score=((r + f + m) / 3).round(4),
        segment=segment,
        rfm_group=rfm_group,
        lifecycle_rule=rule,
    )
    .with_columns(lifecycle_stage=col("lifecycle_rule").str.split("_").list.first())
)
customers = described.select(
    "customer", "first_purchase", "last_purchase", "days_since_last_purchase", "orders",
    "purchase_occasions", "gross_revenue", "returned_amount", "revenue",
    "average_basket", "median_days_between_purchases",
    "tenure_days", "return_rate", "distinct_products", "favourite_category", "favourite_channel",
    "r_score", "f_score", "m_score", "rfm_score", "segment", "rfm_group", "lifecycle_stage",
    "lifecycle_rule",
)  # fmt: skip
customers.write_parquet(out / "customers.parquet", compression="zstd")
customers.write_csv(out / "customers.csv")
lists = described.sort("revenue", "customer", descending=[True, False]).select(
    "segment", "customer", "last_purchase", "days_since_last_purchase", "orders",
    "revenue", col("average_basket").round(2),
    "median_days_between_purchases",
    col("return_rate").round(4, mode="half_away_from_zero"),
    "favourite_category", "favourite_channel", "lifecycle_stage",
)  # fmt: skip
for (name,), members in lists.partition_by("segment", as_dict=True, include_key=False).items():
    members.write_csv(out / "lists" / f"{name}.csv")

# --------------------------------------------------------------------------------- figures
bought_last_year = col("orders_last_year") > 0
came_back = bought_last_year & (col("orders_this_year") > 0)
guests = (
    orders.filter(col("customer").is_null())
    .select(
        guest_orders=purchase.sum(), guest_revenue=col("amount").sum().round(2)
    )
    .collect()
)
totals = described.select(
    customers=pl.len(),
    purchasers=(col("orders") > 0).sum(),
    orders=col("orders").sum(),
    gross_revenue=col("gross_revenue").sum().round(2),
    returned_amount=col("returned_amount").sum().round(2),
    revenue=col("revenue").sum().round(2),
    zero_orders=col("zero_orders").sum(),
    zero_only_customers=(
        (col("orders") == 0) & (col("zero_orders") > 0) & (col("return_orders") == 0)
    ).sum(),
    return_orders=col("return_orders").sum(),
    average_basket=(col("gross_revenue").sum() / col("orders").sum()).round(4),
    repeat_rate=(col("orders") >= 2).sum() / (col("orders") > 0).sum(),
    retention_rate=came_back.sum() / bought_last_year.sum(),
    median_days_between_purchases=col("median_days_between_purchases").median(),
    first_order=pl.lit(first_order),
    last_order=pl.lit(as_of),
).hstack(guests)
total = totals.row(0, named=True)


def reports(column):
    """The figures of every value of a column."""
    return (
        described.lazy()
        .filter(col(column).is_not_null())
        .group_by(id=column)
        .agg(
            customers=pl.len(),
            customer_share=pl.len() / total["customers"],
            revenue=col("revenue").sum().round(2),
            revenue_share=col("revenue").sum() / total["revenue"],
            average_basket=pl.when(col("orders").sum() > 0).then(
                (col("gross_revenue").sum() / col("orders").sum()).round(4)
            ),
            orders_per_customer=col("orders").sum() / pl.len(),
            median_days_since_last_purchase=col("days_since_last_purchase").median(),
            repeat_rate=pl.when(col("orders").sum() > 0).then(
                (col("orders") >= 2).sum() / pl.len()
            ),
            retention_rate=pl.when(bought_last_year.any()).then(
                came_back.sum() / bought_last_year.sum()
            ),
            return_rate=pl.when(col("gross_revenue").sum() > 0).then(
                col("returned_amount").sum() / col("gross_revenue").sum()
            ),
            revenue_this_period=col("revenue_this_year").sum().round(2),
            revenue_previous_period=col("revenue_last_year").sum().round(2),
            revenue_trend=pl.when(col("revenue_last_year").sum() > 0).then(
                col("revenue_this_year").sum() / col("revenue_last_year").sum() - 1
            ),
        )
        .collect()
    )


# Twelve months that end on the day as of which everything is told.
month_starts = [before(months) for months in range(12, 0, -1)]
monthly = (
    known.filter(this_year)
    .group_by("customer", month=pl.sum_horizontal(col("day") > start for start in month_starts[1:]))
    .agg(col("amount").sum())
    .join(described.lazy().select("customer", "segment"), on="customer")
    .group_by("segment", "month")
    .agg(col("amount").sum().round(2))
    .collect()
)
months = {name: [0.0] * 12 for name in monthly["segment"].unique()}
for name, month, revenue in monthly.iter_rows():
    months[name][month] = revenue
segments = reports("segment").to_dicts()
for report in segments:
    report["monthly_revenue"] = months.get(report["id"], [])

buyers = described.filter(col("orders") > 0)
grid = buyers.group_by(recency_score=r, value_score=fm).agg(
    customers=pl.len(), revenue=col("revenue").sum().round(2), group=col("rfm_group").first()
)
flows = (
    buyers.join(earlier_segments, on="customer", how="left")
    .group_by(col("earlier_segment").alias("from"), to="segment")
    .agg(customers=pl.len(), revenue=col("revenue").sum().round(2))
)


def month_number(day):
    return day.dt.year().cast(pl.Int32) * 12 + day.dt.month()


active = (
    purchase_days.lazy()
    .select("customer", month=month_number(col("day")))
    .unique()
    .join(
        buyers.lazy().select(
            "customer",
            start=col("first_purchase").dt.truncate("1mo"),
            first=month_number(col("first_purchase")),
        ),
        on="customer",
    )
    .group_by("start", "first", step=col("month") - col("first"))
    .agg(customers=pl.len())
    .sort("start", "step")
    .collect()
)
cohorts = []
for (start, first), steps in active.group_by("start", "first", maintain_order=True):
    counts = dict(zip(steps["step"], steps["customers"]))
    length = as_of.year * 12 + as_of.month - first + 1
    row = [counts.get(step, 0) for step in range(length)]
    cohorts.append({"start": start, "customers": row[0], "active": row})

# Best customers first; returns beyond purchases count as 0.
best = buyers["revenue"].clip(0).sort(descending=True)
so_far = best.cum_sum()
size, everything = len(best), so_far[-1]
places = pl.int_range(1, size + 1, eager=True)
concentration = {
    "gini": 2 * ((size - places + 1) * best).sum() / (size * everything) - (size + 1) / size,
    "customers_for_eighty_percent": (so_far * 10).search_sorted(everything * 8, side="left") / size
    + 1 / size,
    "revenue_share_of_top": [0.0]
    + [so_far[(size * percent + 99) // 100 - 1] / everything for percent in range(1, 101)],
}

names = ("days_since_last_purchase", "orders", "monetary")
figures = {
    "as_of": as_of,
    "method": {"thresholds": dict(zip(names, thresholds))},
    "totals": total,
    "segments": segments,
    "other_segments": reports("rfm_group").to_dicts(),
    "lifecycle": reports("lifecycle_stage")
    .select("customers", "customer_share", "revenue", stage="id")
    .to_dicts(),
    "grid": grid.to_dicts(),
    "migration": {"from": year_ago, "to": as_of, "flows": flows.to_dicts()},
    "cohorts": {"rows": cohorts},
    "concentration": concentration,
}
(out / "figures.json").write_text(json.dumps(figures, default=str))
