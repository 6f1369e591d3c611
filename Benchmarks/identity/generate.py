"""Fills a workspace's store with records of people, a fifth of them a second record of somebody.

  generate.py STORE RECORDS

The second record has the slips of a second clerk: one letter of a name changed (a tenth), the first name an
initial (a tenth), the birth date missing (a fifth), day and month changed round (1 %), another e-mail address
(a third) or none (a fifth), another telephone (a fifth) or none (a fifth), another postal code (a tenth). Written by
hashes of the record's number: the same store for the same count. `truth` in a file beside it: STORE.truth.csv.
"""
import sys

import duckdb

FIRST = "jean marie pierre luc anne paul claire julie hugo lea emma louis jules alice chloe manon lucas nina leo eva " \
    "adam sara noe lina tom rose ines maxime camille antoine thomas nicolas sophie laure helene david olivier eric " \
    "sandrine nathalie philippe bernard michel francoise monique catherine isabelle alain didier thierry".split()
SYLLABLES = "mar tin ber nard du bois tho mas ro bert ri chard pe tit du rand le roy mo reau si mon lau rent le fe " \
    "vre mi chel gar cia da vid ber trand roux vin cent four nier mo rel gi rard an dre mer cier bon net".split()


def main() -> None:
    store, records = sys.argv[1], int(sys.argv[2])
    people = records * 4 // 5
    base = duckdb.connect(store)
    base.execute("SET threads = 2")
    columns = [("first_name", "text"), ("last_name", "text"), ("birth_date", "date"), ("email", "text"),
               ("phone", "text"), ("address", "text"), ("postal_code", "text")]
    have = {row[0] for row in base.execute("SELECT attribute_id FROM attribute_definition").fetchall()}
    for name, kind in columns:
        if name not in have:
            base.execute("INSERT INTO attribute_definition (attribute_id, type, data_class, origin) "
                         "VALUES (?, ?, 'identifying', 'imported')", [name, kind])
            base.execute(f"ALTER TABLE customer_attribute ADD COLUMN {name} {'DATE' if kind == 'date' else 'VARCHAR'}")
    base.execute("CREATE TEMP TABLE first AS SELECT unnest(?) AS name", [FIRST])
    base.execute("CREATE TEMP TABLE syllable AS SELECT unnest(?) AS name", [SYLLABLES])
    base.execute("SET VARIABLE firsts = (SELECT list(name) FROM first)")
    base.execute("SET VARIABLE parts = (SELECT list(name) FROM syllable)")

    def pick(of: str, salt: int, bound: str) -> str:
        return f"(hash({of}, {salt}) % {bound}::UBIGINT)::BIGINT"

    base.execute(f"""
        CREATE TEMP TABLE person AS
        SELECT p, getvariable('firsts')[1 + least({pick('p', 1, '50')}, {pick('p', 2, '50')})] AS first,
          getvariable('parts')[1 + {pick('p', 3, '55')}] || getvariable('parts')[1 + {pick('p', 4, '55')}]
            || CASE WHEN {pick('p', 5, '3')} = 0 THEN getvariable('parts')[1 + {pick('p', 6, '55')}] ELSE '' END AS last,
          DATE '1935-01-01' + {pick('p', 7, '27000')}::INTEGER AS birth,
          '06' || lpad((10000000 + (p * 7919) % 89999999)::VARCHAR, 8, '0') AS phone,
          (1 + {pick('p', 8, '150')}) || ' rue ' || getvariable('parts')[1 + {pick('p', 9, '55')}] AS address,
          lpad((1 + {pick('p', 10, '95')})::VARCHAR, 2, '0') || lpad(({pick('p', 11, '60')} * 10)::VARCHAR, 3, '0') AS postal
        FROM range({people}) AS t(p)""")
    base.execute(f"""
        CREATE TEMP TABLE record AS
        SELECT r + 1 AS customer_id, r >= {people} AS is_second, r % {people} AS p,
          hash(r, 20) % 10 AS a, hash(r, 21) % 10 AS b, hash(r, 22) % 100 AS c, hash(r, 23) % 15 AS d,
          hash(r, 24) % 10 AS e, hash(r, 25) % 10 AS f
        FROM range({records}) AS t(r)""")
    base.execute("""
        CREATE TEMP TABLE filled AS
        SELECT r.customer_id, r.p,
          CASE WHEN is_second AND a = 0 THEN upper(left(first, 1)) || '.' ELSE first END AS first_name,
          CASE WHEN is_second AND b = 0 THEN left(last, 2) || substr(last, 4) ELSE last END AS last_name,
          CASE WHEN is_second AND c < 20 THEN NULL
            WHEN is_second AND c = 20 AND day(birth) <= 12 THEN make_date(year(birth), day(birth), month(birth))
            ELSE birth END AS birth_date,
          CASE WHEN is_second AND d < 3 THEN NULL WHEN is_second AND d < 8
            THEN first || p || '@orange.fr' ELSE first || '.' || last || p || '@gmail.com' END AS email,
          CASE WHEN is_second AND e < 2 THEN NULL
            WHEN is_second AND e < 4 THEN '07' || lpad((10000000 + (p * 6007) % 89999999)::VARCHAR, 8, '0')
            ELSE phone END AS phone,
          address, CASE WHEN is_second AND f = 0 THEN '99000' ELSE postal END AS postal_code
        FROM record AS r JOIN person USING (p)""")
    base.execute("INSERT INTO customer (customer_id, first_seen) SELECT customer_id, make_timestamptz(1704067200000000) "
                 "FROM filled ORDER BY customer_id")
    base.execute("INSERT INTO identifier (source, type, value, customer_id) SELECT CASE WHEN customer_id <= ? THEN 'crm' "
                 "ELSE 'shop' END, 'customer', customer_id::VARCHAR, customer_id FROM filled", [people])
    base.execute("INSERT INTO customer_attribute BY NAME SELECT * EXCLUDE (p) FROM filled ORDER BY customer_id")
    for name, _ in columns:
        base.execute(f"""
            INSERT INTO attribute_history
            SELECT customer_id, '{name}', make_timestamptz(1704067200000000), {name}::VARCHAR,
              CASE WHEN customer_id <= ? THEN 'crm' ELSE 'shop' END, nextval('row_ids'), NULL, NULL
            FROM filled WHERE {name} IS NOT NULL""", [people])
    base.execute(f"COPY (SELECT customer_id AS record, p AS person FROM filled ORDER BY 1) TO '{store}.truth.csv' (HEADER)")
    base.execute(f"COPY (SELECT customer_id, * EXCLUDE (customer_id, p) FROM filled ORDER BY 1) TO '{store}.parquet'")
    base.execute("CHECKPOINT")


main()
