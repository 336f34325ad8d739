"""Reads archives to rows, independently of pantau: with Python's standard library alone, and a small reader of the
text after the bar. Prints a JSON object for each row, in the order of the files and of the records in them.

    python3 read_archives.py FILE...
"""

import gzip
import json
import re
import sys
import zlib
from datetime import datetime, timezone
from html.parser import HTMLParser

LABELS = [
    "RD.PENDAPATAN TETAP", "RD.CAMPURAN", "RD.SAHAM", "IDXHIDIV20", "KOMPAS100", "USD/IDR", "IDXV30", "IDXQ30",
    "IDX30", "IDX80", "EMAS", "LQ45", "ISSI", "IDX",
]
BAR = re.compile(r"\|\s*INDIKATOR\s*\|")
NUMBER = r"-?\d{1,3}(?:\.\d{3})*(?:,\d+)?"
ROW = re.compile(
    r"[\s•|]*(" + "|".join(re.escape(label).replace(r"\ ", r"\s+") for label in LABELS) + r")"
    rf"(?:\s*({NUMBER}))??(?:\s+({NUMBER}))?\s+(-?\d+[.,]\d+)%"
)


class Text(HTMLParser):
    """The shown text of a page, with a space where a tag stands."""

    HIDDEN = {"script", "style", "title"}

    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.parts, self.hidden = [], 0

    def handle_starttag(self, tag, attributes):
        self.hidden += tag in self.HIDDEN
        self.parts.append(" ")

    def handle_endtag(self, tag):
        self.hidden -= tag in self.HIDDEN
        self.parts.append(" ")

    def handle_data(self, data):
        if not self.hidden:
            self.parts.append(data)


def shown(page):
    text = Text()
    text.feed(page)
    text.close()
    return "".join(text.parts)


def exact(number):
    return None if number is None else number.replace(".", "").replace(",", ".")


def rows(text):
    """The rows after the bar, the first of each label."""
    bar = BAR.search(text)
    found = {}
    at = bar.end() if bar else len(text)
    while row := ROW.match(text, at):
        label, level, change, percent = row.groups()
        label = " ".join(label.split())
        found.setdefault(label, (exact(level), exact(change), percent.replace(",", ".")))
        at = row.end()
    return found


def decoded(body, content_type):
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        declared = re.search(r"charset=([\w-]+)", content_type)
        text = body.decode(declared.group(1) if declared else "utf-8", "replace")
        # A byte that means nothing there separates words: it was a no-break space.
        return text.replace("\ufffd", " ")


def head(bytes_):
    """A first line, the fields, and what follows the empty line."""
    front, _, rest = bytes_.partition(b"\r\n\r\n")
    lines = front.decode("utf-8").split("\r\n")
    fields = dict(line.split(":", 1) for line in lines[1:])
    return lines[0], {name.lower(): value.strip() for name, value in fields.items()}, rest


def members(bytes_):
    """The members of a gzip file with their places."""
    at = 0
    while at < len(bytes_):
        inflate, out, place = zlib.decompressobj(31), [], at
        while not inflate.eof:
            piece = bytes_[at : at + 65536]
            out.append(inflate.decompress(piece))
            at += len(piece) - len(inflate.unused_data)
            if not piece:
                raise ValueError(f"the file ends inside the member at {place}")
        yield place, b"".join(out)


def records(path):
    with open(path, "rb") as file:
        bytes_ = file.read()
    if bytes_[:2] == b"\x1f\x8b":
        for place, record in members(bytes_):
            _, fields, block = head(record)
            yield place, fields, block[: int(fields["content-length"])]
        return
    at = 0
    while at < len(bytes_):
        front = bytes_[at : bytes_.index(b"\r\n\r\n", at) + 4]
        _, fields, _ = head(front)
        length = int(fields["content-length"])
        yield at, fields, bytes_[at + len(front) : at + len(front) + length]
        at += len(front) + length + 4


def unchunked(body):
    out, at = [], 0
    while True:
        end = body.index(b"\r\n", at)
        size = int(body[at:end], 16)
        if size == 0:
            return b"".join(out)
        out.append(body[end + 2 : end + 2 + size])
        at = end + 2 + size + 2


def as_sent(body, fields):
    """Undoes the coding that a head tells, as far as the body is in it."""
    if fields.get("transfer-encoding") == "chunked":
        try:
            body = unchunked(body)
        except ValueError:
            pass
    if fields.get("content-encoding") == "gzip" and body[:2] == b"\x1f\x8b":
        body = gzip.decompress(body)
    return body


def page_of(fields, block):
    """The text of a page, or nothing where the record is none."""
    kind = fields["warc-type"]
    content_type = fields.get("content-type", "")
    if kind == "conversion":
        return block.decode("utf-8")
    if kind == "response":
        line, answered, body = head(block)
        content_type = answered.get("content-type", "")
        if line.split()[1] != "200":
            return None
        block = as_sent(body, answered)
    elif kind != "resource":
        return None
    if content_type.split(";")[0] != "text/html":
        return None
    return shown(decoded(block, content_type)) if b"INDIKATOR" in block else ""


def captured_at(fields):
    copied = re.search(r"/web/(\d{14})", fields.get("warc-source-uri", ""))
    if copied:
        time = datetime.strptime(copied.group(1), "%Y%m%d%H%M%S").replace(tzinfo=timezone.utc)
    else:
        time = datetime.fromisoformat(fields["warc-date"].replace("Z", "+00:00"))
    return time.isoformat()


def main(paths):
    for path in paths:
        known = {}
        for offset, fields, block in records(path):
            if fields["warc-type"] == "revisit":
                found = known.get(fields.get("warc-refers-to"), {})
            else:
                found = rows(page_of(fields, block) or "")
                known[fields.get("warc-record-id")] = found
            for label, (level, change, percent) in found.items():
                row = {
                    "file": path, "offset": offset, "url": fields["warc-target-uri"],
                    "captured_at": captured_at(fields), "label": label, "level": level, "change": change,
                    "percent": percent,
                }
                print(json.dumps(row))


main(sys.argv[1:])
