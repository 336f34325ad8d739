"""What warcio reads out of archives: a line of JSON for each record, and one with "error" where it gives up."""

import base64
import hashlib
import json
import sys

from warcio.archiveiterator import ArchiveIterator


def date(record):
    stated = record.rec_headers.get_header("WARC-Date")
    if stated:
        return stated
    d = record.rec_headers.get_header("archive-date")
    return f"{d[:4]}-{d[4:6]}-{d[6:8]}T{d[8:10]}:{d[10:12]}:{d[12:14]}Z"


def row(record):
    headers = record.rec_headers
    payload = record.raw_stream.read()
    digest = base64.b32encode(hashlib.sha1(payload).digest()).decode()
    return {
        "type": record.rec_type,
        "url": headers.get_header("WARC-Target-URI") or headers.get_header("uri"),
        "date": date(record),
        "status": int(record.http_headers.get_statuscode()) if is_answer(record) else None,
        "payload_digest": f"sha1:{digest}",
    }


def is_answer(record):
    return record.http_headers is not None and record.rec_type != "request"


for name in sys.argv[1:]:
    with open(name, "rb") as file:
        try:
            for record in ArchiveIterator(file):
                print(json.dumps({"file": name, **row(record)}))
        except Exception as error:
            print(json.dumps({"file": name, "error": str(error).strip().splitlines()[0]}))
