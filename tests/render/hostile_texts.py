"""Texts that try to be more than text, and cards full of one text or of many."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

from panel.records.base import Record
from panel.records.card import Card

SNIPPETS = (
    "\x1b[31m",
    "\x1b]8;;http://e.example\x07",
    "\x9b2J",
    "\x00",
    "\x7f",
    "\u202e",
    "\u2066",
    "\u200b",
    "\u2060",
    "\ufeff",
    "\u3164",
    "\ufe0f",
    "\U000e0041",
    "\U000e0100",
    "<script>alert(1)</script>",
    "</script>",
    "</style><style>",
    "</title>",
    "<!--",
    "]]>",
    '" onload="x',
    "' x='",
    "<img src=http://e.example/i.png>",
    "<details>",
    "&lt;b&gt;",
    "&#91;",
    "[x](javascript:alert(1))",
    "![i](http://e.example/i.png)",
    "[x]: http://e.example",
    "[^1]: note",
    "<http://e.example>",
    "http://e.example/?a=b&c=d",
    "www.e.example",
    "me@e.example",
    "`",
    "```\n",
    "~~~",
    "**",
    "__",
    "~~",
    "*",
    "_",
    "# h",
    "> q",
    "- l",
    "+ l",
    "1. l",
    "2) l",
    "- [ ] t",
    "| a | b |",
    "|---|---|",
    "\n\n",
    "\n---\n",
    "\n===\n",
    "\n# h\n",
    "\n> q\n",
    "\n    code\n",
    "\r\n",
    "\u2028",
    "\t",
    "    ",
    "\\",
    "\\\\",
    "{{ 7*7 }}",
    "{% raw %}",
    "{# c #}",
    "{: .x}",
    "$x$",
    "[bold red]x[/bold red]",
    "[/]",
    ":smile:",
    "!!! note",
    "::: x",
    "\u4e2d\u6587",
    "e\u0301",
    "word",
    " ",
)

texts = st.one_of(st.text(max_size=40), st.lists(st.sampled_from(SNIPPETS), min_size=1, max_size=6).map("".join)).map(
    lambda text: f"{text}z"  # never empty once cleaned: whether a part is there is the card's business, not the text's
)
"""Any text at all, and chains of the snippets."""

KEPT = {"tool", "leader", "other", "side", "missing", "personas"}
"""Fields that are ids or one of two words: they cannot hold a text."""


ADDRESSES = {"Head.homepage", "Source.url"}
"""Fields that become links where they hold a web address: there a text may rightly change the page."""


def everywhere(card: Card, text: str) -> Card:
    """The card with one text in every field that is no address."""
    return told(card, lambda name, old: old if name in ADDRESSES else text)


def told(card: Card, text: Callable[[str, str], str]) -> Card:
    """The card with every text replaced by `text(record.field, old)`; ids, numbers, dates and enums stay."""
    return _told(card, "", text)


def _told(value: Any, name: str, text: Callable[[str, str], str]) -> Any:
    if isinstance(value, Record):
        kind = type(value).__name__
        fields = {key: _told(item, f"{kind}.{key}", text) for key, item in value.__dict__.items()}
        return value.model_copy(update=fields)
    if isinstance(value, tuple):
        return tuple(_told(item, name, text) for item in value)
    if type(value) is not str or name.split(".")[1] in KEPT or name == "ScoreRow.persona":
        return value
    return text(name, value)
