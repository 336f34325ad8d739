"""Counts the pages that hold the word of the bar, with FastWARC (2.0)."""

import sys

from fastwarc.warc import ArchiveIterator, WarcRecordType

PAGES = WarcRecordType.response | WarcRecordType.resource
found = 0
for path in sys.argv[1:]:
    for record in ArchiveIterator(path, record_types=PAGES, parse_http=False):
        found += b"INDIKATOR" in record.reader.read()
print(found, "pages")
