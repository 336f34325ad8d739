"""Counts the pages that hold the word of the bar, with warcio."""

import sys

from warcio.archiveiterator import ArchiveIterator

found = 0
for path in sys.argv[1:]:
    with open(path, "rb") as file:
        for record in ArchiveIterator(file):
            if record.rec_type in ("response", "resource"):
                found += b"INDIKATOR" in record.raw_stream.read()
print(found, "pages")
