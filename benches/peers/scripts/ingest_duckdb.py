"""Rows into a table of DuckDB, with COPY; tells the rows a second of processor time."""

import sys
import time

import duckdb

text, database = sys.argv[1:]
with duckdb.connect(database) as connection:
    connection.execute("CREATE TABLE point (indicator BIGINT, moment BIGINT, level BIGINT, change BIGINT, percent BIGINT)")
    begun = time.process_time()
    connection.execute(f"COPY point FROM '{text}' (HEADER false)")
    connection.execute("CHECKPOINT")
    took = time.process_time() - begun
    query = "SELECT count(*), sum(level), sum(change), sum(percent) FROM point"
    count, *sums = connection.execute(query).fetchone()
print(f"figure: {count / took}")
print(count, *sums)
