"""Runs peer_duckdb.sql on an order file: python peer_duckdb.py ORDERS OUT"""

import os
import pathlib
import sys

import duckdb

orders, out = os.path.abspath(sys.argv[1]), sys.argv[2]
script = pathlib.Path(__file__).with_suffix(".sql").read_text()
os.makedirs(os.path.join(out, "lists"), exist_ok=True)
os.chdir(out)
connection = duckdb.connect()
connection.execute(f"CREATE VIEW source AS FROM '{orders}'")
connection.execute(script)
