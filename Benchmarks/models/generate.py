"""Writes the data of the model benchmarks, from a seed.

    python generate.py --out DIR [--customers 1000000] [--seed 1]

Everything is raw little-endian: `.f64` doubles, `.i32` integers, row-major; `shape.json` says how
many rows and columns. Purchase histories are those of customers of a shop three years old who buy
and leave as BG/NBD tells, on whole days (several purchases on one day are one); their spend is
Gamma-Gamma's. Points are normal blobs that overlap. Answers are those of five tribes to ten
questions.
"""

import argparse
import json
from pathlib import Path

import numpy


def histories(random, customers):
    """x, t_x, T in days and the mean repeat spend."""
    age = random.integers(1, 1096, customers)
    rate = random.gamma(0.7, 1 / 60, customers)
    leave = random.beta(0.9, 3.5, customers)
    purchases = numpy.zeros(customers, dtype=numpy.int64)
    last = numpy.zeros(customers, dtype=numpy.int64)
    now = numpy.zeros(customers)
    active = numpy.arange(customers)
    while len(active):
        now[active] += random.exponential(1 / rate[active])
        active = active[now[active] <= age[active]]
        day = now[active].astype(numpy.int64)
        new = day > last[active]
        purchases[active[new]] += 1
        last[active[new]] = day[new]
        active = active[random.random(len(active)) >= leave[active]]
    level = random.gamma(3.7, 1 / 15, customers)
    shape = 6.2 * numpy.maximum(purchases, 1)
    spend = random.gamma(shape, 1 / (level * shape / 6.2))
    spend = numpy.where(purchases > 0, numpy.maximum(spend.round(2), 0.01), 0)
    return purchases, last, age, spend


def blobs(random, rows, columns, groups):
    centres = random.normal(0, 2.2, (groups, columns))
    labels = random.integers(0, groups, rows)
    scale = random.uniform(0.6, 1.4, (groups, columns))
    return centres[labels] + random.normal(size=(rows, columns)) * scale[labels]


def answers(random, rows, items, choices, tribes):
    shares = random.dirichlet(numpy.full(tribes, 8.0))
    tastes = random.dirichlet(numpy.full(choices, 0.6), (tribes, items))
    tribe = random.choice(tribes, rows, p=shares)
    steps = tastes.cumsum(axis=2)[tribe]
    drawn = (random.random((rows, items, 1)) > steps[:, :, :-1]).sum(axis=2)
    return drawn.astype("<i4")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--customers", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    random = numpy.random.default_rng(options.seed)
    options.out.mkdir(parents=True, exist_ok=True)
    rows = options.customers
    few = max(rows // 5, 1000)

    def write(name, values, kind="<f8"):
        numpy.ascontiguousarray(values, dtype=kind).tofile(options.out / name)

    for name, values in zip(
        ("frequency", "recency", "age", "spend"), histories(random, rows), strict=True
    ):
        write(f"{name}.f64", values)
    points = blobs(random, rows, 8, 8)
    write("points.f64", points)
    write("start.f64", points[random.choice(rows, 8, replace=False)])
    write("mixture.f64", blobs(random, few, 6, 5))
    asked = max(rows // 50, 1000)
    write("answers.i32", answers(random, asked, 10, 4, 5), "<i4")
    shape = {"customers": rows, "columns": 8, "groups": 8, "mixtureRows": few, "mixtureColumns": 6,
             "components": 5, "respondents": asked, "items": 10, "choices": 4, "classes": 5}  # fmt: skip
    (options.out / "shape.json").write_text(json.dumps(shape))


if __name__ == "__main__":
    main()
