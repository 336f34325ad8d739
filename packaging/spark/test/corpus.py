"""Archives to read: small WARC files of made-up pages, the same ones each time. Knows the form of a WARC file and of a
page, and nothing of who reads them."""

import gzip
import random
from datetime import datetime, timedelta, timezone
from pathlib import Path

FIRST = datetime(2023, 12, 28, 2, 0, tzinfo=timezone.utc)
LABELS = ("IDX", "KOMPAS100", "LQ45", "ISSI", "IDX30", "IDX80")


def indonesian(hundredths):
    """919,20 and 6.926,03: the mark of thousands is a point, that of decimals a comma."""
    whole, rest = divmod(abs(hundredths), 100)
    sign = "-" if hundredths < 0 else ""
    return f"{sign}{whole:,}".replace(",", ".") + f",{rest:02}"


def header(chance):
    """A block of rows whose numbers fit together."""
    rows = []
    for label in LABELS:
        level, change = chance.randrange(100_00, 8000_00), chance.randrange(-99, 99)
        percent = round(10_000 * change / (level - change))
        cells = (label, indonesian(level), indonesian(change), indonesian(percent) + "%")
        rows.append("<li>" + " &nbsp; ".join(cells) + "</li>")
    return "<p>| : WIB | INDIKATOR |</p>\n<ul>\n" + "\n".join(rows) + "\n</ul>\n"


def page(chance, has_header):
    words = ("pasar", "saham", "emas", "rupiah", "bank", "dana", "harga")
    text = " ".join(chance.choices(words, k=chance.randrange(200, 800)))
    body = (header(chance) if has_header else "") + f"<article>{text}</article>"
    return f"<!doctype html><html><body>\n{body}</body></html>"


def record(kind, fields, block):
    lines = [f"WARC-Type: {kind}", *(f"{name}: {value}" for name, value in fields.items())]
    head = "\r\n".join(["WARC/1.0", *lines, f"Content-Length: {len(block)}"])
    return head.encode() + b"\r\n\r\n" + block + b"\r\n\r\n"


def response(chance, at, number, has_header):
    body = page(chance, has_header).encode()
    block = b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n\r\n" + body
    fields = {"WARC-Date": f"{at:%Y-%m-%dT%H:%M:%SZ}", "WARC-Target-URI": f"https://www.kontan.co.id/{number}"}
    return record("response", fields, block)


def write(path, seed, pages, first=FIRST):
    """Writes a file of so many pages, a third of them with a header. Gives the place of each record of such a page."""
    chance = random.Random(seed)
    places, offset = [], 0
    with open(path, "wb") as file:
        for number in range(pages):
            has_header = number % 3 == 0
            at = first + timedelta(hours=9 * seed, minutes=137 * number)
            member = gzip.compress(response(chance, at, number, has_header), mtime=0)
            if has_header:
                places.append((str(path), offset, len(member)))
            offset += file.write(member)
    return places


def damaged(path, seed, pages):
    """A file that breaks off in the middle of a record, and one of whose bytes is another."""
    write(path, seed, pages)
    bytes_ = bytearray(Path(path).read_bytes())
    bytes_[len(bytes_) // 3] ^= 0xFF
    Path(path).write_bytes(bytes_[: len(bytes_) * 4 // 5])
