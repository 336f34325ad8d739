"""Brings points into a Parquet file with pandas: of one indicator, or of several where lines have three cells."""

import sys

import pandas

text, parquet = sys.argv[1:]
has_indicator = open(text).readline().count(",") == 2
names = ["indicator", "moment", "level"] if has_indicator else ["moment", "level"]
pandas.read_csv(text, names=names).to_parquet(parquet, index=False)
