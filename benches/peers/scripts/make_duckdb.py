"""Brings points into a database of DuckDB: of one indicator, or of several where lines have three cells."""

import sys

import duckdb

text, database = sys.argv[1:]
has_indicator = open(text).readline().count(",") == 2
columns = {"indicator": "VARCHAR"} if has_indicator else {}
columns |= {"moment": "BIGINT", "level": "DECIMAL(12, 2)"}
with duckdb.connect(database) as connection:
    declared = ", ".join(f"{name} {kind}" for name, kind in columns.items())
    connection.execute(f"CREATE TABLE point ({declared})")
    connection.execute(f"COPY point FROM '{text}' (HEADER false)")
