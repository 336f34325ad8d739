"""Daily bars of Jakarta, with DuckDB."""

import sys

import duckdb

with duckdb.connect(sys.argv[1], read_only=True) as connection:
    bars = connection.execute(
        """SELECT arg_min(level, moment), max(level), min(level), arg_max(level, moment), count(*)
           FROM point GROUP BY (moment + 25200) // 86400 ORDER BY min(moment)"""
    )
    for bar in bars.fetchall():
        print(*bar)
