"""The page needs nothing but itself, and lets nothing of what it tells of into its markup."""

import re
from html.parser import HTMLParser

from cluster.report.page import STYLE, card, cells, page, table, warning

VOID = ("meta", "br", "img", "link", "input", "rect", "path", "line", "circle")


class Checked(HTMLParser):
    """Raises when a tag is closed that is not open."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop() == tag, f"</{tag}> closes what is not open"


def well_formed(html: str) -> bool:
    checked = Checked()
    checked.feed(html)
    return checked.open == []


def test_a_page_is_whole_and_fetches_nothing() -> None:
    html = page("Title", "lead", "meta", [("One", card("<p>a</p>")), ("Two", "<p>b</p>")])
    assert html.startswith("<!DOCTYPE html>") and well_formed(html)
    assert '<a href="#c2">2. Two</a>' in html and '<section id="c2">' in html
    assert not re.search(r"(src|href)\s*=\s*[\"'](?!#)|@import|url\(|<script|<link", html)


def test_light_and_dark_have_the_same_colours_by_name() -> None:
    light, dark = STYLE.split("@media (prefers-color-scheme: dark)")[0], STYLE.split("prefers-color-scheme: dark")[1]
    names = set(re.findall(r"(--[\w-]+):", light))
    assert names and names == set(re.findall(r"(--[\w-]+):", dark.split("* {")[0]))
    assert set(re.findall(r"var\((--[\w-]+)\)", STYLE)) == names  # each is used, and none is missing


def test_text_is_escaped_wherever_it_comes_in() -> None:
    bad = '<b>&"'
    html = page(
        bad, bad, bad, [(bad, warning([bad]) + card(table(cells([bad], tag="th"), [cells([bad], numbers=True)])))]
    )
    assert (
        "<b>" not in html and html.count("&lt;b&gt;&amp;") == 9
    )  # two titles, lead, meta, link, head, and three in the chapter
    assert warning([]) == ""
