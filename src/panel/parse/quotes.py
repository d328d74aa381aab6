"""Quotes: is the passage a seat cites really in what it was sent? (law 7)

A quote is found in a field if the field holds it verbatim after normalising both: compatibility forms, quote marks and
dashes alike, one space for any white space. Case must match but for the first letter. An ellipsis inside a quote joins
parts that stand in one field in that order. Matches begin and end at word boundaries. A quote of fewer than three words
and fewer than twelve characters proves nothing and is not found, unless it is a token that can be checked by itself (a
figure, a version, a licence) or a whole field.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from panel.parse.words import count_words, is_wide, matchable

MIN_WORDS = 3
MIN_CHARS = 12
"""A quote must reach one of the two; a character of Chinese, Japanese or Korean counts as three."""

_MIN_PART = 6
"""Characters of the shortest part that an ellipsis may set off."""

_ELLIPSIS = re.compile(r"\s*(?:[\[(]\s*(?:\.\s?){2,}\s*[\])]|(?:\.\s?){2,}\.?)\s*")
_EDGES = " .,;:-…"
_TOKEN = re.compile(
    r".*\d.*|MIT|BSD|ISC|GPL|AGPL|LGPL|MPL|EPL|CDDL|EUPL|CC0|WTFPL|BUSL|SSPL|Apache|Unlicense", re.DOTALL
)


def found_in(quote: str, fields: Mapping[str, str]) -> str | None:
    """The name of the first field that holds the quote; `fields` are normalised by `matchable`."""
    plain = matchable(quote).strip(_EDGES)
    if not plain:
        return None
    for name, text in fields.items():
        if len(text) < len(plain) + 4 and plain.casefold() == text.strip(_EDGES).casefold():
            return name
    if not _says_enough(plain):
        return None
    parts = [part.strip(_EDGES) for part in _ELLIPSIS.split(plain)] if "." in plain else [plain]
    if len(parts) > 1 and min(map(_size, parts)) < _MIN_PART:
        return None
    spelled = [_spellings(part) for part in parts]
    return next((name for name, text in fields.items() if _in_order(spelled, text)), None)


def is_said(phrase: str, text: str) -> bool:
    """Whether a text holds a phrase at word boundaries; both normalised alike."""
    return bool(phrase) and _end_of(phrase, text, 0) >= 0


def _says_enough(plain: str) -> bool:
    return count_words(plain) >= MIN_WORDS or _size(plain) >= MIN_CHARS or _TOKEN.fullmatch(plain) is not None


def _size(text: str) -> int:
    return len(text) + 2 * sum(map(is_wide, text))


def _in_order(spelled: list[tuple[str, str]], text: str) -> bool:
    """Whether a text holds the parts one after another, each in one of its two spellings."""
    at = 0
    for spellings in spelled:
        ends = [end for spelling in spellings if (end := _end_of(spelling, text, at)) >= 0]
        if not ends:
            return False
        at = min(ends)
    return True


def _spellings(part: str) -> tuple[str, str]:
    """The part as written, and with its first letter in the other case."""
    first = part[0].lower() if part[0].isupper() else part[0].upper()
    return part, first + part[1:]


def _end_of(part: str, text: str, at: int) -> int:
    """Where the part ends in the text, from `at` on and at word boundaries; -1 if nowhere."""
    while (start := text.find(part, at)) >= 0:
        end = start + len(part)
        if not _joined(text[start - 1 : start], part[0]) and not _joined(part[-1], text[end : end + 1]):
            return end
        at = start + 1
    return -1


def _joined(left: str, right: str) -> bool:
    """Whether two neighbours belong to one word, in scripts that put spaces between words."""
    return all(char and char.isalnum() and not is_wide(char) for char in (left, right))
