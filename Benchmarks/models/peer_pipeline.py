"""From an order file to a segmented base with values and found groups, as a good analyst would.

    python peer_pipeline.py ORDERS OUT

First the tuned pandas script of the order benchmark with all its outputs; then BG/NBD and Gamma-Gamma by
lifetimes with P(alive) and the value over the next twelve months, and k-means by scikit-learn with two
to ten groups compared by silhouette, Calinski-Harabasz and Davies-Bouldin. Writes values.parquet,
groups.json and map.parquet beside what the first part writes.
"""

import json
import logging
import runpy
import sys
import warnings
from pathlib import Path

import numpy as np
import pandas as pd

warnings.filterwarnings("ignore")
logging.disable(logging.INFO)
HERE = Path(__file__).resolve().parent
out = Path(sys.argv[2])

base = runpy.run_path(str(HERE.parent / "orders" / "peer_pandas_tuned.py"))
described, purchases, as_of = base["described"], base["purchases"], base["as_of"]
described = described[described["orders"] > 0].sort_index()

# -------------------------------------------------------------------------- lifetime value
from lifetimes import BetaGeoFitter, GammaGammaFitter  # noqa: E402

daily = purchases.groupby(["key", "day"])["amount"].sum().reset_index()
first = daily["key"] != daily["key"].shift()
days = daily.groupby("key")["day"]
history = pd.DataFrame(
    {
        "frequency": days.size() - 1.0,
        "recency": (days.max() - days.min()).dt.days.astype(float),
        "T": (as_of - days.min()).dt.days.astype(float),
    }
)
history["spend"] = daily[~first].groupby("key")["amount"].mean() / 100
history["spend"] = history["spend"].fillna(0)
again = history[history["frequency"] > 0]

model = BetaGeoFitter().fit(history["frequency"], history["recency"], history["T"])
spend = GammaGammaFitter().fit(again["frequency"], again["spend"])
columns = [history[name] for name in ("frequency", "recency", "T")]
values = pd.DataFrame(
    {
        "customer": described["customer"],
        "alive_probability": model.conditional_probability_alive(*columns),
        "expected_purchases": model.conditional_expected_number_of_purchases_up_to_time(
            360, *columns
        ),
        "lifetime_value": spend.customer_lifetime_value(
            model, *columns, history["spend"], time=12, discount_rate=0.01, freq="D"
        ),
    },
    index=history.index,
)

# ------------------------------------------------------------------------------ groups
from sklearn.cluster import KMeans  # noqa: E402
from sklearn.decomposition import PCA  # noqa: E402
from sklearn.metrics import (  # noqa: E402
    calinski_harabasz_score,
    davies_bouldin_score,
    silhouette_score,
)
from sklearn.preprocessing import StandardScaler  # noqa: E402

features = pd.DataFrame(
    {
        "days_since_last_purchase": described["days_since_last_purchase"],
        "purchase_occasions": np.log1p(described["purchase_occasions"]),
        "revenue": np.log1p(described["revenue"].clip(lower=0) / 100),
        "average_basket": np.log1p(described["average_basket"] / 10_000),
        "tenure_days": described["tenure_days"],
        "return_rate": described["return_rate"].fillna(0),
    }
)
points = StandardScaler().fit_transform(features)
compared, fits = [], {}
for k in range(2, 11):
    fit = fits[k] = KMeans(k, random_state=1).fit(points)
    compared.append(
        {
            "groups": k,
            "inertia": fit.inertia_,
            "silhouette": silhouette_score(points, fit.labels_, sample_size=5000, random_state=1),
            "calinski_harabasz": calinski_harabasz_score(points, fit.labels_),
            "davies_bouldin": davies_bouldin_score(points, fit.labels_),
        }
    )
best = max(compared, key=lambda row: row["silhouette"])["groups"]
values["group"] = fits[best].labels_
values.to_parquet(out / "values.parquet", index=False)
plane = PCA(2).fit_transform(points)
pd.DataFrame(plane, columns=["x", "y"]).sample(2000, random_state=1).to_parquet(out / "map.parquet")
profile = features.groupby(fits[best].labels_).agg(["mean", "median"])
profile.columns = ["_".join(column) for column in profile.columns]
overall, deviation = features.mean(), features.std()
groups = [
    {
        "group": int(group),
        "customers": int((values["group"] == group).sum()),
        "profile": profile.loc[group].to_dict(),
        "effects": ((features[values["group"].to_numpy() == group].mean() - overall) / deviation)
        .sort_values(key=abs, ascending=False)
        .to_dict(),
    }
    for group in profile.index
]
(out / "groups.json").write_text(
    json.dumps(
        {
            "model": {name: float(value) for name, value in model.params_.items()},
            "spend": {name: float(value) for name, value in spend.params_.items()},
            "total_value": float(values["lifetime_value"].sum()),
            "compared": compared,
            "groups": groups,
        },
        default=float,
    )
)
