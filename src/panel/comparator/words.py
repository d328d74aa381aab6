"""Small words: lists, numbers and phrases as sentences need them. Strings in, strings out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from fractions import Fraction

_NOT_WORDS = re.compile(r"(?:['’]s\b|[\W_])+")
_ARTICLES = frozenset({"a", "an", "the"})


def joined(names: Sequence[str]) -> str:
    """A list in a sentence: "A", "A and B", "A, B and C"."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def counted(number: int, noun: str) -> str:
    """A number with its noun: "1 point", "3 points"."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def tenths(value: Fraction) -> Fraction:
    """A value from zero up, cut to a tenth; needed leads are whole tenths, so cutting never turns a comparison."""
    return Fraction(value * 10 // 1, 10)


def points(value: Fraction) -> str:
    """A value cut to a tenth, as printed: "5", "8.3"."""
    return f"{float(tenths(value)):g}"


def sentence(text: str) -> str:
    """The text with a capital at its start and a full stop at its end."""
    return f"{text[:1].upper()}{text[1:]}" + ("" if text.endswith((".", "!", "?")) else ".")


def per_tool(values: Iterable[tuple[str, str]]) -> str:
    """Values with the tools that have them: "0.2 for A and 1 for B". Takes (label, value) in the order of tool ids."""
    groups: dict[str, list[str]] = {}
    for label, value in values:
        groups.setdefault(value, []).append(label)
    parts = [f"{value} for {joined(labels)}" for value, labels in groups.items()]
    return joined(parts) if len(parts) == 2 else ", ".join(parts)


def phrase_key(phrase: str) -> str:
    """What two spellings of one noun phrase share: case, punctuation, articles and plural endings aside."""
    words = [_singular(word) for word in _NOT_WORDS.split(phrase.casefold()) if word and word not in _ARTICLES]
    return " ".join(words)


def content_words(text: str) -> set[str]:
    """The words of a text that are long enough to carry meaning, spelled as `phrase_key` spells them."""
    return {word for word in phrase_key(text).split() if len(word) > 3}


def _singular(word: str) -> str:
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")) else word
