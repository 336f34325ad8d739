"""All points as CSV, in the order of time, with DuckDB."""

import sys

import duckdb

database, text = sys.argv[1:]
with duckdb.connect(database, read_only=True) as connection:
    query = "SELECT make_timestamp(moment * 1000000) AS moment, level FROM point ORDER BY moment"
    connection.execute(f"COPY ({query}) TO '{text}' (HEADER true)")
