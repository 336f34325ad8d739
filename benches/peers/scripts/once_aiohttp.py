"""Asks for every page of a list once, sixteen at a time, and keeps the rows of its header in SQLite."""

import asyncio
import sqlite3
import sys

import aiohttp
from selectolax.lexbor import LexborHTMLParser

pages, database = open(sys.argv[1]).read().split(), sqlite3.connect(sys.argv[2])
database.execute("PRAGMA journal_mode = WAL")
database.execute("PRAGMA synchronous = FULL")
database.execute("CREATE TABLE row (page TEXT, label TEXT, level TEXT, change TEXT, percent TEXT)")


async def poll(session, waiting):
    while waiting:
        page = waiting.pop()
        async with session.get(page) as answer:
            text = await answer.text()
        rows = [item.text().rsplit(" ", 3) for item in LexborHTMLParser(text).css("ul")[0].css("li")]
        with database:
            database.executemany("INSERT INTO row VALUES (?, ?, ?, ?, ?)", [(page, *row) for row in rows])


async def poll_all():
    async with aiohttp.ClientSession() as session:
        waiting = list(reversed(pages))
        await asyncio.gather(*(poll(session, waiting) for _ in range(16)))


asyncio.run(poll_all())
count = database.execute("SELECT count(DISTINCT page), count(*) FROM row").fetchone()
print(f"{count[0]} pages, {count[1]} rows")
