"""Rows into a table of DuckDB, with COPY; tells the rows a second of processor time."""

import sys
import time

import duckdb

text, database = sys.argv[1:]
with duckdb.connect(database) as connection:
    connection.execute("CREATE TABLE point (indicator BIGINT, moment BIGINT, level BIGINT)")
    begun = time.process_time()
    connection.execute(f"COPY point FROM '{text}' (HEADER false)")
    connection.execute("CHECKPOINT")
    took = time.process_time() - begun
    count, total = connection.execute("SELECT count(*), sum(level) FROM point").fetchone()
print(f"figure: {count / took}")
print(count, total)
