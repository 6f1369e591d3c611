"""Runs one task of the model benchmarks with a peer and prints its time and result as JSON.

    python peer.py TASK PEER DIR

As with Quartier's runner, time is that of the work alone: neither imports nor reading the data.
"""

import json
import logging
import sys
import time
import warnings
from pathlib import Path

import numpy
import pandas

warnings.filterwarnings("ignore")
logging.disable(logging.INFO)


class Data:
    def __init__(self, folder):
        self.folder = Path(folder)
        self.shape = json.loads((self.folder / "shape.json").read_text())

    def doubles(self, name, columns=None):
        values = numpy.fromfile(self.folder / f"{name}.f64", dtype="<f8")
        return values.reshape(-1, columns) if columns else values

    def integers(self, name, columns):
        return numpy.fromfile(self.folder / f"{name}.i32", dtype="<i4").reshape(-1, columns)

    def summary(self):
        return pandas.DataFrame(
            {
                "frequency": self.doubles("frequency"),
                "recency": self.doubles("recency"),
                "T": self.doubles("age"),
                "monetary_value": self.doubles("spend"),
            }
        )


def lifetimes_fit(data):
    from lifetimes import BetaGeoFitter, GammaGammaFitter

    base = data.summary()

    def work():
        model = BetaGeoFitter().fit(base["frequency"], base["recency"], base["T"])
        again = base[base["frequency"] > 0]
        spend = GammaGammaFitter().fit(again["frequency"], again["monetary_value"])
        return figures(model.params_, spend.params_, "v")

    return work


def figures(model, spend, gamma):
    return {name: float(model[name]) for name in ("r", "alpha", "a", "b")} | {
        "p": float(spend["p"]), "q": float(spend["q"]), "gamma": float(spend[gamma])
    }  # fmt: skip


def lifetimes_score(data):
    from lifetimes import BetaGeoFitter, GammaGammaFitter

    base = data.summary()
    model, spend = BetaGeoFitter(), GammaGammaFitter()
    model.params_ = pandas.Series({"r": 0.7, "alpha": 60.0, "a": 0.9, "b": 3.5})
    model.predict = model.conditional_expected_number_of_purchases_up_to_time
    spend.params_ = pandas.Series({"p": 6.2, "q": 3.7, "v": 15.0})

    def work():
        alive = model.conditional_probability_alive(base["frequency"], base["recency"], base["T"])
        # Its value counts months of 30 days; twelve are the 360 days of the other contenders.
        value = spend.customer_lifetime_value(
            model, base["frequency"], base["recency"], base["T"], base["monetary_value"],
            time=12, discount_rate=0.01, freq="D",
        )  # fmt: skip
        return {"alive": float(alive.sum()), "value": float(value.sum())}

    return work


def clvkit_base(data):
    from clvkit import CustomerBase

    summary = data.summary()
    summary.index.name = "customer_id"
    return CustomerBase(
        summary, time_unit="D", observation_period_end=pandas.Timestamp("2024-12-31"),
        has_monetary=True, on_negative="net",
    )  # fmt: skip


def clvkit_fit(data):
    from clvkit import BGNBD, GammaGamma

    base = clvkit_base(data)

    def work():
        model, spend = BGNBD().fit(base), GammaGamma().fit(base)
        return figures(model.params_, spend.params_, "gamma")

    return work


def pymc_fit(data):
    from pymc_marketing.clv import BetaGeoModel, GammaGammaModel

    base = data.summary().assign(customer_id=lambda frame: frame.index)

    def work():
        model = BetaGeoModel(base)
        model.fit(method="map", progressbar=False)
        spend = GammaGammaModel(base[base["frequency"] > 0])
        spend.fit(method="map", progressbar=False)
        return figures(model.fit_result.mean(), spend.fit_result.mean(), "v")

    return work


def kmeans(algorithm):
    def prepare(data):
        from sklearn.cluster import KMeans

        points = data.doubles("points", data.shape["columns"])
        start = data.doubles("start", data.shape["columns"])

        def work():
            method = KMeans(
                data.shape["groups"], init=start, n_init=1, max_iter=50, tol=0, algorithm=algorithm
            )
            model = method.fit(points)
            return {"inertia": float(model.inertia_), "iterations": model.n_iter_}

        return work

    return prepare


def mixture(data):
    from sklearn.mixture import GaussianMixture

    points = data.doubles("mixture", data.shape["mixtureColumns"])
    k = data.shape["components"]

    def work():
        method = GaussianMixture(
            k, covariance_type="full", tol=1e-6, max_iter=500, weights_init=numpy.full(k, 1 / k),
            means_init=points[:k], precisions_init=[numpy.eye(points.shape[1])] * k,
        )  # fmt: skip
        model = method.fit(points)
        return {
            "logLikelihood": float(model.score(points) * len(points)),
            "iterations": model.n_iter_,
        }

    return work


def classes(data):
    from stepmix.stepmix import StepMix

    answers = data.integers("answers", data.shape["items"])

    def work():
        method = StepMix(
            n_components=data.shape["classes"], measurement="categorical", n_init=1,
            max_iter=1000, random_state=1, progress_bar=0, verbose=0,
        )  # fmt: skip
        model = method.fit(answers)
        return {
            "logLikelihood": float(model.score(answers) * len(answers)),
            "iterations": model.n_iter_,
        }

    return work


TASKS = {
    ("lifetime", "lifetimes"): lifetimes_fit,
    ("lifetime", "clvkit"): clvkit_fit,
    ("lifetime", "pymc-marketing"): pymc_fit,
    ("score", "lifetimes"): lifetimes_score,
    ("kmeans", "scikit-learn"): kmeans("lloyd"),
    ("kmeans", "scikit-learn-elkan"): kmeans("elkan"),
    ("mixture", "scikit-learn"): mixture,
    ("classes", "stepmix"): classes,
}


def main():
    task, peer, folder = sys.argv[1:]
    work = TASKS[task, peer](Data(folder))
    start, processor = time.perf_counter(), time.process_time()
    found = work()
    print(
        json.dumps(
            {
                "seconds": time.perf_counter() - start,
                "processor": time.process_time() - processor,
                "figures": {name: float(value) for name, value in found.items()},
            }
        )
    )


if __name__ == "__main__":
    main()
