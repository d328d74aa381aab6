"""The HTML face: one self-contained page whose elements are ours, whatever the texts hold."""

from __future__ import annotations

import base64
import hashlib
import itertools
import re
from html.parser import HTMLParser

import pytest
from hostile_texts import everywhere, texts, told
from hypothesis import given, settings
from sample_cards import CARDS, offline_card, one_tool, several_models, two_tools

from panel import __version__
from panel.render import render
from panel.render.safe import line, web_address

TEXT_ATTRIBUTES = {"content", "data-tool"}
"""Attributes that hold a text of the card."""


class Page(HTMLParser):
    """The elements of a page in order, with their attributes, and the text between them."""

    def __init__(self, source: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.skeleton: list[object] = []
        self.text: list[str] = []
        self.odd: list[str] = []
        self.feed(source)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert len(dict(attrs)) == len(attrs), f"<{tag}> names an attribute twice"
        self.elements.append((tag, dict(attrs)))
        self.skeleton.append((tag, *((name, None if name in TEXT_ATTRIBUTES else value) for name, value in attrs)))

    def handle_endtag(self, tag: str) -> None:
        self.skeleton.append(f"/{tag}")
        if tag == "p" and self.skeleton[-4:-2] == [("p",), "/p"] == self.skeleton[-2:]:
            del self.skeleton[-2:]  # paragraphs in a row are one: their number is the text's own business

    def handle_data(self, data: str) -> None:
        self.text.append(data)

    def handle_comment(self, data: str) -> None:
        self.odd.append(data)

    def unknown_decl(self, data: str) -> None:
        self.odd.append(data)

    def handle_pi(self, data: str) -> None:
        self.odd.append(data)

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attrs for name, attrs in self.elements if name == tag]


def page(name: str) -> Page:
    return Page(render(CARDS[name](), "html"))


@settings(max_examples=60, deadline=None)
@given(texts)
def test_no_text_adds_an_element_or_an_attribute(text: str) -> None:
    """For any text in every field, the page has the elements and attributes of any other card, and shows the text."""
    benign, hostile = (Page(render(everywhere(two_tools(), said), "html")) for said in ("word", text))
    assert hostile.skeleton == benign.skeleton
    assert not hostile.odd
    assert line(text) in {line(data) for data in hostile.text}


@settings(max_examples=60, deadline=None)
@given(texts)
def test_the_source_holds_no_control_character(text: str) -> None:
    """For any text, addresses included: printable characters and line feeds, and every link is a plain web address."""
    source = render(told(two_tools(), lambda name, old: text), "html")
    assert all(char.isprintable() or char == "\n" for char in source)
    for attrs in Page(source).all("a"):
        href = attrs["href"] or ""
        assert href.startswith("#") or web_address(href) == href


@pytest.mark.parametrize("name", CARDS)
def test_the_page_asks_for_nothing(name: str) -> None:
    """No script, image, frame, font or style from elsewhere; the policy forbids all but our own style sheet."""
    found = page(name)
    assert not {tag for tag, _ in found.elements} & {
        "img",
        "iframe",
        "object",
        "embed",
        "form",
        "audio",
        "video",
        "base",
    }
    assert list(found.all("script")) == [{"type": "application/ld+json"}]
    assert all((attrs["href"] or "").startswith("data:") for attrs in found.all("link"))
    assert not [attrs for _, attrs in found.elements if any(key.startswith("on") or key == "style" for key in attrs)]
    policy = next(a["content"] or "" for a in found.all("meta") if a.get("http-equiv") == "Content-Security-Policy")
    source = render(CARDS[name](), "html")
    style = source[source.index("<style>") + 7 : source.index("</style>")]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert (
        policy == f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:; base-uri 'none'; form-action 'none'"
    )
    assert not re.search(r"url\(|@import|https?:", style)


@pytest.mark.parametrize("name", CARDS)
def test_headings_and_ids_are_in_order(name: str) -> None:
    """One h1; no level is skipped; ids are distinct; every reference has its target."""
    found = page(name)
    levels = [int(tag[1]) for tag, _ in found.elements if re.fullmatch(r"h[1-6]", tag)]
    assert levels.count(1) == 1
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in itertools.pairwise(levels))
    ids = [attrs["id"] for _, attrs in found.elements if "id" in attrs]
    assert len(ids) == len(set(ids))
    wanted = {(attrs["href"] or "#")[1:] for attrs in found.all("a") if (attrs["href"] or "").startswith("#")}
    wanted |= {one for _, attrs in found.elements for one in (attrs.get("aria-labelledby") or "").split()}
    assert wanted <= set(ids)


@pytest.mark.parametrize("name", CARDS)
def test_tables_are_told_to_those_who_do_not_see_them(name: str) -> None:
    """Every table has a caption and scoped headings; every cell names its tool for narrow screens."""
    found = page(name)
    assert len(found.all("table")) == len(found.all("caption"))
    assert {attrs["scope"] for attrs in found.all("th")} == {"col", "row"}
    assert all(attrs["data-tool"] for attrs in found.all("td"))


def test_outside_links_pass_on_nothing() -> None:
    """A link to elsewhere is no endorsement and gives the other page no handle."""
    outside = [attrs for attrs in page("two_tools").all("a") if (attrs["href"] or "").startswith("http")]
    assert len(outside) == 4
    assert {attrs["rel"] for attrs in outside} == {"nofollow noopener"}


def test_the_document_says_what_it_is() -> None:
    """Language, title, description, software as author, version, date: for readers of the source."""
    found = page("two_tools")
    named = {
        attrs.get("name") or attrs.get("property"): attrs["content"]
        for attrs in found.all("meta")
        if "content" in attrs
    }
    assert found.all("html") == [{"lang": "en"}]
    assert named["generator"] == f"panelreview {__version__}"
    assert named["author"] == "panelreview (software): Written by a language model"
    assert named["ai-disclosure"] == "ai-generated"
    assert (named["description"] or "").startswith("Ship with Alder Queue. Alder Queue is Ship against Mixed")
    assert named["og:title"] == two_tools().title
    assert named["article:modified_time"] == "2026-11-20"
    assert {"datetime": "2026-11-20"} in found.all("time")


def test_the_rubric_is_not_called_a_model() -> None:
    """A page of the offline rubric carries no mark of generated text, and says so in words."""
    found = page("offline")
    assert "ai-disclosure" not in {attrs.get("name") for attrs in found.all("meta")}
    assert "Offline rubric, no language model" in found.text
    assert "article:modified_time" not in render(CARDS["incomplete"](), "html")
    assert "language model" in render(offline_card(), "html")


def test_a_score_stands_beside_its_bar() -> None:
    """Bars are drawings for the eye, hidden from readers of text; the number is text."""
    source = render(two_tools(), "html")
    assert 'width="86.0" height="1"/></svg><span class="figure"><span class="number">86</span>' in source
    assert all(attrs["aria-hidden"] == "true" for attrs in Page(source).all("svg"))


def test_a_review_sheet_has_one_column_and_no_gap() -> None:
    """One tool: the verdict stands where the answer would, and nothing is compared."""
    source = render(one_tool(), "html")
    assert "Should you ship with it?" in source
    assert '<p class="headline">Ship</p>' in source
    assert ">Gap<" not in source
    assert "Every criterion side by side" not in source


def test_rows_that_do_not_vote_are_set_apart() -> None:
    """Control and the baseline are drawn, and marked as without a vote."""
    source = render(several_models(), "html")
    assert "Builder (offline; does not vote)" in source
    assert "Control (openai/gpt-6-luna; does not vote)" in source
    assert source.count('<section class="row apart"') == 5
