"""The newest levels, or the levels at a moment and at the beginnings of windows, with pandas."""

import sys

import pandas

parquet, question, *rest = sys.argv[1:]
points = pandas.read_parquet(parquet)


def known(moment):
    return points[points["moment"] <= moment].groupby("indicator")["level"].last()


if question == "latest":
    for indicator, level in points.groupby("indicator")["level"].last().items():
        print(indicator, level)
else:
    as_of, *windows = rest
    levels = known(int(as_of))
    for window in windows:
        over, base = window.split("=")
        bases = known(int(base))
        for indicator, level in levels.items():
            print(indicator, over, level, bases.get(indicator, "-"))
