"""Rows into a clustered table of SQLite, with executemany; tells the rows a second of processor time."""

import csv
import sqlite3
import sys
import time

text, database = sys.argv[1:]
rows = [tuple(map(int, row)) for row in csv.reader(open(text))]
connection = sqlite3.connect(database)
connection.execute(
    """CREATE TABLE point (indicator INTEGER NOT NULL, at INTEGER NOT NULL, level INTEGER NOT NULL,
                           change INTEGER NOT NULL, percent INTEGER NOT NULL,
                           PRIMARY KEY (indicator, at)) WITHOUT ROWID"""
)
begun = time.process_time()
with connection:
    connection.executemany("INSERT INTO point VALUES (?, ?, ?, ?, ?)", rows)
print(f"figure: {len(rows) / (time.process_time() - begun)}")
print(*connection.execute("SELECT count(*), sum(level), sum(change), sum(percent) FROM point").fetchone())
