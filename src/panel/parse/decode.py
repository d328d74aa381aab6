"""One JSON text into values, with what JSON's own decoder hides: repeated keys, raw control characters, surrogates.

Never raises: a text that is not JSON, or nests deeper than any answer, decodes to None. Numbers stay what they are
written as; an integer of very many digits keeps its size class, not its digits.
"""

from __future__ import annotations

import json
from typing import Any, NamedTuple

from panel.parse.notes import Note
from panel.parse.words import scrub

MAX_DIGITS = 18
"""Longer integers are cut to this many digits: far outside any scale either way, and cheap to read."""


class Decoded(NamedTuple):
    """A value, what was harmless about its text, and a key that stands in one object with two values ("" if none)."""

    value: Any
    notes: frozenset[Note] = frozenset()
    clash: str = ""


def decode(source: str) -> Decoded | None:
    """The value of a JSON text, or None."""
    notes: set[Note] = set()
    clashes: list[str] = []

    def pairs(items: list[tuple[str, Any]]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key, value in items:
            if key in found:
                if same(found[key], value):
                    notes.add(Note.KEY_TWICE)
                else:
                    clashes.append(key)
            found[key] = value
        return found

    for strict in (True, False):
        notes.clear()
        clashes.clear()
        decoder = json.JSONDecoder(object_pairs_hook=pairs, parse_int=_integer, parse_constant=_refuse, strict=strict)
        try:
            value = decoder.decode(source)
        except (ValueError, RecursionError):
            continue
        if not strict:
            notes.add(Note.CONTROL_CHARACTERS)
        if "\\u" in source or not source.isascii():  # nothing else can bring one
            clean = _scrubbed(value)
            notes |= {Note.LONE_SURROGATE} if clean != value else set()
            value = clean
        return Decoded(value, frozenset(notes), clashes[0] if clashes else "")
    return None


def same(one: Any, other: Any) -> bool:
    """Whether two JSON values are equal and of equal type: `1`, `1.0` and `true` are three values."""
    return text_of(one) == text_of(other)


def text_of(value: Any) -> str:
    """The canonical text of a JSON value: keys sorted, nothing escaped that need not be."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False)


def _integer(digits: str) -> int:
    return int(digits[: MAX_DIGITS + 1])


def _refuse(word: str) -> Any:
    raise ValueError(f"{word} is no JSON")


def _scrubbed(value: Any) -> Any:
    if isinstance(value, str):
        return scrub(value)
    if isinstance(value, list):
        return [_scrubbed(item) for item in value]
    if isinstance(value, dict):
        return {scrub(key): _scrubbed(item) for key, item in value.items()}
    return value
