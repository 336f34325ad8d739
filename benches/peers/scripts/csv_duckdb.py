"""All points as CSV in the columns of pantau, in the order of time, with DuckDB."""

import sys

import duckdb

MOMENT = "strftime(make_timestamp((moment + 25200) * 1000000), '%Y-%m-%dT%H:%M:%S+07:00')"
database, text = sys.argv[1:]
with duckdb.connect(database, read_only=True) as connection:
    query = f"""SELECT 'lq45' AS indicator, 'LQ45' AS label, 'index' AS kind, 'points' AS unit, level, NULL AS change,
                       NULL AS percent, 'unverifiable' AS verdict, {MOMENT} AS first_seen, {MOMENT} AS last_seen,
                       'kontan' AS source
                FROM point ORDER BY moment"""
    connection.execute(f"COPY ({query}) TO '{text}' (HEADER true)")
