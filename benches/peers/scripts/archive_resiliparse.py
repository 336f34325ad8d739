"""Counts the pages whose text has the word of the bar, with FastWARC and resiliparse."""

import sys

from fastwarc.warc import ArchiveIterator, WarcRecordType
from resiliparse.parse.html import HTMLTree

found = 0
for record in ArchiveIterator(sys.argv[1], record_types=WarcRecordType.response):
    found += "INDIKATOR" in HTMLTree.parse_from_bytes(record.reader.read(), "utf-8").body.text
print(found, "pages")
