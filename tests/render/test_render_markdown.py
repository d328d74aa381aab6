"""The Markdown face: our marks only, whatever the texts hold. Judged by a CommonMark parser with GitHub's tables."""

from __future__ import annotations

import pytest
from hostile_texts import everywhere, texts
from hypothesis import given, settings
from markdown_it import MarkdownIt
from markdown_it.token import Token
from sample_cards import CARDS, one_tool, two_tools
from test_render_terminal import check_golden

from panel.render import render
from panel.render.markdown import escape, link
from panel.render.safe import line

PARSER = MarkdownIt("commonmark").enable(["table", "strikethrough"])


def flat(text: str) -> list[Token]:
    return [inner for token in PARSER.parse(text) for inner in ([token] if not token.children else token.children)]


def skeleton(text: str) -> list[str]:
    """The kinds of the tokens in order, texts left out, paragraphs in a row taken as one."""
    kinds = [f"{token.type}{token.tag}" for token in flat(text) if token.type not in {"text", "text_special", "inline"}]
    kept: list[str] = []
    for kind in kinds:
        if not (kind == "paragraph_openp" and kept[-1:] == ["paragraph_closep"]):
            kept.append(kind)
        else:
            kept.pop()
    return kept


def words_of(text: str) -> str:
    return "".join(token.content for token in flat(text) if token.type in {"text", "text_special", "inline"})


@pytest.mark.parametrize("make", [two_tools, one_tool], ids=["two_tools", "one_tool"])
def test_the_markdown_face_is_as_looked_at(make: object) -> None:
    name = getattr(make, "__name__", "")
    check_golden(f"{name}.md", render(CARDS[name](), "markdown"))


@settings(max_examples=300, deadline=None)
@given(texts)
def test_an_escaped_text_renders_as_the_text_it_is(text: str) -> None:
    """For any text: one paragraph, nothing but text in it, and the text is the one given."""
    rendered = escape(text)
    assert skeleton(rendered) == ["paragraph_openp", "paragraph_closep"]
    assert words_of(rendered) == line(text)


@settings(max_examples=100, deadline=None)
@given(texts)
def test_an_escaped_text_stays_in_its_cell(text: str) -> None:
    """For any text in a table: two columns, and the cell says what was given."""
    rendered = f"| a | b |\n|---|---|\n| {escape(text)} | c |\n"
    assert skeleton(rendered).count("td_opentd") == 2
    assert words_of(rendered) == f"ab{line(text)}c"


@settings(max_examples=60, deadline=None)
@given(texts)
def test_no_text_adds_a_mark_to_the_page(text: str) -> None:
    """For any text in every field, the page has the headings, lists, tables and emphasis of any other card."""
    benign, hostile = everywhere(two_tools(), "word"), everywhere(two_tools(), text)
    assert skeleton(render(hostile, "markdown")) == skeleton(render(benign, "markdown"))


@settings(max_examples=60, deadline=None)
@given(texts)
def test_an_address_is_a_web_link_or_plain_text(text: str) -> None:
    """For any text as an address: a link to http or https with nothing round it, or no link at all."""
    rendered = link("a", text)
    kinds = skeleton(rendered)
    assert kinds in (
        ["paragraph_openp", "paragraph_closep"],
        ["paragraph_openp", "link_opena", "link_closea", "paragraph_closep"],
    )
    assert words_of(rendered) == "a"


@pytest.mark.parametrize("name", CARDS)
def test_the_page_holds_no_html_and_only_web_links(name: str) -> None:
    """Links are those of the heads; nothing is HTML, an image or code; every table row is as wide as its header."""
    tokens = flat(render(CARDS[name](), "markdown"))
    assert not {token.type for token in tokens} & {
        "html_block",
        "html_inline",
        "image",
        "code_inline",
        "fence",
        "code_block",
    }
    links = {str(token.attrs["href"]) for token in tokens if token.type == "link_open"}
    assert all(href.startswith("https://") for href in links)
    widths = [line.count("|") for line in render(CARDS[name](), "markdown").splitlines() if line.startswith("|---")]
    assert widths


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("Apache-2.0, 4,800 dollars", "Apache-2.0, 4,800 dollars"),
        ("# no heading", "\\# no heading"),
        ("1. no list", "1\\. no list"),
        ("- no list", "\\- no list"),
        ("a * b _c_ `d`", "a \\* b \\_c\\_ \\`d\\`"),
        ("<b> & [x](y)", "\\<b\\> \\& \\[x\\](y)"),
        ("see https://e.example", "see https\\://e.example"),
        ("see www.e.example", "see www\\.e.example"),
        ("me@e.example", "me\\@e.example"),
        ("{{ site }} {% raw %}", "\\{\\{ site \\}\\} \\{\\% raw %\\}"),
        ("two\nlines", "two lines"),
    ],
)
def test_only_what_could_act_is_escaped(text: str, escaped: str) -> None:
    """Plain prose stays readable in the source; addresses and template commands stay text on other systems too."""
    assert escape(text) == escaped


def test_a_link_leads_to_plain_web_addresses_only() -> None:
    assert link("a]b", "https://e.example/(x)?a&b") == "[a\\]b](<https://e.example/%28x%29?a\\&b>)"
    assert link("a", "javascript:alert(1)") == "a"
    assert link("a", None) == "a"
