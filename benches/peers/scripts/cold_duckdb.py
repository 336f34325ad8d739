"""The newest levels, or the levels at a moment and at the beginnings of windows, with DuckDB."""

import sys

import duckdb

database, question, *rest = sys.argv[1:]
with duckdb.connect(database, read_only=True) as connection:
    if question == "latest":
        rows = connection.execute("SELECT indicator, arg_max(level, moment) FROM point GROUP BY 1").fetchall()
    else:
        as_of, *windows = rest
        spans = ", ".join("('{}', {})".format(*window.split("=")) for window in windows)
        rows = connection.execute(
            f"""WITH span (over, base) AS (VALUES {spans})
                SELECT indicator, over, arg_max(level, moment) FILTER (moment <= {as_of}),
                       arg_max(level, moment) FILTER (moment <= base)
                FROM point, span GROUP BY 1, 2"""
        ).fetchall()
for row in rows:
    print(*("-" if cell is None else cell for cell in row))
