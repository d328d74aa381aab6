"""The HTML face in a real browser: accessible, nothing clipped, nothing fetched, fit for paper.

Needs Chromium and the `browser` extra; skipped with the reason where they are missing.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hostile_texts import told
from sample_cards import CARDS, two_tools

from panel.records.card import Card
from panel.render import render

playwright = pytest.importorskip("playwright.sync_api", reason="needs the extra `browser` (playwright)")
axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="needs the extra `browser` (axe)")

pytestmark = pytest.mark.slow

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PHONE, DESK = 360, 1280

CLIPPED = """() => [...document.querySelectorAll('body, body *')]
    .filter(one => !one.closest('svg, .unseen, thead') && one.clientWidth)
    .filter(one => one.scrollWidth > one.clientWidth + 1 || one.scrollHeight > one.clientHeight + 1
        || one.getBoundingClientRect().right > document.documentElement.clientWidth + 1)
    .map(one => [one.tagName, one.className, one.scrollWidth, one.clientWidth, one.scrollHeight, one.clientHeight])"""
"""Elements whose content does not fit their box, cut or not, or that reach past the edge of the window."""


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("needs Chromium: no `chromium` on the path")
    with playwright.sync_playwright() as started:
        launched = started.chromium.launch(executable_path=chromium, args=FLAGS)
        yield launched
        launched.close()


class Visit:
    """A page opened from a file, with all that it asked for and complained about."""

    def __init__(self, browser: Any, card: Card, folder: Path, *, width: int, scheme: str = "light") -> None:
        self.file = folder / "card.html"
        self.file.write_text(render(card, "html"), "utf-8")
        self.page = browser.new_page(viewport={"width": width, "height": 800}, color_scheme=scheme)
        self.requests: list[str] = []
        self.complaints: list[str] = []
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.goto(self.file.as_uri())

    def open_all(self) -> None:
        self.page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")

    def __enter__(self) -> Visit:
        return self

    def __exit__(self, *_: object) -> None:
        self.page.close()


@pytest.mark.parametrize(
    ("name", "width", "scheme"),
    [
        ("two_tools", PHONE, "light"),
        ("two_tools", PHONE, "dark"),
        ("two_tools", DESK, "light"),
        ("two_tools", DESK, "dark"),
        ("three_tools", DESK, "dark"),
        ("one_tool", PHONE, "light"),
        ("all_abstained", DESK, "light"),
        ("incomplete", PHONE, "dark"),
    ],
)
def test_axe_finds_no_violation(browser: Any, tmp_path: Path, name: str, width: int, scheme: str) -> None:
    """Contrast, names, roles, order: no rule of axe-core is broken, with everything folded open."""
    with Visit(browser, CARDS[name](), tmp_path, width=width, scheme=scheme) as visit:
        visit.open_all()
        found = axe.Axe().run(visit.page)
        assert found.violations_count == 0, found.generate_report()


@pytest.mark.parametrize("name", [*CARDS, "endless"])
def test_nothing_is_cut_or_runs_over_the_edge(browser: Any, tmp_path: Path, name: str) -> None:
    """From phone to desk: no sideways scrolling, no box smaller than its text, not even for a word of 400 letters."""
    card = (
        CARDS[name]()
        if name in CARDS
        else told(two_tools(), lambda name, old: old if name == "Head.letter" else "endless" * 57)
    )
    with Visit(browser, card, tmp_path, width=DESK) as visit:
        visit.open_all()
        for width in (PHONE, 768, DESK, 1440):
            visit.page.set_viewport_size({"width": width, "height": 800})
            assert visit.page.evaluate("document.documentElement.scrollWidth") <= width
            assert visit.page.evaluate(CLIPPED) == []


@pytest.mark.parametrize("name", CARDS)
def test_the_page_fetches_nothing_and_complains_of_nothing(browser: Any, tmp_path: Path, name: str) -> None:
    """The file itself is the only request; its policy blocks none of its own parts."""
    with Visit(browser, CARDS[name](), tmp_path, width=DESK) as visit:
        assert visit.requests == [visit.file.as_uri()]
        assert visit.complaints == []
        assert visit.page.evaluate("getComputedStyle(document.querySelector('.headline')).fontWeight") == "600"


def test_the_columns_align_persona_by_persona(browser: Any, tmp_path: Path) -> None:
    """At desk width the parts of A and B begin at the same height, however long their texts are."""
    with Visit(browser, two_tools(), tmp_path, width=DESK) as visit:
        for part in (".review", ".criteria", ".evidence", ".answers"):
            tops = visit.page.evaluate(
                f"[...document.querySelectorAll('.cell > {part}')].map(one => one.getBoundingClientRect().top)"
            )
            assert len(tops) == 8
            assert tops[::2] == tops[1::2]


def test_paper_shows_what_the_screen_folds_away(browser: Any, tmp_path: Path) -> None:
    """In print the folded answers take their place, dark paper is white, and a PDF can be made."""
    with Visit(browser, two_tools(), tmp_path, width=DESK, scheme="dark") as visit:
        height = "document.querySelector('.answers dl').getBoundingClientRect().height"
        assert visit.page.evaluate("document.querySelector('.answers').open") is False
        visit.page.emulate_media(media="print")
        assert visit.page.evaluate(height) > 50
        assert visit.page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
        assert visit.page.pdf(format="A4").startswith(b"%PDF")


def test_focus_can_be_seen(browser: Any, tmp_path: Path) -> None:
    """Whoever walks the page by keyboard sees where they are."""
    with Visit(browser, two_tools(), tmp_path, width=DESK) as visit:
        visit.page.keyboard.press("Tab")
        assert visit.page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
