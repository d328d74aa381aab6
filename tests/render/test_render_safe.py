"""Outside text made safe: what is hidden goes, what acts is shown as a mark, what is text stays."""

from __future__ import annotations

import json

import pytest
from hostile_texts import texts, told
from hypothesis import given
from hypothesis import strategies as st
from sample_cards import two_tools

from panel.render.safe import clean, escaped, host, line, paragraphs, plain, web_address


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain", "plain"),
        ("naïve 中文 é", "naïve 中文 é"),
        ("red \x1b[31mtext", "red \ufffd[31mtext"),
        ("csi \x9b2J", "csi \ufffd2J"),
        ("nul\x00 del\x7f", "nul\ufffd del\ufffd"),
        ("left\u202eright\u2066", "leftright"),
        ("zero\u200bwidth\u2060\ufeff", "zerowidth"),
        ("tag\U000e0041\U000e0100 filler\u3164", "tag filler"),
        ("a\r\nb\rc\u2028d\x85e", "a\nb\nc\nd\ne"),
        ("a\tb\u00a0c", "a b c"),
        ("\ue000 \ufffe", "\ufffd \ufffd"),
    ],
)
def test_hidden_characters_go_and_acting_ones_are_shown(text: str, shown: str) -> None:
    """Format characters are removed, controls become U+FFFD, line breaks become one kind, letters stay."""
    assert clean(text) == shown


@given(st.text())
def test_nothing_but_printable_text_and_line_feeds_is_left(text: str) -> None:
    """For any text: what is left is printable or a line feed, and cleaning it again changes nothing."""
    kept = clean(text)
    assert all(char.isprintable() or char == "\n" for char in kept)
    assert clean(kept) == kept
    assert "\n" not in line(text)


def test_paragraphs_join_wrapped_lines_and_keep_list_items_apart() -> None:
    """A blank line parts paragraphs; a hard-wrapped line is joined; a line like a list item stands alone."""
    assert paragraphs("one\ntwo\n\n three \n- four\n2. five\n") == ("one two", "three", "- four", "2. five")
    assert paragraphs(" \n ") == ()


@given(texts)
def test_a_cleaned_card_holds_no_hostile_character(text: str) -> None:
    """Whatever field a text stands in, `plain` reaches it; the card itself is not changed."""
    card = told(two_tools(), lambda name, old: text)
    before = card.model_dump_json()
    found: set[str] = set()
    told(plain(card), lambda name, old: found.add(old) or old)  # type: ignore[func-returns-value]
    assert all(char.isprintable() or char == "\n" for kept in found for char in kept)
    assert card.model_dump_json() == before


def test_a_clean_card_is_handed_back_as_it_is() -> None:
    """Nothing is copied where nothing changes."""
    head = two_tools().heads[0]
    assert plain(head) is head


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "data:text/html,x",
        "//host/path",
        "http:host",
        "https://",
        "https://[::1",
        "https://a.example/<b>",
        "https://a.example/ b",
        'https://a.example/"x',
        "https://a.example\\@b.example",
        " https://a.example",
        "ftp://a.example",
        "",
        None,
    ],
)
def test_only_plain_web_addresses_become_links(url: str | None) -> None:
    """Another scheme, white space, quotes, angle brackets or no host: no link."""
    assert web_address(url) is None


def test_the_host_shown_is_the_one_the_address_leads_to() -> None:
    """A user name that looks like a host does not deceive the reader."""
    assert web_address("https://good.example@evil.example/x")
    assert host("https://good.example@evil.example/x") == "evil.example"


@given(st.text())
def test_escaping_json_changes_no_value(text: str) -> None:
    """Only printable characters and line feeds are left, and the value reads back the same."""
    safe = escaped(json.dumps({"a": text}, ensure_ascii=False, indent=2))
    assert all(char.isprintable() or char == "\n" for char in safe)
    assert json.loads(safe) == {"a": text}
