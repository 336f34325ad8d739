"""All points as CSV, in the order of time, with pandas."""

import sys

import pandas

parquet, text = sys.argv[1:]
points = pandas.read_parquet(parquet)
points["moment"] = pandas.to_datetime(points["moment"], unit="s")
points.to_csv(text, index=False)
