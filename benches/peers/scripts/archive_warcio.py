"""Counts the pages that have the word of the bar, with warcio."""

import sys

from warcio.archiveiterator import ArchiveIterator

found = 0
with open(sys.argv[1], "rb") as file:
    for record in ArchiveIterator(file):
        if record.rec_type == "response":
            found += b"INDIKATOR" in record.raw_stream.read()
print(found, "pages")
