"""Finds the header in a page so many times, with one of several parsers; tells the processor time of once, and the rows.

The rows are the items of the list after the element that has the word of the bar and no element inside."""

import sys
import time


def resiliparse(page):
    from resiliparse.parse.html import HTMLTree

    # Selected, since going through the elements of a page takes it ten times as long as parsing it.
    for rows in HTMLTree.parse(page).body.query_selector_all("div + ul"):
        if "INDIKATOR" in rows.prev_element.text:
            return [item.text for item in rows.get_elements_by_tag_name("li")]
    return []


def selectolax(page):
    from selectolax.lexbor import LexborHTMLParser

    for bar in LexborHTMLParser(page).css("div"):
        if "INDIKATOR" in (bar.text(deep=False) or ""):
            return [item.text() for item in bar.parent.css("div ~ ul > li")]
    return []


def lxml(page):
    from lxml import html

    bars = html.fromstring(page).xpath("//div[not(*) and contains(text(), 'INDIKATOR')]")
    return [item.text_content() for bar in bars for item in bar.xpath("following-sibling::ul[1]/li")]


def beautifulsoup4(page):
    from bs4 import BeautifulSoup

    soup = BeautifulSoup(page, "lxml")
    bar = soup.find("div", string=lambda text: text and "INDIKATOR" in text)
    return [item.get_text() for item in bar.find_next_sibling("ul").find_all("li")] if bar else []


name, path, rounds = sys.argv[1:]
read, rounds, page = globals()[name], int(rounds), open(path, encoding="utf-8").read()
rows = read(page)
begun = time.process_time()
for _ in range(rounds):
    rows = read(page)
print(f"figure: {(time.process_time() - begun) * 1e6 / rounds}")
for row in rows or ["no rows"]:
    print(" ".join(row.split()))
