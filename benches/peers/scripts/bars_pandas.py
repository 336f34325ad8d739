"""Daily bars of Jakarta, with pandas."""

import sys

import pandas

points = pandas.read_parquet(sys.argv[1])
levels = points.groupby((points["moment"] + 25200) // 86400)["level"]
for bar in levels.agg(["first", "max", "min", "last", "count"]).itertuples(index=False):
    print(*bar)
