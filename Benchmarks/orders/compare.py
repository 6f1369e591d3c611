"""Checks that two segmentations of the same orders agree: python compare.py REFERENCE OTHER [--floats] [--more]

Each is a folder with customers.parquet, customers.csv, lists/*.csv and figures.json or
segments.json. Counts, dates, words and decimals must be equal, doubles within 1e-9 of each other
(other floating-point sums), figures within 1e-12 (so amounts to the cent). With --floats, OTHER
counts money in floats: an average basket may be one unit off in its last digit, because halves
cannot be told then. With --more, OTHER may have further columns of customers at the end. Prints what differs and ends with status 1.
"""

import json
import math
import sys
from pathlib import Path

import duckdb

connection = duckdb.connect()
floats = "--floats" in sys.argv
problems = []


def one(sql, *values):
    return connection.execute(sql, values).fetchone()


def relation(path):
    return f"read_parquet('{path}')"


def typed_csv(folder):
    """customers.csv with the types that customers.parquet has, in the order of the file."""
    types = connection.execute(f"DESCRIBE FROM {relation(folder / 'customers.parquet')}").fetchall()
    columns = ", ".join(f'CAST("{name}" AS {kind}) AS "{name}"' for name, kind, *_ in types)
    return (
        f"(SELECT {columns} FROM read_csv('{folder / 'customers.csv'}', all_varchar = true, "
        "header = true, delim = ',', quote = '\"'))"
    )


def compare_customers(label, left, right):
    kinds = {
        name: kind for name, kind, *_ in connection.execute(f"DESCRIBE FROM {left}").fetchall()
    }
    others = [row[0] for row in connection.execute(f"DESCRIBE FROM {right}").fetchall()]
    if (others[: len(kinds)] if "--more" in sys.argv else others) != list(kinds):
        problems.append(f"{label}: columns {list(kinds)} and {others}")
        return
    tests = ["l.customer IS NULL OR r.customer IS NULL"]
    for name, kind in kinds.items():
        a, b = f'l."{name}"', f'r."{name}"'
        if kind in ("DOUBLE", "FLOAT"):
            near = f"abs({a} - {b}) <= 1e-9 * greatest(abs({a}), abs({b}))"
            tests.append(f"NOT coalesce({near}, {a} IS NULL AND {b} IS NULL)")
        elif floats and name == "average_basket":
            tests.append(f"NOT coalesce(abs({a} - {b}) < 1.5e-4, {a} IS NULL AND {b} IS NULL)")
        else:
            tests.append(f"{a} IS DISTINCT FROM {b}")
    counts = one(
        f"SELECT {', '.join(f'count(*) FILTER ({test})' for test in tests)} "
        f"FROM {left} AS l FULL JOIN {right} AS r ON l.customer = r.customer"
    )
    for name, count in zip(["missing on one side", *kinds], counts):
        if count:
            problems.append(f"{label}: {count} customers differ in {name}")


def compare_lists(reference, other):
    names = [sorted(p.name for p in (folder / "lists").glob("*.csv")) for folder in (reference, other)]
    sizes = {
        f"{segment}.csv": count
        for segment, count in connection.execute(
            f"SELECT segment, count(*) FROM {relation(reference / 'customers.parquet')} GROUP BY ALL"
        ).fetchall()
    }
    # A segment without anybody may have a list with a heading only, or none.
    if any(set(sizes) - set(found) for found in names):
        problems.append(f"lists: {names[0]} and {names[1]}")
        return
    for name, size in sizes.items():
        sides = [
            "SELECT row_number() OVER () AS place, * FROM read_csv("
            f"'{folder / 'lists' / name}', all_varchar = true, header = false, skip = 1, "
            "delim = ',', quote = '\"', names = ['c0', 'c1', 'c2', 'c3', 'c4', 'c5', 'c6', 'c7', "
            "'c8', 'c9', 'c10'])"
            for folder in (reference, other)
        ]
        # Numbers by value: 12.50 is 12.5. The last column is a stage in words. The return rate is a
        # double rounded to four digits: at 0.90625 the last bit decides, so one unit is allowed.
        near = {7: 1.5e-4} | ({5: 1.5e-2} if floats else {})
        same = " AND ".join(
            [
                f"coalesce(CAST(TRY_CAST(l.c{n} AS DOUBLE) AS VARCHAR), l.c{n}) "
                f"IS NOT DISTINCT FROM coalesce(CAST(TRY_CAST(r.c{n} AS DOUBLE) AS VARCHAR), r.c{n})"
                for n in range(10)
                if n not in near
            ]
            + [
                f"coalesce(abs(CAST(l.c{n} AS DOUBLE) - CAST(r.c{n} AS DOUBLE)) < {limit}, "
                f"l.c{n} IS NULL AND r.c{n} IS NULL)"
                for n, limit in near.items()
            ]
        )
        count, different = one(
            f"SELECT count(*), count(*) FILTER (NOT ({same})) "
            f"FROM ({sides[0]}) AS l FULL JOIN ({sides[1]}) AS r USING (place)"
        )
        if count != size or different:
            problems.append(f"lists/{name}: {count} lines for {size}, {different} differ")


def key(item):
    """What tells one element of a list of objects from the others."""
    names = ("id", "stage", "start", "recency_score", "value_score", "from", "to")
    return tuple(str(item.get(name)) for name in names)


def compare_figures(path, left, right):
    left, right = (
        float(side["amount"]) if isinstance(side, dict) and "amount" in side else side
        for side in (left, right)
    )
    if isinstance(left, dict) and isinstance(right, dict):
        for name in left:
            compare_figures(f"{path}.{name}", left[name], right.get(name))
    elif isinstance(left, list) and left and isinstance(left[0], dict):
        filled = [
            {key(item): item for item in side if item.get("customers", 1)}
            for side in (left, right or [])
        ]
        if filled[0].keys() != filled[1].keys():
            problems.append(f"{path}: {sorted(filled[0])} and {sorted(filled[1])}")
        for name in filled[0].keys() & filled[1].keys():
            label = "/".join(part for part in name if part != "None")
            compare_figures(f"{path}[{label}]", filled[0][name], filled[1][name])
    elif isinstance(left, list):
        if not isinstance(right, list) or len(left) != len(right):
            problems.append(f"{path}: {left} and {right}")
            return
        for place, (a, b) in enumerate(zip(left, right)):
            compare_figures(f"{path}[{place}]", a, b)
    elif isinstance(left, (int, float)) and isinstance(right, (int, float)):
        if not math.isclose(left, right, rel_tol=1e-12, abs_tol=1e-12):
            problems.append(f"{path}: {left} and {right}")
    elif left != right:
        problems.append(f"{path}: {left} and {right}")


def figures(folder):
    for name in ("figures.json", "segments.json"):
        if (folder / name).exists():
            return json.loads((folder / name).read_text())
    raise SystemExit(f"{folder} has no figures")


def main():
    reference, other = Path(sys.argv[1]), Path(sys.argv[2])
    tables = [relation(folder / "customers.parquet") for folder in (reference, other)]
    compare_customers("customers.parquet", *tables)
    csv = typed_csv(other)
    compare_customers("customers.csv", tables[0], csv)
    unsorted = one(
        f"SELECT count(*) FROM (SELECT customer <= lag(customer) OVER () AS falls FROM {csv}) "
        "WHERE falls"
    )[0]
    if unsorted:
        problems.append(f"customers.csv: {unsorted} lines out of order")
    compare_lists(reference, other)
    # The other may say more. Which files were read is no figure.
    wanted = {name: value for name, value in figures(reference).items() if name != "imported"}
    compare_figures("figures", wanted, figures(other))
    for problem in problems:
        print(problem if len(problem) < 300 else problem[:300] + " ...")
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()
