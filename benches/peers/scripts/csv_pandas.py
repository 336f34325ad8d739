"""All points as CSV in the columns of pantau, in the order of time, with pandas."""

import sys

import pandas

COLUMNS = "indicator label kind unit level change percent verdict first_seen last_seen source".split()
parquet, text = sys.argv[1:]
points = pandas.read_parquet(parquet)
points["first_seen"] = pandas.to_datetime(points["moment"], unit="s", utc=True).dt.tz_convert("Asia/Jakarta")
points["last_seen"] = points["first_seen"]
points = points.assign(
    indicator="lq45", label="LQ45", kind="index", unit="points", change=None, percent=None, verdict="unverifiable", source="kontan"
)
points.to_csv(text, columns=COLUMNS, index=False)
