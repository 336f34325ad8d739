"""Archives that warcio writes: every type of record, every coding of a body, both versions, plain and gzip."""

import gzip
import io
import pathlib
import sys
import zlib

from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

PAGE = b"<html><b>| INDIKATOR | LQ45 919,20 </b></html>" * 40
DATE = "2024-04-19T03:30:00Z"


def chunked(body, size=100):
    parts = [body[at : at + size] for at in range(0, len(body), size)] + [b""]
    return b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts)


def raw_deflate(body):
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(body) + packer.flush()


BODIES = [
    ([], PAGE),
    ([("Content-Encoding", "gzip")], gzip.compress(PAGE)),
    ([("Content-Encoding", "deflate")], zlib.compress(PAGE)),
    ([("Content-Encoding", "deflate")], raw_deflate(PAGE)),
    ([("Transfer-Encoding", "chunked")], chunked(PAGE)),
    ([("Transfer-Encoding", "chunked"), ("Content-Encoding", "gzip")], chunked(gzip.compress(PAGE))),
    ([("Transfer-Encoding", "chunked")], PAGE),
    ([("Content-Encoding", "gzip")], PAGE),
    ([], b""),
]


def records(writer):
    yield writer.create_warcinfo_record("x.warc", {"software": "warcio"})
    for number, (fields, body) in enumerate(BODIES):
        url = f"https://www.kontan.co.id/?n={number}&q=<b>"
        http = StatusAndHeaders("200 OK", [("Content-Type", "text/html"), *fields], protocol="HTTP/1.1")
        headers = {"WARC-Date": DATE}
        yield record(writer, url, "response", body, http, headers)
        request = StatusAndHeaders("GET / HTTP/1.1", [("Host", "www.kontan.co.id")], is_http_request=True)
        yield record(writer, url, "request", b"", request, headers)
    yield record(writer, "https://a/", "resource", PAGE, None, {"WARC-Date": DATE}, "text/html")
    yield record(writer, "https://a/", "conversion", PAGE, None, {"WARC-Date": DATE}, "text/plain")
    yield record(writer, "dns:a", "response", b"20240419\na. 300 IN A 1.2.3.4\n", None, {"WARC-Date": DATE}, "text/dns")
    yield writer.create_revisit_record("https://a/", "sha1:" + "A" * 32, "https://a/", DATE)


def record(writer, url, kind, body, http, headers, mime=""):
    return writer.create_warc_record(
        url,
        kind,
        payload=io.BytesIO(body),
        http_headers=http,
        warc_headers_dict=headers,
        warc_content_type=mime,
    )


def arc():
    about = b"1 0 warcio\nURL IP-address Archive-date Content-type Archive-length\n"
    yield b"filedesc://x.arc 0.0.0.0 20080101000000 text/plain %d\n%s\n" % (len(about), about)
    for number in range(5):
        block = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n" + PAGE[: 300 * number]
        yield b"http://a/%d 1.2.3.4 2008010100000%d text/html %d\n%s\n" % (number, number, len(block), block)


folder = pathlib.Path(sys.argv[1])
for version in ["1.0", "1.1"]:
    for packed in [False, True]:
        path = folder / f"written-{version}.warc{'.gz' if packed else ''}"
        with open(path, "wb") as file:
            writer = WARCWriter(file, gzip=packed, warc_version=version)
            for each in records(writer):
                writer.write_record(each)
(folder / "written.arc").write_bytes(b"".join(arc()))
(folder / "written.arc.gz").write_bytes(b"".join(gzip.compress(part) for part in arc()))
(folder / "one-member.warc.gz").write_bytes(gzip.compress((folder / "written-1.0.warc").read_bytes()))
