"""Counts the pages that have the word of the bar, with FastWARC."""

import sys

from fastwarc.warc import ArchiveIterator, WarcRecordType

found = 0
for record in ArchiveIterator(sys.argv[1], record_types=WarcRecordType.response, parse_http=False):
    found += b"INDIKATOR" in record.reader.read()
print(found, "pages")
