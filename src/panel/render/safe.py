"""Outside text made safe to show: in goes any text, out comes the same text without what a reader cannot see.

Control characters (ANSI escapes among them) become a visible U+FFFD; format characters (bidirectional overrides,
zero-width marks, tags) and letters that draw nothing are removed; every kind of line break becomes one kind. What a
face adds to this (HTML or Markdown escaping) is the face's own business. Nothing is ever cut.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from typing import Any, TypeVar
from urllib.parse import urlsplit

from panel.records.base import Record

R = TypeVar("R", bound=Record)

MULTILINE = frozenset({"description", "review"})
"""Fields whose line breaks mean something; everywhere else white space is collapsed to one line."""

REPLACEMENT = "\ufffd"
_BREAKS = frozenset("\n\v\f\r\x85\u2028\u2029")
_UNSEEN = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
"""Printable by their category, yet drawn as nothing: joiners, fillers, the blank braille cell."""
_SELECTORS = ((0xFE00, 0xFE0F), (0xE0100, 0xE01EF))
"""Variation selectors: invisible, and able to carry hidden data."""
_BLANK_LINE = re.compile(r"\n[ ]*\n|\n(?=[ ]*(?:[-*+•–]|\d{1,3}[.)])[ ])")
_UNUSUAL = re.compile(r"[^\n -~]")
_WEB_ADDRESS = re.compile(r"https?://[^\s<>\"'`\\^{}|]+", re.IGNORECASE)


@cache
def _shown(char: str) -> str:
    """What stands for one character."""
    if char in _BREAKS:
        return "\n"
    if char in _UNSEEN or any(low <= ord(char) <= high for low, high in _SELECTORS):
        return ""
    if char.isprintable():
        return char
    if char.isspace():
        return " "
    return "" if unicodedata.category(char) == "Cf" else REPLACEMENT


def clean(text: str) -> str:
    """The text with nothing hidden and nothing that acts; line breaks are kept as line feeds."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(map(_shown, text.replace("\r\n", "\n")))


def line(text: str) -> str:
    """`clean`, on one line."""
    return " ".join(clean(text).split())


def paragraphs(text: str) -> tuple[str, ...]:
    """The paragraphs of a text, each on one line; a line that begins like a list item is a paragraph of its own."""
    blocks = _BLANK_LINE.split(clean(text).strip("\n"))
    return tuple(block for block in (" ".join(block.split()) for block in blocks) if block)


def plain(record: R) -> R:
    """The record with every text in it cleaned, so that no face can forget one. The record itself is not changed."""
    changed = {}
    for name, value in record.__dict__.items():
        kept = _plain(value, multiline=name in MULTILINE)
        if kept is not value:
            changed[name] = kept
    return record.model_copy(update=changed) if changed else record


def _plain(value: Any, *, multiline: bool) -> Any:
    """One value of a record; the same object where nothing changes."""
    if type(value) is str:  # an enum is a str too, and is ours
        kept = clean(value) if multiline else line(value)
        return value if kept == value else kept
    if isinstance(value, Record):
        return plain(value)
    if isinstance(value, tuple):
        items = tuple(_plain(item, multiline=multiline) for item in value)
        return value if all(new is old for new, old in zip(items, value, strict=True)) else items
    return value


def escaped(json: str) -> str:
    """JSON text with every character that is not plainly printable written as an escape: same value, safe to print."""
    return _UNUSUAL.sub(lambda found: found[0] if found[0].isprintable() else _escape(found[0]), json)


def _escape(char: str) -> str:
    units = char.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[i]:02x}{units[i + 1]:02x}" for i in range(0, len(units), 2))


def web_address(url: str | None) -> str | None:
    """The address if it is a plain http or https one, else None: nothing else ever becomes a link."""
    if not url or not _WEB_ADDRESS.fullmatch(url):
        return None
    try:
        return url if urlsplit(url).hostname else None
    except ValueError:
        return None


def host(url: str) -> str:
    """The host a web address really leads to, for the reader."""
    return urlsplit(url).hostname or url
