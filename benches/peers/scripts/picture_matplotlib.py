"""A picture of 1600x900 of the points from a moment on, with matplotlib."""

import sqlite3
import sys

import matplotlib

matplotlib.use("Agg")

import numpy
from matplotlib import pyplot

database, begin, picture = sys.argv[1:]
query = "SELECT at, level FROM point WHERE indicator = 0 AND at >= ?"
with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as connection:
    points = numpy.array(connection.execute(query, (int(begin),)).fetchall())
figure, axes = pyplot.subplots(figsize=(16, 9), dpi=100)
axes.plot(points[:, 0].astype("datetime64[s]"), points[:, 1] / 100, linewidth=1)
axes.set_title("LQ45")
axes.grid(True)
figure.savefig(picture)
