"""Checks JSON answers against their schema, and the schema against the answers.

  schema_check.py orders FOLDER            writes order files that exercise what a run can say
  schema_check.py imports FOLDER           writes files for a workspace to import
  schema_check.py models FOLDER            writes files to learn from
  schema_check.py check SCHEMA ANSWER...   prints what does not fit; nothing when everything does
"""
import gzip
import json
import random
import sys
from datetime import date, timedelta
from pathlib import Path

from jsonschema import Draft202012Validator


def write_orders(folder: Path) -> None:
    """A year and a half of a small shop, in four files of four kinds, and its web site's events."""
    import openpyxl

    rng = random.Random(7)
    header = ["N° client", "N° commande", "Date", "Montant TTC", "Statut", "Canal", "Référence", "Catégorie"]
    lines = []
    for order in range(600):
        customer = f"{rng.randrange(90):04d}" if order % 17 else ""
        year, month = divmod(rng.randrange(18), 12)
        date = f"{rng.randrange(1, 29):02d}/{month + 1:02d}/{2023 + year}"
        for _ in range(rng.randrange(1, 4)):
            amount = round(rng.lognormvariate(3, 1), 2) * (-1 if order % 23 == 0 else 1)
            if order % 31 == 0:
                amount = 0
            product = rng.randrange(40)
            lines.append([
                customer, f"C{order}", date, f"{amount:.2f}".replace(".", ","),
                "annulée" if order % 41 == 0 else "livrée", rng.choice(["Boutique", "Site"]),
                f"P{product}", f"Rayon {product % 5}"])
    lines[5][2] = "31/02/2024"
    lines[9][3] = "dix"
    lines.insert(12, lines[11])

    def text(rows):
        return "".join(";".join(row) + "\n" for row in [header] + rows)

    (folder / "commandes.csv").write_text(text(lines[:900]), encoding="cp1252")
    with gzip.open(folder / "suite.csv.gz", "wt", encoding="utf-8") as file:
        file.write(text(lines[890:]))
    with open(folder / "events.csv", "w", encoding="utf-8") as file:
        file.write("customer_id;date\n")
        for _ in range(300):
            file.write(f"{rng.randrange(120):04d};2024-0{rng.randrange(1, 6)}-{rng.randrange(10, 28)}\n")
    book = openpyxl.Workbook()
    book.active.title = "Orders"
    book.active.append(["customer_id", "order_date", "amount"])
    for customer, day, amount in [("a", 3, 10), ("b", 4, 20.5), ("a", 9, 12)]:
        book.active.append([customer, f"2024-01-{day:02d}", amount])
    book.save(folder / "orders.xlsx")
    with open(folder / "orders.json", "w", encoding="utf-8") as file:
        for customer, day, amount in [("a", 3, 10), ("a", 3, -10)]:
            json.dump({"customer_id": customer, "order_date": f"2024-01-{day:02d}", "amount": amount}, file)
            file.write("\n")


def write_imports(folder: Path) -> None:
    """Customers, order lines and visits that exercise what an import can say."""
    import openpyxl

    (folder / "clients.csv").write_text(
        "id;Nom;Niveau;Points\n1;A;or;3\n2;B;argent;4\n2;B;or;4\n" + "".join(
            f"{n};C{n};or;5\n" for n in range(3, 13)))
    (folder / "lignes.csv").write_text(
        "N° commande;N° client;Date;Réf produit;Montant\nA;1;15/01/2024;P1;10,50\nA;1;15/01/2024;P2;3,00\n"
        "B;;16/01/2024;P1;10,50\n")
    with gzip.open(folder / "visites.csv.gz", "wt", encoding="utf-8") as file:
        file.write("id client;evenement;date\n")
        for n in range(1, 12):
            file.write(f"{n};visite;{'31/02' if n == 5 else '15/03'}/2024\n")
    book = openpyxl.Workbook()
    book.active.append(["id", "Nom", "E-mail", "Niveau"])
    book.active.append(["1", "A", "a@b.fr", "bronze"])
    book.save(folder / "clients.xlsx")


def write_models(folder: Path) -> None:
    """Orders, customers, answers and contracts that exercise what models can say."""
    rng = random.Random(11)
    lines = ["customer_id,order_date,amount,channel,category"]
    for customer in range(400):
        day, end = rng.randrange(0, 200), rng.randrange(150, 540)
        while day < end:
            amount = round(rng.lognormvariate(3.2 + customer % 4 / 4, 0.5), 2)
            lines.append(
                f"{customer},{date_of(day)},{amount},{['web', 'shop'][customer % 2]},"
                f"aisle {(customer + day) % 3}")
            day += 1 + int(rng.expovariate(1 / (15 + customer % 60)))
    (folder / "orders.csv").write_text("\n".join(lines) + "\n")
    (folder / "young.csv").write_text(
        "customer_id,order_date,amount\n" + "".join(f"{n},{date_of(n)},10\n" for n in range(50)))
    (folder / "customers.csv").write_text(
        "customer_id,region,age,won_for\n" + "".join(
            f"{n},{['north', 'south', 'west'][n % 3]},{20 + n % 30},{n % 9}.5\n" for n in range(400)))
    rows = ["id,team,nps,csat,ces,q1,q2,q3,q4,colour"]
    for n in range(300):
        high = n % 2
        answers = [5 - rng.randrange(2) if high else 1 + rng.randrange(2) for _ in range(4)]
        rows.append(
            f"r{n},t{n % 3},{9 if high else rng.randrange(8)},{rng.randrange(1, 6)},"
            f"{rng.randrange(1, 8)},{','.join(map(str, answers))},{'red' if high else 'blue'}")
    (folder / "survey.csv").write_text("\n".join(rows) + "\n")
    (folder / "question.csv").write_text("nps\n" + "".join(f"{n % 11}\n" for n in range(40)))
    contracts = ["id,start,end,plan,seats,monthly"]
    for n in range(300):
        begin = rng.randrange(0, 500)
        end = begin + int(rng.expovariate(1 / (150 + 100 * (n % 2))))
        contracts.append(
            f"s{n},{date_of(begin)},{date_of(end) if end < 540 else ''},{['a', 'b'][n % 2]},"
            f"{1 + n % 5},{10 + n % 5}")
    contracts.append("late,2031-01-01,2030-01-01,a,1,10")
    (folder / "contracts.csv").write_text("\n".join(contracts) + "\n")
    (folder / "few.csv").write_text("tenure,churn\n1,yes\n2,no\n3,no\n4,no\n")


def date_of(day: int) -> str:
    return (date(2023, 1, 1) + timedelta(days=day)).isoformat()


def seen_keys(schema: dict, root: dict, value, seen: set) -> None:
    """Adds each described key that an answer has, by the identity of its description."""
    if "$ref" in schema:
        seen_keys(root["$defs"][schema["$ref"].rpartition("/")[2]], root, value, seen)
    for choice in schema.get("oneOf", []):
        if Draft202012Validator({**choice, "$defs": root.get("$defs", {})}).is_valid(value):
            seen_keys(choice, root, value, seen)
    if isinstance(value, dict):
        for key, inner in value.items():
            described = schema.get("properties", {}).get(key)
            if described is not None:
                seen.add(id(described))
                seen_keys(described, root, inner, seen)
            elif isinstance(schema.get("additionalProperties"), dict):
                seen_keys(schema["additionalProperties"], root, inner, seen)
    elif isinstance(value, list) and "items" in schema:
        for inner in value:
            seen_keys(schema["items"], root, inner, seen)


def objects(schema, path=""):
    """Every part of a schema that describes an object's keys, with its place."""
    if isinstance(schema, dict):
        if "properties" in schema:
            yield path, schema
        for key, inner in schema.items():
            yield from objects(inner, f"{path}/{key}")
    elif isinstance(schema, list):
        for index, inner in enumerate(schema):
            yield from objects(inner, f"{path}/{index}")


def check(schema_path: str, answer_paths: list[str]) -> None:
    schema = json.loads(Path(schema_path).read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema)
    validator = Draft202012Validator(schema)
    seen: set = set()
    for path in answer_paths:
        answer = json.loads(Path(path).read_text(encoding="utf-8"))
        for error in validator.iter_errors(answer):
            print(f"{Path(path).name} {error.json_path}: {error.message[:300]}")
        seen_keys(schema, schema, answer, seen)
    for path, described in objects(schema):
        if described.get("additionalProperties") is not False:
            print(f"{path}: allows keys that it does not describe")
        for key, inner in described["properties"].items():
            if not (inner.get("description") or "$ref" in inner or "argument" in path):
                print(f"{path}/{key}: has no description")
            # Nothing in an answer says where in a file a run's sentence applies, and a sentence
            # about texts or a number is rare.
            if id(inner) not in seen and "/argument/" not in path and "/location" not in f"{path}/{key}":
                print(f"{path}/{key}: no answer has it")


if __name__ == "__main__":
    if sys.argv[1] == "orders":
        write_orders(Path(sys.argv[2]))
    elif sys.argv[1] == "models":
        write_models(Path(sys.argv[2]))
    elif sys.argv[1] == "imports":
        write_imports(Path(sys.argv[2]))
    else:
        check(sys.argv[2], sys.argv[3:])
