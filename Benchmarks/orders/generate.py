"""Writes a seeded order file skewed as real shops are, in Parquet and in CSV.

    python generate.py --orders 10000000 --customers 1000000 --out DIR [--seed 1]

What is assumed: purchase rates are gamma distributed (shape 0.6, so that a fifth of the customers
make most orders), customers arrive over three years, amounts are log-normal around a taste of each
customer, 3 % of the orders are returns (negative), 0.2 % are worth 0, 1 % have no customer,
weekends and December sell more, 4 channels and 24 categories follow Zipf's law. One line is one
order; lines are in the order of their instants, as an export gives them.
"""

import argparse
import os

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

DAYS = 1096
START = np.datetime64("2022-01-01T00:00:00", "s")


def orders(count, customers, seed):
    rng = np.random.default_rng(seed)
    rate = rng.gamma(0.6, 1.0, customers)
    arrival = rng.integers(0, DAYS - 1, customers)
    # Someone who came late had less time to buy.
    weight = rate * (DAYS - arrival)
    # Everybody buys at least once; the rest go by weight.
    extra = rng.choice(customers, size=count - customers, p=weight / weight.sum())
    who = np.concatenate([np.arange(customers), extra])
    day_weight = np.ones(DAYS)
    dates = np.datetime64("2022-01-01") + np.arange(DAYS)
    day_weight[(dates.astype(int) + 3) % 7 >= 5] *= 1.4
    day_weight[dates.astype("datetime64[M]").astype(int) % 12 == 11] *= 1.8
    cumulative = np.concatenate([[0.0], np.cumsum(day_weight)])
    first = cumulative[arrival[who]]
    position = first + rng.random(count) * (cumulative[-1] - first)
    day = np.searchsorted(cumulative, position, side="right") - 1
    day[: customers] = arrival
    second = rng.integers(7 * 3600, 23 * 3600, count)
    instant = START + (day * 86400 + second).astype("timedelta64[s]")
    taste = rng.normal(3.6, 0.5, customers)
    amount = np.round(np.exp(taste[who] + rng.normal(0, 0.6, count)), 2)
    fate = rng.random(count)
    amount = np.where(fate < 0.03, -amount, np.where(fate < 0.032, 0.0, amount))
    channel = rng.choice(4, size=count, p=[0.55, 0.3, 0.1, 0.05])
    zipf = 1 / np.arange(1, 25)
    category = rng.choice(24, size=count, p=zipf / zipf.sum())
    order = np.argsort(instant, kind="stable")
    guest = rng.random(count) < 0.01
    ids = np.char.add("C", np.char.zfill(np.arange(customers).astype("U7"), 7))
    customer = pa.DictionaryArray.from_arrays(
        pa.array(who[order], pa.int32(), mask=guest[order]), pa.array(ids)
    ).cast(pa.string())
    channels = ["web", "boutique", "telephone", "salon"]
    categories = [f"rayon {i:02d}" for i in range(24)]
    return pa.table(
        {
            "order_id": pa.array(np.arange(1, count + 1) + 100_000),
            "customer_id": customer,
            "order_date": pa.array(instant[order], pa.timestamp("s")),
            "amount": pa.array(amount[order]),
            "channel": pa.DictionaryArray.from_arrays(
                pa.array(channel[order], pa.int8()), pa.array(channels)
            ).cast(pa.string()),
            "category": pa.DictionaryArray.from_arrays(
                pa.array(category[order], pa.int8()), pa.array(categories)
            ).cast(pa.string()),
        }
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--orders", type=int, default=10_000_000)
    parser.add_argument("--customers", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", required=True)
    arguments = parser.parse_args()
    os.makedirs(arguments.out, exist_ok=True)
    table = orders(arguments.orders, arguments.customers, arguments.seed)
    parquet = os.path.join(arguments.out, "orders.parquet")
    pyarrow.parquet.write_table(table, parquet, compression="zstd", row_group_size=1_000_000)
    pyarrow.csv.write_csv(
        table,
        os.path.join(arguments.out, "orders.csv"),
        pyarrow.csv.WriteOptions(quoting_style="needed"),
    )
    print(f"{table.num_rows} orders written to {arguments.out}")


if __name__ == "__main__":
    main()
