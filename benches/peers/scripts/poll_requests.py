"""Polls every page of a list each second, one after the other, and keeps the rows of its header in SQLite."""

import sqlite3
import sys
import time

import requests
from bs4 import BeautifulSoup

pages, database = open(sys.argv[1]).read().split(), sqlite3.connect(sys.argv[2])
database.execute("PRAGMA journal_mode = WAL")
database.execute("PRAGMA synchronous = FULL")
database.execute("CREATE TABLE row (at REAL, page TEXT, label TEXT, level TEXT, change TEXT, percent TEXT)")
session = requests.Session()
due = time.monotonic()
while True:
    for page in pages:
        soup = BeautifulSoup(session.get(page).text, "lxml")
        rows = [item.get_text().rsplit(" ", 3) for item in soup.find("ul").find_all("li")]
        with database:
            database.executemany("INSERT INTO row VALUES (?, ?, ?, ?, ?, ?)", [(time.time(), page, *row) for row in rows])
    due += 1
    time.sleep(max(0, due - time.monotonic()))
